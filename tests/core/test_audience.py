"""Verdicts can be compared: the least of a chain is the verdict of the whole."""

from homeport.core.audience import Verdict


def test_no_is_less_than_unknown_is_less_than_yes() -> None:
    assert min(Verdict.YES, Verdict.UNKNOWN) is Verdict.UNKNOWN
    assert min(Verdict.UNKNOWN, Verdict.NO) is Verdict.NO
    assert max(Verdict) is Verdict.YES

"""Refusals that are remembered."""

from homeport.core.turned_away import MOST, TurnedAway, merged


def refusal(line: str, times: int = 1, last: float = 1.0) -> TurnedAway:
    return TurnedAway(
        peer="192.168.1.34", rule="R2", code="foreign-host", line=line, times=times, last=last
    )


def test_the_same_refusal_is_counted_and_becomes_the_latest() -> None:
    known = merged((), [refusal("one"), refusal("two")])
    assert merged(known, [refusal("one", 2, 5.0)]) == (refusal("two"), refusal("one", 3, 5.0))


def test_the_oldest_make_room() -> None:
    found = merged((), [refusal(str(number)) for number in range(MOST + 3)])
    assert len(found) == MOST
    assert found[0].line == "3"

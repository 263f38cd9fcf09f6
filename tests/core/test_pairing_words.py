"""What a visitor of a shared door reads."""

import itertools

import pytest

from homeport.core import pairing_words as words
from homeport.core.pairing_words import Notice, Way

REASONS = ("used", "expired", "wrong", "blocked", "denied", "gone")
EVERY = [words.refused(way, reason, 30) for way, reason in itertools.product(Way, REASONS)] + [
    words.ask_first(sent=False),
    words.ask_first(sent=True),
    words.ask_first_program("X-Homeport-Token"),
    words.NOTHING_ASKED,
    words.NOT_FROM_HERE,
]


@pytest.mark.parametrize(
    ("way", "reason", "status", "code"),
    [
        (Way.LINK, "used", 410, "used"),
        (Way.LINK, "expired", 410, "expired"),
        (Way.LINK, "wrong", 403, "wrong"),
        (Way.LINK, "denied", 403, "denied"),
        (Way.LINK, "gone", 410, "gone"),
        (Way.LINK, "blocked", 429, "blocked"),
        (Way.QUESTION, "denied", 403, "denied"),
        (Way.QUESTION, "expired", 410, "expired"),
        (Way.QUESTION, "gone", 410, "gone"),
        (Way.QUESTION, "used", 410, "gone"),
        (Way.QUESTION, "wrong", 410, "gone"),
        (Way.QUESTION, "blocked", 429, "blocked"),
    ],
)
def test_every_reason_has_its_status(way: Way, reason: str, status: int, code: str) -> None:
    notice = words.refused(way, reason, 5)
    assert (notice.status, notice.code) == (status, code)


@pytest.mark.parametrize(
    ("wait", "said", "seconds"),
    [
        (0.2, "Wait 1 second,", 1),
        (0, "Wait 1 second,", 1),
        (41.5, "Wait 42 seconds,", 42),
        (60, "Wait 1 minute,", 60),
        (899, "Wait 15 minutes,", 899),
    ],
)
def test_who_is_blocked_reads_for_how_long(wait: float, said: str, seconds: int) -> None:
    notice = words.refused(Way.LINK, "blocked", wait)
    assert notice.lines[0].startswith(said)
    assert notice.retry_after == seconds


@pytest.mark.parametrize("notice", EVERY, ids=lambda notice: notice.code)
def test_sentences_are_short_and_promise_nothing(notice: Notice) -> None:
    for text in (notice.title, *notice.lines):
        assert 0 < len(text) <= 110
        assert not {"secure", "safe", "firewall", "0.0.0.0"} & set(text.lower().split())


def test_what_was_sent_in_vain_is_said() -> None:
    assert words.UNSENT in words.ask_first(sent=True).lines
    assert words.UNSENT not in words.ask_first(sent=False).lines


def test_programs_learn_the_header_and_the_command() -> None:
    notice = words.ask_first_program("X-Homeport-Token")
    text = words.text_of(notice)
    assert "X-Homeport-Token" in text and "homeport token" in text and text.endswith("\n")
    facts = words.facts_of(notice)
    assert facts["error"] == "no-pass"
    assert "X-Homeport-Token" in facts["detail"] and "  " not in facts["detail"]


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("4829", "4829"),
        ("482913", "482 913"),
        ("48291", "482 91"),
        ("48291375", "4829 1375"),
        ("482913750", "482 913 750"),
        ("", ""),
    ],
)
def test_long_numbers_are_read_in_pieces(number: str, shown: str) -> None:
    assert words.grouped(number) == shown

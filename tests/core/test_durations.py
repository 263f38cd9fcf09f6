import random

import pytest

from homeport.core.durations import LONGEST, USUAL, compact, in_words, parse_duration
from homeport.core.errors import UsageError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30m", 1800), ("2h", 7200), ("90s", 90), ("1h30m", 5400), ("24h", LONGEST), ("1s", 1)],
)
def test_a_time_is_read_as_people_write_it(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "30",
        "m",
        "30 m",
        "1.5h",
        "-5m",
        "30m1h",
        "1h1h",
        "1d",
        "30M",
        "٣m",
        "30m\n",
        "h1",
        "1" * 99,
    ],
)
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="must be a time such as 30m") as refusal:
        parse_duration(text)
    assert refusal.value.code == "bad-duration"
    assert "homeport share --for 30m" in str(refusal.value)


@pytest.mark.parametrize("text", ["0s", "0h0m", "24h1s", "25h", "99999m"])
def test_too_short_and_too_long_say_the_limits(text: str) -> None:
    with pytest.raises(UsageError, match=r"HOMEPORT_FOR is .* must be from 1s to 24h"):
        parse_duration(text, "HOMEPORT_FOR")


def test_what_is_printed_can_be_typed() -> None:
    dice = random.Random(3)
    for seconds in [
        1,
        59,
        60,
        3600,
        USUAL,
        LONGEST,
        *(dice.randint(1, LONGEST) for _ in range(2000)),
    ]:
        assert parse_duration(compact(seconds)) == seconds
    assert compact(5400) == "1h30m"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3, "0 s"),
        (0, "0 s"),
        (44.2, "45 s"),
        (60, "1 min"),
        (90, "1 min 30 s"),
        (600, "10 min"),
        (1799, "30 min"),
        (3600, "1 h"),
        (5400, "1 h 30 min"),
        (86400, "24 h"),
    ],
)
def test_a_time_is_said_in_words(seconds: float, said: str) -> None:
    assert in_words(seconds) == said


def test_words_never_promise_less_than_is_left() -> None:
    for tenths in range(0, 20000, 7):
        said = in_words(tenths / 10).replace(" min", "m").replace(" s", "s").replace(" h", "h")
        meant = 0 if said == "0s" else parse_duration(said.replace(" ", ""))
        assert 0 <= meant - tenths / 10 < 60

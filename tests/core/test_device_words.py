import json
from dataclasses import replace
from datetime import datetime

from homeport.core import device_words
from homeport.core.device_kind import DeviceKind
from homeport.core.devices import Device, DeviceState, PairedBy
from homeport.core.errors import NothingThereError, UsageError
from homeport.core.pairing import Why
from homeport.core.share_actions import News, Refused, Unclear

NOW = datetime(2026, 11, 21, 15, 0).timestamp()
WAITS = Device(
    id="d1",
    name="iPhone",
    kind=DeviceKind(name="iPhone", program="Safari"),
    address="192.168.1.34",
    state=DeviceState.WAITING,
    first_seen=NOW - 60,
    last_seen=NOW - 60,
    number=412,
)
SCRIPT = Device(
    id="d2",
    name="ci",
    kind=DeviceKind(name="script"),
    address=None,
    state=DeviceState.LET_IN,
    first_seen=NOW - 120,
    last_seen=NOW,
    requests=7,
    paired_by=PairedBy.TOKEN,
    token_hash="HASH",
)


def test_a_knock_is_asked_about_with_the_number_and_both_commands() -> None:
    assert device_words.lines(News.ASKS, WAITS) == (
        "iPhone (Safari) at 192.168.1.34 asks to be let in and shows 0412.",
        "let iPhone in, if you see 0412 on it:  homeport devices approve 0412",
        "or not:  homeport devices deny 0412",
    )


def test_where_a_key_answers_the_question_names_the_keys() -> None:
    assert device_words.question(WAITS) == (
        "iPhone (Safari) at 192.168.1.34 asks to be let in and shows 0412.",
        "y  let it in, if you see 0412 on it    n  do not",
    )
    other = replace(WAITS, id="d5", name="Pixel", number=7035)
    assert device_words.asks_too(other, WAITS) == (
        "Pixel (Safari) at 192.168.1.34 asks too (7035); iPhone (0412) is first."
    )
    assert device_words.agreed(other) == "yes to Pixel (7035)"


def test_what_became_of_a_device_is_said_at_once() -> None:
    let_in = replace(WAITS, paired_by=PairedBy.CODE)
    assert device_words.lines(News.LET_IN, let_in) == (
        "Let in: iPhone (Safari) at 192.168.1.34, by the code.",
        "put out:  homeport devices revoke d1",
    )
    assert device_words.lines(News.LET_IN, WAITS)[0] == "Let in: iPhone (Safari) at 192.168.1.34."
    assert device_words.lines(News.DENIED, WAITS) == (
        "Not let in: iPhone (Safari) at 192.168.1.34.",
    )
    assert device_words.lines(News.REVOKED, SCRIPT) == (
        "Put out: ci. Its token is dead and its connections are cut.",
    )
    assert device_words.lines(News.ASKS_NO_MORE, WAITS) == (
        "iPhone (Safari) at 192.168.1.34 does not ask any more.",
    )


def test_the_table_begins_with_those_that_wait() -> None:
    out = replace(SCRIPT, id="d3", state=DeviceState.REVOKED)
    rows = device_words.rows((out, SCRIPT, WAITS), NOW)
    assert [row[0] for row in rows] == ["d1", "d2", "d3"]
    assert all(len(row) == len(device_words.HEADER) for row in rows)
    assert rows[0] == (
        *("d1", "iPhone (Safari)", "192.168.1.34", "waiting, shows 0412", ""),
        *("14:59:00", "14:59:00", "0"),
    )
    assert rows[1] == (
        *("d2", "ci", "not seen yet", "let in", "a token for scripts"),
        *("14:58:00", "15:00:00", "7"),
    )


def test_facts_hold_everything_but_the_token() -> None:
    facts = device_words.facts(SCRIPT)
    assert facts == {
        "id": "d2",
        "name": "ci",
        "kind": "script",
        "program": None,
        "address": None,
        "state": "let in",
        "paired_by": "token",
        "number": None,
        "first_seen": NOW - 120,
        "last_seen": NOW,
        "requests": 7,
    }
    assert "HASH" not in json.dumps(facts)
    assert device_words.facts(WAITS)["number"] == "0412"


def test_an_unclear_device_is_a_question_with_the_answers() -> None:
    other = replace(WAITS, id="d5", name="iPhone 2")
    several = Unclear(which="iph", found=(WAITS, other), candidates=(WAITS, other))
    error = device_words.not_meant(several, "approve")
    assert isinstance(error, UsageError)
    assert error.message == "'iph' can mean iPhone (d1), iPhone 2 (d5)."
    assert error.next_steps[1].endswith(":  homeport devices approve d5")


def test_a_device_that_is_not_there_is_told_with_those_that_are() -> None:
    none = device_words.not_meant(Unclear(which="x", found=(), candidates=(WAITS,)), "revoke")
    assert isinstance(none, NothingThereError)
    assert none.message == "No device to revoke is 'x'. There are iPhone (d1)."
    assert none.next_steps[0].endswith("homeport devices revoke d1")
    empty = device_words.not_meant(Unclear(which="x", found=(), candidates=()), "revoke")
    assert empty.message == "No device to revoke is 'x'. There is none."
    assert empty.next_steps == ("every device:  homeport devices",)


def test_no_token_says_what_to_do_first() -> None:
    assert device_words.no_token(Refused(why=Why.GONE)).next_steps == (
        "share first:  homeport share",
    )
    full = device_words.no_token(Refused(why=Why.BLOCKED))
    assert isinstance(full, UsageError)
    assert "revoke" in full.next_steps[0]

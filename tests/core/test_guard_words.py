import json
import shlex

import pytest

from homeport.core.decision import LONGEST_SHOWN, Deny, Fault, shown
from homeport.core.door import DoorKind
from homeport.core.guard_words import (
    Refusal,
    Speaker,
    forwarded_removed,
    json_answer,
    remedy,
    repeated,
    terminal_line,
    text_answer,
    why,
)

HOST = Deny(Fault.FOREIGN_HOST, "shop.example:8000")


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("door", DoorKind)
@pytest.mark.parametrize("speaker", Speaker)
def test_every_refusal_has_words(fault: Fault, door: DoorKind, speaker: Speaker) -> None:
    denied = Deny(fault, "found-value")
    text = text_answer(denied, door, speaker)
    assert text.startswith(f"Refused by homeport ({fault.rule}): ") and text.endswith("\n")
    assert "{" not in why(denied) and "None" not in text
    line = terminal_line(Refusal(denied=denied, door=door, peer="10.0.0.1"), speaker)
    assert "\n" not in line and line.startswith("Refused 10.0.0.1 (R")
    assert json.loads(json_answer(denied, door, speaker))["message"] == why(denied)


def test_codes_are_unique() -> None:
    assert len({fault.code for fault in Fault}) == len(Fault)


def test_a_foreign_name_comes_with_the_flag_and_the_setting() -> None:
    assert text_answer(HOST, DoorKind.LOOPBACK) == (
        'Refused by homeport (R2): the Host header "shop.example:8000" is not one of the names of'
        " this server.\n"
        "To allow it: --allow-host shop.example,"
        ' or allow-host = ["shop.example"] under [tool.homeport]\n'
    )


def test_under_another_server_the_help_is_the_argument() -> None:
    said = remedy(HOST, DoorKind.OPEN, Speaker.PARAMETER)
    assert said == 'To allow it: Guard(app, allow_hosts=["shop.example"])'
    origin = Deny(Fault.FOREIGN_ORIGIN, "https://shop.example")
    assert 'allow_origins=["https://shop.example"]' in remedy(
        origin, DoorKind.OPEN, Speaker.PARAMETER
    )


def test_a_foreign_page_comes_with_the_flag() -> None:
    origin = Deny(Fault.FOREIGN_ORIGIN, "https://shop.example")
    assert "--allow-origin https://shop.example," in remedy(origin, DoorKind.LOOPBACK)
    assert "--allow-origin null," in remedy(Deny(Fault.NULL_ORIGIN, "null"), DoorKind.LOOPBACK)


def test_a_share_tells_no_names_and_no_flags() -> None:
    said = remedy(HOST, DoorKind.SHARED)
    assert "--" not in said and "shop" not in said and "link" in said


@pytest.mark.parametrize("found", ["0.0.0.0:8000", "[::]:8000"])
def test_nobody_is_told_to_allow_the_unspecified_address(found: str) -> None:
    said = remedy(Deny(Fault.FOREIGN_HOST, found), DoorKind.LOOPBACK)
    assert "--allow-host" not in said and "localhost" in said


@pytest.mark.parametrize("found", ["[2001:db8::1]:80", "a_b.example:1", "x" * 60 + ".example"])
def test_the_command_is_one_word_for_a_shell(found: str) -> None:
    said = remedy(Deny(Fault.FOREIGN_HOST, found), DoorKind.LOOPBACK)
    command = said.removeprefix("To allow it: ").partition(", or ")[0]
    assert shlex.split(command) == ["--allow-host", found.rpartition(":")[0] or found]  # no port


def test_a_value_that_was_cut_is_no_command() -> None:
    cut = shown(b"a." * 100 + b"example")
    assert "--allow-host NAME," in remedy(Deny(Fault.FOREIGN_HOST, cut), DoorKind.LOOPBACK)
    assert "--allow-origin ORIGIN," in remedy(Deny(Fault.FOREIGN_ORIGIN, cut), DoorKind.LOOPBACK)


def test_what_strangers_send_is_shown_in_printable_ascii_and_not_at_length() -> None:
    assert shown(b"a\x00\x1b[2J\xe4~") == "a\\x00\\x1b[2J\\xe4~"
    assert shown("GET\n") == "GET\\x0a"
    assert shown(b"x" * LONGEST_SHOWN) == "x" * LONGEST_SHOWN
    for long in (b"x" * 5000, b"\x00" * 5000):
        text = shown(long)
        assert len(text) == LONGEST_SHOWN and text.endswith("…")


def test_a_line_without_a_peer_still_says_something() -> None:
    line = terminal_line(Refusal(denied=Deny(Fault.H2C), door=DoorKind.OPEN))
    assert line == "Refused a request (R1): HTTP/2 without TLS is not served."


def test_the_line_for_the_terminal_names_the_flag_only() -> None:
    line = terminal_line(Refusal(denied=HOST, door=DoorKind.LOOPBACK, peer="::1"))
    assert line.endswith("names of this server. To allow it: --allow-host shop.example")
    page = terminal_line(Refusal(denied=Deny(Fault.CROSS_SITE, "none"), door=DoorKind.OPEN))
    assert page.endswith("add crossorigin to its tag, or use fetch().")


def test_what_is_repeated_is_counted_and_what_was_left_out_too() -> None:
    assert repeated("Refused.", 1, 0) == "Refused."
    assert repeated("Refused.", 3, 0) == "3 times: Refused."
    assert repeated("Refused.", 1, 1).endswith("(1 more was refused before this, and not shown)")
    assert repeated("Refused.", 1, 2).endswith("(2 more were refused before this, and not shown)")


def test_who_sends_forwarded_headers_may_be_a_proxy_to_name() -> None:
    assert forwarded_removed("10.0.0.7").endswith("--trust-proxy 10.0.0.7")
    assert forwarded_removed("").endswith("--trust-proxy ADDRESS")

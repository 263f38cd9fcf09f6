"""Small words of `up`, `down` and `env`: variables, ports, prefixes, sentences."""

import random
import re
import subprocess
from typing import Any

import pytest

from homeport.core import client_words, up_refusals
from homeport.core.env_words import exports, split, twice, url_variable
from homeport.core.nearest import nearest
from homeport.core.prefixed_log import LONGEST_LINE, Lines, clean, prefixes
from homeport.core.registry_words import nothing_found
from homeport.core.up_words import RED, YELLOW, lines


@pytest.mark.parametrize(
    ("name", "variable"),
    [("api", "API_URL"), ("shop-api", "SHOP_API_URL"), ("branch.api", "BRANCH_API_URL")],
)
def test_a_name_is_a_variable_in_capitals(name: str, variable: str) -> None:
    assert url_variable(name) == variable


def test_a_shell_reads_the_exports_back() -> None:
    odd = {"A_URL": "http://x/'\"$(false) `b`\\", "B_URL": "http://127.0.0.1:8000"}
    script = exports(odd) + 'printf "%s\\n%s" "$A_URL" "$B_URL"'
    told = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=10)
    assert told.stdout.split("\n") == list(odd.values())


def test_only_the_first_mark_ends_what_is_said_to_homeport() -> None:
    assert split(["api", "--", "npm", "--", "x"]) == (["api"], ["npm", "--", "x"])
    assert split(["api"]) == (["api"], [])


def test_two_names_of_one_variable_are_noticed() -> None:
    assert twice(["a-b", "a.b"]) == ("a-b", "a.b")
    assert twice(["api", "api", "web"]) is None


def test_bytes_in_any_pieces_give_the_same_whole_lines() -> None:
    chance = random.Random(2)
    text = "".join(chance.choice("abé\n \u4e2d") for _ in range(3000))
    data = text.encode()
    for _ in range(50):
        reader, found, at = Lines(), list[str](), 0
        while at < len(data):
            size = chance.randint(1, 40)
            found += reader.feed(data[at : at + size])
            at += size
        assert [*found, *reader.end()] == text.removesuffix("\n").split("\n")
    assert Lines().end() == []


def test_a_line_without_end_is_cut_and_not_kept_for_ever() -> None:
    reader = Lines()
    found = reader.feed(b"x" * (LONGEST_LINE * 2 + 1))
    assert [len(line) for line in found] == [LONGEST_LINE, LONGEST_LINE]
    assert reader.end() == ["x"]


@pytest.mark.parametrize(
    ("raw", "plain", "coloured"),
    [
        ("ready  ", "ready", "ready"),
        ("10%\r50%\r100%", "100%", "100%"),
        ("done\r", "done", "done"),
        ("\x1b[32mok\x1b[0m", "ok", "\x1b[32mok\x1b[0m\x1b[0m"),
        ("\x1b[2J\x1b[3;1Hvite", "vite", "vite"),
        ("\x1b]0;title\x07x\x1b]8;;http://a\x1b\\y", "xy", "xy"),
        ("\x1bPstring\x1b\\z\x1bc", "z", "z"),
        ("a\x07\x00\x7f\tb", "a\tb", "a\tb"),
    ],
)
def test_nothing_moves_the_cursor(raw: str, plain: str, coloured: str) -> None:
    assert clean(raw, colour=False) == plain
    assert clean(raw, colour=True) == coloured


def test_no_text_gets_control_characters_through() -> None:
    chance = random.Random(3)
    for _ in range(3000):
        raw = "".join(chance.choice("\x1b[]\\;?0m2JHP\x07\r\x9b\x00ab ") for _ in range(20))
        assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]", clean(raw, colour=False))
        kept = re.sub(r"\x1b\[[0-9;]*m", "", clean(raw, colour=True))
        assert not re.search(r"\x1b\[[0-9;?]*[A-Za-ln-z]|\x1b[\]P^_Xc]", kept), repr(raw)


def test_prefixes_are_of_one_width_and_colours_differ() -> None:
    assert prefixes(["api", "w"], colour=False) == {"api": "api | ", "w": "w   | "}
    coloured = prefixes(["api", "w"], colour=True)
    assert coloured["api"] == "\x1b[36mapi |\x1b[0m "
    assert coloured["w"].startswith("\x1b[33m")
    assert prefixes([], colour=True) == {}


def said(event: str, **more: Any) -> list[str]:
    return [line.text for line in lines({"event": event, "app": "api", **more})]


def test_every_event_of_several_apps_has_its_lines() -> None:
    assert said("output", line="hello", stream="stdout") == ["hello"]
    assert said("app-starting", serves="main:app", port=None) == ["starting main:app"]
    assert said("app-starting", serves="x\n y", port=8100) == ["starting x y on port 8100"]
    url = "http://127.0.0.1:8000"
    assert said("app-ready", url=url, name="api", ms=5) == [f"{url}  ready in 5 ms, found as api"]
    assert said("app-ready", url=url, name=None, ms=5) == [f"{url}  ready in 5 ms"]
    assert said("app-late", port=8100, listens_on=[]) == ["does not listen on port 8100 yet"]
    assert "but on 3000: does" in said("app-late", port=8100, listens_on=[3000])[0]
    assert said("app-ended", exit_code=0, asked=True) == ["stopped"]
    assert said("app-ended", exit_code=3, asked=False) == [
        "ended by itself, exit code 3; the others go on"
    ]
    assert "(signal 9)" in said("app-ended", exit_code=137, asked=False)[0]
    assert "it needs db" in said("app-not-started", needs="db")[0]
    assert said("app-not-started", reason="no folder") == ["could not be started: no folder"]
    assert lines({"event": "app-ended", "exit_code": 1, "asked": False})[0].style == RED
    assert lines({"event": "app-ended", "exit_code": 0, "asked": False})[0].style == YELLOW


def test_events_of_servers_are_told_in_short() -> None:
    for quiet in ("starting", "reloading", "stopping", "stopped", "ready", "something-new"):
        assert said(quiet) == []
    assert said("listening", notes=["port 8000 is in use"]) == ["port 8000 is in use"]
    assert said("reloaded", ms=7, reasons=["a.py"]) == ["reloaded in 7 ms (a.py)"]
    assert said("reloaded", ms=7, reasons=[]) == ["reloaded in 7 ms"]
    assert said("request", method="GET", path="/", status=200) == ["GET / 200"]
    assert said("failed", message="broken", traceback="a\n  b", next=["mend"]) == [
        *("broken", "a", "  b", "mend")
    ]
    assert said("crashed", message="gone", error="E") == ["gone", "E"]
    assert said("error", message="busy", next=["x"]) == ["busy", "  x"]
    assert said("log", message="hm", traceback=None) == ["hm"]
    assert said("refused", message="not let in") == ["not let in"]


@pytest.mark.parametrize(
    ("still_serving", "tries_again", "waiting", "then"),
    [
        (False, True, [], ["save a fix to try again"]),
        (False, True, ["jobs", "web"], ["save a fix to try again; waiting for it: jobs, web"]),
        (True, True, [], ["the version before goes on; save a fix to try again"]),
        (True, False, [], ["the version before goes on"]),
        (False, False, ["web"], []),  # it ends, and that is told
    ],
)
def test_a_failure_says_how_it_goes_on(
    still_serving: bool, tries_again: bool, waiting: list[str], then: list[str]
) -> None:
    more = {"still_serving": still_serving, "tries_again": tries_again, "waiting": waiting}
    assert said("failed", message="broken", **more) == ["broken", *then]


def test_the_nearest_word_is_found_and_none_is_made_up() -> None:
    assert nearest("comand", ["app", "command"]) == "command"
    assert nearest("APU", ["web", "api"]) == "api"
    assert nearest("zzz", ["api", "web"]) is None
    assert nearest("x", []) is None


def test_refusals_say_what_to_type() -> None:
    found = up_refusals.unknown_apps(["apu"], ["api"], "homeport up")
    assert found.next_steps[0] == "did you mean:  homeport up api"
    assert up_refusals.unknown_apps(["zzzzz"], ["api"], "homeport up").next_steps == ("apps: api",)
    assert "starting" in up_refusals.already_up("/shop", "09:12", []).message
    assert "api, web" in up_refusals.already_up("/shop", "09:12", ["api", "web"]).message
    assert "homeport up" in str(up_refusals.nothing_up("/shop"))
    assert "kill -CONT 7" in str(up_refusals.up_silent("/shop", 7))
    assert "api" in up_refusals.not_down(["api"], 5).message
    late = up_refusals.not_ready("api", 1, "it does not answer.", ("why",))
    assert "within 1 s: it does" in late.message and "--timeout 2" in late.next_steps[-1]
    assert late.next_steps[0] == "why"
    gone = client_words.nowhere("web")
    assert up_refusals.not_there(gone) == gone.message
    assert up_refusals.not_there(nothing_found("web", ())) == "it does not run."
    assert "command -v x" in str(up_refusals.no_program("x", "No such file"))
    assert gone.exit_code == 5
    assert "'reload'" in up_refusals.only_a_command("web", "reload").message
    assert "A_URL" in up_refusals.same_variable("a", "a", "A_URL").message

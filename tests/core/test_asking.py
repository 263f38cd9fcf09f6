"""What the pairing pages decide about a request."""

import random

import pytest

from homeport.core.asking import (
    LONGEST_WAY_BACK,
    Form,
    is_fetched_ahead,
    own_origin,
    pass_cookie,
    question_cookie,
    wanted_form,
    way_back,
)

CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (CHROME, Form.PAGE),
        ("Text/HTML;q=0.9", Form.PAGE),
        ("application/json, text/html", Form.PAGE),
        ("application/json", Form.JSON),
        ("application/json;charset=utf-8, text/plain", Form.JSON),
        ("*/*", Form.TEXT),
        ("", Form.TEXT),
        ("image/avif,image/*", Form.TEXT),
        ("text/htmlx", Form.TEXT),
    ],
)
def test_everyone_is_answered_in_a_form_it_reads(accept: str, form: Form) -> None:
    assert wanted_form(accept) is form


@pytest.mark.parametrize("target", ["/", "/docs", "/a/b?x=1&y=/z", "/%2F%2Fevil", "/a//b", "/;@:"])
def test_a_path_of_this_server_is_a_way_back(target: str) -> None:
    assert way_back(target) == target


@pytest.mark.parametrize(
    "target",
    [
        "",
        "docs",
        "//evil.example/x",
        "/\\evil.example",
        "/a\\b",
        "\\\\evil.example",
        "https://evil.example/",
        "/a\tb",
        "/\t/evil.example",
        "/a\r\nset-cookie: x=1",
        "/a b",
        "/\x00",
        "/\x7f",
        "/ä",
        "javascript:alert(1)",
        "/.well-known/homeport/pair?code=x",
        "/" + "a" * LONGEST_WAY_BACK,
    ],
)
def test_nothing_else_is_a_way_back(target: str) -> None:
    assert way_back(target) == "/"


def test_whatever_is_asked_for_the_way_back_stays_here() -> None:
    dice = random.Random(5)
    for _ in range(20_000):
        target = "".join(dice.choices("/\\.:@?#%ab \t\r\n\0é", k=dice.randrange(8)))
        back = way_back(target)
        assert back == "/" or (back == target and back[0] == "/" and back[1:2] not in ("/", "\\"))
        assert back.isascii() and back.isprintable() and " " not in back


def test_the_longest_way_back_is_kept() -> None:
    longest = "/" + "a" * (LONGEST_WAY_BACK - 1)
    assert way_back(longest) == longest


@pytest.mark.parametrize("said", ["prefetch", "prefetch;prerender", "Prerender", "preview"])
def test_a_browser_that_looks_ahead_is_no_person(said: str) -> None:
    assert is_fetched_ahead(["", said])


def test_a_browser_that_says_nothing_is_a_person() -> None:
    assert not is_fetched_ahead([])
    assert not is_fetched_ahead(["", "navigate"])


@pytest.mark.parametrize(
    ("host", "tls", "origin"),
    [
        ("192.168.1.20:8000", False, "http://192.168.1.20:8000"),
        ("MyApp.local:8443", True, "https://myapp.local:8443"),
        ("myapp.local", True, "https://myapp.local"),
        ("myapp.local:443", True, "https://myapp.local"),
        ("myapp.local:80", False, "http://myapp.local"),
        ("myapp.local:443", False, "http://myapp.local:443"),
        ("[fd00::1]:80", False, "http://[fd00::1]"),
    ],
)
def test_an_origin_is_written_as_browsers_do(host: str, tls: bool, origin: str) -> None:
    assert own_origin(host, tls=tls) == origin


def test_cookies_are_named_for_their_instance_and_bound_to_tls_where_there_is_tls() -> None:
    assert pass_cookie("k3", tls=False) == "hp_k3"
    assert pass_cookie("k3", tls=True) == "__Host-hp_k3"
    assert question_cookie("k3", tls=False) == "hp_k3_wait"
    assert question_cookie("k3", tls=True) == "__Secure-hp_k3_wait"

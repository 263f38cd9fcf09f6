"""How a device gets in, request by request."""

import logging
import re
import socket
from urllib.parse import urlencode

import pytest

from homeport.core.asking import OWN_PATHS
from homeport.engine.guarding.pages import KNOCK, WAIT
from homeport.engine.guarding.pairing import PAIR
from homeport.engine.guarding.passes import Admitted, Refused
from tests.engine.pairing_scene import ORIGIN, PHONE, Door, HeldPasses, Reply, request, served

HTML = b"text/html,application/xhtml+xml,*/*;q=0.8"
JSON = b"application/json"
LARGEST = 15 * 1024
QUESTION = "hp_k3_wait"


@pytest.fixture
def passes() -> HeldPasses:
    return HeldPasses()


@pytest.fixture
def door(passes: HeldPasses) -> Door:
    return Door(passes)


def knock(door: Door, to: str = "/docs", origin: bytes | None = ORIGIN, **headers: bytes) -> Reply:
    if origin is not None:
        headers["origin"] = origin
    body = urlencode({"to": to}).encode()
    return request(door, "POST", KNOCK, body=body, accept=HTML, **headers)


def question_of(reply: Reply) -> bytes:
    """The cookie that a browser sends back to `wait`."""
    line = reply.cookie(QUESTION)
    assert line is not None, reply
    return line.partition(";")[0].encode()


def check_page(reply: Reply) -> None:
    """What is true of each page."""
    assert reply.header("content-type") == "text/html; charset=utf-8"
    assert len(reply.body.encode()) <= LARGEST
    assert reply.header("content-length") == str(len(reply.body.encode()))
    policy = reply.header("content-security-policy")
    for rule in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert rule in policy
    assert "unsafe" not in policy and "form-action 'self'" in policy
    assert reply.header("referrer-policy") == "same-origin"
    check_head(reply)
    for secret in ("192.168.1", "8000", "k3", "uvicorn", "token-of"):
        assert secret not in reply.body


def check_head(reply: Reply) -> None:
    """What is true of each answer."""
    assert reply.header("cache-control") == "no-store"
    assert reply.header("x-content-type-options") == "nosniff"
    assert reply.header("x-frame-options") == "DENY"
    assert not [name for name, _ in reply.headers if name.startswith("access-control")]


# The link


def test_the_link_lets_in_and_leaves_no_code_in_the_address(door: Door, passes: HeldPasses) -> None:
    reply = request(door, "GET", passes.make_link(), accept=HTML, user_agent=b"Phone\x1b[2J 1")
    assert (reply.status, reply.header("location"), reply.body) == (303, "/", "")
    assert reply.cookie("hp_k3") == (
        "hp_k3=token-of-c0de; Path=/; Max-Age=1800; HttpOnly; SameSite=Lax"
    )
    assert reply.header("referrer-policy") == "no-referrer"
    assert passes.agents == ["Phone 1"]
    check_head(reply)


def test_under_tls_the_cookie_is_bound_to_this_host(passes: HeldPasses) -> None:
    reply = request(Door(passes, tls=True), "GET", passes.make_link(), accept=HTML)
    assert reply.cookie("__Host-hp_k3") == (
        "__Host-hp_k3=token-of-c0de; Path=/; Max-Age=1800; HttpOnly; SameSite=Lax; Secure"
    )


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_purpose": b"prefetch;prerender"},
        {"purpose": b"prefetch"},
        {"x_moz": b"prefetch"},
        {"x_purpose": b"preview"},
    ],
)
def test_a_browser_that_looks_ahead_does_not_burn_the_link(
    door: Door, passes: HeldPasses, headers: dict[str, bytes]
) -> None:
    link = passes.make_link()
    reply = request(door, "GET", link, accept=HTML, **headers)
    assert (reply.status, reply.cookie("hp_k3")) == (503, None)
    assert request(door, "GET", link, accept=HTML).status == 303


def test_a_head_request_does_not_burn_the_link(door: Door, passes: HeldPasses) -> None:
    link = passes.make_link()
    reply = request(door, "HEAD", link)
    assert (reply.status, reply.body, reply.cookie("hp_k3")) == (200, "", None)
    check_head(reply)
    assert request(door, "GET", link, accept=HTML).status == 303


@pytest.mark.parametrize(
    ("reason", "status", "title"),
    [
        ("used", 410, "This link was used before"),
        ("expired", 410, "This link is too old"),
        ("wrong", 403, "This link does not work"),
        ("gone", 410, "This is no longer shared"),
        ("denied", 403, "You were not let in"),
    ],
)
def test_a_link_that_does_not_let_in_says_why(
    door: Door, passes: HeldPasses, reason: str, status: int, title: str
) -> None:
    passes.codes["c"] = Refused(reason=reason)  # type: ignore[arg-type]
    reply = request(door, "GET", f"{PAIR}?code=c", accept=HTML)
    assert reply.status == status
    assert f'<h1 id="title" tabindex="-1">{title}</h1>' in reply.body
    assert ("<button" in reply.body) == (reason in ("used", "expired", "wrong"))
    assert reply.cookie("hp_k3") is None
    check_page(reply)


def test_a_used_link_fails_for_another_device_and_not_for_the_one_that_used_it(
    door: Door, passes: HeldPasses
) -> None:
    link = passes.make_link()
    first = request(door, "GET", link, accept=HTML)
    own = str(first.cookie("hp_k3")).partition(";")[0].encode()
    assert request(door, "GET", link, accept=HTML).status == 410
    again = request(door, "GET", link, accept=HTML, cookie=b"other=1; " + own)
    assert (again.status, again.header("location")) == (303, "/")


def test_a_device_that_is_in_does_not_burn_a_new_link(door: Door, passes: HeldPasses) -> None:
    passes.tokens.add("old")
    link = passes.make_link()
    assert request(door, "GET", link, accept=HTML, cookie=b"hp_k3=old").status == 303
    reply = request(door, "GET", link, accept=HTML, cookie=b"hp_k3=bad")
    assert reply.cookie("hp_k3") is not None


@pytest.mark.parametrize("query", ["", "?code=", "?code=a&code=b", f"?code={'x' * 201}", "?c=%ff"])
def test_what_is_no_code_counts_as_a_wrong_guess(
    door: Door, passes: HeldPasses, query: str
) -> None:
    reply = request(door, "GET", PAIR + query, accept=HTML)
    assert reply.status == 403
    assert passes.guesses == [PHONE] and passes.agents == []


def test_who_guessed_too_often_waits_before_the_code_is_looked_at(
    door: Door, passes: HeldPasses
) -> None:
    link = passes.make_link()
    passes.wait = 41.2
    reply = request(door, "GET", link, accept=HTML)
    assert (reply.status, reply.header("retry-after")) == (429, "42")
    assert "Wait 42 seconds" in reply.body
    check_page(reply)
    passes.wait = 0
    assert request(door, "GET", link, accept=HTML).status == 303


def test_a_refusal_while_redeeming_may_name_a_wait(door: Door, passes: HeldPasses) -> None:
    passes.codes["c"] = Refused(reason="blocked", retry_after=900)
    reply = request(door, "GET", f"{PAIR}?code=c")
    assert (reply.status, reply.header("retry-after")) == (429, "900")
    assert reply.body == "Too many tries\nWait 15 minutes, then try again.\n"


# Without a pass


@pytest.mark.parametrize(
    ("method", "target", "back"),
    [
        ("GET", "/docs?x=1&y=%22", "/docs?x=1&amp;y=%22"),
        ("GET", "//evil.example/x", "/"),
        ("GET", "/a\\b", "/"),
        ("GET", "/<script>", "/&lt;script&gt;"),
        ("GET", '/"><b>', "/&quot;&gt;&lt;b&gt;"),
        ("POST", "/save", "/"),
    ],
)
def test_the_page_that_asks_remembers_where_somebody_wanted_to_go(
    door: Door, method: str, target: str, back: str
) -> None:
    reply = request(door, method, target, accept=HTML)
    assert reply.status == 401
    assert f'<input type="hidden" name="to" value="{back}">' in reply.body
    assert ("Send it again" in reply.body) == (method == "POST")
    assert reply.header("www-authenticate") == 'HomeportToken header="X-Homeport-Token"'
    check_page(reply)


def test_a_head_request_without_a_pass_gets_the_head_only(door: Door) -> None:
    reply = request(door, "HEAD", "/docs", accept=HTML)
    assert (reply.status, reply.body) == (401, "")
    assert int(reply.header("content-length")) > 0
    check_head(reply)


def test_programs_are_told_about_the_header(door: Door) -> None:
    text = request(door, "GET", "/api", accept=b"*/*")
    assert (text.status, text.header("content-type")) == (401, "text/plain; charset=utf-8")
    assert "X-Homeport-Token" in text.body and "homeport token" in text.body
    facts = request(door, "POST", "/api", accept=JSON)
    assert (facts.status, facts.header("content-type")) == (401, "application/json")
    assert facts.body.startswith('{"error": "no-pass", "detail": "This needs a pass.')
    for reply in (text, facts):
        check_head(reply)
        assert reply.header("www-authenticate") and "<" not in reply.body


def test_who_guessed_too_often_cannot_ask_either(door: Door, passes: HeldPasses) -> None:
    passes.wait = 8
    reply = request(door, "GET", "/docs", accept=HTML)
    assert (reply.status, reply.header("retry-after")) == (429, "8")
    check_page(reply)


# Asking


def test_asking_shows_a_number_and_ends_where_it_began(door: Door, passes: HeldPasses) -> None:
    asked = knock(door, "/docs?x=1", user_agent=b"Phone")
    assert (asked.status, asked.header("location")) == (303, WAIT)
    line = asked.cookie(QUESTION)
    assert line is not None
    assert line.endswith(f"; Path={OWN_PATHS}; HttpOnly; SameSite=Strict")
    assert "ticket" not in line and passes.agents == ["Phone"]
    question = question_of(asked)

    waiting = request(door, "GET", WAIT, accept=HTML, cookie=question)
    assert waiting.status == 200
    assert ">4829</div>" in waiting.body and "ticket" not in waiting.body
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in waiting.body
    check_page(waiting)
    poll = request(door, "GET", WAIT, accept=JSON, cookie=question)
    assert (poll.status, poll.body) == (200, '{"state": "waiting"}')

    passes.let_in()
    inside = request(door, "GET", WAIT, accept=HTML, cookie=question)
    assert (inside.status, inside.header("location")) == (303, "/docs?x=1")
    assert str(inside.cookie("hp_k3")).startswith("hp_k3=token-of-ticket-1; Path=/; Max-Age=1800")
    assert "Max-Age=0" in str(inside.cookie(QUESTION))


def test_the_script_gets_the_pass_as_well(door: Door, passes: HeldPasses) -> None:
    question = question_of(knock(door))
    passes.let_in()
    reply = request(door, "GET", WAIT, accept=JSON, cookie=question)
    assert (reply.status, reply.body) == (200, '{"state": "in"}')
    assert reply.cookie("hp_k3") and reply.cookie(QUESTION)
    check_head(reply)


@pytest.mark.parametrize(
    ("reason", "status", "title"),
    [
        ("denied", 403, "You were not let in"),
        ("expired", 410, "Nobody answered in time"),
        ("gone", 410, "This question is closed"),
    ],
)
def test_a_no_is_said(door: Door, passes: HeldPasses, reason: str, status: int, title: str) -> None:
    for accept in (HTML, JSON):
        question = question_of(knock(door))
        passes.refuse(Refused(reason=reason))  # type: ignore[arg-type]
        reply = request(door, "GET", WAIT, accept=accept, cookie=question)
        assert title in reply.body and "Ask again" in reply.body
        assert reply.status == (status if accept == HTML else 200)
        assert "Max-Age=0" in str(reply.cookie(QUESTION))


@pytest.mark.parametrize(
    "origin",
    [None, b"null", b"http://evil.example", b"https://192.168.1.20:8000", b"http://192.168.1.20"],
)
def test_only_our_own_page_can_ask(door: Door, passes: HeldPasses, origin: bytes | None) -> None:
    reply = knock(door, origin=origin)
    assert reply.status == 403
    assert passes.answers == {}
    check_page(reply)


def test_under_tls_only_the_https_page_can_ask(passes: HeldPasses) -> None:
    door = Door(passes, tls=True)
    assert knock(door, origin=ORIGIN).status == 403
    reply = knock(door, origin=b"https://192.168.1.20:8000")
    line = str(reply.cookie("__Secure-hp_k3_wait"))
    assert reply.status == 303 and line.endswith("; SameSite=Strict; Secure")


def test_asking_twice_is_one_question(door: Door, passes: HeldPasses) -> None:
    first = knock(door, "/a")
    second = knock(door, "/b", cookie=question_of(first))
    assert (second.status, second.header("location")) == (303, WAIT)
    assert len(passes.answers) == 1
    passes.let_in()
    reply = request(door, "GET", WAIT, accept=HTML, cookie=question_of(second))
    assert reply.header("location") == "/b"


def test_asking_again_after_a_yes_goes_in(door: Door, passes: HeldPasses) -> None:
    first = knock(door, "/a")
    passes.let_in()
    reply = knock(door, "/b", cookie=question_of(first))
    assert (reply.header("location"), len(passes.answers)) == ("/b", 1)
    assert reply.cookie("hp_k3")


def test_asking_again_after_a_no_is_a_new_question(door: Door, passes: HeldPasses) -> None:
    first = knock(door)
    passes.refuse(Refused(reason="denied"))
    assert knock(door, cookie=question_of(first)).header("location") == WAIT
    assert [*passes.answers] == ["ticket-1", "ticket-2"]


def test_who_is_in_already_is_not_asked_about(door: Door, passes: HeldPasses) -> None:
    passes.tokens.add("t")
    assert knock(door, "/docs", cookie=b"hp_k3=t").header("location") == "/docs"
    assert request(door, "GET", WAIT, accept=HTML, cookie=b"hp_k3=t").header("location") == "/"
    poll = request(door, "GET", WAIT, accept=JSON, cookie=b"hp_k3=t")
    assert poll.body == '{"state": "in"}' and passes.answers == {}


def test_too_many_questions_are_refused_with_a_wait(door: Door, passes: HeldPasses) -> None:
    passes.refusal = Refused(reason="blocked", retry_after=90)
    reply = knock(door)
    assert (reply.status, reply.header("retry-after")) == (429, "90")
    assert "Wait 2 minutes" in reply.body and 'value="/docs"' in reply.body
    check_page(reply)


@pytest.mark.parametrize(
    "cookie",
    [
        b"",
        b"hp_k3_wait=",
        b"hp_k3_wait=!!",
        b"hp_k3_wait=W10=",
        b"hp_k3_wait=WzEsMiwzXQ==",
        b"hp_k3_wait=bnVsbA==",
        b"hp_k3_wait=/w==",
        b"hp_k3_wait=\xff\xff",
    ],
)
def test_without_an_open_question_there_is_nothing_to_wait_for(door: Door, cookie: bytes) -> None:
    page = request(door, "GET", WAIT, accept=HTML, cookie=cookie)
    assert page.status == 410 and "keeps no cookies" in page.body
    check_page(page)
    poll = request(door, "GET", WAIT, accept=JSON, cookie=cookie)
    assert poll.status == 200 and '"state": "refused"' in poll.body


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil", "x", WAIT])
def test_asking_never_leads_away(door: Door, passes: HeldPasses, to: str) -> None:
    question = question_of(knock(door, to))
    passes.let_in()
    reply = request(door, "GET", WAIT, accept=HTML, cookie=question)
    assert reply.header("location") == "/"
    assert knock(door, to, cookie=b"hp_k3=token-of-ticket-1").header("location") == "/"


@pytest.mark.parametrize("number", ["482913", "<b>&\"'", "4" * 40])
def test_a_number_is_shown_as_text(door: Door, passes: HeldPasses, number: str) -> None:
    passes.number = number
    page = request(door, "GET", WAIT, accept=HTML, cookie=question_of(knock(door)))
    assert "<b>" not in page.body
    check_page(page)


def test_a_form_of_more_than_4_kb_is_not_read(door: Door, passes: HeldPasses) -> None:
    largest = b"to=" + b"a" * 4093
    assert request(door, "POST", KNOCK, body=largest, origin=ORIGIN).status == 303
    reply = request(door, "POST", KNOCK, body=largest + b"a", origin=ORIGIN)
    assert (reply.status, reply.header("connection")) == (413, "close")
    assert len(passes.answers) == 1


def test_a_form_of_garbage_asks_without_a_way_back(door: Door, passes: HeldPasses) -> None:
    for body in (b"", b"\xff\x00=&&&", b"&".join([b"to=/x"] * 99), b"to=%zz%ff"):
        assert request(door, "POST", KNOCK, body=body, origin=ORIGIN).status == 303
    assert len(passes.answers) == 4


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("POST", PAIR, 405, "GET, HEAD"),
        ("GET", KNOCK, 405, "POST"),
        ("HEAD", WAIT, 405, "GET"),
        ("OPTIONS", WAIT, 405, "GET"),
        ("GET", OWN_PATHS, 404, ""),
        ("GET", PAIR + "/", 404, ""),
    ],
)
def test_other_methods_and_paths_are_refused(
    door: Door, method: str, path: str, status: int, allow: str
) -> None:
    reply = request(door, method, path, accept=HTML)
    assert (reply.status, reply.header("allow")) == (status, allow)
    check_head(reply)


def test_every_page_is_valid_html(door: Door, passes: HeldPasses) -> None:
    html5lib = pytest.importorskip("html5lib", reason="html5lib is not installed")
    passes.number = "4829137"
    pages = [
        request(door, "GET", '/docs?a=1&b="<>', accept=HTML),
        request(door, "GET", PAIR, accept=HTML),
        request(door, "GET", WAIT, accept=HTML, cookie=question_of(knock(door, "/&amp;\"'<>"))),
    ]
    for page in pages:
        html5lib.HTMLParser(strict=True).parse(page.body)
    with pytest.raises(html5lib.html5parser.ParseError):
        html5lib.HTMLParser(strict=True).parse(pages[0].body.replace("</main>", ""))


# Under a real server


def lines_of(url: str, text: bytes) -> str:
    host, port = re.findall(r"//(.*):(\d+)", url)[0]
    with socket.create_connection((host, int(port)), 5) as sock:
        sock.sendall(text)
        return b"".join(iter(lambda: sock.recv(65536), b"")).decode()


def test_no_log_has_the_code(passes: HeldPasses, caplog: pytest.LogCaptureFixture) -> None:
    passes.make_link("s3cret")
    caplog.set_level(logging.INFO)
    with served(Door(passes)) as url:
        for method in ("HEAD", "POST", "GET"):
            head = f"{method} {PAIR}?code=s3cret HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            assert "s3cret" not in lines_of(url, head.encode()).replace("token-of-s3cret", "")
    assert f"GET {PAIR} HTTP/1.1" in caplog.text
    assert "s3cret" not in caplog.text


def test_a_body_that_never_ends_is_cut_off(passes: HeldPasses) -> None:
    with served(Door(passes)) as url:
        origin = f"POST {KNOCK} HTTP/1.1\r\nHost: x\r\nOrigin: http://x\r\n"
        head = f"{origin}Transfer-Encoding: chunked\r\n\r\n".encode()
        assert lines_of(url, head + b"1000\r\n" + b"a" * 4096 + b"\r\n1\r\na\r\n").startswith(
            "HTTP/1.1 413 "
        )
    assert passes.answers == {}


def test_an_admission_has_no_negative_life() -> None:
    passes = HeldPasses(codes={"c": Admitted(token="t", seconds=-3.5)})
    reply = request(Door(passes), "GET", f"{PAIR}?code=c")
    assert "; Max-Age=0;" in str(reply.cookie("hp_k3"))

"""What a head may look like, and what is said about one that may not."""

import random

import pytest

from homeport.core.wire_rules import (
    MOST_HEAD_BYTES,
    MOST_HEADERS,
    Fault,
    WireRule,
    fault,
    fault_in_head,
    fault_of_parser,
    head_bytes,
    is_plain,
)

Head = tuple[bytes, str, bytes, list[tuple[bytes, bytes]]]
HOST = (b"host", b"localhost:8000")
UPGRADE = [HOST, (b"connection", b"keep-alive, Upgrade"), (b"upgrade", b"websocket")]


def head(
    *headers: tuple[bytes, bytes],
    method: bytes = b"GET",
    version: str = "1.1",
    target: bytes = b"/",
) -> Head:
    return method, version, target, list(headers)


FINE = [
    head(HOST),
    head((b"host", b"[::1]:8000"), (b"cookie", b"a=1"), (b"accept", b"*/*")),
    head(HOST, (b"content-length", b"3"), method=b"POST"),
    head(HOST, target=b"//evil.example/x"),
    head(HOST, target=b"/a?b=http://c"),
]
UNUSUAL = [
    head(HOST, version="1.0"),
    head(HOST, target=b"*", method=b"OPTIONS"),
    head(HOST, (b"cookie", b"a"), (b"cookie", b"b")),
    head(HOST, (b"transfer-encoding", b"Chunked"), method=b"POST"),
    head(*UPGRADE),
    head(*UPGRADE, (b"content-length", b"00")),
    head(HOST, (b"upgrade", b"TLS/1.0")),  # nobody asked to do it
    head(HOST, *[(b"x", b"")] * (MOST_HEADERS - 1)),
]
BROKEN: list[tuple[Head, WireRule]] = [
    (head(), WireRule.NO_HOST),
    (head((b"host", b"")), WireRule.NO_HOST),
    (head(version="1.0"), WireRule.NO_HOST),
    (head(HOST, HOST), WireRule.TWO_HOSTS),
    (head((b"host", b"a\tb")), WireRule.HOST_BYTES),
    (head((b"host", b"a b")), WireRule.HOST_BYTES),
    (head((b"host", b"local\x01host")), WireRule.HOST_BYTES),
    (head((b"host", b"caf\xc3\xa9")), WireRule.HOST_BYTES),
    (head(HOST, target=b"http://evil.example/"), WireRule.TARGET),
    (head(HOST, target=b"*"), WireRule.TARGET),
    (head(HOST, target=b""), WireRule.TARGET),
    (head(HOST, method=b"CONNECT", target=b"a:1"), WireRule.METHOD),
    (head(HOST, method=b"TRACE"), WireRule.METHOD),
    (head(HOST, version="2.0"), WireRule.VERSION),
    (head(HOST, version="0.9"), WireRule.VERSION),
    (head(HOST, (b"content-length", b"1"), (b"content-length", b"1")), WireRule.FRAMING),
    (head(HOST, (b"content-length", b"1"), (b"transfer-encoding", b"chunked")), WireRule.FRAMING),
    (head(HOST, *[(b"transfer-encoding", b"chunked")] * 2), WireRule.FRAMING),
    (head(HOST, (b"transfer-encoding", b"gzip, chunked")), WireRule.TRANSFER),
    (head(HOST, (b"transfer-encoding", b"identity")), WireRule.TRANSFER),
    (head(HOST, (b"transfer-encoding", b"chunked"), version="1.0"), WireRule.TRANSFER),
    (head(HOST, (b"upgrade", b"h2c")), WireRule.HTTP2),
    (head(HOST, (b"upgrade", b"websocket, H2C")), WireRule.HTTP2),
    (head(HOST, (b"http2-settings", b"AAMAAABk")), WireRule.HTTP2),
    (head(*UPGRADE[:2], (b"upgrade", b"foo")), WireRule.UPGRADE),
    (head(*UPGRADE, (b"upgrade", b"websocket")), WireRule.UPGRADE),
    (head(*UPGRADE, (b"connection", b"close")), WireRule.UPGRADE),
    (head(*UPGRADE, method=b"POST"), WireRule.WEBSOCKET),
    (head(*UPGRADE, version="1.0"), WireRule.WEBSOCKET),
    (head(*UPGRADE, (b"content-length", b"10")), WireRule.WEBSOCKET),
    (head(*UPGRADE, (b"transfer-encoding", b"chunked")), WireRule.WEBSOCKET),
    (head(HOST, *[(b"x", b"")] * MOST_HEADERS), WireRule.HEADERS),
]


@pytest.mark.parametrize("it", FINE)
def test_an_ordinary_head_needs_one_look(it: Head) -> None:
    assert is_plain(*it)
    assert fault_in_head(*it) is None


@pytest.mark.parametrize("it", UNUSUAL)
def test_an_unusual_head_is_looked_at_closely_and_passes(it: Head) -> None:
    assert not is_plain(*it)
    assert fault_in_head(*it) is None


@pytest.mark.parametrize(("it", "rule"), BROKEN)
def test_a_broken_head_is_refused_by_its_rule(it: Head, rule: WireRule) -> None:
    assert not is_plain(*it)
    found = fault_in_head(*it)
    assert found is not None
    assert found.rule is rule


def test_what_the_quick_look_passes_the_close_look_passes_too() -> None:
    random.seed(5)
    pieces = [*UPGRADE, HOST, (b"x", b"y"), (b"content-length", b"1"), (b"host", b"\x7f")]
    pieces += [(b"transfer-encoding", b"chunked"), (b"connection", b"upgrade")]
    seen = set()
    for _ in range(20_000):
        it = head(
            *random.choices(pieces, k=random.randrange(5)),
            method=random.choice([b"GET", b"OPTIONS", b"TRACE", b"CONNECT"]),
            version=random.choice(["1.1", "1.1", "1.0", "2.0"]),
            target=random.choice([b"/", b"*", b"", b"x"]),
        )
        quick, close = is_plain(*it), fault_in_head(*it)
        assert not (quick and close), it
        seen.add((quick, close is None))
    assert seen == {(True, True), (False, True), (False, False)}


def test_nothing_of_the_sender_is_in_the_answer_and_the_owner_sees_it_made_harmless() -> None:
    found = fault(WireRule.TARGET, b"http://\x1b[31mevil\r\n" + b"x" * 1000)
    assert found.answer == "Refused: the request target must be a path that starts with /.\n"
    line = found.line("192.168.1.7\x1b[2J")
    assert line.isprintable()
    assert line.startswith("Refused a request from 192.168.1.7: the request target must")
    assert len(found.found) == 100
    assert found.found.endswith("…")


def test_without_anything_found_the_line_is_short() -> None:
    line = Fault(rule=WireRule.NO_HOST).line("::1")
    assert line == (
        "Refused a request from ::1: there is no Host line; a request needs exactly one."
    )


def test_a_query_string_is_never_kept() -> None:
    found = fault_in_head(*head(HOST, target=b"http://a/pair?code=secret"))
    assert found is not None
    assert found.found == "http://a/pair"


def test_the_length_of_a_head_is_that_on_the_wire() -> None:
    wire = b"GET /a HTTP/1.1\r\nhost: b\r\nx: yz\r\n\r\n"
    assert head_bytes(b"/a", [(b"host", b"b"), (b"x", b"yz")]) == len(wire) < MOST_HEAD_BYTES


@pytest.mark.parametrize(
    ("reason", "rule"),
    [
        ("Content-Length can't be present with Transfer-Encoding", WireRule.FRAMING),
        ("Invalid character in Content-Length", WireRule.LENGTH),
        ("Pause on PRI/Upgrade", WireRule.HTTP2),
        ("Invalid character in chunk size", WireRule.CHUNK),
        ("Invalid char in url path", WireRule.TARGET),
        ("Unexpected whitespace after header value", WireRule.FOLDED),
        ("Something new", WireRule.GRAMMAR),
    ],
)
def test_the_parsers_reasons_become_rules(reason: str, rule: WireRule) -> None:
    assert fault_of_parser(reason) == Fault(rule=rule, found=reason)


def test_every_rule_has_a_code_of_its_own_and_words() -> None:
    assert len({rule.code for rule in WireRule}) == len(WireRule)
    assert all(rule.words and not rule.words.endswith(".") for rule in WireRule)

"""What raw bytes get from a real server: refused before any app has seen them, or served."""

import asyncio
import random

import pytest

from homeport.core.wire_rules import MOST_HEAD_BYTES
from tests.engine.doors import GET, LAST, LOOPS, House, Loop, play, quick, read, request, statuses

both_loops = pytest.mark.parametrize("new_loop", LOOPS)
GETS, HOST, CLOSE = b"GET / HTTP/1.1", b"Host: a", b"Connection: close"
POST = b"POST / HTTP/1.1"
CHUNKED = request(POST, HOST, CLOSE, b"Transfer-Encoding: chunked")
UPGRADE = (b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13")
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
KEY = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="

REFUSED: list[tuple[str, bytes]] = [
    ("no-host", request(GETS)),
    ("no-host", request(GETS, b"Host:")),
    ("no-host", request(b"GET / HTTP/1.0")),
    ("two-hosts", request(GETS, HOST, HOST)),
    ("two-hosts", request(GETS, HOST, b"hOsT: evil.example")),
    ("host-bytes", request(GETS, b"Host: a\tb")),
    ("host-bytes", request(GETS, b"Host: caf\xc3\xa9")),
    ("grammar", request(GETS, b"Host: local\x01host")),
    ("grammar", request(GETS, b"Host: a\x00")),
    ("grammar", request(GETS, b"Host : a")),
    ("folded", request(GETS, b"Host: a\r\n b")),
    ("folded", request(GETS, HOST, b"X: a\r\n\tb")),
    ("target", request(b"GET http://evil.example:8000/x HTTP/1.1", HOST)),
    ("target", request(b"GET * HTTP/1.1", HOST)),
    ("target", request(b"GET x HTTP/1.1", HOST)),
    ("target", request(b"GET /a\x01 HTTP/1.1", HOST)),
    ("target", request(b"OPTIONS http://a/ HTTP/1.1", HOST)),
    ("method", request(b"CONNECT a:80 HTTP/1.1", HOST)),
    ("method", request(b"TRACE / HTTP/1.1", HOST)),
    ("method", request(b"NOSUCH / HTTP/1.1", HOST)),
    ("http2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ("http2", request(GETS, HOST, b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c")),
    ("http2", request(GETS, HOST, b"HTTP2-Settings: AAMAAABk")),
    ("version", request(b"GET / HTTP/2.0", HOST)),
    ("version", request(b"GET / HTTP/1.2", HOST)),
    ("version", request(b"GET /", HOST)),
    ("framing", request(POST, HOST, b"Content-Length: 1", b"Transfer-Encoding: chunked")),
    ("framing", request(POST, HOST, b"Transfer-Encoding: chunked", b"Content-Length: 1")),
    ("framing", request(POST, HOST, b"Content-Length: 1", b"Content-Length: 1")),
    ("length", request(POST, HOST, b"Content-Length: +4")),
    ("length", request(POST, HOST, b"Content-Length: 99999999999999999999")),
    ("transfer-encoding", request(POST, HOST, *[b"Transfer-Encoding: chunked"] * 2)),
    ("transfer-encoding", request(POST, HOST, b"Transfer-Encoding: gzip, chunked")),
    ("transfer-encoding", request(POST, HOST, b"Transfer-Encoding: identity")),
    ("upgrade", request(GETS, HOST, b"Connection: Upgrade", b"Upgrade: foo")),
    ("websocket", request(POST, HOST, KEY, *UPGRADE, b"Content-Length: 1")),
    ("websocket", request(b"GET / HTTP/1.0", HOST, KEY, *UPGRADE)),
    ("websocket", request(GETS, HOST, KEY, *UPGRADE, b"X: " + b"y" * 9000)),
    ("method", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200)),
    ("chunk", CHUNKED + b"xyz\r\n"),
    ("chunk", CHUNKED[:-2] + b"Expect: 100-continue\r\n\r\nxyz\r\n"),
    ("chunk", CHUNKED + b"fffffffffffffffff\r\n"),
    ("chunk", CHUNKED + b"1\r\nabc\r\n"),
]


@both_loops
@pytest.mark.parametrize(("code", "data"), REFUSED)
@pytest.mark.parametrize("bytewise", [False, True])
def test_a_request_that_breaks_a_rule_is_refused_and_no_app_sees_its_end(
    new_loop: Loop, code: str, data: bytes, bytewise: bool
) -> None:
    async def story(house: House) -> None:
        await house.door()
        parts = [data[i : i + 1] for i in range(len(data))] if bytewise else [data]
        answer = await house.say(*(parts if len(parts) < 1000 else [data]))
        assert statuses(answer.removeprefix(CONTINUE)) == [400]
        head, _, body = answer.removeprefix(CONTINUE).partition(b"\r\n\r\n")
        assert b"connection: close" in head
        assert body.startswith(b"Refused: ")
        assert b"evil" not in answer
        assert [fault for fault, _ in house.faults] == [code]
        if code != "chunk":
            assert house.app.scopes == []
        assert statuses(await house.say(LAST)) == [200]

    assert play(new_loop, story) == []


SERVED: list[tuple[bytes, bytes]] = [
    (request(b"GET / HTTP/1.0", HOST), b"app / 0"),
    (request(b"GET //evil.example/x HTTP/1.1", HOST, CLOSE), b"app //evil.example/x 0"),
    (request(b"OPTIONS * HTTP/1.1", HOST, CLOSE), b"app * 0"),
    (request(GETS, HOST, CLOSE, b"Upgrade: foo"), b"app / 0"),
    (request(POST, HOST, CLOSE, b"Content-Length: 3") + b"abc", b"app / 3"),
    (CHUNKED + b"1\r\na\r\n0\r\n\r\n", b"app / 1"),
    (CHUNKED + b"1;x=y\r\na\r\n0\r\nTrailer: b\r\n\r\n", b"app / 1"),
    (CHUNKED + b"1\r\na\r\n" * 50_000 + b"0\r\n\r\n", b"app / 50000"),
    (CHUNKED + b"%x\r\n" % 300_000 + b"x" * 300_000 + b"\r\n0\r\n\r\n", b"app / 300000"),
    (request(POST, HOST, CLOSE, b"Content-Length: 300000") + b"x" * 300_000, b"app / 300000"),
    (request(GETS, HOST, CLOSE, *[b"X: y"] * 98), b"app / 0"),
    (request(GETS, HOST, CLOSE, b"X: " + b"y" * (MOST_HEAD_BYTES - 100)), b"app / 0"),
    (b"\r\n\r\n" + LAST, b"app / 0"),
    (b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" + LAST, b"app / 0"),
]


@both_loops
@pytest.mark.parametrize(("data", "body"), SERVED)
@pytest.mark.parametrize("size", [0, 1000, 7])
def test_what_is_only_unusual_is_served_in_whatever_pieces_it_comes(
    new_loop: Loop, data: bytes, body: bytes, size: int
) -> None:
    async def story(house: House) -> None:
        await house.door()
        size_now = (size if len(data) < 50_000 else size and 9_999) or len(data)
        parts = [data[i : i + size_now] for i in range(0, len(data), size_now)]
        answer = await house.say(*parts)
        assert answer.endswith(body), house.faults
        assert house.faults == []

    assert play(new_loop, story) == []


def endless(begin: bytes, more: bytes, total: int = 1_000_000) -> list[bytes]:
    return [begin, *([more] * (total // len(more)))]


TOO_MUCH: list[tuple[str, int, list[bytes]]] = [
    ("head-bytes", 431, endless(GETS + b"\r\n" + HOST + b"\r\nX: ", b"y" * 1000)),
    ("head-bytes", 431, endless(GETS + b"\r\n" + HOST + b"\r\nX: ", b"y" * 200_000)),
    ("head-bytes", 431, endless(b"GET /", b"a" * 1000)),
    ("head-bytes", 431, endless(b"GET /", b"a" * 65_536)),
    ("head-bytes", 431, endless(b"\r\n", b"\r\n" * 500)),
    ("head-bytes", 431, [request(GETS, HOST, b"X: " + b"y" * MOST_HEAD_BYTES)]),
    ("head-bytes", 431, [GET, request(GETS, HOST, b"X: " + b"y" * MOST_HEAD_BYTES)]),
    ("headers", 431, [request(GETS, HOST, *[b"X: y"] * 10_000)]),
    ("headers", 431, endless(GETS + b"\r\n" + HOST + b"\r\n", b"X: y\r\n" * 10)),
    ("headers", 431, [request(GETS, HOST, *[b"X: y"] * 100)]),
    ("padding", 400, endless(CHUNKED + b"1;", b"x" * 1000)),
    ("padding", 400, endless(CHUNKED + b"0", b"0" * 1000)),
    ("padding", 400, endless(CHUNKED, b"1;" + b"x" * 900 + b"\r\na\r\n")),
    ("padding", 400, endless(CHUNKED + b"0\r\nX: ", b"x" * 1000)),
    ("headers", 431, endless(CHUNKED + b"0\r\n", b"X: y\r\n" * 10)),
]


@both_loops
@pytest.mark.parametrize(("code", "status", "parts"), TOO_MUCH)
def test_what_has_no_end_is_refused_on_the_way(
    new_loop: Loop, code: str, status: int, parts: list[bytes]
) -> None:
    async def story(house: House) -> None:
        await house.door()
        answer = await house.say(*parts)
        assert statuses(answer)[-1:] == [status]
        assert [fault for fault, _ in house.faults] == [code]
        assert statuses(await house.say(LAST)) == [200]

    assert play(new_loop, story) == []


@both_loops
def test_what_was_asked_before_a_bad_request_is_answered_first(new_loop: Loop) -> None:
    async def story(house: House) -> None:
        await house.door()
        slow = request(b"GET /slow HTTP/1.1", HOST)
        asking = asyncio.ensure_future(house.say(slow + GET + request(GETS) + GET))
        await house.app.begun.wait()
        house.app.gate.set()
        answer = await asking
        assert statuses(answer) == [200, 200, 400]
        assert answer.index(b"app /slow") < answer.index(b"app / ") < answer.index(b"Refused")
        assert len(house.app.scopes) == 2

    assert play(new_loop, story) == []


@both_loops
def test_a_body_that_breaks_in_the_pipeline_ends_only_its_own_request(new_loop: Loop) -> None:
    async def story(house: House) -> None:
        await house.door()
        slow = request(b"GET /slow HTTP/1.1", HOST)
        asking = asyncio.ensure_future(house.say(slow + CHUNKED + b"xyz\r\n"))
        await house.app.begun.wait()
        house.app.gate.set()
        assert statuses(await asking) == [200, 400]
        assert len(house.app.scopes) == 1

    assert play(new_loop, story) == []


@both_loops
def test_the_app_is_told_when_the_body_it_reads_breaks_and_may_fail_quietly(
    new_loop: Loop,
) -> None:
    async def story(house: House) -> None:
        await house.door()
        assert statuses(await house.say(CHUNKED + b"1\r\na\r\n", b"xyz\r\n")) == [400]
        assert [end["type"] for end in house.app.ends] == ["http.disconnect"]
        answer = await house.say(
            request(b"POST /stream HTTP/1.1", HOST, b"Transfer-Encoding: chunked"), b"xyz\r\n"
        )
        assert statuses(answer) in ([200], [400])  # begun already or not: never two

    assert play(new_loop, story) == []


@both_loops
def test_an_upgrade_does_not_overtake_an_answer(new_loop: Loop) -> None:
    async def story(house: House) -> None:
        await house.door()
        slow = request(b"GET /slow HTTP/1.1", HOST)
        asking = asyncio.ensure_future(house.say(slow + request(GETS, HOST, KEY, *UPGRADE)))
        await house.app.begun.wait()
        house.app.gate.set()
        assert statuses(await asking) == [200, 400]
        assert [fault for fault, _ in house.faults] == ["websocket"]

    assert play(new_loop, story) == []


@both_loops
def test_trailers_never_become_headers(new_loop: Loop) -> None:
    async def story(house: House) -> None:
        await house.door()
        trailers = b"0\r\nHost: evil.example\r\nX-Homeport-Token: 1\r\nCookie: a=b\r\n\r\n"
        assert statuses(await house.say(CHUNKED + trailers)) == [200]
        names = [name for name, _ in house.app.scopes[0]["headers"]]
        assert names == [b"host", b"connection", b"transfer-encoding"]

    assert play(new_loop, story) == []


@both_loops
def test_a_websocket_still_opens(new_loop: Loop) -> None:
    async def story(house: House) -> None:
        await house.door()
        client = house.client()
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(client, request(GETS, HOST, KEY, *UPGRADE))
        assert statuses(await read(client, b"\r\n\r\n")) == [101]
        assert house.faults == []

    assert play(new_loop, story) == []


def test_without_anybody_to_tell_a_refusal_is_one_harmless_line() -> None:
    async def story(house: House) -> None:
        await house.door(refused=None)
        await house.say(request(GETS, b"Host: a\t\xe9[31m"))

    (line,) = play(asyncio.new_event_loop, story)
    assert line.startswith("Refused a request from 127.0.0.1: the Host line has")
    assert line.isprintable()


@both_loops
def test_the_reason_arrives_although_much_is_unread(new_loop: Loop) -> None:
    """A close with unread bytes is a reset, and stops many clients before they read."""

    async def story(house: House) -> None:
        await house.door(limits=quick())
        for _ in range(20):
            client, loop = house.client(), asyncio.get_running_loop()
            await loop.sock_sendall(client, GETS + b"\r\nX: ")
            for _ in range(random.randrange(20, 40)):
                await loop.sock_sendall(client, b"y" * 50_000)  # never reset
                await asyncio.sleep(0.001)
            assert statuses(await read(client)) == [431]
            client.close()

    random.seed(1)
    assert play(new_loop, story) == []

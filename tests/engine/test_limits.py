"""How long and how much: nobody keeps others out, and nobody who is only slow is cut."""

import asyncio
import resource
import socket
from pathlib import Path

import pytest

from homeport.core.wire_rules import Fault
from homeport.engine.serving.door import Door
from homeport.engine.serving.doorway import Doorway
from homeport.engine.serving.limits import LOOPBACK_LIMITS, NETWORK_LIMITS, Limits
from tests.engine.doors import (
    GET,
    LAST,
    LOOPS,
    House,
    Loop,
    eventually,
    play,
    quick,
    read,
    request,
    statuses,
)

both_loops = pytest.mark.parametrize("new_loop", LOOPS)
HOST = b"Host: a"
POST = request(b"POST / HTTP/1.1", HOST, b"Content-Length: 10")
SLOWLY = 500
_PAGE = resource.getpagesize()


def resident() -> int:
    """Bytes of this process in memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


async def send(client: socket.socket, data: bytes) -> None:
    await asyncio.get_running_loop().sock_sendall(client, data)


@both_loops
@pytest.mark.parametrize("begin", [b"GET /", b"GET / HTTP/1.1\r\nX: ", b"\r\n\r\nGET /"])
def test_a_head_that_never_ends_is_given_up_whatever_still_comes(
    new_loop: Loop, begin: bytes
) -> None:
    async def story(house: House) -> None:
        await house.door(limits=quick(head=0.3))
        client = house.client()
        await send(client, begin)
        reading = asyncio.ensure_future(read(client))
        while not reading.done():
            try:
                await send(client, b"a")
            except OSError:
                break
            await asyncio.sleep(0.02)
        assert statuses(await reading) == [408]
        assert house.faults == [("slow-head", "127.0.0.1")]

    assert play(new_loop, story) == []


@both_loops
def test_a_connection_that_is_never_used_ends_without_a_word(new_loop: Loop) -> None:
    async def story(house: House) -> None:
        await house.door(limits=quick(first_byte=0.2))
        client = house.client()
        assert await read(client) == b""
        empty_lines = house.client()
        await send(empty_lines, b"\r\n")
        assert await read(empty_lines) in (b"",)
        assert house.faults == []

    assert play(new_loop, story) == []


@both_loops
def test_empty_lines_do_not_keep_a_used_connection_open(new_loop: Loop) -> None:
    async def story(house: House) -> None:
        await house.door(limits=quick(head=0.2))
        client = house.client()
        await send(client, GET)
        await read(client, b"app / 0")
        await send(client, b"\r\n")
        assert await read(client) == b""

    assert play(new_loop, story) == []


@both_loops
def test_a_body_that_stops_is_given_up_and_the_app_is_told(new_loop: Loop) -> None:
    async def story(house: House) -> None:
        await house.door(limits=quick(body_idle=0.3))
        client = house.client()
        await send(client, POST)
        for _ in range(5):
            await send(client, b"x")
            await asyncio.sleep(0.1)  # together longer than the deadline, each pause is not
        assert house.faults == []
        assert statuses(await read(client)) == [408]
        assert [end["type"] for end in house.app.ends] == ["http.disconnect"]
        assert house.faults == [("slow-body", "127.0.0.1")]

    assert play(new_loop, story) == []


@both_loops
def test_the_time_of_the_app_is_not_the_clients(new_loop: Loop) -> None:
    """Streams, slow answers, apps that do not read: all last longer than every deadline."""

    async def story(house: House) -> None:
        every = quick(head=0.1, body_idle=0.1, first_byte=0.1)
        await house.door(limits=every)
        stream, slow, full, wait = (house.client() for _ in range(4))
        await send(stream, request(b"POST /stream HTTP/1.1", HOST, b"Content-Length: 10"))
        await send(slow, request(b"GET /slow HTTP/1.1", HOST))
        await send(full, request(b"POST /slow HTTP/1.1", HOST, b"Content-Length: 200000"))
        await send(full, b"x" * 150_000)
        length = b"Content-Length: 1"
        await send(wait, request(b"POST /slow HTTP/1.1", HOST, length, b"Expect: 100-continue"))
        ws = house.client()
        await send(
            ws,
            request(
                *(b"GET /ws HTTP/1.1", HOST, b"Connection: Upgrade", b"Upgrade: websocket"),
                *(b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
            ),
        )
        await read(ws, b"\r\n\r\n")
        await eventually(lambda: len(house.app.scopes) == 5, "all begun")
        await asyncio.sleep(0.6)
        assert house.faults == []
        house.app.gate.set()
        assert (await read(slow, b"/slow 0")).startswith(b"HTTP/1.1 200")
        assert (await read(wait, b"100 Continue")) != b""
        await send(full, b"x" * 50_000)
        assert (await read(full, b"/slow 200000")).startswith(b"HTTP/1.1 200")
        assert (await read(stream, b"first")).startswith(b"HTTP/1.1 200")
        await send(ws, b"\x81\x82\x00\x00\x00\x00hi")
        assert (await read(ws, b"apphi")).endswith(b"apphi")

    assert play(new_loop, story) == []


@both_loops
def test_a_body_that_stops_after_its_answer_ends_the_connection(new_loop: Loop) -> None:
    async def story(house: House) -> None:
        await house.door(limits=quick(body_idle=0.2))
        client = house.client()
        await send(client, request(b"POST /unread HTTP/1.1", HOST, b"Content-Length: 9") + b"x")
        assert statuses(await read(client, b"/unread 0")) == [200]
        await send(client, b"x")  # stops uvicorn's timer
        assert await read(client) == b""

    assert play(new_loop, story) == []


@both_loops
def test_many_slow_heads_keep_nobody_out_and_all_are_gone_in_the_end(new_loop: Loop) -> None:
    async def story(house: House) -> None:
        await house.door(limits=quick(head=1.0))
        before = resident()
        slow = [house.client() for _ in range(SLOWLY)]
        for client in slow:
            await send(client, b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
        reading = asyncio.gather(*(read(client) for client in slow))
        answered = 0
        while not reading.done():
            for client in slow:
                try:
                    client.send(b"a")
                except OSError:
                    continue
            assert statuses(await house.say(LAST)) == [200]
            answered += 1
            await asyncio.sleep(0.02)
        assert answered >= 5
        assert {tuple(statuses(answer)) for answer in await reading} == {(408,)}
        assert len(house.faults) == SLOWLY
        assert resident() - before < 50_000_000
        await eventually(lambda: not house.server._connections(), "all gone")

    assert play(new_loop, story) == []


@both_loops
def test_more_connections_than_a_door_takes_are_closed_at_once_and_that_is_said_once(
    new_loop: Loop,
) -> None:
    async def story(house: House) -> None:
        await house.door(limits=Limits(connections=3))
        inside = [house.client() for _ in range(3)]
        for client in inside:
            await send(client, GET)
            await read(client, b"app / 0")
        for _ in range(3):
            assert await house.say(GET) == b""
        assert house.faults == [("door-full", "127.0.0.1")]
        inside[0].close()
        await eventually(lambda: len(house.server._connections()) == 2, "one left")
        assert statuses(await house.say(LAST)) == [200]

    assert play(new_loop, story) == []


def own_address() -> str | None:
    """An address of this machine that is not a loopback one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            return None
        return str(sock.getsockname()[0])


@both_loops
@pytest.mark.skipif(own_address() is None, reason="needs an address besides loopback")
def test_a_peer_on_the_network_has_so_many_connections_and_websockets(new_loop: Loop) -> None:
    async def story(house: House) -> None:
        await house.door(ip=own_address() or "", limits=Limits(per_peer=3))
        inside = [house.client() for _ in range(3)]
        await send(
            inside[0],
            request(
                *(b"GET /ws HTTP/1.1", HOST, b"Connection: Upgrade", b"Upgrade: websocket"),
                *(b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
            ),
        )
        await read(inside[0], b"\r\n\r\n")
        for client in inside[1:]:
            await send(client, GET)
            await read(client, b"app / 0")
        for _ in range(2):
            assert await house.say(GET) == b""
        assert house.faults == [("peer-full", own_address())]
        inside[0].close()  # the WebSocket counted
        await eventually(lambda: len(house.server._connections()) == 2, "it left")
        assert statuses(await house.say(LAST)) == [200]

    assert play(new_loop, story) == []


def test_each_peer_is_counted_for_itself_and_this_computer_is_not() -> None:
    faults: list[tuple[str, str]] = []

    def refused(fault: Fault, peer: str) -> None:
        faults.append((fault.rule.code, peer))

    async def story() -> None:
        door = Door(0, limits=Limits(per_peer=2), refused=refused)
        doorway = Doorway(door, None, asyncio.get_running_loop())
        for ip in ("10.0.0.1", "10.0.0.2", "fe80::1%eth0"):
            assert [doorway.enters((ip, 1)) for _ in range(4)] == [True, True, False, False]
        assert not doorway.enters(("::ffff:10.0.0.1", 1))
        for ip in ("127.0.0.1", "::1"):
            assert all(doorway.enters((ip, 1)) for _ in range(10))
        doorway.leaves(("10.0.0.1", 1))
        assert doorway.enters(("10.0.0.1", 1))
        assert doorway.enters(None)  # a unix socket
        doorway.close()
        assert not doorway.enters(("127.0.0.1", 1))

    asyncio.run(story())
    assert faults == [("peer-full", ip) for ip in ("10.0.0.1", "10.0.0.2", "fe80::1%eth0")]


def test_the_network_gets_less_than_this_computer() -> None:
    assert NETWORK_LIMITS.per_peer == 64
    assert LOOPBACK_LIMITS.per_peer is None
    assert NETWORK_LIMITS.connections <= LOOPBACK_LIMITS.connections <= 4096
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY:
        assert LOOPBACK_LIMITS.connections <= soft * 3 // 4
    assert (NETWORK_LIMITS.head, NETWORK_LIMITS.body_idle) == (10.0, 30.0)
    assert NETWORK_LIMITS.interval == 1.0

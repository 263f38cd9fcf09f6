"""Doors: each with its app, its guests and its end; with TLS or without."""

import asyncio
import contextlib
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from homeport.engine.serving.door import Arrival, Door, unmapped
from tests.engine.certificates import self_signed
from tests.engine.doors import (
    GET,
    LAST,
    LOOPS,
    App,
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
WEBSOCKET = request(
    *(b"GET /ws HTTP/1.1", HOST, b"Connection: Upgrade", b"Upgrade: websocket"),
    *(b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
)
HI = b"\x82\x82\x00\x00\x00\x00hi".replace(b"\x82\x82", b"\x81\x82", 1)


async def sent(client: socket.socket, data: bytes) -> socket.socket:
    await asyncio.get_running_loop().sock_sendall(client, data)
    return client


@both_loops
def test_each_door_has_its_own_app_for_requests_and_websockets(new_loop: Loop) -> None:
    async def story(house: House) -> None:
        await house.door(0)
        await house.door(7, app=App("seven "))
        assert (await house.say(LAST)).endswith(b"app / 0")
        assert (await house.say(LAST, number=7)).endswith(b"seven  / 0")
        for number, echo in ((0, b"apphi"), (7, b"seven hi")):
            client = await sent(house.client(number), WEBSOCKET)
            await read(client, b"\r\n\r\n")
            await sent(client, HI)
            assert (await read(client, echo)).endswith(echo)

    assert play(new_loop, story) == []


@both_loops
def test_a_number_is_given_once(new_loop: Loop) -> None:
    async def story(house: House) -> None:
        await house.door(3)
        with socket.create_server(("127.0.0.1", 0)) as another:
            with pytest.raises(ValueError, match="door 3 is open already"):
                await house.server.accept_on(another, Door(3))
            another.setblocking(False)
            await house.server.accept_on(another.dup())  # the next one
            await house.server.shut(4)

    assert play(new_loop, story) == []


@both_loops
def test_who_is_not_admitted_is_dropped_without_a_word_and_still_counted_as_arrived(
    new_loop: Loop,
) -> None:
    async def story(house: House) -> None:
        arrived: list[Arrival] = []
        asked: list[str] = []

        def admits(ip: str) -> bool:
            asked.append(ip)
            assert len(arrived) == len(asked)  # told first
            return False

        await house.door(0, admits=admits, arrived=arrived.append)
        assert await house.say(GET) == b""
        assert asked == ["127.0.0.1"]
        assert arrived[0].ip == "127.0.0.1"
        assert arrived[0].port > 0
        assert arrived[0].tls_error is None
        assert house.app.scopes == []

    assert play(new_loop, story) == []


@both_loops
def test_an_ipv4_peer_of_an_ipv6_socket_is_told_by_its_ipv4_address(new_loop: Loop) -> None:
    async def story(house: House) -> None:
        asked: list[str] = []
        listener = socket.create_server(
            ("::", 0), family=socket.AF_INET6, dualstack_ipv6=True, backlog=10
        )
        listener.setblocking(False)

        def admits(ip: str) -> bool:
            asked.append(ip)
            return True

        door = Door(0, admits=admits)
        await house.server.accept_on(listener, door)
        house.addresses[0] = ("127.0.0.1", listener.getsockname()[1])
        assert statuses(await house.say(LAST)) == [200]
        assert asked == ["127.0.0.1"]

    assert unmapped("::ffff:10.0.0.1") == "10.0.0.1"
    assert unmapped("::ffff:a00:1") == "::ffff:a00:1"  # no socket tells it so
    assert play(new_loop, story) == []


@both_loops
def test_shutting_a_door_cuts_all_that_came_through_it_and_nothing_else(new_loop: Loop) -> None:
    async def story(house: House) -> None:
        other = App("other")
        await house.door(0, app=other)
        await house.door(1)
        loop = asyncio.get_running_loop()
        idle, slow, stream, ws, half = (house.client(1) for _ in range(5))
        await read(await sent(idle, GET), b"app / 0")
        await sent(slow, request(b"GET /slow HTTP/1.1", HOST))
        await read(await sent(stream, request(b"GET /stream HTTP/1.1", HOST)), b"first")
        await read(await sent(ws, WEBSOCKET), b"\r\n\r\n")
        await sent(half, GET[:10])
        kept = [house.client(0) for _ in range(3)]
        await read(await sent(kept[0], GET), b"other / 0")
        await sent(kept[1], request(b"GET /slow HTTP/1.1", HOST))
        await read(await sent(kept[2], WEBSOCKET), b"\r\n\r\n")
        await eventually(lambda: other.begun.is_set() and house.app.begun.is_set(), "begun")

        await house.server.shut(1)

        assert await asyncio.wait_for(read(ws), 1) == b"\x88\x02\x03\xe9"  # 1001
        for client in (idle, slow, stream, half):
            assert await asyncio.wait_for(read(client), 1) == b""
        with pytest.raises(ConnectionRefusedError):
            house.client(1)
        await eventually(lambda: len(house.app.ends) == 2, "told")
        assert {end["type"] for end in house.app.ends} == {
            "websocket.disconnect",
            "http.disconnect",
        }
        other.gate.set()
        await read(await sent(kept[0], GET), b"other / 0")
        assert (await read(kept[1], b"other /slow")).startswith(b"HTTP/1.1 200")
        await sent(kept[2], HI)
        assert await loop.sock_recv(kept[2], 100) == b"\x81\x07otherhi"
        await house.server.shut(1)
        await house.door(1)
        assert (await house.say(LAST, number=1)).endswith(b"app / 0")

    assert play(new_loop, story) == []


@both_loops
def test_a_connection_for_a_door_that_is_shut_by_now_ends(new_loop: Loop) -> None:
    async def story(house: House) -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        house.clients.append(ours)
        theirs.setblocking(False)
        await house.server.adopt(theirs, listener=9, used=True)
        assert await read(ours) == b""

    assert play(new_loop, story) == []


@both_loops
def test_one_that_was_handed_over_is_counted_but_has_not_arrived_again(new_loop: Loop) -> None:
    async def story(house: House) -> None:
        arrived: list[Arrival] = []
        await house.door(0, arrived=arrived.append)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            client = socket.create_connection(listener.getsockname())
            client.setblocking(False)
            house.clients.append(client)
            accepted, _ = listener.accept()
        accepted.setblocking(False)
        await house.server.adopt(accepted, listener=0, used=False)
        await sent(client, LAST)
        assert statuses(await read(client)) == [200]
        assert arrived == []

    assert play(new_loop, story) == []


# TLS.


async def ask(house: House, context: ssl.SSLContext, data: bytes = LAST, number: int = 0) -> bytes:
    """As a client of its own, over TLS."""
    host, port = house.addresses[number]
    reader, writer = await asyncio.open_connection(host, port, ssl=context)
    writer.write(data)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return answer


@both_loops
def test_a_door_with_tls_answers_with_its_app(new_loop: Loop, tmp_path: Path) -> None:
    server, client = self_signed(tmp_path)

    async def story(house: House) -> None:
        arrived: list[Arrival] = []
        await house.door(0, tls=server, arrived=arrived.append)
        answers = await asyncio.gather(*(ask(house, client) for _ in range(10)))
        assert {answer[-7:] for answer in answers} == {b"app / 0"}
        assert {scope["scheme"] for scope in house.app.scopes} == {"https"}
        assert [arrival.tls_error for arrival in arrived] == [None] * 10
        assert statuses(await ask(house, client, request(b"GET / HTTP/1.1"))) == [400]

    assert play(new_loop, story) == []


@both_loops
def test_the_reason_of_a_failed_handshake_is_told(new_loop: Loop, tmp_path: Path) -> None:
    server, _ = self_signed(tmp_path)

    async def story(house: House) -> None:
        arrived: list[Arrival] = []
        await house.door(0, tls=server, arrived=arrived.append, limits=quick(head=0.2))

        def distrusts() -> None:  # not by asyncio, which closes without sending its alert
            with socket.create_connection(house.addresses[0]) as sock:
                ssl.create_default_context().wrap_socket(sock, server_hostname="127.0.0.1")

        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.to_thread(distrusts)
        await eventually(lambda: len(arrived) == 2, "both arrivals")
        assert arrived[1] == (*arrived[0][:2], "TLSV1_ALERT_UNKNOWN_CA")
        await read(await sent(house.client(), b"\x16\x03\x01nonsense" + bytes(100)))
        await eventually(lambda: len(arrived) == 4, "nonsense")
        assert arrived[3].tls_error
        assert arrived[3].tls_error.isupper()
        await sent(house.client(), b"\x16")  # and nothing more
        await eventually(lambda: len(arrived) == 6, "slow one")
        assert arrived[5].tls_error in ("timeout", "closed")
        leaving = await sent(house.client(), b"\x16\x03\x01")
        leaving.close()
        await eventually(lambda: len(arrived) == 8, "gone one")
        assert arrived[7].tls_error

    assert play(new_loop, story) == []


@both_loops
def test_plain_http_to_a_door_with_tls_is_told_to_use_https(new_loop: Loop, tmp_path: Path) -> None:
    server, _ = self_signed(tmp_path)

    async def story(house: House) -> None:
        await house.door(0, tls=server)
        answer = await house.say(GET)
        assert statuses(answer) == [400]
        assert answer.endswith(
            b"Refused: this port speaks https; put https:// in front of the address.\n"
        )
        assert [fault for fault, _ in house.faults] == ["not-tls"]
        assert statuses(await house.say(WEBSOCKET)) == [403]
        assert house.app.scopes == []

    assert play(new_loop, story) == []


@both_loops
def test_plain_http_to_a_door_with_tls_may_have_an_app_of_its_own(
    new_loop: Loop, tmp_path: Path
) -> None:
    server, client = self_signed(tmp_path)

    async def story(house: House) -> None:
        await house.door(0, tls=server, plain=App("plain"))
        assert (await house.say(LAST)).endswith(b"plain / 0")
        ws = await sent(house.client(), WEBSOCKET)
        await read(ws, b"\r\n\r\n")
        await sent(ws, HI)
        assert (await read(ws, b"hi")).endswith(b"plainhi")
        assert (await ask(house, client)).endswith(b"app / 0")
        assert len(house.app.scopes) == 1

    assert play(new_loop, story) == []


@both_loops
def test_shutting_a_door_with_tls_ends_those_in_their_handshake_too(
    new_loop: Loop, tmp_path: Path
) -> None:
    server, client = self_signed(tmp_path)

    async def story(house: House) -> None:
        address = await house.door(0, tls=server)
        silent, begun = house.client(), await sent(house.client(), b"\x16\x03")
        reader, writer = await asyncio.open_connection(*address, ssl=client)
        writer.write(request(b"GET /stream HTTP/1.1", HOST))
        await reader.readuntil(b"first")
        await asyncio.wait_for(house.server.shut(0), 1)
        assert await asyncio.wait_for(read(silent), 1) == b""
        assert await asyncio.wait_for(read(begun), 1) == b""
        assert await asyncio.wait_for(rest(reader), 1)
        writer.close()
        with pytest.raises(ConnectionRefusedError):
            house.client()

    assert play(new_loop, story) == []


async def rest(reader: asyncio.StreamReader) -> bool:
    with contextlib.suppress(OSError):  # cut without TLS's own goodbye
        await reader.read()
    return True


@both_loops
def test_a_server_that_leaves_finishes_what_came_by_tls(new_loop: Loop, tmp_path: Path) -> None:
    server, client = self_signed(tmp_path)

    class Nobody:
        def released(self) -> None: ...

        def hand(self, listener: int, used: bool, descriptors: tuple[int, ...]) -> bool:
            raise AssertionError("its state is in this process")

    async def story(house: House) -> None:
        address = await house.door(0, tls=server)
        silent = house.client()
        slow = asyncio.ensure_future(ask(house, client, request(b"GET /slow HTTP/1.1", HOST)))
        await house.app.begun.wait()
        reader, writer = await asyncio.open_connection(*address, ssl=client)
        leaving = asyncio.ensure_future(house.server.drain(grace=2, timeout=8, heir=Nobody()))
        await eventually(lambda: refuses(address), "closed")
        writer.write(GET)
        assert b"connection: close" in await reader.read()
        writer.close()
        house.app.gate.set()
        assert (await slow).endswith(b"app /slow 0")
        assert (await leaving).cut_requests == 0
        assert await read(silent) == b""

    def refuses(address: Any) -> bool:
        with socket.socket() as sock:
            return sock.connect_ex(address) != 0

    assert play(new_loop, story) == []

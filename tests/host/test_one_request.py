import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from homeport.core.address import Address
from homeport.host.one_request import answer

ASKED = "GET / HTTP/1.0\r\n\r\n"


@contextmanager
def server(talk: Callable[[socket.socket], None]) -> Iterator[Address]:
    """Says something to one client, in a thread; whoever leaves ends it."""

    def run() -> None:
        client, _ = listening.accept()
        with client, suppress(OSError):
            talk(client)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield Address(ip="127.0.0.1", port=listening.getsockname()[1])
        thread.join(10)
        assert not thread.is_alive()


def trickle(client: socket.socket) -> None:
    while True:
        client.sendall(b"x")
        time.sleep(0.001)  # as slow servers do; it ends with the connection


def test_what_comes_is_told_piece_by_piece() -> None:
    def talk(client: socket.socket) -> None:
        assert client.recv(100) == ASKED.encode()
        client.sendall(b"one")
        assert went_on.wait(10)
        client.sendall(b" two")

    went_on = threading.Event()
    with server(talk) as address:
        told = answer(address, ASKED, time.monotonic() + 10)
        assert next(told) == b"one"
        went_on.set()
        assert list(told) == [b" two"]


def test_who_has_enough_closes_the_connection() -> None:
    with server(trickle) as address:
        for _ in answer(address, ASKED, time.monotonic() + 10):
            break


def test_a_trickle_does_not_move_the_deadline() -> None:
    with server(trickle) as address, pytest.raises(TimeoutError):
        for _ in answer(address, ASKED, time.monotonic() + 0.2):
            pass


def test_tls_that_does_not_come_to_be_has_the_same_deadline() -> None:
    def mute(client: socket.socket) -> None:
        while client.recv(1000):
            pass

    with server(mute) as address, pytest.raises(TimeoutError):
        next(answer(address, ASKED, time.monotonic() + 0.2, tls=True))


def test_nobody_there() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        address = Address(ip="127.0.0.1", port=bound.getsockname()[1])
        with pytest.raises(ConnectionRefusedError):
            next(answer(address, ASKED, time.monotonic() + 10))

"""A connection of this computer to itself, and what may become of it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from homeport.core.address import Address
from homeport.core.doctor import OwnVisit
from homeport.engine.own_visit import visit

ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


@contextmanager
def answering(*pieces: bytes, stays: bool = False) -> Iterator[Address]:
    """A server that says this to one visitor and closes, or says no more."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            sock, _ = listening.accept()
            with sock:
                sock.recv(4096)
                for piece in pieces:
                    sock.sendall(piece)
                if stays:
                    done.wait(20)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield Address(ip="127.0.0.1", port=listening.getsockname()[1])
        finally:
            done.set()
            thread.join(20)


def test_the_status_is_told_also_when_it_comes_in_pieces() -> None:
    with answering(ANSWER) as address:
        assert visit(address, tls=False) == OwnVisit(status=204)
    with answering(ANSWER[:5], ANSWER[5:]) as address:
        assert visit(address, tls=False) == OwnVisit(status=204)


def test_what_is_no_http_is_said_to_be_none() -> None:
    with answering(b"220 mail.example ESMTP\r\n") as address:
        assert visit(address, tls=False) == OwnVisit(error="no-http")
    with answering() as address:
        assert visit(address, tls=False) == OwnVisit(error="no-http")


def test_silence_is_not_waited_for() -> None:
    with answering(stays=True) as address:
        assert visit(address, tls=False, patience=0.1) == OwnVisit(error="timeout")


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    found = visit(Address(ip="127.0.0.1", port=port), tls=False)
    assert found == OwnVisit(error="refused")


def test_a_server_without_tls_where_tls_was_expected() -> None:
    with answering(ANSWER) as address:
        found = visit(address, tls=True)
    assert found.status is None and found.error.startswith("TLS failed (")


def test_an_address_that_leads_nowhere() -> None:
    found = visit(Address(ip="255.255.255.255", port=9), tls=False)
    assert found.status is None and found.error

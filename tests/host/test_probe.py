import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from homeport.core.address import Address
from homeport.core.well_known import NEVER_PROBED
from homeport.host.probe import Probe, probe

Serve = Callable[[socket.socket, bytes], None]


def answer(status: str, body: str = "", *headers: str) -> bytes:
    head = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body.encode())}", "", body]
    return "\r\n".join(head).encode()


OPENAPI = json.dumps({"openapi": "3.1.0", "info": {"title": "Shop é", "version": "1"}})


@contextmanager
def server(serve: Serve, ip: str = "127.0.0.1") -> Iterator[tuple[Address, list[bytes]]]:
    """A server that does `serve` with each connection; and the requests that it got."""
    asked: list[bytes] = []
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    with socket.create_server((ip, 0), family=family) as listening:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(5)
                    try:
                        asked.append(connection.recv(4096))
                        serve(connection, asked[-1])
                    except OSError:  # it was enough for the other side
                        pass

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield Address(ip=ip, port=listening.getsockname()[1]), asked
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(10)
            assert not thread.is_alive()


def fixed(head: bytes, document: bytes = b"") -> Serve:
    return lambda connection, request: connection.sendall(
        head if request.startswith(b"HEAD") else document
    )


@pytest.mark.parametrize("ip", ["127.0.0.1", "::1"])
def test_a_fastapi_app_has_a_title(ip: str) -> None:
    serve = fixed(answer("200 OK", "", "server: uvicorn"), answer("200 OK", OPENAPI))
    with server(serve, ip) as (address, asked):
        found = probe(address, timeout=10)
    assert found == Probe(status=200, server="uvicorn", title="Shop é")
    assert [request.split(b" HTTP")[0] for request in asked] == [b"HEAD /", b"GET /openapi.json"]
    assert all(f"\r\nHost: localhost:{address.port}\r\n".encode() in request for request in asked)


def test_a_redirect_is_not_followed() -> None:
    serve = fixed(
        answer("307 Temporary Redirect", "", "Location: http://127.0.0.1:1/"),
        answer("302 Found", OPENAPI, "Location: /elsewhere"),
    )
    with server(serve) as (address, asked):
        assert probe(address, timeout=10) == Probe(status=307)
    assert len(asked) == 2


@pytest.mark.parametrize(
    "document",
    [
        answer("404 Not Found", OPENAPI),
        answer("200 OK", "[]"),
        answer("200 OK", '{"info": {"title": ""}}'),
        answer("200 OK", '{"info": {"title": "\\x"}}'),
        answer("200 OK", '{"info": {"title": 1}}'),
        b"",
        b"garbage",
    ],
)
def test_without_a_good_document_there_is_no_title(document: bytes) -> None:
    with server(fixed(answer("405 Method Not Allowed"), document)) as (address, _):
        assert probe(address, timeout=10) == Probe(status=405)


def test_a_long_or_chunked_document_still_has_a_title() -> None:
    for document in (
        answer("200 OK", OPENAPI[:-1] + ", " + "x" * 200_000),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3d\r\n" + OPENAPI.encode() + b"\r\n",
    ):
        with server(fixed(answer("200 OK"), document)) as (address, _):
            assert probe(address, timeout=10).title == "Shop é"


def test_what_it_says_is_made_fit_to_be_printed() -> None:
    document = '{"info":{"title":"\\u001b[31mred\\u202e \\ud800' + "y" * 100 + '"}}'
    head = answer("200 OK", "", "Server: \x1b]0;x\x07evil" + "z" * 100)
    with server(fixed(head, answer("200 OK", document))) as (address, _):
        found = probe(address, timeout=10)
    assert found.server == "evil" + "z" * 76
    assert found.title == "red \N{REPLACEMENT CHARACTER}" + "y" * 75


@pytest.mark.parametrize(
    "said", [b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 999 X\r\n\r\n", b"\x15\x03\x01\0\x02\x02"]
)
def test_what_is_not_http_tells_nothing_and_is_asked_once(said: bytes) -> None:
    with server(fixed(said)) as (address, asked):
        assert probe(address, timeout=10) == Probe()
    assert len(asked) == 1


def drip(connection: socket.socket, request: bytes) -> None:
    """Answer a byte whenever the other side said nothing for 10 ms, until it goes."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    connection.settimeout(0.01)
    gone = False
    while not gone:
        try:
            gone = connection.recv(1) == b""
        except TimeoutError:
            connection.sendall(b"x")


def test_a_slow_answer_is_cut_off_at_the_deadline() -> None:
    started = time.monotonic()
    with server(drip) as (address, _):
        assert probe(address, timeout=0.3).title is None
    assert 0.3 <= time.monotonic() - started < 3


def test_a_silent_server_is_left_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        address = Address(ip="127.0.0.1", port=silent.getsockname()[1])
        assert probe(address, timeout=0.3) == Probe()
        assert 0.3 <= time.monotonic() - started < 3


def test_an_endless_answer_is_cut_off_at_its_limit() -> None:
    sent: list[int] = []

    def flood(connection: socket.socket, request: bytes) -> None:
        for _ in range(1000):
            connection.sendall(b"x" * 65536)
            sent.append(65536)

    with server(flood) as (address, _):
        assert probe(address, timeout=10) == Probe()
    assert sum(sent) < 32 * 1024 * 1024


def test_nobody_there_is_no_error() -> None:
    with socket.socket() as bound:  # bound and not listening: refuses
        bound.bind(("127.0.0.1", 0))
        assert probe(Address(ip="127.0.0.1", port=bound.getsockname()[1])) == Probe()


@pytest.mark.parametrize("ip", ["192.168.1.20", "0.0.0.0", "::", "2001:db8::1"])
def test_only_this_computer_is_asked(ip: str) -> None:
    with pytest.raises(ValueError, match="not a loopback address"):
        probe(Address(ip=ip, port=8000))


@pytest.mark.parametrize("port", sorted(NEVER_PROBED))
def test_a_server_that_takes_it_badly_is_not_asked(port: int) -> None:
    with pytest.raises(ValueError, match=f"port {port}"):
        probe(Address(ip="127.0.0.1", port=port))

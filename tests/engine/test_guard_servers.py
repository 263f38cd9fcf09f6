"""`homeport.Guard` in front of an ASGI app under the servers that people use, by raw sockets."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from pathlib import Path

import pytest

from tests.engine.live import PATIENCE, environment

APP = """
import homeport


async def inner(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            kind = (await receive())["type"]
            await send({"type": kind + ".complete"})
            if kind == "lifespan.shutdown":
                return
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        return
    names = b",".join(name for name, _ in scope["headers"])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"inner:" + names})


app = homeport.Guard(inner, name="myapp", allow_origins=["https://shop.example"])
"""
SERVERS = {
    "uvicorn-httptools": ("uvicorn", "main:app", "--http=httptools", "--port={port}"),
    "uvicorn-h11": ("uvicorn", "main:app", "--http=h11", "--port={port}"),
    "hypercorn": ("hypercorn", "main:app", "--bind=127.0.0.1:{port}"),
    "granian": ("granian", "main:app", "--interface=asgi", "--port={port}"),
}
WS = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)
OK, SWITCHED = (200,), (101,)
# What parsers refuse by themselves with 400 never reaches the guard, which is as good.
ROWS: dict[str, tuple[str, str, tuple[int, ...]]] = {
    "curl": ("GET / HTTP/1.1", "Host: localhost:8000\r\n", OK),
    "by name": ("GET / HTTP/1.1", "Host: MyApp.localhost\r\n", OK),
    "IPv6 literal": ("GET / HTTP/1.1", "Host: [::1]:8000\r\n", OK),
    "rebound": ("GET / HTTP/1.1", "Host: evil.example:8000\r\n", (421,)),
    "0.0.0.0": ("GET / HTTP/1.1", "Host: 0.0.0.0:8000\r\n", (421,)),
    "userinfo": ("GET / HTTP/1.1", "Host: u@localhost\r\n", (400,)),
    "no Host": ("GET / HTTP/1.1", "", (400,)),
    "two Hosts": ("GET / HTTP/1.1", "Host: localhost\r\nHost: evil.example\r\n", (400,)),
    "trailing dot": ("GET / HTTP/1.1", "Host: localhost.:8000\r\n", (400,)),
    "foreign origin": (
        "POST / HTTP/1.1",
        "Host: localhost\r\nOrigin: https://evil.example\r\nContent-Length: 0\r\n",
        (403,),
    ),
    "loopback page": ("GET / HTTP/1.1", "Host: localhost\r\nOrigin: http://localhost:3000\r\n", OK),
    "listed page": ("GET / HTTP/1.1", "Host: localhost\r\nOrigin: https://shop.example\r\n", OK),
    "image elsewhere": (
        "GET / HTTP/1.1",
        "Host: localhost\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n",
        (403,),
    ),
    "link elsewhere": (
        "GET / HTTP/1.1",
        "Host: localhost\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n"
        "Sec-Fetch-Dest: document\r\n",
        OK,
    ),
    "TRACE": ("TRACE / HTTP/1.1", "Host: localhost\r\n", (400,)),
    "own WebSocket": (
        "GET / HTTP/1.1",
        f"Host: localhost\r\n{WS}Origin: http://localhost\r\n",
        SWITCHED,
    ),
    "program's WebSocket": ("GET / HTTP/1.1", f"Host: localhost\r\n{WS}", SWITCHED),
    "foreign WebSocket": (
        "GET / HTTP/1.1",
        f"Host: localhost\r\n{WS}Origin: https://evil.example\r\n",
        (403,),
    ),
    "rebound WebSocket": (
        "GET / HTTP/1.1",
        f"Host: evil.example\r\n{WS}Origin: http://evil.example\r\n",
        (421,),
    ),
}


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def serving(name: str, folder: Path) -> Iterator[int]:
    """The server as a process, when it answers; its port."""
    (folder / "main.py").write_text(APP)
    port = free_port()
    module, *options = (each.format(port=port) for each in SERVERS[name])
    command = [sys.executable, "-m", module, *options]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment(), stdout=log, stderr=subprocess.STDOUT
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while not answers(port):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(PATIENCE)


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def ask(port: int, line: str, headers: str) -> tuple[int, str]:
    """Status, and all of the answer's headers and body as one text."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as sock:
        close = "" if "Upgrade" in headers else "Connection: close\r\n"
        sock.sendall(f"{line}\r\n{headers}{close}\r\n".encode())
        with HTTPResponse(sock) as got:
            got.begin()
            return got.status, f"{got.headers}{got.read().decode('latin-1')}"


@pytest.mark.parametrize("name", SERVERS)
def test_the_guard_holds_under_any_server(name: str, tmp_path: Path) -> None:
    with serving(name, tmp_path) as port:
        for what, (line, headers, statuses) in ROWS.items():
            status, got = ask(port, line, headers)
            assert status in statuses, (what, got)
            assert ("inner:" in got) is (statuses == OK), (what, got)
            if statuses[0] >= 400:
                assert "access-control" not in got.lower(), what
        _, rebound = ask(port, "GET / HTTP/1.1", "Host: evil.example\r\n")
        assert 'allow_hosts=["evil.example"]' in rebound
        _, foreign = ask(port, *ROWS["foreign WebSocket"][:2])
        assert 'allow_origins=["https://evil.example"]' in foreign
        _, forwarded = ask(port, "GET / HTTP/1.1", "Host: localhost\r\nX-Forwarded-Host: evil\r\n")
        assert "inner:" in forwarded and "x-forwarded" not in forwarded.lower()
    log = (tmp_path / "log").read_text()
    assert "Refused 127.0.0.1 (R2)" in log and "Traceback" not in log

"""Connections stay open across reloads, in real processes."""

import http.client
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.engine.live import HELLO, Homeport, eventually, homeport, save

NO_UVLOOP = "raise ImportError('this test is about asyncio')\n"
ROUTES = """
import asyncio
import pathlib
from fastapi import Request


@app.get("/slow")
async def slow() -> int:
    pathlib.Path("asked").touch()
    while not pathlib.Path("answer").exists():
        await asyncio.sleep(0.005)
    return VERSION


@app.post("/upload")
async def upload(request: Request) -> str:
    length = 0
    async for part in request.stream():
        pathlib.Path("asked").touch()
        length += len(part)
    return f"{VERSION}:{length}"


@app.get("/client")
async def client(request: Request) -> list[object]:
    return [request.scope["client"], request.scope["server"], os.getpid()]
"""


def code(version: int) -> str:
    hello = HELLO.replace('"version": 1', f'"version": {version}')
    return f"import os\n{hello}\nVERSION = {version}\n{ROUTES}"


@contextmanager
def serving(folder: Path, loop: str, *flags: str) -> Iterator[Homeport]:
    project, shadow = folder / "project", folder / "shadow"
    project.mkdir()
    shadow.mkdir()
    (project / "main.py").write_text(code(1))
    if loop == "asyncio":
        (shadow / "uvloop.py").write_text(NO_UVLOOP)
    with homeport(project, *flags, PYTHONPATH=str(shadow)) as server:
        server.ready()
        yield server
        cut = [event for event in server.events if event["event"] in ("cut", "crashed")]
        assert cut == []
        assert server.errors == []


def reload(folder: Path, server: Homeport, version: int) -> None:
    save(folder / "project" / "main.py", code(version))
    server.until("reloaded")


def ask(connection: http.client.HTTPConnection, path: str = "/") -> str:
    connection.request("GET", path)
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.headers["connection"] is None
    return answer.read().decode()


both_loops = pytest.mark.parametrize("loop", ["uvloop", "asyncio"])


@both_loops
def test_one_connection_through_20_reloads(tmp_path: Path, loop: str) -> None:
    with serving(tmp_path, loop) as server, ExitStack() as cleanup:
        kept = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        six = http.client.HTTPConnection("::1", server.port, timeout=10)
        unused = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        cleanup.callback(kept.close)
        cleanup.callback(six.close)
        cleanup.callback(unused.close)
        client = cleanup.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{server.port}"))
        assert ask(kept) == ask(six) == client.get("/").text == '{"version":1}'
        mine = kept.sock, six.sock
        for version in range(2, 22):
            reload(tmp_path, server, version)
            answers = {ask(kept), ask(six), client.get("/").text}
            assert answers == {f'{{"version":{version}}}'}
            assert (kept.sock, six.sock) == mine
        for connection, family in ((kept, "127.0.0.1"), (six, "::1")):
            text = ask(connection, "/client")
            port = connection.sock.getsockname()[1]
            assert text.startswith(f'[["{family}",{port}],["{family}",{server.port}]')
        unused.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert b"".join(iter(lambda: unused.recv(4096), b"")).endswith(b'{"version":21}')


@both_loops
def test_a_request_in_progress_and_an_upload_are_finished_and_follow(
    tmp_path: Path, loop: str
) -> None:
    with serving(tmp_path, loop) as server, ExitStack() as cleanup:
        slow, upload = (
            cleanup.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))
            for _ in range(2)
        )
        upload.sendall(b"POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\nabc")
        eventually((tmp_path / "project" / "asked").exists, "the upload")
        (tmp_path / "project" / "asked").unlink()
        slow.sendall(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
        eventually((tmp_path / "project" / "asked").exists, "the request")
        reload(tmp_path, server, 2)
        for sock in (slow, upload):
            sock.sendall(b"def" if sock is upload else b"")
            (tmp_path / "project" / "answer").touch()
            first = http.client.HTTPResponse(sock)
            first.begin()
            assert first.read() == (b'"1:6"' if sock is upload else b"1")
            assert first.headers["connection"] is None
            sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            second = http.client.HTTPResponse(sock)
            second.begin()
            assert second.read() == b'{"version":2}'


@both_loops
def test_300_idle_connections_and_two_saves_in_quick_succession(tmp_path: Path, loop: str) -> None:
    with serving(tmp_path, loop) as server, ExitStack() as cleanup:
        connections = []
        for _ in range(300):
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
            cleanup.callback(connection.close)
            connections.append(connection)
            connection.connect()
        for connection in connections[:100]:  # these are kept for five seconds from here on
            ask(connection)
        socks = [connection.sock for connection in connections]
        save(tmp_path / "project" / "main.py", code(2))
        server.until("reloaded")
        save(tmp_path / "project" / "main.py", code(3))  # some are still on their way
        server.until("reloaded")
        assert {ask(connection) for connection in connections} == {'{"version":3}'}
        assert [connection.sock for connection in connections] == socks


@both_loops
def test_nothing_fails_and_nothing_is_reopened_under_load(tmp_path: Path, loop: str) -> None:
    with serving(tmp_path, loop) as server:
        stop = threading.Event()
        problems: list[str] = []
        newest = 1

        def visit() -> None:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
            connection.connect()
            sock = connection.sock
            while not stop.is_set():
                least = newest
                try:
                    version = int(ask(connection).partition(":")[2].rstrip("}"))
                except Exception as error:
                    problems.append(repr(error))
                    break
                if version < least or connection.sock is not sock:
                    problems.append(f"{version} < {least}, or reopened")
            connection.close()

        visitors = [threading.Thread(target=visit) for _ in range(4)]
        for visitor in visitors:
            visitor.start()
        for version in range(2, 9):
            reload(tmp_path, server, version)
            newest = version
        stop.set()
        for visitor in visitors:
            visitor.join()
        assert problems == []


def test_broken_code_keeps_the_connections_where_they_are(tmp_path: Path) -> None:
    with serving(tmp_path, "uvloop") as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        before = ask(connection, "/client")
        sock = connection.sock
        save(tmp_path / "project" / "main.py", "def (:")
        server.until("failed")
        assert ask(connection, "/client") == before
        reload(tmp_path, server, 2)
        assert ask(connection) == '{"version":2}'
        assert connection.sock is sock
        connection.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopping_closes_every_connection(tmp_path: Path, number: int) -> None:
    with serving(tmp_path, "uvloop") as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        ask(connection)
        reload(tmp_path, server, 2)
        ask(connection)
        assert server.end(number) == 0
        assert connection.sock.recv(1) == b""
        connection.close()


def test_stopping_while_an_old_worker_finishes_closes_every_connection(tmp_path: Path) -> None:
    with serving(tmp_path, "uvloop") as server:
        sock = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        sock.sendall(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
        eventually((tmp_path / "project" / "asked").exists, "the request")
        reload(tmp_path, server, 2)
        os.kill(server.process.pid, signal.SIGINT)
        server.until("stopping")
        (tmp_path / "project" / "answer").touch()
        assert b"".join(iter(lambda: sock.recv(4096), b"")).endswith(b"\r\n\r\n1")
        assert server.wait() == 0
        sock.close()


def test_a_connection_whose_new_worker_dies_at_once_is_served_by_the_next(tmp_path: Path) -> None:
    """The old worker still has it when the new one is killed."""
    with serving(tmp_path, "uvloop") as server:
        sock = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        sock.sendall(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
        eventually((tmp_path / "project" / "asked").exists, "the request")
        old = server.workers()
        reload(tmp_path, server, 2)
        (new,) = set(server.workers()) - set(old)
        os.kill(new, signal.SIGKILL)
        (tmp_path / "project" / "answer").touch()
        sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for body in (b"1", b'{"version":2}'):
            answer = http.client.HTTPResponse(sock)
            answer.begin()
            assert answer.read() == body
        server.until("reloaded")
        server.events = [event for event in server.events if event["event"] != "crashed"]
        sock.close()

"""What clients get: HTTP on both loopback addresses, WebSockets, streams, lifespan, proxies."""

import contextlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from tests.engine.live import HELLO, Homeport, eventually, homeport, save

APP = """
import asyncio
import contextlib
import pathlib

from fastapi import FastAPI, Request, WebSocket
from fastapi.responses import StreamingResponse


@contextlib.asynccontextmanager
async def lifespan(app):
    yield {"greeting": "hello from lifespan"}


app = FastAPI(lifespan=lifespan)


@app.get("/state")
async def state(request: Request) -> str:
    return request.state.greeting


@app.get("/scope")
async def scope(request: Request) -> dict:
    return {
        "client": request.client.host,
        "scheme": request.url.scheme,
        "root_path": request.scope["root_path"],
        "server": list(request.scope["server"]),
    }


@app.post("/length")
async def length(request: Request) -> int:
    return len(await request.body())


@app.websocket("/ws")
async def ws(websocket: WebSocket) -> None:
    await websocket.accept()
    while True:
        await websocket.send_text("echo " + await websocket.receive_text())


async def ticks():
    while True:
        yield "data: tick\\n\\n"
        await asyncio.sleep(0.05)


@app.get("/stream")
async def stream() -> StreamingResponse:
    return StreamingResponse(ticks(), media_type="text/event-stream")


@app.get("/broken")
async def broken() -> None:
    raise ValueError("on purpose")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(APP)
    return tmp_path


@pytest.fixture
def server(project: Path) -> Iterator[Homeport]:
    with homeport(project) as running:
        running.ready()
        yield running


def url(server: Homeport, path: str, host: str = "127.0.0.1") -> str:
    return f"http://{host}:{server.port}{path}"


def raw(port: int, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        sock.sendall(data)
        return b"".join(iter(lambda: sock.recv(65536), b""))


def test_every_printed_url_answers(server: Homeport) -> None:
    ready = server.events[-1]
    found = [entry for entry in ready["urls"] if not entry["in_browsers"]]
    assert [entry["url"].rpartition(":")[0] for entry in found] == [
        "http://localhost",
        "http://127.0.0.1",
        "http://[::1]",
    ]
    for entry in found:
        assert httpx.get(entry["url"] + "/state").json() == "hello from lifespan"
    assert ready["docs"] == f"http://localhost:{server.port}/docs"
    assert httpx.get(ready["docs"]).status_code == 200


def test_an_answer_has_a_date_and_no_server_name(server: Homeport) -> None:
    answer = httpx.get(url(server, "/state"))
    assert "date" in answer.headers
    assert "server" not in answer.headers


def test_bodies_of_any_size_arrive_whole(server: Homeport) -> None:
    for size in (0, 1, 65_536, 3_000_000):
        assert httpx.post(url(server, "/length"), content=b"x" * size).json() == size


def test_expect_continue_is_answered(server: Homeport) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as sock:
        sock.sendall(
            b"POST /length HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n"
            b"Expect: 100-continue\r\nConnection: close\r\n\r\n"
        )
        assert sock.recv(4096).startswith(b"HTTP/1.1 100")
        sock.sendall(b"abc")
        assert b"".join(iter(lambda: sock.recv(4096), b"")).endswith(b"\r\n\r\n3")


def test_pipelined_requests_are_answered_in_order(server: Homeport) -> None:
    one = b"POST /length HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n%s\r\n%s"
    sent = b"".join(one % (n, b"", b"x" * n) for n in (1, 22, 333))
    answer = raw(server.port, sent + one % (4, b"Connection: close\r\n", b"xxxx"))
    bodies = [part.partition(b"HTTP/1.1")[0] for part in answer.split(b"\r\n\r\n")[1:]]
    assert bodies == [b"1", b"22", b"333", b"4"]


def test_forwarded_headers_mean_nothing_by_default(server: Homeport) -> None:
    headers = {"x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https"}
    scope = httpx.get(url(server, "/scope"), headers=headers).json()
    assert (scope["client"], scope["scheme"]) == ("127.0.0.1", "http")


def test_forwarded_headers_of_a_named_proxy_are_believed(project: Path) -> None:
    with homeport(project, "--trust-proxy", "127.0.0.0/8", "--root-path", "/api") as server:
        server.ready()
        headers = {"x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https"}
        scope = httpx.get(url(server, "/scope"), headers=headers).json()
        assert (scope["client"], scope["scheme"]) == ("203.0.113.7", "https")
        assert scope["root_path"] == "/api"
        other = httpx.get(url(server, "/scope", "[::1]"), headers=headers).json()
        assert (other["client"], other["scheme"]) == ("::1", "http")


def test_a_websocket_echoes(server: Homeport) -> None:
    with connect(f"ws://localhost:{server.port}/ws") as ws:
        for text in ("one", "two"):
            ws.send(text)
            assert ws.recv(timeout=10) == f"echo {text}"
    eventually(lambda: _logged(server, "WS", "/ws"), "its access line")


def _logged(server: Homeport, method: str, path: str) -> bool:
    event = server.until("request")
    return bool(event["method"] == method and event["path"] == path)


def test_a_websocket_is_told_to_come_back_at_a_reload(server: Homeport, project: Path) -> None:
    with connect(f"ws://localhost:{server.port}/ws") as ws:
        ws.send("hello")
        assert ws.recv(timeout=10) == "echo hello"
        save(project / "main.py", APP + "\n")
        server.until("reloaded")
        with contextlib.suppress(Exception):
            ws.recv(timeout=10)
        assert ws.protocol.close_rcvd is not None
        assert ws.protocol.close_rcvd.code == 1012
    eventually(lambda: len(server.workers()) == 1, "the old worker to leave")
    assert server.end() == 0
    assert not any(event["event"] == "log" for event in server.events), "that is no error"


def test_an_open_stream_delays_no_reload(server: Homeport, project: Path) -> None:
    headers = {"accept": "text/event-stream"}
    with httpx.stream("GET", url(server, "/stream"), headers=headers, timeout=10) as stream:
        lines = stream.iter_lines()
        assert next(lines) == "data: tick"
        save(project / "main.py", APP.replace("hello from lifespan", "new"))
        server.until("reloaded")
        assert httpx.get(url(server, "/state")).json() == "new"
        with contextlib.suppress(httpx.RemoteProtocolError):
            for _ in lines:
                pass
    eventually(lambda: len(server.workers()) == 1, "the old worker to leave")


def test_an_exception_in_the_app_is_shown_with_the_users_frames(server: Homeport) -> None:
    assert httpx.get(url(server, "/broken")).status_code == 500
    log = server.until("log")
    assert "ValueError: on purpose" in log["traceback"]


def test_every_request_has_its_access_line(server: Homeport) -> None:
    for number in range(20):
        httpx.get(url(server, f"/state?n={number}"))
    assert server.end() == 0
    paths = [e["path"] for e in server.events if e["event"] == "request"]
    assert paths == [f"/state?n={number}" for number in range(20)]


def test_no_access_log(project: Path) -> None:
    with homeport(project, "--no-access-log") as server:
        httpx.get(server.ready() + "/state")
        assert server.end() == 0
        assert all(e["event"] != "request" for e in server.events)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("async def app(scope, receive, send):\n    await answer(send)", "main:app"),
        (
            "class App:\n    async def __call__(self, scope, receive, send):\n"
            "        await answer(send)\nthing = App()",
            "main:thing",
        ),
        (
            "class app:\n    def __init__(self, scope):\n        pass\n"
            "    async def __call__(self, receive, send):\n        await answer(send)",
            "main",
        ),
        (
            "def make():\n    async def app(scope, receive, send):\n"
            "        await answer(send)\n    return app",
            "main:make --factory",
        ),
        ("class inner:\n    @staticmethod\n    async def app(a, b, c):\n        await answer(c)",
         "main:inner.app"),
    ],
)  # fmt: skip
def test_any_asgi_app_works(tmp_path: Path, code: str, name: str) -> None:
    (tmp_path / "main.py").write_text(
        "async def answer(send):\n"
        "    await send({'type': 'http.response.start', 'status': 200, 'headers': []})\n"
        "    await send({'type': 'http.response.body', 'body': b'plain ASGI'})\n\n" + code
    )
    with homeport(tmp_path, *name.split()) as server:
        assert httpx.get(server.ready()).text == "plain ASGI"


@pytest.mark.parametrize(
    ("files", "arguments"),
    [
        (["main.py"], ["main.py"]),
        (["main.py"], ["main.py:app"]),
        (["main.py"], ["main"]),
        (["shop/__init__.py", "shop/api.py"], ["shop.api"]),
        (["shop/__init__.py", "shop/api.py"], ["shop/api.py"]),
        (["shop/__init__.py", "shop/main.py"], ["shop"]),
        (["shop/__init__.py", "shop/main.py"], ["shop/"]),
        (["app/__init__.py", "app/main.py"], []),
        (["api.py"], []),
        (["src/web.py"], ["web:app", "--app-dir", "src"]),
    ],
)
def test_an_app_is_found_by_whatever_name(
    tmp_path: Path, files: list[str], arguments: list[str]
) -> None:
    for name in files:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("" if name.endswith("__init__.py") else HELLO)
    with homeport(tmp_path, *arguments) as server:
        assert httpx.get(server.ready()).json() == {"version": 1}


@pytest.mark.parametrize(
    "toml", ['[tool.homeport]\napp = "pkg.web:site"', '[tool.fastapi]\nentrypoint = "pkg.web:site"']
)
def test_an_app_is_found_by_pyproject(tmp_path: Path, toml: str) -> None:
    (tmp_path / "pyproject.toml").write_text(toml)
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "web.py").write_text(HELLO + "\nsite, app = app, None\n")
    with homeport(tmp_path) as server:
        assert httpx.get(server.ready()).json() == {"version": 1}


def test_settings_come_from_flag_environment_and_pyproject_in_that_order(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(APP)
    (tmp_path / "pyproject.toml").write_text('[tool.homeport]\nroot-path = "/toml"\nport = 1\n')
    with homeport(tmp_path) as server:
        server.ready()
        assert httpx.get(url(server, "/scope")).json()["root_path"] == "/toml"
    with homeport(tmp_path, HOMEPORT_ROOT_PATH="/env") as server:
        server.ready()
        assert httpx.get(url(server, "/scope")).json()["root_path"] == "/env"


def test_events_are_one_json_object_a_line(server: Homeport) -> None:
    assert server.end() == 0
    assert server.other_lines == []
    assert [e["event"] for e in server.events] == [
        *("starting", "listening", "ready", "stopping", "stopped"),
    ]
    assert json.dumps(server.events)

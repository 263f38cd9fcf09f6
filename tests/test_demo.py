"""The demo app tells the truth about a request, and its live parts end when the client leaves."""

import asyncio
import functools
import json
import os
import platform
import re
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx import ASGITransport, AsyncClient

from homeport.demo.app import MOST_NOTES, PAGE, app, ticks
from homeport.demo.way import End, end, is_loopback
from tests.engine.live import environment

CHROMIUM = Path("/usr/bin/chromium")
QUIET = ["no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-sync"]
QUIET += ["disable-background-networking", "disable-component-update"]
Message = MutableMapping[str, Any]
ALL_PARTS_INSIDE = """svg => [...svg.querySelectorAll("text, rect")].every(part => {
    const box = part.getBBox();
    return box.x >= 0 && box.x + box.width <= svg.viewBox.baseVal.width;
})"""


@asynccontextmanager
async def client(server: str = "127.0.0.1", peer: str = "127.0.0.1") -> AsyncIterator[AsyncClient]:
    """A client of one worker's life: the lifespan starts before it and ends after it."""
    transport = ASGITransport(app=app, client=(peer, 51234))
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=transport, base_url=f"http://{server}:8000") as http,
    ):
        yield http


def within_10_s(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    @functools.wraps(test)
    def wrapped(*args: Any, **named: Any) -> None:
        asyncio.run(asyncio.wait_for(test(*args, **named), timeout=10))

    return wrapped


@within_10_s
async def test_the_page_loads_nothing_from_elsewhere_and_claims_nothing_unknown() -> None:
    async with client() as http:
        answer = await http.get("/")
    assert answer.text == PAGE
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert set(re.findall(r"https?://[\w./-]+", PAGE)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@import|<script src|<link rel=.?stylesheet|url\(", PAGE)
    assert not re.search(r"\bsecure\b|\bsafe\b|nobody|no one|\bprivate\b", PAGE, re.IGNORECASE)


@within_10_s
async def test_the_way_is_told_from_the_request_itself() -> None:
    async with client() as http:
        way = (await http.get("/api/way", headers={"user-agent": "spyglass"})).json()
    assert way["client"] == {"host": "127.0.0.1", "port": 51234, "is_loopback": True}
    assert way["server"] == {"host": "127.0.0.1", "port": 8000, "is_loopback": True}
    assert (way["scheme"], way["http_version"]) == ("http", "1.1")
    assert (way["host_header"], way["user_agent"]) == ("127.0.0.1:8000", "spyglass")
    assert (way["worker_pid"], way["parent_pid"]) == (os.getpid(), os.getppid())
    assert way["program"]
    assert way["python"] == platform.python_version()
    assert datetime.fromisoformat(way["started"]) <= datetime.fromisoformat(way["time"])


@within_10_s
async def test_a_visit_over_the_network_is_not_called_loopback() -> None:
    async with client("192.168.1.20", "192.168.1.34") as http:
        way = (await http.get("/api/way", headers={"host": "localhost:8000"})).json()
    assert way["server"] == {"host": "192.168.1.20", "port": 8000, "is_loopback": False}
    assert way["client"] == {"host": "192.168.1.34", "port": 51234, "is_loopback": False}
    assert way["host_header"] == "localhost:8000"


def test_loopback_is_judged_by_address_alone() -> None:
    loopback = ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"]
    elsewhere = ["192.168.1.20", "fe80::1%eth0", "::ffff:192.168.1.20", "0.0.0.0"]
    assert {host: is_loopback(host) for host in loopback} == dict.fromkeys(loopback, True)
    assert {host: is_loopback(host) for host in elsewhere} == dict.fromkeys(elsewhere, False)
    assert is_loopback("localhost") is None
    # An end that nobody told about stays unknown.
    assert end(None) is None
    assert end(("", 0)) is None
    assert end(("/run/demo.sock", None)) == End(host="/run/demo.sock", port=None, is_loopback=None)


@within_10_s
async def test_notes_are_added_listed_and_deleted() -> None:
    async with client() as http:
        added = await http.post("/api/notes", json={"text": "  ahoy  "})
        assert (added.status_code, added.json()["text"]) == (201, "ahoy")
        assert (await http.get("/api/notes")).json() == [added.json()]
        gone = await http.delete(f"/api/notes/{added.json()['id']}")
        assert (gone.status_code, gone.content) == (204, b"")
        assert (await http.get("/api/notes")).json() == []
        assert (await http.delete(f"/api/notes/{added.json()['id']}")).status_code == 404


@pytest.mark.parametrize("body", [{}, {"text": "  "}, {"text": "x" * 201}, {"text": "x", "id": 1}])
@within_10_s
async def test_a_note_that_is_not_right_is_refused(body: dict[str, object]) -> None:
    async with client() as http:
        assert (await http.post("/api/notes", json=body)).status_code == 422
        assert (await http.get("/api/notes")).json() == []


@within_10_s
async def test_the_list_of_notes_has_an_end_and_a_new_worker_starts_without_any() -> None:
    async with client() as http:
        for number in range(MOST_NOTES):
            assert (await http.post("/api/notes", json={"text": str(number)})).is_success
        assert (await http.post("/api/notes", json={"text": "one more"})).status_code == 409
    async with client() as http:
        assert (await http.get("/api/notes")).json() == []


def test_the_docs_describe_the_whole_api() -> None:
    paths = app.openapi()["paths"]
    assert set(paths) == {"/api/way", "/api/notes", "/api/notes/{note_id}", "/stream"}
    assert list(paths["/stream"]["get"]["responses"]["200"]["content"]) == ["text/event-stream"]


@within_10_s
async def test_the_ticks_end_when_the_client_is_gone() -> None:
    answers = iter([False, False, True])

    async def gone() -> bool:
        return next(answers)

    events = [event async for event in ticks(gone, every=0)]
    assert events[0].startswith("retry: ")
    assert [json.loads(e.split("data: ")[1])["tick"] for e in events[1:]] == [1, 2]


async def visit(kind: str, path: str, *messages: Message, until: str) -> list[Message]:
    """What the app sends to a client that leaves once it has seen `until`."""
    sent: list[Message] = []
    hello: Message = {"type": "http.request" if kind == "http" else "websocket.connect"}
    incoming, seen = iter((hello, *messages)), asyncio.Event()

    async def receive() -> Message:
        if message := next(incoming, None):
            return message
        await seen.wait()
        return {"type": f"{kind}.disconnect", "code": 1001}

    async def send(message: Message) -> None:
        sent.append(message)
        if until in str(message):
            seen.set()

    asgi = {"version": "3.0", "spec_version": "2.3"}
    more = {"http_version": "1.1", "method": "GET", "query_string": b"", "headers": []}
    await app({"type": kind, "asgi": asgi, "path": path, **more}, receive, send)
    return sent


@within_10_s
async def test_the_stream_ends_when_the_client_leaves() -> None:
    start, *_ = await visit("http", "/stream", until="event: tick")
    headers = dict(start["headers"])
    assert headers[b"content-type"] == b"text/event-stream; charset=utf-8"
    assert headers[b"cache-control"] == b"no-store"


@within_10_s
async def test_the_websocket_echoes_and_counts_until_the_client_leaves() -> None:
    said: list[Message] = [{"type": "websocket.receive", "text": one} for one in ("ahoy", "")]
    _, *echoes = await visit("websocket", "/ws", *said, until='"count":2')
    told = [json.loads(echo["text"]) for echo in echoes]
    assert [(one["count"], one["text"]) for one in told] == [(1, "ahoy"), (2, "")]
    assert {one["pid"] for one in told} == {os.getpid()}


@within_10_s
async def test_the_websocket_closes_politely_on_bytes() -> None:
    said: Message = {"type": "websocket.receive", "bytes": b"ahoy"}
    *_, last = await visit("websocket", "/ws", said, until="close")
    assert (last["type"], last["code"]) == ("websocket.close", 1003)


@pytest.fixture
def demo_url(tmp_path: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "homeport", "demo", "--port", "0", "--json"]
    env = environment(PYTHONPATH=os.pathsep.join(sys.path))  # the same homeport as here
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, text=True, cwd=tmp_path, env=env) as process:
        late = threading.Timer(30, process.kill)  # a pipe has no deadline of its own
        late.start()
        try:
            events = (json.loads(line) for line in process.stdout or ())
            ready = next((event for event in events if event.get("event") == "ready"), None)
            assert ready, "homeport demo ended before it was ready, or was not ready within 30 s"
            late.cancel()
            yield ready["urls"][0]["url"].rstrip("/") + "/"
        finally:
            late.cancel()
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=15)
            process.kill()  # does nothing to a process that has ended


@pytest.fixture
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"there is no browser at {CHROMIUM}")
    with playwright.sync_playwright() as driver:
        quiet = [f"--{one}" for one in QUIET]
        found = driver.chromium.launch(executable_path=str(CHROMIUM), args=quiet)
        yield found
        found.close()


def test_the_page_works_in_a_real_browser(browser: Any, demo_url: str) -> None:
    from playwright.sync_api import expect

    page = browser.new_page(viewport={"width": 375, "height": 812}, reduced_motion="reduce")
    problems, asked = list[str](), list[str]()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(demo_url)
    at = page.locator
    expect(at("#sentence")).to_contain_text("Both are loopback")
    pid = httpx.get(f"{demo_url}api/way", trust_env=False).json()["worker_pid"]
    at("#send").click()
    expect(at("#picture")).to_contain_text(re.compile("(same|another) port"))
    expect(at("#picture")).to_contain_text(f"pid {pid}")
    assert at("#picture svg").evaluate(ALL_PARTS_INSIDE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    expect(at("#stream-state")).to_have_text(f"Connected to worker {pid}.")
    expect(at("#beat")).to_contain_text(re.compile(r"Tick ([2-9]|\d\d+) from worker"))
    expect(at("#ws-state")).to_have_text("Connected.")
    at("#ws-text").fill("<b>ahoy</b>")
    at("#ws-form button").click()
    expect(at("#ws-log li")).to_contain_text("<b>ahoy</b>echo 1 at")
    at("#note-text").fill("moored")
    at("#note-form button").click()
    expect(at("#notes li")).to_have_count(1)
    page.get_by_role("button", name="Delete note: moored").click()
    expect(at("#notes li")).to_have_count(0)
    at("#note-form button").click()
    expect(at("#note-state")).to_contain_text("at least 1 character")
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(at("#picture svg")).to_have_attribute("viewBox", re.compile(r"^0 0 \d{4} "))
    assert at("#picture svg").evaluate(ALL_PARTS_INSIDE)
    assert problems == []
    assert [url for url in asked if not url.startswith((demo_url, "data:"))] == []

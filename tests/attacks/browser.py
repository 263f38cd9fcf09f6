"""What web pages can do to a server on this computer, done by a real Chromium.

Names are answered by the browser's own table instead of DNS: `evil.example` is 127.0.0.1. A page
whose name is bound anew has been delivered before that, so the browser is handed it (`route`), and
every request after it goes out under the old name to the new address. Chromium's own checks of
requests to the local network are off: what is measured is the server.
"""

import contextlib
import http.server
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHROMIUM = Path("/usr/bin/chromium")
EVIL = "evil.example"
_OFF = (
    "LocalNetworkAccessChecks",
    "LocalNetworkAccessChecksWebSockets",
    "BlockInsecurePrivateNetworkRequests",
    "PrivateNetworkAccessSendPreflights",
    "PrivateNetworkAccessNullIpAddress",
)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    f"--host-resolver-rules=MAP {EVIL} 127.0.0.1",
    f"--disable-features={','.join(_OFF)}",
)
PATIENCE = 10.0  # seconds for what must come
PAGE = "<!doctype html><title>page</title><body>"

_TEXT = """async ([url, options]) => {
    try { return await (await fetch(url, options)).text() } catch (error) { return `${error}` }
}"""
_SOCKET = """url => new Promise(done => {
    const socket = new WebSocket(url)
    socket.onmessage = event => { done(event.data); socket.close() }
    socket.onerror = () => done("refused")
})"""
_LOADS = """([tag, url]) => new Promise(done => {
    const one = document.createElement(tag)
    one.onload = () => done(tag === "script" ? window.stolen || "nothing" : "loaded")
    one.onerror = () => done("refused")
    one.src = url
    document.body.append(one)
})"""
_FORM = """([url, method]) => {
    const form = document.createElement("form")
    Object.assign(form, {action: url, method})
    form.enctype = "text/plain"
    document.body.append(form)
    setTimeout(() => form.submit())
}"""
_SANDBOX = """url => new Promise(done => {
    const frame = document.createElement("iframe")
    frame.sandbox = "allow-scripts"
    frame.srcdoc = `<script>
        const socket = new WebSocket("${url}")
        socket.onmessage = socket.onerror = event => parent.postMessage(event.type, "*")
    </script>`
    addEventListener("message", event => done(event.data))
    document.body.append(frame)
})"""


@dataclass(frozen=True)
class Victim:
    """A server of the app in tests/attacks/victim.py: `notes` is what it has done."""

    port: int
    folder: Path

    def did(self, what: str) -> bool:
        """Whether the app was called for that path: known as soon as the browser has its answer."""
        notes = self.folder / "notes"
        return notes.exists() and what in notes.read_text().splitlines()


@dataclass(frozen=True)
class Visitor:
    """A browser, and where its pages come from: the port of a server of empty pages."""

    browser: Any
    pages: int

    @contextlib.contextmanager
    def at(self, url: str) -> Iterator[Any]:
        """A tab of a new profile."""
        context = self.browser.new_context()
        context.set_default_timeout(PATIENCE * 1000)
        try:
            page = context.new_page()
            page.goto(url)
            yield page
        finally:
            context.close()

    def evil(self) -> Any:
        """A page of another site."""
        return self.at(f"http://{EVIL}:{self.pages}/")

    def front(self) -> Any:
        """A page of another server on this computer."""
        return self.at(f"http://localhost:{self.pages}/")

    @contextlib.contextmanager
    def rebound(self, port: int) -> Iterator[Any]:
        """A page whose name leads to the victim by now."""
        context = self.browser.new_context()
        context.set_default_timeout(PATIENCE * 1000)
        try:
            page = context.new_page()
            url = f"http://{EVIL}:{port}/"
            page.route(url, lambda route: route.fulfill(body=PAGE, content_type="text/html"))
            page.goto(url)
            page.unroute(url)
            yield page
        finally:
            context.close()


def rebinding(visitor: Visitor, victim: Victim) -> bool:
    with visitor.rebound(victim.port) as page:
        return "the secret" in page.evaluate(_TEXT, ["/secret?rebound", {}])


def rebinding_post(visitor: Visitor, victim: Victim) -> bool:
    with visitor.rebound(victim.port) as page:
        page.evaluate(_TEXT, ["/change?rebound", {"method": "POST", "body": "{}"}])
    return victim.did("/change?rebound")


def rebinding_socket(visitor: Visitor, victim: Victim) -> bool:
    with visitor.rebound(victim.port) as page:
        url = f"ws://{EVIL}:{victim.port}/socket"
        return bool(page.evaluate(_SOCKET, url) == "the secret")


def foreign_form(visitor: Visitor, victim: Victim) -> bool:
    with visitor.evil() as page:
        url = f"http://localhost:{victim.port}/change?form"
        with page.expect_navigation(url=url):
            page.evaluate(_FORM, [url, "post"])
    return victim.did("/change?form")


def foreign_fetch(visitor: Visitor, victim: Victim) -> bool:
    with visitor.evil() as page:
        url = f"http://localhost:{victim.port}/change?fetch"
        page.evaluate(_TEXT, [url, {"method": "POST", "mode": "no-cors", "body": "{}"}])
    return victim.did("/change?fetch")


def foreign_get(visitor: Visitor, victim: Victim) -> bool:
    with visitor.evil() as page:
        url = f"http://127.0.0.1:{victim.port}/change?get"
        page.evaluate(_TEXT, [url, {"mode": "no-cors"}])
    return victim.did("/change?get")


def foreign_script(visitor: Visitor, victim: Victim) -> bool:
    with visitor.evil() as page:
        url = f"http://localhost:{victim.port}/script"
        return bool(page.evaluate(_LOADS, ["script", url]) == "the secret")


def foreign_socket(visitor: Visitor, victim: Victim) -> bool:
    with visitor.evil() as page:
        url = f"ws://localhost:{victim.port}/socket"
        return bool(page.evaluate(_SOCKET, url) == "the secret")


def foreign_frame(visitor: Visitor, victim: Victim) -> bool:
    with visitor.evil() as page:
        page.evaluate(_LOADS, ["iframe", f"http://localhost:{victim.port}/?frame"])
    return victim.did("/?frame")


def sandboxed(visitor: Visitor, victim: Victim) -> bool:
    """`Origin: null`, from a frame that its page has taken everything from."""
    url = f"ws://localhost:{victim.port}/socket?null"
    with visitor.evil() as page:
        return bool(page.evaluate(_SANDBOX, url) == "message")


def unspecified(visitor: Visitor, victim: Victim) -> bool:
    with visitor.evil() as page:
        url = f"http://0.0.0.0:{victim.port}/change?zero"
        page.evaluate(_TEXT, [url, {"method": "POST", "mode": "no-cors", "body": "{}"}])
    return victim.did("/change?zero")


def own_page(visitor: Visitor, victim: Victim) -> bool:
    with visitor.at(f"http://localhost:{victim.port}/") as page:
        assert page.title() == "the app"
        body = {"method": "POST", "body": "{}"}
        posted = page.evaluate(_TEXT, ["/api?own", body])
        heard = page.evaluate(_SOCKET, f"ws://localhost:{victim.port}/socket?own")
        return '"POST"' in posted and heard == "the secret"


def front_end(visitor: Visitor, victim: Victim) -> bool:
    """A page of another port uses the API: with a preflight, and without one."""
    url = f"http://localhost:{victim.port}/api?front"
    sent = {"method": "POST", "body": "{}", "headers": {"content-type": "application/json"}}
    with visitor.front() as page:
        read, posted = page.evaluate(_TEXT, [url, {}]), page.evaluate(_TEXT, [url, sent])
    return '"GET"' in read and '"POST"' in posted


def front_picture(visitor: Visitor, victim: Victim) -> bool:
    with visitor.front() as page:
        url = f"http://localhost:{victim.port}/picture"
        return bool(page.evaluate(_LOADS, ["img", url]) == "loaded")


def front_socket(visitor: Visitor, victim: Victim) -> bool:
    with visitor.front() as page:
        url = f"ws://localhost:{victim.port}/socket?front"
        return bool(page.evaluate(_SOCKET, url) == "the secret")


def coming_back(visitor: Visitor, victim: Victim) -> bool:
    """As from a login elsewhere, which sends the browser back with a code."""
    url = f"http://localhost:{victim.port}/callback?code=1"
    with visitor.evil() as page:
        with page.expect_navigation(url=url):
            page.evaluate("url => { setTimeout(() => { location.href = url }) }", url)
        return bool(page.title() == "the app")


@dataclass(frozen=True)
class Deed:
    """Something a page does: `wanted` says whether it ought to work."""

    words: str
    wanted: bool
    do: Callable[[Visitor, Victim], bool]


DEEDS = (
    Deed("DNS rebinding: read the app", False, rebinding),
    Deed("DNS rebinding: change something", False, rebinding_post),
    Deed("DNS rebinding: open a WebSocket", False, rebinding_socket),
    Deed("another site posts a form", False, foreign_form),
    Deed("another site posts with fetch, no-cors", False, foreign_fetch),
    Deed("another site gets with fetch, no-cors", False, foreign_get),
    Deed("another site reads a script of the app", False, foreign_script),
    Deed("another site opens a WebSocket and reads", False, foreign_socket),
    Deed("another site shows the app in a frame", False, foreign_frame),
    Deed("a sandboxed frame opens a WebSocket (Origin: null)", False, sandboxed),
    Deed("another site posts to 0.0.0.0", False, unspecified),
    Deed("the app's own page: fetch and WebSocket", True, own_page),
    Deed("a page of localhost on another port uses the API (CORS by the app)", True, front_end),
    Deed("a picture of the app on a page of localhost, another port", True, front_picture),
    Deed("a WebSocket from a page of localhost, another port", True, front_socket),
    Deed("a login elsewhere sends the browser back", True, coming_back),
)


class _Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def visiting() -> Iterator[Visitor]:
    """A browser with pages of other sites. ImportError without playwright."""
    from playwright.sync_api import sync_playwright

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
            yield Visitor(browser, server.server_port)
            browser.close()
    finally:
        server.shutdown()
        thread.join(PATIENCE)
        server.server_close()

"""What a visitor without https sees on a port that speaks TLS: how to trust the certificate.

It answers plain http, where everything can be changed on the way, so it promises nothing itself:
the visitor compares what the device shows with the terminal. No app, no script, nothing from
elsewhere, and nothing that the TLS handshake does not tell everybody anyway.
"""

import base64
import hashlib
import html
import plistlib
import re
import uuid
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

from homeport.core.certificates import fingerprint_rows
from homeport.engine.guarding.headers import asked_path

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_OWN = "/.well-known/homeport/"
CERTIFICATE, PROFILE = _OWN + "homeport-ca.crt", _OWN + "homeport-ca.mobileconfig"

_IS_IN = (
    ("iphone", re.compile("iPhone|iPad|iPod")),
    ("android", re.compile("Android")),
    ("mac", re.compile("Macintosh")),
    ("windows", re.compile("Windows")),
    ("linux", re.compile("Linux|X11|CrOS")),
)
_ALWAYS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"connection", b"close"),
)


class _Answer(NamedTuple):
    status: int
    kind: str
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()


class TrustPage:
    """An ASGI app for the plain http connections of a TLS port; `https_url` is its address."""

    def __init__(self, ca_der: bytes, https_url: str) -> None:
        fingerprint = hashlib.sha256(ca_der).hexdigest()
        self._page, self._guides = _texts(fingerprint_rows(fingerprint), https_url)
        self._policy = ((b"content-security-policy", _content_policy(self._page.template)),)
        self._plain = (
            f"This port speaks https: {https_url}\n"
            "A browser at this http address is told how to trust the certificate.\n"
        ).encode()
        self._files = {
            CERTIFICATE: _file("application/x-x509-ca-cert", "homeport-ca.crt", ca_der),
            PROFILE: _file(
                "application/x-apple-aspen-config", "homeport-ca.mobileconfig", profile(ca_der)
            ),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """GET and HEAD; a WebSocket is refused."""
        if scope["type"] == "http":
            answer = self._answer(scope)
            headers = [
                (b"content-type", answer.kind.encode()),
                (b"content-length", str(len(answer.body)).encode()),
                *answer.headers,
                *_ALWAYS,
            ]
            start = {"type": "http.response.start", "status": answer.status, "headers": headers}
            await send(start)
            await send({"type": "http.response.body", "body": answer.body})
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "lifespan":
            while (await receive())["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})

    def _answer(self, scope: Scope) -> _Answer:
        if scope["method"] not in ("GET", "HEAD"):
            allow = ((b"allow", b"GET, HEAD"),)
            return _Answer(405, "text/plain; charset=utf-8", self._plain, allow)
        if found := self._files.get(asked_path(scope)):
            return found
        # A program that asks for /api must not take this for its answer.
        status = 200 if asked_path(scope) == "/" else 400
        if not _wants_html(scope["headers"]):
            return _Answer(400, "text/plain; charset=utf-8", self._plain)
        page = self._page_for(_header(scope["headers"], b"user-agent"))
        return _Answer(status, "text/html; charset=utf-8", page, self._policy)

    def _page_for(self, agent: str) -> bytes:
        """The guide for this device first and open, the others at the end; all of them there."""
        device = next((name for name, hint in _IS_IN if hint.search(agent)), "")
        rest = [
            f"<details>{each}</details>" for name, each in self._guides.items() if name != device
        ]
        if device:
            first = f"<details open>{self._guides[device]}</details>"
            others = "\n".join(['<h2 class="more">Another device?</h2>', *rest])
        else:
            first, others = "\n".join(rest), ""
        return self._page.substitute(first=first, others=others).encode()


def _texts(rows: Iterable[str], url: str) -> tuple[Template, dict[str, str]]:
    """The page without its guides, and the guides by name."""
    here = Path(__file__).parent
    shown = url.removeprefix("https://").removesuffix("/")
    texts = {"rows": "\n".join(rows), "url": url, "shown": shown}
    # `$` twice: the page is a template once more, for the guides.
    known = {name: html.escape(text).replace("$", "$$") for name, text in texts.items()}
    page = Template((here / "trust_page.html").read_text("utf-8")).safe_substitute(known)
    _, *pieces = re.split(r"<!-- (\w+) -->\n", (here / "trust_guides.html").read_text("utf-8"))
    files = {"certificate": CERTIFICATE, "profile": PROFILE}
    guides = {
        name: Template(text).substitute(files)
        for name, text in zip(pieces[::2], pieces[1::2], strict=True)
    }
    return Template(page), guides


def _content_policy(page: str) -> bytes:
    """Nothing but our one style sheet."""
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    nothing = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return f"{nothing}; style-src 'sha256-{digest}'".encode()


def profile(ca_der: bytes) -> bytes:
    """The CA as an unsigned configuration profile of iOS; the same CA gives the same profile."""
    ids = [str(uuid.uuid5(uuid.NAMESPACE_OID, part + ca_der.hex())) for part in ("all", "root")]
    root = {
        "PayloadType": "com.apple.security.root",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"homeport.ca.{ids[1]}",
        "PayloadUUID": ids[1].upper(),
        "PayloadDisplayName": "homeport local CA",
        "PayloadCertificateFileName": "homeport-ca.crt",
        "PayloadContent": ca_der,
    }
    whole = {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"homeport.{ids[0]}",
        "PayloadUUID": ids[0].upper(),
        "PayloadDisplayName": "homeport local CA",
        "PayloadDescription": "Lets this device trust the https addresses of one computer. "
        "Compare the SHA-256 fingerprint of the certificate with the terminal of that computer.",
        "PayloadRemovalDisallowed": False,
        "PayloadContent": [root],
    }
    return plistlib.dumps(whole)


def _file(kind: str, name: str, body: bytes) -> _Answer:
    saved = ((b"content-disposition", f'attachment; filename="{name}"'.encode()),)
    return _Answer(200, kind, body, saved)


def _header(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> str:
    return b",".join(value for name, value in headers if name == wanted).decode("latin-1")


def _wants_html(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return "text/html" in _header(headers, b"accept")

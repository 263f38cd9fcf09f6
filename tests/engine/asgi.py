"""ASGI by hand: one request to an app, and what came back."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Scope = dict[str, Any]


@dataclass
class Answer:
    """What an app sent; `seen` is the scope the inner app was called with, if it was."""

    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def status(self) -> int:
        return int(self.events[0]["status"])

    @property
    def text(self) -> str:
        return b"".join(each.get("body", b"") for each in self.events).decode()

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.events[0]["headers"]}


class Inner:
    """An app that remembers by which scopes it was called; 204, or accepts a WebSocket."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        self.scopes.append(scope)
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})
        elif scope["type"] == "websocket":
            await send({"type": "websocket.accept"})


def http(
    headers: Iterable[tuple[bytes, bytes]] = ((b"host", b"localhost:8000"),),
    *,
    method: str = "GET",
    path: str = "/",
    query: bytes = b"",
    peer: str | None = "127.0.0.1",
    here: str | None = "127.0.0.1",
    **more: Any,
) -> Scope:
    """The scope of a request."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "headers": list(headers),
        "client": (peer, 50000) if peer else None,
        "server": (here, 8000) if here else None,
        **more,
    }


def websocket(headers: Iterable[tuple[bytes, bytes]], **more: Any) -> Scope:
    """The scope of a WebSocket handshake."""
    scope = http(headers, **more) | {"type": "websocket", "scheme": "ws"}
    del scope["method"]
    return scope


def answer(app: Any, scope: Scope) -> Answer:
    """Call the app once."""
    got = Answer()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(event: dict[str, Any]) -> None:
        got.events.append(event)

    async def call() -> None:
        await app(scope, receive, send)

    asyncio.run(call())
    return got

"""A shared door around a small app, with passes that a test holds in its hand."""

import asyncio
import html
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn

from homeport.core.asking import OWN_PATHS
from homeport.core.visit import PassKind
from homeport.engine.guarding.denials import Receive, Scope, Send
from homeport.engine.guarding.pairing import Pairing
from homeport.engine.guarding.passes import Admitted, Knocked, Refused
from homeport.engine.guarding.visitor import Visitor

PHONE = "192.168.1.34"
HOST = b"192.168.1.20:8000"
ORIGIN = b"http://192.168.1.20:8000"


@dataclass
class HeldPasses:
    """Passes in memory; tickets are `ticket-1`, tokens `token-1`, and so on."""

    codes: dict[str, Admitted | Refused] = field(default_factory=dict)
    answers: dict[str, Admitted | Refused | None] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    number: str = "4829"
    wait: float = 0.0
    refusal: Refused | None = None
    guesses: list[str] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)

    def look(self, token: str) -> tuple[PassKind, str | None]:
        return (PassKind.VALID, "d1") if token in self.tokens else (PassKind.WRONG, None)

    def blocked(self, peer: str) -> float:
        return self.wait

    def wrong(self, peer: str) -> None:
        self.guesses.append(peer)

    async def redeem(self, code: str, peer: str, agent: str) -> Admitted | Refused:
        self.agents.append(agent)
        found = self.codes.get(code, Refused(reason="wrong"))
        if isinstance(found, Admitted):
            self.codes[code] = Refused(reason="used")
            self.tokens.add(found.token)
        return found

    async def knock(self, peer: str, agent: str) -> Knocked | Refused:
        self.agents.append(agent)
        if self.refusal is not None:
            return self.refusal
        ticket = f"ticket-{len(self.answers) + 1}"
        self.answers[ticket] = None
        return Knocked(number=self.number, ticket=ticket)

    async def answer(self, ticket: str, peer: str) -> Admitted | Refused | None:
        """Each answer is given once, as a careful keeper of secrets would."""
        found = self.answers.get(ticket, Refused(reason="gone"))
        if found is not None:
            self.answers[ticket] = Refused(reason="gone")
        return found

    # What the person at the computer does.

    def make_link(self, code: str = "c0de") -> str:
        self.codes[code] = Admitted(token=f"token-of-{code}", seconds=1800)
        return f"{OWN_PATHS}pair?code={code}"

    def let_in(self) -> None:
        ticket = [*self.answers][-1]
        token = f"token-of-{ticket}"
        self.tokens.add(token)
        self.answers[ticket] = Admitted(token=token, seconds=1800)

    def refuse(self, refused: Refused) -> None:
        self.answers[[*self.answers][-1]] = refused


class Door:
    """What the guard does with the pages, as short as it can be."""

    def __init__(self, passes: HeldPasses, *, tls: bool = False) -> None:
        self.pairing = Pairing(passes, instance="k3", tls=tls)
        self._passes = passes
        self._cookie = "__Host-hp_k3" if tls else "hp_k3"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(OWN_PATHS):
            await self.pairing(scope, receive, send)
        elif self._passes.tokens & set(Visitor(scope).cookies(self._cookie)):
            await self._app(scope, send)
        else:
            await self.pairing.ask(scope, receive, send)

    async def _app(self, scope: Scope, send: Send) -> None:
        target = html.escape(Visitor(scope).target)
        body = f"<!doctype html><title>The app</title><h1>The app at {target}</h1>".encode()
        headers = [(b"content-type", b"text/html"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    body: str

    def header(self, name: str) -> str:
        return ", ".join(value for key, value in self.headers if key == name)

    def cookie(self, name: str) -> str | None:
        """The Set-Cookie line of that name."""
        lines = [value for key, value in self.headers if key == "set-cookie"]
        return next((line for line in lines if line.startswith(name + "=")), None)


def request(app: Any, method: str, target: str, *, body: bytes = b"", **headers: bytes) -> Reply:
    """One request to an ASGI app; `user_agent=b"…"` is a header."""
    given = [(name.replace("_", "-").encode(), value) for name, value in headers.items()]
    path, _, query = target.partition("?")
    scope: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "headers": [(b"host", HOST), *given],
        "client": (PHONE, 50123),
    }
    pieces = [body[at : at + 1024] for at in range(0, len(body), 1024)] or [b""]
    incoming = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    incoming[-1]["more_body"] = False
    sent: list[Any] = []

    async def receive() -> Any:
        return incoming.pop(0) if incoming else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    start, last = sent
    found = [(name.decode(), value.decode("latin-1")) for name, value in start["headers"]]
    return Reply(start["status"], found, last["body"].decode())


@contextmanager
def served(app: Any) -> Iterator[str]:
    """The app under a real uvicorn; the URL of it."""
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
    sock = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        sock.close()
        assert not thread.is_alive()

"""The guard as ASGI: what `core/policy` decides, done. One `Doorkeeper` per door.

Ordinary requests to an unshared door look alike, so what was allowed once is remembered by all that
it was allowed for: the ends of the connection, the method, and every header that matters. Such a
request costs a look into a set, and one with the very headers of one just before it a comparison;
nothing that carries a pass is remembered.
"""

import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qs

from homeport.core.decision import Allow, Ask, Decision, Deny, Drop, Fault
from homeport.core.door import DoorKind, Policy
from homeport.core.guard_words import Refusal, Speaker
from homeport.core.policy import decide
from homeport.core.visit import PassKind, Via, Visit
from homeport.engine.guarding import denials
from homeport.engine.guarding.denials import App, Receive, Scope, Send
from homeport.engine.guarding.headers import (
    CHUNKED,
    TOKEN,
    Header,
    Sieve,
    asked_path,
    cookie_value,
    is_forwarded,
    trusted,
    visit_of,
)
from homeport.engine.guarding.passes import Passes

OWN_PATHS = "/.well-known/homeport/"
PAIRING_PATH = OWN_PATHS + "pair"
_MOST_REMEMBERED = 256
_MOST_LAST = 4
_LONGEST_REMEMBERED = 512  # bytes of header values

_NOTHING = (PassKind.NONE, Via.NONE)
_Ends = tuple[str, str | None, str | None, str | None]
"""Scope type, method, peer, our address."""


class Pairing(Protocol):
    """The pages on which a device is let in."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for one of `OWN_PATHS`."""

    async def ask(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer any other request of a device that has not been let in: 401."""


class Clock(NamedTuple):
    """Seconds since 1970, which people and a sleeping computer move; and the steady ones."""

    wall: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic


class Told(NamedTuple):
    """Who hears of it. All are called in the loop, so none may take long.

    `refused`: each refusal. `visited`: each request let in on a SHARED door, with the device id
    (None where no pass is asked for) and its scope. `forwarded`: once, when forwarded headers of a
    peer that is no trusted proxy were removed. `dropped`: each peer that nobody invited (R0).
    """

    refused: Callable[[Refusal], None] | None = None
    visited: Callable[[str | None, Scope], None] | None = None
    forwarded: Callable[[str | None], None] | None = None
    dropped: Callable[[str | None], None] | None = None


_NOBODY = Told()
_SYSTEM_CLOCK = Clock()


class Doorkeeper:
    """Stands before the app at one door.

    `passes` and `pairing` belong to a door that asks for passes. `instance` names our cookie.
    `trusted_proxies` are networks whose forwarded headers reach the app, except on a SHARED door.
    `ends`, in monotonic seconds, stands beside `policy.until`: the earlier of the two ends it.
    """

    def __init__(
        self,
        app: App,
        policy: Policy,
        *,
        passes: Passes | None = None,
        pairing: Pairing | None = None,
        instance: str = "",
        trusted_proxies: Iterable[str] = (),
        ends: float | None = None,
        told: Told = _NOBODY,
        clock: Clock = _SYSTEM_CLOCK,
        speaker: Speaker = Speaker.COMMAND,
    ) -> None:
        self.app = app
        self.policy = policy
        self._passes = passes
        self._pairing = pairing
        self._cookie = f"{'__Host-' if policy.tls else ''}hp_{instance}".encode()
        self._shared = policy.kind is DoorKind.SHARED
        self._proxies = () if self._shared else tuple(trusted_proxies)
        self._clock = clock
        self._ends = self._end_of(policy) if ends is None else ends
        self._remembers = not (self._shared or policy.pairing or self._ends is not None)
        self._told = told
        self._speaker = speaker
        self._sieve = Sieve(cookies=policy.pairing)
        self._boring = self._sieve.boring
        self._allowed: set[object] = set()
        self._last: deque[tuple[Any, _Ends]] = deque(maxlen=_MOST_LAST)
        self._told_forwarded = False

    def _end_of(self, policy: Policy) -> float | None:
        if policy.until is None:
            return None
        return self._clock.monotonic() + policy.until - self._clock.wall()

    def change(self, policy: Policy) -> None:
        """Another name or end; the kind of the door, its address and its TLS stay."""
        self.policy = policy
        self._ends = self._end_of(policy)
        self._allowed.clear()
        self._last.clear()

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """One request, WebSocket or lifespan. ValueError for what is none of these."""
        if not self._remembers or "headers" not in scope:
            return self._judge(scope, receive, send, None)
        client, server, headers = scope.get("client"), scope.get("server"), scope["headers"]
        ends = (
            scope["type"],
            scope.get("method"),
            client[0] if client else None,
            server[0] if server else None,
        )
        if (headers, ends) not in self._last:
            boring = self._boring
            key = (ends, tuple([pair for pair in headers if pair[0] not in boring]))
            try:
                if key not in self._allowed:
                    return self._judge(scope, receive, send, key)
            except TypeError:  # a server whose headers are lists
                return self._judge(scope, receive, send, None)
            self._last.appendleft((list(headers), ends))
        if scope["path"].startswith("/"):
            return self.app(scope, receive, send)
        return self._judge(scope, receive, send, None)

    async def _judge(self, scope: Scope, receive: Receive, send: Send, key: object) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] not in ("http", "websocket"):
            raise ValueError(f"the guard knows http, websocket, lifespan; not {scope['type']!r}")
        relevant = self._sieve.relevant(scope["headers"])
        shows, device = self._shown_pass(scope, relevant)
        visit = visit_of(scope, relevant, shows)
        match self._decide(visit):
            case Allow() if self._is_own(scope):
                await self._pairing_app(scope, receive, send)
            case Allow():
                cleaned = self._cleaned(scope, relevant, visit)
                if cleaned is scope and key is not None:  # so it shows no token either
                    self._remember(key, relevant)
                if self._shared and self._told.visited:
                    self._told.visited(device, scope)
                await self.app(cleaned, receive, send)
            case Ask():
                await self._ask(scope, receive, send)
            case Deny() as denied:
                await self._deny(scope, send, denied, visit)
            case Drop():
                if self._told.dropped:
                    self._told.dropped(visit.peer)
                await denials.drop(scope, send)

    def _decide(self, visit: Visit) -> Decision:
        decision = decide(visit, self.policy)
        over = self._ends is not None and (
            self._clock.monotonic() >= self._ends
            or self._clock.wall() >= (self.policy.until or float("inf"))
        )
        return Deny(Fault.ENDED) if over and not isinstance(decision, Drop) else decision

    def _is_own(self, scope: Scope) -> bool:
        asks = self.policy.pairing and self._pairing is not None
        return asks and scope["type"] == "http" and asked_path(scope).startswith(OWN_PATHS)

    def _shown_pass(
        self, scope: Scope, relevant: tuple[Header, ...]
    ) -> tuple[tuple[PassKind, Via], str | None]:
        """What the visitor shows, and the device it belongs to: a header before all else."""
        tokens = [value.decode("latin-1") for name, value in relevant if name == TOKEN]
        if len(tokens) > 1 or (tokens and self._passes is None):
            return (PassKind.WRONG, Via.HEADER), None
        if tokens and self._passes is not None:
            kind, device = self._passes.look(tokens[0])
            return (kind, Via.HEADER), device
        if not self.policy.pairing or self._passes is None:
            return _NOTHING, None
        if _shows_code(scope):
            return (PassKind.CODE, Via.QUERY), None
        cookie = cookie_value(relevant, self._cookie)
        if cookie is None or self._is_own(scope):  # a dead cookie must not bar the way to a new one
            return _NOTHING, None
        kind, device = self._passes.look(cookie)
        return (kind, Via.COOKIE), device

    def _cleaned(self, scope: Scope, relevant: tuple[Header, ...], visit: Visit) -> Scope:
        """The scope for the app, which never sees our secrets nor who a stranger says it is."""
        forwarded = any(is_forwarded(name) for name, _ in relevant)
        forwarded = forwarded and not trusted(visit.peer, self._proxies)
        has_cookie = self.policy.pairing and cookie_value(relevant, self._cookie) is not None
        if not (forwarded or has_cookie or visit.via is Via.HEADER):
            return scope
        if forwarded and not self._told_forwarded and self._told.forwarded:
            self._told_forwarded = True
            self._told.forwarded(visit.peer)
        cookie = self._cookie if has_cookie else b""
        headers = self._sieve.without_ours(scope["headers"], cookie, forwarded=forwarded)
        return scope | {"headers": headers}

    def _remember(self, key: object, relevant: tuple[Header, ...]) -> None:
        """Whether Content-Length is there too (R1) is not in the key: it differs too often."""
        chunked = any(name == CHUNKED for name, _ in relevant)
        if not chunked and sum(len(value) for _, value in relevant) <= _LONGEST_REMEMBERED:
            if len(self._allowed) >= _MOST_REMEMBERED:
                self._allowed.clear()
            self._allowed.add(key)

    async def _pairing_app(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self._pairing is not None
        await self._pairing(scope, receive, send)

    async def _ask(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._is_own(scope):
            await self._pairing_app(scope, receive, send)
        elif self._pairing is not None:
            await self._pairing.ask(scope, receive, send)
        else:
            await denials.ask(scope, send)

    async def _deny(self, scope: Scope, send: Send, denied: Deny, visit: Visit) -> None:
        wait = 0.0
        if denied.fault is Fault.WRONG_TOKEN and self._passes and self.policy.pairing:
            wait = self._passes.blocked(visit.peer or "")
            if wait > 0:
                denied = Deny(Fault.BLOCKED)
            else:
                self._passes.wrong(visit.peer or "")
        kind = self.policy.kind
        if self._told.refused:
            self._told.refused(Refusal(denied=denied, door=kind, peer=visit.peer))
        await denials.deny(scope, send, denied, kind, speaker=self._speaker, retry_after=wait)


def _shows_code(scope: Scope) -> bool:
    """HEAD never uses a code up: previews of links send it."""
    if asked_path(scope) != PAIRING_PATH or scope.get("method") == "HEAD":
        return False
    return "code" in parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)

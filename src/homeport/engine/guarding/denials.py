"""How a refusal is sent: short, in the visitor's format, without a word about the app (R8)."""

from collections.abc import Awaitable, Callable
from typing import Any

from homeport.core.decision import Deny
from homeport.core.door import DoorKind
from homeport.core.guard_words import Speaker, json_answer, text_answer
from homeport.core.visit import TOKEN_HEADER

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_POLICY_VIOLATION = 1008  # RFC 6455 section 7.4.1; before the handshake servers answer 403
_UNPAIRED = f"This computer asks every device for a pass; a script sends {TOKEN_HEADER}.\n"


async def deny(
    scope: Scope,
    send: Send,
    denied: Deny,
    door: DoorKind,
    *,
    speaker: Speaker = Speaker.COMMAND,
    retry_after: float = 0.0,
) -> None:
    """Say what was refused and what would allow it."""
    as_json = _wants_json(scope)
    text = (json_answer if as_json else text_answer)(denied, door, speaker)
    extra = [(b"retry-after", str(int(retry_after) + 1).encode())] if retry_after else []
    await _answer(scope, send, denied.status, text, as_json=as_json, extra=extra)


async def drop(scope: Scope, send: Send) -> None:
    """The least that ASGI can say: 403 and nothing else."""
    extra = [(b"connection", b"close")] if scope.get("http_version", "1.1") < "2" else []
    await _answer(scope, send, 403, "", extra=extra)


async def ask(scope: Scope, send: Send) -> None:
    """401 where nobody serves pairing pages."""
    await _answer(scope, send, 401, _UNPAIRED)


async def _answer(
    scope: Scope,
    send: Send,
    status: int,
    text: str,
    *,
    as_json: bool = False,
    extra: list[tuple[bytes, bytes]] | None = None,
) -> None:
    body = text.encode()
    kind = "websocket.http.response" if scope["type"] == "websocket" else "http.response"
    if kind.startswith("websocket") and kind not in (scope.get("extensions") or {}):
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        return
    form = b"application/json" if as_json else b"text/plain; charset=utf-8"
    headers = [
        (b"content-type", form),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        *(extra or []),
    ]
    await send({"type": f"{kind}.start", "status": status, "headers": headers})
    is_head = scope.get("method") == "HEAD"
    await send({"type": f"{kind}.body", "body": b"" if is_head else body})


def _wants_json(scope: Scope) -> bool:
    accepts = [bytes(value) for name, value in scope["headers"] if bytes(name).lower() == b"accept"]
    return b"application/json" in b",".join(accepts).lower()

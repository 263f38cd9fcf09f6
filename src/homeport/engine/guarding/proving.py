"""A server proves over a door of this computer that it is the one in the registry (core/proof).

Only a well-formed question is ours; every other request for the path goes to the app. It stands
behind the guard, so a page of elsewhere cannot ask.
"""

import os
from collections.abc import Awaitable, Mapping
from urllib.parse import parse_qs

from homeport.core.door import DoorKind
from homeport.core.opened_door import OpenedDoor
from homeport.core.proof import NONCE_BYTES, PATH, prove
from homeport.engine.guarding.denials import App, Receive, Scope, Send

_HEX = frozenset("0123456789abcdef")


class Proving:
    """ASGI: answers `GET PATH?nonce=…` for the registered server `name`; all else is the app's.

    The secret is read when it is needed first: a server that is not registered has none, and then
    the question is the app's too.
    """

    def __init__(
        self, app: App, *, name: str, instance: str, port: int, environment: Mapping[str, str]
    ) -> None:
        self._app = app
        self._name = name
        self._instance = instance
        self._port = port
        self._environment = dict(environment)
        self._secret: bytes | None = None

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """One request."""
        if scope.get("path", "").endswith(PATH):
            nonce = _nonce_in(scope)
            if nonce is not None and self._knows_secret():
                return self._answer(send, nonce)
        return self._app(scope, receive, send)

    def _knows_secret(self) -> bool:
        if self._secret is None:
            self._secret = _secret_of(self._name, self._instance, self._environment)
        return self._secret is not None

    async def _answer(self, send: Send, nonce: str) -> None:
        assert self._secret is not None
        proof = prove(self._secret, instance=self._instance, port=self._port, nonce=nonce)
        body = f'{{"proof": "{proof}"}}\n'.encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def proving(app: App, opened: OpenedDoor) -> App:
    """What stands behind the guard of a door: `app`, with the proof before it.

    Not on a shared door: visitors from elsewhere have no use for it.
    """
    policy = opened.policy
    if policy.kind is DoorKind.SHARED or policy.name is None:
        return app
    return Proving(
        app,
        name=policy.name,
        instance=opened.instance,
        port=policy.port,
        environment=os.environ,
    )


def _nonce_in(scope: Scope) -> str | None:
    """uvicorn puts the root path before the path that was asked for."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    if scope["path"] != scope.get("root_path", "") + PATH:
        return None
    values = parse_qs(scope["query_string"].decode("latin-1")).get("nonce", [])
    fine = len(values) == 1 and len(values[0]) == 2 * NONCE_BYTES and set(values[0]) <= _HEX
    return values[0] if fine else None


def _secret_of(name: str, instance: str, environment: Mapping[str, str]) -> bytes | None:
    """Where the entry is really that of this server; else a name twice could prove the other."""
    from homeport.core.entry import LARGEST, Entry, read_entry
    from homeport.core.errors import HomeportError
    from homeport.engine.registration import SECRET_BYTES
    from homeport.engine.runtime_folder import runtime_folder

    try:
        with runtime_folder(environment) as folder:
            entry = read_entry(folder.read(f"{name}.json", LARGEST + 1).decode(), name)
            if not isinstance(entry, Entry) or entry.instance != instance:
                return None
            return folder.read(f"{name}.key", SECRET_BYTES)
    except (HomeportError, OSError, ValueError):
        return None

"""What happens to plain http on a port that speaks TLS.

    who comes                          what it gets
    a program here, by an own name     307 to the same address with https
    a device of the network            the guide to trusting our CA (trust_page)
    anything else                      400, a sentence

The redirect is not permanent: browsers would keep it when the server is started without --tls.
"""

import base64
from collections.abc import Callable
from typing import Any

from homeport.core.address import is_loopback
from homeport.core.authority import url_host
from homeport.core.door import DoorKind, Policy
from homeport.core.door_rules import unmapped
from homeport.core.opened_door import OpenedDoor
from homeport.core.to_https import https_base
from homeport.engine.guarding.denials import App, Receive, Scope, Send
from homeport.engine.guarding.trust_page import TrustPage

_MOST_GUIDES = 16
_NAVIGATES = ("GET", "HEAD")


class PlainHttp:
    """The ASGI app for it. `refuse` answers the rest."""

    def __init__(self, opened: OpenedDoor, refuse: App) -> None:
        self._policy = opened.policy
        self._refuse = refuse
        self.renew(opened)

    def change(self, policy: Policy) -> None:
        """Another name, say."""
        self._policy = policy

    def renew(self, opened: OpenedDoor) -> None:
        """The certificate is signed by another CA, perhaps."""
        self._ca = base64.b64decode(opened.authority) if opened.authority else None
        self._guides: dict[str, TrustPage] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or WebSocket."""
        await self._app_for(scope)(scope, receive, send)

    def _app_for(self, scope: Scope) -> Callable[..., Any]:
        arrived_at = _address(scope, "server")
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        base = https_base(self._policy, arrived_at, hosts[0]) if len(hosts) == 1 else None
        if self._ca is not None and not self._is_from_here(scope):
            return self._guide(base or f"https://{url_host(arrived_at)}:{self._policy.port}")
        if base is None or scope["type"] != "http" or scope["method"] not in _NAVIGATES:
            return self._refuse
        return _Redirect(base)

    def _is_from_here(self, scope: Scope) -> bool:
        is_shared = self._policy.kind is DoorKind.SHARED
        return not is_shared and is_loopback(_address(scope, "client"))

    def _guide(self, url: str) -> TrustPage:
        """A page for each address that the server is known by; they are few."""
        assert self._ca is not None
        if url not in self._guides:
            if len(self._guides) >= _MOST_GUIDES:
                self._guides.clear()
            self._guides[url] = TrustPage(self._ca, url)
        return self._guides[url]


class _Redirect:
    def __init__(self, base: str) -> None:
        self._base = base.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        before = len(scope.get("root_path", "").encode())  # uvicorn puts it in front
        query = scope["query_string"]
        target = scope["raw_path"][before:] + (b"?" + query if query else b"")
        headers = [
            (b"location", self._base + target),
            (b"content-length", b"0"),
            (b"cache-control", b"no-store"),
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": 307, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


def _address(scope: Scope, which: str) -> str:
    end = scope.get(which)
    ip = str(end[0]) if end else "127.0.0.1"
    return str(unmapped(ip) or ip)

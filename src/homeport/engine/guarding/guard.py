"""The guard for any ASGI app under any ASGI server: `homeport.Guard`."""

import logging
from collections.abc import Sequence
from typing import Any

from homeport.core.allowed import allowed_host, allowed_origin
from homeport.core.authority import read_authority
from homeport.core.decision import shown
from homeport.core.door import DoorKind, Policy
from homeport.core.door_rules import unmapped
from homeport.core.guard_words import Refusal, Speaker, terminal_line
from homeport.core.refusals import not_a
from homeport.engine.guarding.denials import App, Receive, Scope, Send
from homeport.engine.guarding.doorkeeper import Doorkeeper, Told
from homeport.engine.guarding.headers import end_of

__all__ = ["Doorkeeper", "Guard"]

_log = logging.getLogger("homeport.guard")
_MOST_KEEPERS = 64


class Guard:
    """Stands before an ASGI app and lets in what programs and pages of this computer send.

        app = homeport.Guard(app)                                    # or, with FastAPI:
        app.add_middleware(homeport.Guard, allow_hosts=["shop.example"])

    On a loopback address: peers of this computer only. Everywhere: only hosts that are `localhost`,
    `<name>.localhost`, a loopback address, the address that was really connected to, or one of
    `allow_hosts` (`*`: any); only pages of our own, of `allow_origins` (`https://shop.example`),
    or, unless `strict_origins`, of any server of this computer. Everything else is refused with the
    reason, and a warning is logged as `homeport.guard`.

    It goes outermost. It believes the server about the two ends of a connection: uvicorn behind a
    proxy on the same computer takes the peer from what the proxy says (`--no-proxy-headers` ends
    that), and granian on 0.0.0.0 does not tell which address was connected to, so name yours.

    UsageError says which argument is not what it should be.
    """

    def __init__(
        self,
        app: Any,
        *,
        allow_hosts: str | Sequence[str] = (),
        allow_origins: str | Sequence[str] = (),
        strict_origins: bool = False,
        name: str | None = None,
    ) -> None:
        if not callable(app):
            raise not_a(repr(app), "the app of homeport.Guard", "an ASGI app, which can be called")
        self.app: App = app
        self._hosts = tuple(allowed_host(each, "allow_hosts") for each in _list(allow_hosts))
        self._origins = tuple(
            allowed_origin(each, "allow_origins") for each in _list(allow_origins)
        )
        self._strict = strict_origins
        self._name = _checked_name(name)
        self._keepers: dict[tuple[str | None, str], Doorkeeper] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it. ValueError for a scope type that is not http, websocket or lifespan."""
        door = (end_of(scope, "server"), scope.get("scheme", ""))
        keeper = self._keepers.get(door)
        if keeper is None:
            if len(self._keepers) >= _MOST_KEEPERS:
                self._keepers.clear()
            keeper = self._keepers[door] = self._keeper(*door)
        await keeper(scope, receive, send)

    def _keeper(self, ip: str | None, scheme: str) -> Doorkeeper:
        """For the connections to one address. Without one (a Unix socket) every peer may come."""
        address = unmapped(ip or "")
        is_loopback = address is not None and address.is_loopback
        policy = Policy(
            kind=DoorKind.LOOPBACK if is_loopback else DoorKind.OPEN,
            ip=str(address or ""),
            port=0,
            tls=scheme in ("https", "wss"),
            name=self._name,
            hosts=self._hosts,
            origins=self._origins,
            strict_origins=self._strict,
        )
        told = Told(refused=_warn, forwarded=_warn_of_forwarded, dropped=_warn_of_dropped)
        return Doorkeeper(self.app, policy, told=told, speaker=Speaker.PARAMETER)


def _list(given: str | Sequence[str]) -> list[str]:
    return [given] if isinstance(given, str) else list(given)


def _checked_name(name: str | None) -> str | None:
    if name is not None:
        read = read_authority(f"{name}.localhost".encode("utf-8", "surrogateescape"))
        if read is None or read.port is not None:
            raise not_a(name, "name", "letters, digits and hyphens, as in shop")
    return name


def _warn(refusal: Refusal) -> None:
    _log.warning("%s", terminal_line(refusal, Speaker.PARAMETER))


def _warn_of_forwarded(peer: str | None) -> None:
    _log.warning("Forwarded headers of %s are not passed on to the app.", peer or "a peer")


def _warn_of_dropped(peer: str | None) -> None:
    _log.warning(
        "Refused %s (R0): only this computer may come to a loopback address. If that is what a"
        " proxy says: uvicorn --no-proxy-headers",
        shown(peer or "a peer"),
    )

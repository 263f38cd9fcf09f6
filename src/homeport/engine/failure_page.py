"""What clients get while there is no app to answer them: 503 and the reason.

The traceback is shown to visitors of this computer only: both ends of the connection are loopback,
the Host is a name of this computer, and no proxy has passed the request on. Everyone else learns no
more than that there is nothing to see yet.
"""

import html
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from homeport.core.address import is_ip, is_loopback
from homeport.core.failure import Failure, short_traceback

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_PASSED_ON = frozenset(
    {
        b"forwarded",
        b"via",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-proto",
        b"x-real-ip",
    }
)

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="2"><title>The app does not start</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 62rem }}
body {{ margin: 3rem auto; padding: 0 1rem }}
h1 {{ font-size: 1.4rem }}
pre {{ overflow-x: auto; padding: 1rem; border-radius: .5rem; background: #8881; font-size: 14px }}
summary {{ cursor: pointer }} p.next {{ margin: .2rem 0 }}
</style>
<h1>{summary}</h1>
{details}
<p>This page looks again every two seconds: save the fix and the app appears.</p>
</html>"""


class FailurePage:
    """An ASGI app that answers everything with the failure."""

    def __init__(self, failure: Failure) -> None:
        short = "\n".join(short_traceback(failure.frames, failure.error))
        next_steps = "".join(f'<p class="next">{html.escape(s)}</p>' for s in failure.next_steps)
        full = html.escape(failure.full)
        whole = f"<details><summary>whole traceback</summary><pre>{full}</pre></details>"
        self._here = {
            "html": _PAGE.format(
                summary=html.escape(failure.summary),
                details=f"<pre>{html.escape(short)}</pre>{next_steps}"
                + (whole if failure.full else ""),
            ).encode(),
            "text": "\n".join(
                [failure.summary, "", failure.full or failure.error, *failure.next_steps, ""]
            ).encode(),
        }
        hidden = "The app does not start yet."
        self._elsewhere = {
            "html": _PAGE.format(summary=hidden, details="").encode(),
            "text": f"{hidden}\n".encode(),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """503 for HTTP, a refused handshake for WebSockets."""
        if scope["type"] == "http":
            await self._answer(scope, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1013})
        elif scope["type"] == "lifespan":
            while (await receive())["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, send: Send) -> None:
        accept = b",".join(value for name, value in scope["headers"] if name == b"accept")
        form = "html" if b"text/html" in accept else "text"
        body = (self._here if _both_ends_here(scope) else self._elsewhere)[form]
        headers = [
            (
                b"content-type",
                f"text/{'html' if form == 'html' else 'plain'}; charset=utf-8".encode(),
            ),
            (b"content-length", str(len(body)).encode()),
            (b"retry-after", b"2"),
            (b"cache-control", b"no-store"),
            (b"x-frame-options", b"DENY"),
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _both_ends_here(scope: Scope) -> bool:
    ends = (scope.get("client"), scope.get("server"))
    if not all(end is not None and is_loopback(end[0]) for end in ends):
        return False
    names = {name for name, _ in scope["headers"]}
    hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    return names.isdisjoint(_PASSED_ON) and len(hosts) == 1 and _names_this_computer(hosts[0])


def _names_this_computer(host: str) -> bool:
    """A foreign name means a tunnel, or a page that had its own name resolve to us."""
    name = re.sub(r":\d+$", "", host.lower()).strip("[]")
    return name == "localhost" or name.endswith(".localhost") or (is_ip(name) and is_loopback(name))

"""How a request came here, in its own words: the ASGI scope and this process, nothing else.

Nothing is looked up elsewhere, so it is true under any ASGI server and behind any proxy.
"""

import ipaddress
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from fastapi.requests import HTTPConnection
from pydantic import BaseModel, Field


class End(BaseModel):
    """One end of the connection. A Unix socket has a path and no port."""

    host: str
    port: int | None
    is_loopback: bool | None = Field(description="null: the host is not an IP address")


class Way(BaseModel):
    """The way of one request, as the process that answers it sees it."""

    client: End | None
    server: End | None = Field(description="the address at which the connection came in")
    scheme: str
    host_header: str
    http_version: str
    user_agent: str
    worker_pid: int
    parent_pid: int
    program: str = Field(description="what Python was started with: a module or a script")
    python: str
    started: datetime = Field(description="when the app of this worker came up")
    time: datetime


def now() -> datetime:
    """Tell the time with its zone, so that a browser elsewhere reads it right."""
    return datetime.now(UTC)


def is_loopback(host: str) -> bool | None:
    """Judge an address alone. A name could point anywhere, so it gets None."""
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return None
    # ::ffff:127.0.0.1 is how a dual-stack socket reports IPv4; Python 3.11 does not look inside.
    mapped = getattr(ip, "ipv4_mapped", None)
    return bool((mapped or ip).is_loopback)


def end(pair: tuple[str, int | None] | None) -> End | None:
    """Read one end from the scope. A server that does not know it leaves it out."""
    if not pair or not pair[0]:
        return None
    return End(host=pair[0], port=pair[1], is_loopback=is_loopback(pair[0]))


def program() -> str:
    """Name what runs, without its folder: a visitor need not know where it lies."""
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    return spec.name.removesuffix(".__main__") if spec else Path(sys.argv[0]).name


def way_of(connection: HTTPConnection, started: datetime) -> Way:
    """Collect the facts of one request."""
    scope = connection.scope
    return Way(
        client=end(scope.get("client")),
        server=end(scope.get("server")),
        scheme=scope["scheme"],
        host_header=connection.headers.get("host", ""),
        http_version=scope["http_version"],
        user_agent=connection.headers.get("user-agent", ""),
        worker_pid=os.getpid(),
        parent_pid=os.getppid(),
        program=program(),
        python=platform.python_version(),
        started=started,
        time=now(),
    )

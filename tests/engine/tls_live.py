"""A running `homeport --tls` with a state folder of its own, and clients that trust its CA."""

import contextlib
import http.client
import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.engine.live import Homeport, homeport

APP = """
import asyncio

VERSION = 1


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while (await receive())["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": f"{scope['scheme']} {message['text']}"})
    else:
        body = f"{VERSION} {scope['scheme']}".encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})
"""


def version(number: int) -> str:
    return APP.replace("VERSION = 1", f"VERSION = {number}")


class Secured:
    """A server and the folder of its CA."""

    def __init__(self, server: Homeport, state: Path) -> None:
        self.server = server
        self.ca = state / "homeport" / "homeport-ca.crt"
        self.key = state / "homeport" / "homeport-ca.pem"

    @property
    def port(self) -> int:
        return int(self.server.port)

    def trusting(self) -> ssl.SSLContext:
        """A client's context with this CA alone, as strict as Python gets."""
        context = ssl.create_default_context(cafile=str(self.ca))
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    def connection(self, host: str = "127.0.0.1") -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(host, self.port, timeout=20, context=self.trusting())

    def serial(self) -> int:
        """Of the certificate that a new connection meets."""
        connection = self.connection()
        connection.connect()
        try:
            found: Any = connection.sock.getpeercert()
            return int(found["serialNumber"], 16)
        finally:
            connection.close()


@contextlib.contextmanager
def secured(folder: Path, *arguments: str, project: str = "", **env: str) -> Iterator[Secured]:
    """`homeport --tls` with the app of this module, ready."""
    state = folder / "state"
    state.mkdir(exist_ok=True)
    (folder / "main.py").write_text(APP)
    if project:
        (folder / "pyproject.toml").write_text(project)
    with homeport(folder, *arguments, XDG_STATE_HOME=str(state), **env) as server:
        server.ready()
        yield Secured(server, state)


def said(server: Homeport) -> str:
    """Everything it has said so far."""
    server.heard()
    return json.dumps(server.events) + "".join(server.other_lines + server.errors)

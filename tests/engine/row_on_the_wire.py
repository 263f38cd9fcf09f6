"""A row of tests/data/guard-cases*.csv as bytes, and what an answer says about it."""

import re
from dataclasses import dataclass

from homeport.core.visit import Via
from homeport.engine.guarding.doorkeeper import PAIRING_PATH
from tests.core.guard_rows import Row

APP = """
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            kind = (await receive())["type"]
            await send({"type": kind + ".complete"})
            if kind == "lifespan.shutdown":
                return
    seen = b";".join(name + b"=" + value for name, value in scope["headers"])
    cors = [(b"x-app", b"reached"), (b"access-control-allow-origin", b"*")]
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept", "headers": cors})
        return
    seen += b";peer=" + scope["client"][0].encode()
    await send({"type": "http.response.start", "status": 200, "headers": cors})
    await send({"type": "http.response.body", "body": seen})
"""
"""Answers all it gets, to any page; and says what it was given."""

HANDSHAKE = (
    b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """The door that a row is tried at: what stands for 8000 or 8443, and for 192.168.1.20."""

    port: int
    ip: str = "192.168.1.20"

    def here(self, text: bytes) -> bytes:
        """The text with our addresses in it."""
        port, network = b"%d" % self.port, self.ip.rpartition(".")[0].encode()
        text = text.replace(b"8000", port).replace(b"8443", port)
        text = text.replace(b"192.168.1.20", self.ip.encode())
        return text.replace(b"192.168.1.", network + b".")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What travels: the secret, and how our cookie is called at this door."""

    secret: str = ""
    cookie: str = ""


def request(row: Row, where: Where, shown: Shown) -> bytes:
    """The whole request."""
    target = where.here(row.target.encode())
    if row.token == "in-query":
        path = PAIRING_PATH if row.shared else "/"
        target = f"{path}?code={shown.secret}".encode()
    lines = [b"%s %s HTTP/1.1" % (row.method.encode(), target)]
    lines += [name + b": " + where.here(value) for name, value in row.headers]
    if row.token in ("valid", "expired", "wrong"):
        header = row.shows[1] is Via.HEADER
        field = "X-Homeport-Token: " if header else f"Cookie: a=1; {shown.cookie}="
        lines.append((field + shown.secret).encode())
    if "h2c" in row.tags:
        lines += [b"HTTP2-Settings: AAMAAABk", b"Connection: Upgrade, HTTP2-Settings"]
    elif row.websocket:
        lines += [b"Connection: Upgrade", *HANDSHAKE.split(b"\r\n")[:-1]]
    else:
        lines.append(b"Connection: close")
    body = b"a=1" if row.method in ("POST", "PUT") else b""
    if body:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([*lines, b"", body])


def verdict(answer: bytes | None) -> str:
    """What the answer means in the words of the rows; `dropped` where there is none."""
    if not answer:
        return "dropped"
    head = answer.partition(b"\r\n\r\n")[0].lower()
    status = int(re.match(rb"HTTP/1\.1 (\d{3}) ", answer)[1])  # type: ignore[index]
    if b"x-app: reached" in head:
        assert status in (200, 101), answer
        return "allow"
    assert b"access-control" not in head, answer
    if status == 303:
        assert b"set-cookie: " in head and b"location: /\r\n" in head, answer
        return "allow"
    assert status >= 400 or (status == 200 and b"set-cookie" not in head), answer
    return "challenge" if status == 401 else "deny"

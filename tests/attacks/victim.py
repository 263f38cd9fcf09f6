"""An app like those that people develop: it trusts whoever reaches it, and notes what was done."""

import json
import os
from typing import Any

FOLDER = os.environ.get("VICTIM_NOTES", ".")
GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)


def note(path: str) -> None:
    with open(os.path.join(FOLDER, "notes"), "a") as file:
        file.write(path + "\n")


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while True:
            kind = (await receive())["type"]
            await send({"type": kind + ".complete"})
            if kind == "lifespan.shutdown":
                return
    path = scope["path"] + ("?" + scope["query_string"].decode() if scope["query_string"] else "")
    note(path)
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": "the secret"})
        await receive()
        return
    headers = dict(scope["headers"])
    origin = headers.get(b"origin", b"")
    answer = [(b"cache-control", b"no-store")]
    if origin.startswith(b"http://localhost:"):  # its own CORS settings: the page of a front end
        answer.append((b"access-control-allow-origin", origin))
        answer.append((b"access-control-allow-headers", b"content-type"))
    kind, body = b"text/html", b"<title>the app</title>the secret"
    if scope["path"] == "/picture":
        kind, body = b"image/gif", GIF
    elif scope["path"] == "/script":
        kind, body = b"text/javascript", b"window.stolen = 'the secret'"
    elif scope["path"] == "/api":
        kind, body = b"application/json", json.dumps({"method": scope["method"]}).encode()
    answer += [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": answer})
    await send({"type": "http.response.body", "body": body})

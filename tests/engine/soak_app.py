"""The app of the soak test: everything that a connection can be busy with while code is saved.

Each answer says which version of the file made it, and the checksum of what it ought to be.
"""

FIRST = 1_000_000
"""Versions have as many digits from the first to the last, so that all saves have one size."""

_APP = """
import asyncio
import zlib
from collections.abc import AsyncIterator

from fastapi import FastAPI, Request, WebSocket
from fastapi.responses import Response, StreamingResponse

VERSION = @VERSION@
app = FastAPI()


def text(length: int) -> bytes:
    word = b"%d " % VERSION
    return (word * (length // len(word) + 1))[:length]


def heads(body: bytes) -> dict[str, str]:
    sums = {"x-version": str(VERSION), "x-sum": str(zlib.crc32(body))}
    return sums | {"content-length": str(len(body))}


@app.get("/")
async def plain(n: int = 2000) -> Response:
    body = text(n)
    return Response(body, headers=heads(body))


@app.post("/upload")
async def upload(request: Request) -> Response:
    length = check = 0
    async for piece in request.stream():
        length, check = length + len(piece), zlib.crc32(piece, check)
    body = b"%d %d %d" % (VERSION, length, check)
    return Response(body, headers=heads(body))


@app.get("/slow")
async def slow(n: int, pieces: int) -> StreamingResponse:
    body = text(n)

    async def parts() -> AsyncIterator[bytes]:
        step = n // pieces + 1
        for start in range(0, n, step):
            await asyncio.sleep(0.02)
            yield body[start : start + step]

    return StreamingResponse(parts(), headers=heads(body))


@app.get("/events")
async def events() -> StreamingResponse:
    async def parts() -> AsyncIterator[bytes]:
        number = 0
        while True:
            yield b"data: %d %d\\n\\n" % (VERSION, number)
            number += 1
            await asyncio.sleep(0.03)

    head = {"x-version": str(VERSION)}
    return StreamingResponse(parts(), headers=head, media_type="text/event-stream")


@app.websocket("/ws")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    async for said in websocket.iter_text():
        await websocket.send_text(f"{VERSION} {said}")
"""


def app_of(version: int) -> str:
    """The text of main.py in that version."""
    return _APP.replace("@VERSION@", str(version))

"""The demo app: one page, a small JSON API, a WebSocket, a server-sent stream, a lifespan."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request, WebSocket, WebSocketDisconnect, status
from fastapi.requests import HTTPConnection
from fastapi.responses import HTMLResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, StringConstraints

from homeport.demo.way import Way, now, way_of

PAGE = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
# The page promises to load nothing from elsewhere; with this header the browser holds it to that.
PAGE_HEADERS = {
    "cache-control": "no-cache",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'",
}
STREAM_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
MOST_NOTES = 100  # the notes are in memory, and whoever is let in may write them


class NewNote(BaseModel):
    """A note as it comes in. What is not known is refused, so that a typing error shows."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"text": "Ask the harbour master."}]}
    )

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class Note(BaseModel):
    """A note as it is kept."""

    id: int
    text: str
    created: datetime


class Tick(BaseModel):
    """One beat of the stream. The pid shows which worker it came from."""

    tick: int
    pid: int
    time: datetime


class Echo(BaseModel):
    """What came in over the WebSocket, and who sends it back."""

    count: int
    text: str
    pid: int
    time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What lives as long as one worker. The next worker starts with a new one."""

    started: datetime
    notes: dict[int, Note] = field(default_factory=dict)
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Give each worker a new home, so that a reload can be seen."""
    app.state.home = Home(started=now())
    yield


def home(connection: HTTPConnection) -> Home:
    """Find what the lifespan made."""
    found: Home = connection.app.state.home
    return found


AtHome = Annotated[Home, Depends(home)]
app = FastAPI(
    title="homeport demo",
    description="A small app to look at while homeport serves it.",
    version="1",
    lifespan=lifespan,
)


@app.get("/", include_in_schema=False)
async def page() -> HTMLResponse:
    """Show the page, and forbid it to load anything from elsewhere."""
    return HTMLResponse(PAGE, headers=PAGE_HEADERS)


@app.get("/api/way", tags=["way"])
async def way(request: Request, at_home: AtHome) -> Way:
    """The way of this request, from the client to this process."""
    return way_of(request, at_home.started)


@app.get("/api/notes", tags=["notes"])
async def list_notes(at_home: AtHome) -> list[Note]:
    """All notes of this worker, oldest first."""
    return list(at_home.notes.values())


@app.post("/api/notes", tags=["notes"], status_code=status.HTTP_201_CREATED)
async def add_note(new: NewNote, at_home: AtHome) -> Note:
    """Keep a note until this worker ends."""
    if len(at_home.notes) >= MOST_NOTES:
        raise HTTPException(status.HTTP_409_CONFLICT, "The list is full. Delete a note first.")
    note = Note(id=next(at_home.ids), text=new.text, created=now())
    at_home.notes[note.id] = note
    return note


@app.delete("/api/notes/{note_id}", tags=["notes"], status_code=status.HTTP_204_NO_CONTENT)
async def delete_note(note_id: int, at_home: AtHome) -> None:
    """Forget a note."""
    if at_home.notes.pop(note_id, None) is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no note {note_id}.")


async def ticks(gone: Callable[[], Awaitable[bool]], every: float = 1.0) -> AsyncIterator[str]:
    """Server-sent events until the client is gone.

    `retry` tells EventSource to come back soon: after a reload a new worker is waiting.
    """
    yield "retry: 300\n\n"
    for number in itertools.count(1):
        if await gone():
            return
        tick = Tick(tick=number, pid=os.getpid(), time=now())
        yield f"event: tick\ndata: {tick.model_dump_json()}\n\n"
        await asyncio.sleep(every)


@app.get(
    "/stream",
    tags=["live"],
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def stream(request: Request) -> StreamingResponse:
    """One tick a second, as server-sent events, for as long as the client stays."""
    events = ticks(request.is_disconnected)
    return StreamingResponse(events, media_type="text/event-stream", headers=STREAM_HEADERS)


@app.websocket("/ws")
async def echo(websocket: WebSocket) -> None:
    """Send every text back, with a count and the time, until the client leaves."""
    await websocket.accept()
    try:
        for count in itertools.count(1):
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if message.get("text") is None:
                await websocket.close(status.WS_1003_UNSUPPORTED_DATA, "Text only, please.")
                return
            answer = Echo(count=count, text=message["text"], pid=os.getpid(), time=now())
            await websocket.send_text(answer.model_dump_json())
    except WebSocketDisconnect:
        return  # the client left while the answer was on its way

"""Saving as editors do, and waiting until what was saved is served."""

import http.client
import time
from contextlib import suppress

from server import POLL_SECONDS, Server, ask
from workspace import Workspace

LIMIT_SECONDS = 15.0  # an edit not seen by then is missed
# Edits lie further apart than a whole second: CPython trusts bytecode whose source has the same
# whole-second mtime and size, which is a fault of fast reloading, but not the one measured here.
APART_SECONDS = 1.5


def write(place: Workspace, name: str, text: str) -> float:
    """Replace a file of the app at once; when (perf_counter, s)."""
    draft = place.spare / name
    draft.write_text(text)
    moment = time.perf_counter()
    draft.replace(place.app / name)
    return moment


def save(place: Workspace, marker: str) -> float:
    """Replace main.py at once by one that answers the marker; when (perf_counter, s)."""
    return write(place, "main.py", (place.spare / "original").read_text().replace("world", marker))


def wait_for(server: Server, marker: str, saved: float) -> float | None:
    """When an answer with the marker had arrived (perf_counter, s), or None."""
    while (now := time.perf_counter()) < saved + LIMIT_SECONDS:
        server.check()
        with suppress(OSError, http.client.HTTPException):
            left = saved + LIMIT_SECONDS - now
            if marker in ask(server.port, timeout=left)[1].decode():
                return time.perf_counter()
        time.sleep(POLL_SECONDS)
    return None

"""What a reload does besides loading, found by running each contender.

* Connections kept: a kept-alive connection was used, was idle during a save, and was open for the
  next request after it; how many of 3.
* Forgets deleted state: a module attribute that was deleted from main.py, and one from a module
  that it imports, are gone after the reload.
* Answers while broken: the share of requests that the old code answers from 1 s to 3 s after a
  save that cannot be loaded. Recovers: the next good save is served within 15 s.
"""

import http.client
import json
import select
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

import processes
import report
from edits import APART_SECONDS, LIMIT_SECONDS, wait_for, write
from server import POLL_SECONDS, Failure, Server, ask
from workspace import Workspace, workspace

COLUMNS = (
    "contender|kept-alive connections kept|forgets deleted state"
    "|answers after a SyntaxError|recovers|answers after an exception at import|recovers"
)
ROUNDS = 3
NOTICED_SECONDS, BROKEN_SECONDS = 1.0, 2.0
BROKEN = ("def broken(:\n", "raise RuntimeError('broken')\n")

MAIN = """\
import helper
from fastapi import FastAPI

MARKER = "@MARKER@"
@EXTRA@
app = FastAPI()


@app.get("/")
async def read() -> dict[str, object]:
    left = [name for name, names in (("main", globals()), ("helper", vars(helper))) if OLD in names]
    return {"marker": MARKER, "left": left}


OLD = "DELETED_LATER"
"""
EXTRA = "DELETED_LATER = 1\n"


def main_py(marker: str, extra: str = "") -> str:
    return MAIN.replace("@MARKER@", marker).replace("@EXTRA@", extra)


def started(name: str, place: Workspace) -> Server:
    """The server of the first version, which has what is deleted later. To be used with `with`."""
    write(place, "helper.py", EXTRA)
    write(place, "main.py", main_py("first", EXTRA))
    return Server(name, "reload", place)


def ready(server: Server) -> None:
    server.first_answer()
    server.settle()


def connections_kept(server: Server, place: Workspace) -> str:
    """How many idle connections are open after a reload."""
    kept = 0
    for number in range(ROUNDS):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
            saved = write(place, "main.py", main_py(f"kept-{number}", EXTRA))
            if wait_for(server, f"kept-{number}", saved) is None:
                continue
            time.sleep(APART_SECONDS)
            sock = connection.sock
            if sock is not None and not select.select([sock], [], [], 0)[0]:
                connection.request("GET", "/")
                kept += f"kept-{number}".encode() in connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            continue
        finally:
            connection.close()
    return f"{kept} of {ROUNDS}"


def forgets(server: Server, place: Workspace) -> str:
    """Whether what was deleted from the files is gone."""
    write(place, "helper.py", "ANOTHER = 1\n")
    time.sleep(APART_SECONDS)
    saved = write(place, "main.py", main_py("without"))
    if wait_for(server, "without", saved) is None:
        return "the save was missed"
    left = left_behind(server, time.perf_counter() + LIMIT_SECONDS)
    return f"no: {', '.join(left)}" if left else "yes"


def left_behind(server: Server, deadline: float) -> list[str]:
    """What the app still has; asked again while the server is not there, as some are not."""
    while time.perf_counter() < deadline:
        with suppress(OSError, http.client.HTTPException, ValueError):
            said = json.loads(ask(server.port)[1])
            if said["marker"] == "without":  # else an old worker that still accepts
                left: list[str] = said["left"]
                return left
        time.sleep(POLL_SECONDS)
    raise server.failure("no answer after a reload")


def survives(server: Server, place: Workspace, broken: str) -> tuple[str, str]:
    """The share of good answers while the code is broken, and whether the fix is served."""
    write(place, "main.py", broken)
    time.sleep(NOTICED_SECONDS)
    asked = good = 0
    until = time.perf_counter() + BROKEN_SECONDS
    while time.perf_counter() < until:
        asked += 1
        with suppress(OSError, http.client.HTTPException):
            good += ask(server.port, timeout=1.0)[0] == http.client.OK
        time.sleep(0.05)
    share = f"{good / asked:.0%}"
    try:
        saved = write(place, "main.py", main_py("mended"))
        return share, "no" if wait_for(server, "mended", saved) is None else "yes"
    except Failure:  # the process that was started has ended
        return share, "no, it has ended"


def one(name: str, place: Workspace) -> list[str]:
    """A row for one contender; each broken save meets a server of its own."""
    cells = [name]
    parts: list[Callable[[Server, Workspace], str]] = [connections_kept, forgets]
    with started(name, place) as server:
        ready(server)
        for part in parts:
            cells.append(part(server, place))
            time.sleep(APART_SECONDS)
        processes.kill_all()  # how long a server takes to stop is not asked here
    for broken in BROKEN:
        with started(name, place) as server:
            ready(server)
            cells += survives(server, place, broken)
            processes.kill_all()
    return cells


def table(names: Iterable[str]) -> str:
    """The table of all contenders."""
    rows, dropped = [], dict[str, str]()
    for name in names:
        with workspace("hello") as place, report.dropping(name, dropped):
            rows.append(one(name, place))
            report.say(f"traits: {' | '.join(rows[-1])}")
    return report.table(COLUMNS, rows) + report.notes(dropped)

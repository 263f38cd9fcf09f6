"""One line per answered request, for a person or for a program."""

import json
from typing import NamedTuple


class Visit(NamedTuple):
    """An answered request. `client` is `ip:port`, `path` includes the query string.

    A tuple, because one is made for every request.
    """

    client: str
    method: str
    path: str
    http_version: str
    status: int


_COLOURS = {1: "36", 2: "32", 3: "36", 4: "33", 5: "31"}


def text_line(visit: Visit, clock: str, *, colour: bool) -> str:
    """`12:01:33  200  GET /items?q=1  127.0.0.1:51034`; `clock` is ready-made, local time."""
    status = str(visit.status)
    if colour:
        status = f"\x1b[{_COLOURS.get(visit.status // 100, '0')}m{status}\x1b[0m"
        return f"  \x1b[2m{clock}\x1b[0m  {status}  {visit.method} {visit.path}" + (
            f"  \x1b[2m{visit.client}\x1b[0m\n"
        )
    return f"  {clock}  {status}  {visit.method} {visit.path}  {visit.client}\n"


def json_line(visit: Visit, time: float) -> str:
    """The `request` event of docs/json.md; `time` in seconds since the epoch."""
    return (
        json.dumps(
            {
                "event": "request",
                "time": round(time, 3),
                "client": visit.client,
                "method": visit.method,
                "path": visit.path,
                "status": visit.status,
            }
        )
        + "\n"
    )

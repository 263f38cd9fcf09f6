"""One line per answered request, for a person or for a program."""

import json
from collections.abc import Iterable

from homeport.core.asking import OWN_PATHS
from homeport.core.plain import plain

Visit = tuple[str, str, str, str, int]
"""Client (`ip:port`), method, path with query string, HTTP version, status.

A plain tuple: one is made for every request.
"""

_POLLED = f"{OWN_PATHS}wait"
_COLOURS = {1: "36", 2: "32", 3: "36", 4: "33", 5: "31"}


def told(visits: Iterable[Visit]) -> list[Visit]:
    """Those to write: of our own pages no query string, which holds secrets, and no polling."""
    return [
        visit if OWN_PATHS not in visit[2] else (*visit[:2], visit[2].partition("?")[0], *visit[3:])
        for visit in visits
        if not visit[2].startswith(_POLLED)
    ]


def text_lines(visits: Iterable[Visit], clock: str, *, colour: bool) -> list[str]:
    """`12:01:33  200  GET /items?q=1  127.0.0.1:51034`; `clock` is ready-made, local time."""
    visits = told(visits)
    # Behind a trusted proxy the client's name is what a header says, in any bytes.
    visits = [v if v[0].isprintable() else (plain(v[0]), *v[1:]) for v in visits]
    if not colour:
        return [
            f"  {clock}  {status}  {method} {path}  {client}\n"
            for client, method, path, _, status in visits
        ]
    return [
        f"  \x1b[2m{clock}\x1b[0m  \x1b[{_COLOURS.get(status // 100, '0')}m{status}\x1b[0m  "
        f"{method} {path}  \x1b[2m{client}\x1b[0m\n"
        for client, method, path, _, status in visits
    ]


def json_lines(visits: Iterable[Visit], time: float) -> list[str]:
    """The `request` events of docs/json.md; `time` in seconds since the epoch."""
    moment = round(time, 3)
    visits = told(visits)
    return [
        json.dumps(
            {
                "event": "request",
                "time": moment,
                "client": client,
                "method": method,
                "path": path,
                "status": status,
            }
        )
        + "\n"
        for client, method, path, _, status in visits
    ]

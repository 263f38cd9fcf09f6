"""`homeport -d`: what the side that waits does, and what the server tells it until it is ready."""

import os
import signal
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from homeport.engine.background import Server, Waiting, into_background

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def detach(arguments: Sequence[str], keep: frozenset[int]) -> Server:
    """Returns in the server only; this process ends with the server's exit code, or when ready."""
    side = into_background(keep)
    if isinstance(side, Server):
        return side
    os._exit(_wait(side, json="--json" in arguments))


class _Interrupted(Exception):
    pass


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise _Interrupted


def _wait(server: Waiting, *, json: bool) -> int:
    """Ctrl-C ends what was started: it is told by the end of the line. A second one kills."""
    for number in _STOP_SIGNALS:
        signal.signal(number, _interrupt)
    try:
        if server.hears_ready():
            return 0
        code = server.exit_code()
    except _Interrupted:
        return _end(server)
    if code >= 0:
        return code
    from homeport.core.order_words import killed_at_start
    from homeport.ui.cli.telling import tell

    error = killed_at_start(-code)
    tell(error, json=json)
    return error.exit_code


def _end(server: Waiting) -> int:
    server.line.close()
    try:
        server.exit_code()
    except _Interrupted:
        os.kill(server.pid, signal.SIGKILL)  # our child, not waited for yet: the pid is its own
        server.exit_code()
    return 130

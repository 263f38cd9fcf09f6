"""`homeport logs`: what a background server has printed."""

import json
import os
from collections.abc import Sequence

from homeport.core import order_words, refusals, server_name
from homeport.core.errors import ExitCode, NothingThereError
from homeport.engine.log_reading import Log
from homeport.ui.cli.asking import server
from homeport.ui.cli.output import write
from homeport.ui.cli.page import Arguments, OutputLost
from homeport.ui.cli.waiting import state

MOST = 1_000_000
HELP = """\
homeport logs [NAME|PORT] [-f] [-n 50] [--json]     what a background server has printed

The log of one that has ended is still there under its name. A server in the foreground keeps none:
its terminal has what it says.

  -n COUNT       how many lines  [50]
  -f, --follow   go on with what comes, until Ctrl-C; over restarts too
  --json         every line as a JSON object with `line`

Exit codes: 0 printed, 5 no such server, no log.
"""


def run(arguments: Sequence[str]) -> ExitCode:
    """The command. Raises NothingThereError, UsageError."""
    parser = Arguments("logs")
    parser.add_argument("server", nargs="?", metavar="NAME|PORT")
    parser.add_argument("-n", dest="count", default="50")
    parser.add_argument("-f", "--follow", action="store_true")
    given = parser.read(arguments)
    if not (given.count.isascii() and given.count.isdigit() and int(given.count) <= MOST):
        wanted = f"a whole number from 0 to {MOST}"
        raise refusals.not_a(given.count[:40], "-n", wanted, "homeport logs")
    name = _name(given.server)
    try:
        log = Log(name, os.environ)
    except OSError:
        raise order_words.no_log(name) from None
    printed = _as_json if given.json else _as_it_is
    with log:
        printed(b"".join(log.last(int(given.count))))
        if given.follow:
            for data in log.following():
                printed(data)
    return ExitCode.OK


def _name(text: str | None) -> str:
    """Of a server that runs in the background, or of one that has ended."""
    try:
        entry = server(text, "homeport logs")
    except NothingThereError:
        name = server_name.given(text) if text is not None else None
        if name is None:
            raise
        return name
    told = state(entry)
    if told["log"] is None:
        if told["background"]:
            raise order_words.no_log(entry.name)
        raise order_words.log_in_terminal(entry.name, entry.pid)
    return entry.name


def _as_it_is(data: bytes) -> None:
    _show(data.decode(errors="replace"))


def _as_json(data: bytes) -> None:
    lines = data.decode(errors="replace").splitlines()
    _show("".join(json.dumps({"line": line}) + "\n" for line in lines))


def _show(text: str) -> None:
    if text and write(text, patience=None):
        raise OutputLost

"""`homeport logs`: what a background server has printed."""

import codecs
import json
import os
from collections.abc import Sequence

from homeport.core import order_words, refusals, server_name
from homeport.core.errors import ExitCode, NothingThereError
from homeport.core.prefixed_log import Lines
from homeport.engine.log_reading import Log
from homeport.ui.cli.asking import server
from homeport.ui.cli.output import write
from homeport.ui.cli.page import Arguments, OutputLost
from homeport.ui.cli.waiting import state

MOST = 1_000_000
HELP = """\
homeport logs [NAME|PORT] [-f] [-n 50] [--json]     what a background server has printed

The log of one that has ended is still there under its name. A server in the foreground keeps none:
its terminal has what it says. Kept are the last 4 to 5 MiB: five files of at most 1 MiB each, in
logs/ of the state folder (XDG_STATE_HOME, or ~/.local/state, and homeport/ in it).

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
    page = _AsJson() if given.json else _AsItIs()
    with log:
        page.add(b"".join(log.last(int(given.count))))
        if given.follow:
            for data in log.following():
                page.lack() if data is None else page.add(data)
        page.end()
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


class _AsItIs:
    """The pieces as they come; a character may be in two of them."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def add(self, data: bytes) -> None:
        _show(self._decoder.decode(data))

    def lack(self) -> None:
        _show(f"{order_words.LINES_GONE}\n")

    def end(self) -> None:
        _show(self._decoder.decode(b"", final=True))


class _AsJson:
    """A whole line each."""

    def __init__(self) -> None:
        self._lines = Lines()

    def add(self, data: bytes) -> None:
        self._tell(self._lines.feed(data))

    def lack(self) -> None:
        self._tell([*self._lines.end(), None])

    def end(self) -> None:
        self._tell(self._lines.end())

    def _tell(self, lines: Sequence[str | None]) -> None:
        _show("".join(json.dumps({"line": line}) + "\n" for line in lines))


def _show(text: str) -> None:
    if text and write(text, patience=None):
        raise OutputLost

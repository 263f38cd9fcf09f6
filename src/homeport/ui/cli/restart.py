"""`homeport restart`: the same command line again, in the same process, on the same port."""

from collections.abc import Sequence

from homeport.core.errors import ExitCode
from homeport.ui.cli.asking import server
from homeport.ui.cli.page import Arguments, paint, show, show_json
from homeport.ui.cli.waiting import failure_lines, order, outcome, seconds, until_back

HELP = """\
homeport restart [NAME|PORT] [--timeout 60] [--json]     start it again, on the same port

The server finishes its requests and starts anew with the same command line, environment and folder,
in its terminal or in the background as before; its settings (pyproject.toml) are read again, and a
new version of homeport takes over. Its address stays open: connections wait meanwhile, none is
refused. WebSockets are closed, a share ends. To load changed code  homeport reload  is enough.

A server that a script has started (homeport.run) says that it cannot.

  --timeout SEC   how long to wait for the new one  [60]
  --json          one JSON object

Exit codes: 0 it answers again, 3 its app does not start any more (its traceback is printed),
5 no such server, or it did not come back.
"""


def run(arguments: Sequence[str]) -> ExitCode:
    """The command. Raises NothingThereError, UsageError."""
    parser = Arguments("restart")
    parser.add_argument("server", nargs="?", metavar="NAME|PORT")
    parser.add_argument("--timeout", default="60")
    given = parser.read(arguments)
    patience = seconds(given.timeout, "homeport restart")
    before = server(given.server, "homeport restart")
    order(before, "restart")
    entry, told = until_back(before, patience)
    failed = told["failure"] is not None
    if given.json:
        show_json(outcome(entry, told))
    elif failed:
        show([*failure_lines(told), f"{entry.name} waits for a fix at {entry.urls[0]}"])
    else:
        show([paint("32", f"{entry.name} answers again at {entry.urls[0]}")])
    return ExitCode.APP if failed else ExitCode.OK

"""`homeport wait`: until a server is there and its app answers."""

from collections.abc import Sequence

from homeport.core.errors import ExitCode
from homeport.ui.cli.page import Arguments, show, show_json
from homeport.ui.cli.waiting import failure_lines, outcome, seconds, until_ready

HELP = """\
homeport wait NAME|PORT [--timeout 30] [--json]     until it is there and ready

The server need not have been started yet. An app that does not start may still be mended while
this waits.

  --timeout SEC   how long: 30, 0.5, 2m  [30]
  --json          one JSON object

Exit codes: 0 its app answers, 3 it is there but its app does not start (the traceback is printed),
5 it is not there, or not ready in time.
"""


def run(arguments: Sequence[str]) -> ExitCode:
    """The command. Raises NothingThereError, UsageError."""
    parser = Arguments("wait")
    parser.add_argument("server", metavar="NAME|PORT")
    parser.add_argument("--timeout", default="30")
    given = parser.read(arguments)
    entry, told = until_ready(given.server, seconds(given.timeout, "homeport wait"))
    is_ready = told["phase"] == "serving"
    if given.json:
        show_json(outcome(entry, told))
    elif is_ready:
        show([f"{entry.name} is ready at {entry.urls[0]}"])
    else:
        show(failure_lines(told))
    return ExitCode.OK if is_ready else ExitCode.APP

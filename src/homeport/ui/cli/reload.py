"""`homeport reload`: load the app of a running server again, as the key `r` does."""

from collections.abc import Sequence

from homeport.core.errors import ExitCode
from homeport.ui.cli.asking import server
from homeport.ui.cli.page import Arguments, paint, show, show_json
from homeport.ui.cli.waiting import failure_lines, order, outcome, seconds, until_settled

HELP = """\
homeport reload [NAME|PORT] [--timeout 60] [--json]     load its app again

Returns when the new version answers, or has failed to start: then the old one goes on.

  --timeout SEC   how long to wait for that  [60]
  --json          one JSON object

Exit codes: 0 reloaded, 3 the new version does not start (its traceback is printed), 5 no such
server, or nothing came of it in time.
"""


def run(arguments: Sequence[str]) -> ExitCode:
    """The command. Raises NothingThereError, UsageError."""
    parser = Arguments("reload")
    parser.add_argument("server", nargs="?", metavar="NAME|PORT")
    parser.add_argument("--timeout", default="60")
    given = parser.read(arguments)
    patience = seconds(given.timeout, "homeport reload")
    entry = server(given.server, "homeport reload")
    told = until_settled(entry, order(entry, "reload")["ticket"], patience)
    failed = told["failure"] is not None
    if given.json:
        show_json(outcome(entry, told) | {"ms": round(told["took"] * 1000)})
    elif failed:
        goes_on = told["phase"] == "serving"
        ending = f"{entry.name} still serves the version before" if goes_on else "no app answers"
        show([*failure_lines(told), ending])
    else:
        show([paint("32", f"{entry.name} reloaded in {told['took'] * 1000:.0f} ms")])
    return ExitCode.APP if failed else ExitCode.OK

"""`homeport unshare`: close the shared address, and cut who came by it."""

from collections.abc import Sequence

from homeport.core.errors import ExitCode
from homeport.ui.cli.asking import ask, server
from homeport.ui.cli.page import Arguments, show, show_json
from homeport.ui.cli.share_page import wrapped

HELP = """\
homeport unshare [NAME|PORT] [--json]     close what  homeport share  has opened

The address is closed, all connections that came by it are cut, and every device has to be let in
anew next time.

Exit codes: 0 closed, 5 nothing is shared.
"""


def run(arguments: Sequence[str]) -> ExitCode:
    """The command. Raises NothingThereError, UsageError."""
    parser = Arguments("unshare")
    parser.add_argument("server", nargs="?", metavar="NAME|PORT")
    given = parser.read(arguments)
    entry = server(given.server, "homeport unshare")
    answer = ask(entry, "unshare")
    if given.json:
        show_json({"server": entry.name, **answer})
    else:
        show(wrapped(answer["lines"]))
    return ExitCode.OK

"""`homeport open`: a running server in the browser."""

from collections.abc import Sequence

from homeport.core.errors import ExitCode
from homeport.ui.cli.asking import server
from homeport.ui.cli.browser import open_browser
from homeport.ui.cli.page import Arguments, show, show_json

HELP = """\
homeport open [NAME|PORT] [--json]     open it in the browser

Prints the link as well, for where no browser can be opened from.

  --json   one JSON object

Exit codes: 0 the browser was asked to, 5 no such server.
"""


def run(arguments: Sequence[str]) -> ExitCode:
    """The command. Raises NothingThereError, UsageError."""
    parser = Arguments("open")
    parser.add_argument("server", nargs="?", metavar="NAME|PORT")
    given = parser.read(arguments)
    entry = server(given.server, "homeport open")
    url = entry.urls[0]
    open_browser(url)
    if given.json:
        show_json({"server": entry.name, "url": url})
    else:
        show([f"{entry.name}  {url}"])
    return ExitCode.OK

"""`homeport token`: lets a script in at a shared address."""

import time
from collections.abc import Sequence

from homeport.core.errors import ExitCode
from homeport.core.share_words import clock
from homeport.core.visit import TOKEN_HEADER
from homeport.ui.cli.asking import ask, server
from homeport.ui.cli.output import is_terminal
from homeport.ui.cli.page import Arguments, show, show_json, show_text

HELP = """\
homeport token [NAME|PORT] [--called TEXT] [--json]     a token for scripts on other devices

A script shows it in a header, X-Homeport-Token. It is good as long as the share is on, can be told
from others in  homeport devices  by what it is called, and is put out there like a device.

Into a pipe or a file only the token is written:  TOKEN=$(homeport token)
"""


def run(arguments: Sequence[str]) -> ExitCode:
    """The command. Raises NothingThereError, UsageError."""
    parser = Arguments("token")
    parser.add_argument("server", nargs="?", metavar="NAME|PORT")
    parser.add_argument("--called", default="", metavar="TEXT")
    given = parser.read(arguments)
    entry = server(given.server, "homeport token")
    answer = ask(entry, "token", name=given.called)
    if given.json:
        show_json({"server": entry.name, **answer})
    elif is_terminal(1):
        until = clock(answer["until"], time.time())
        said = f"A token for scripts, good until {until} and shown only now."
        show([said, "", answer["token"], "", _curl(answer["url"])])
    else:
        show_text(answer["token"] + "\n")
    return ExitCode.OK


def _curl(url: str) -> str:
    return f"curl -H '{TOKEN_HEADER}: …' {url}/"

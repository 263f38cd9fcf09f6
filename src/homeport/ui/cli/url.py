"""`homeport url`: where a server is, by its name. For scripts, so it imports next to nothing."""

from collections.abc import Sequence

from homeport.core.errors import ExitCode
from homeport.core.lookup import Found
from homeport.engine.find import find, proven
from homeport.ui.cli.output import write

HELP = """\
homeport url [NAME|PORT] [--json]     the URL of a running server, and nothing else

  curl $(homeport url shop)/items

It is an address and no name, for not every program can resolve names below localhost; and it is
proven to be that server's. HOMEPORT_URL_<NAME> in the environment (HOMEPORT_URL_SHOP) comes first.
Without NAME: the only server, or that of this project.

Exit codes: 0 printed, 2 several servers, or no URL in the variable, 5 no such server.
"""


def run(arguments: Sequence[str]) -> ExitCode:
    """The command. Raises NothingThereError, UsageError."""
    json = "--json" in arguments
    words = [word for word in arguments if word != "--json"]
    if len(words) > 1 or any(word.startswith("-") for word in words):
        _refuse(words)
    found = find(words[0]) if words else _own()
    text = found.url
    if json:
        from json import dumps

        text = dumps(found.to_json())
    return ExitCode.BUG if write(text + "\n", patience=None) else ExitCode.OK


def _own() -> Found:
    from homeport.ui.cli.asking import server

    return proven(server(None, "homeport url"))


def _refuse(words: list[str]) -> None:
    """In the words of all commands."""
    from homeport.ui.cli.page import Arguments

    parser = Arguments("url")
    parser.add_argument("server", nargs="?", metavar="NAME|PORT")
    parser.read(words)

"""The commands that look at ports and act on them, each in the module of its name.

They are found before anything is imported or started for serving.
"""

import os
from collections.abc import Sequence
from importlib import import_module

GROUPS = (
    ("demo", "serve the built-in demo app; a file of that name is ./demo.py"),
    ("ls|port|reach|stop", "what listens here, who holds a port, who reaches it; end it"),
    ("share|unshare|devices|token", "open a server to this network, for a while"),
    ("doctor|trust", "why a phone cannot connect; trust certificates of --tls"),
)
"""For the help: commands, and what they are for."""
LOOKING = frozenset(
    ("ls", "port", "reach", "stop", "share", "unshare", "devices", "token", "doctor", "trust")
)


def command_in(arguments: Sequence[str]) -> tuple[str | None, list[str]]:
    """The command and what is left for it; None when an app is to be served.

    Only the first word counts: `homeport main:app` may well have a flag with the value `port`.
    """
    words = list(arguments)
    place = next((at for at, word in enumerate(words) if word != "--json"), None)
    if place is None or words[place] not in LOOKING:
        return None, words
    return words.pop(place), words


def help_of(command: str) -> str:
    """The help text of one command."""
    text: str = import_module(f"homeport.ui.cli.{command}").HELP
    return text


def run_command(command: str, arguments: Sequence[str]) -> int:
    """Do it; the exit code. Every refusal is told, a traceback only for our own bugs."""
    from homeport.core import refusals
    from homeport.core.errors import ExitCode, HomeportError
    from homeport.ui.cli.output import write
    from homeport.ui.cli.page import OutputLost
    from homeport.ui.cli.telling import tell, wants_json

    json = wants_json(arguments, os.environ)
    try:
        code: int = import_module(f"homeport.ui.cli.{command}").run(arguments)
    except HomeportError as error:
        tell(error, json=json)
        code = error.exit_code
    except OutputLost:
        code = ExitCode.BUG
    except KeyboardInterrupt:
        code = ExitCode.INTERRUPTED
    except Exception as error:
        import traceback

        write(traceback.format_exc(), 2)
        tell(refusals.unexpected(error), json=json)
        code = ExitCode.BUG
    return code

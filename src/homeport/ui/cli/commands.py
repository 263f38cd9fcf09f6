"""The commands that look at ports and act on them, each in the module of its name.

They are found before anything is imported or started for serving.
"""

import os
from collections.abc import Sequence
from importlib import import_module

GROUPS = {
    "what runs here, and who can reach it": {
        "ls": "what listens on this computer, homeport servers first",
        "port": "is a port free, who holds it, who answers there",
        "reach": "who can reach a server, as a table and a drawing",
    },
    "where a server is, by its name": {
        "url": "where a running server is, for scripts",
        "open": "open a running server in the browser",
        "wait": "until a server is there and ready",
        "logs": "what a background server has printed",
    },
    "act on a server, by its name": {
        "reload": "load the app of a running server again",
        "restart": "start a running server again, on the same port",
        "stop": "end a server of yours, or the one on a port",
    },
    "several apps; a command told their URLs": {
        "up": "start the apps of [tool.homeport.apps], in order, with one log",
        "down": "end them, from another terminal",
        "env": "run a command that is told where servers are, once they are ready",
    },
    "open one to this network, for a while": {
        "share": "open a running server to devices on this network, for a while",
        "unshare": "end that now",
        "devices": "who was let in, who asks; approve, deny, revoke",
        "token": "let a script on another device in",
    },
    "phones kept out; certificates of --tls": {
        "doctor": "why can the phone not connect, from what was seen",
        "trust": "trust homeport's certificates on this computer, or stop that",
    },
    "units for services; completion by tab": {
        "export": "a unit for systemd, launchd or compose, a site for caddy",
        "completion": "a script that lets bash, zsh or fish complete all this",
    },
}
"""What commands are for → each of them with its help."""
LOOKING = {name: text for group in GROUPS.values() for name, text in group.items()}


def command_in(arguments: Sequence[str]) -> tuple[str | None, list[str]]:
    """The command and what is left for it; None when an app is to be served.

    Only the first word counts: `homeport main:app` may well have a flag with the value `port`.
    """
    words = list(arguments)
    place = next((at for at, word in enumerate(words) if word != "--json"), None)
    if place is None or words[place] not in LOOKING:
        return None, words
    return words.pop(place), words


def own_words(arguments: Sequence[str]) -> list[str]:
    """What is said to homeport itself: all before `--`."""
    words = list(arguments)
    return words[: words.index("--")] if "--" in words else words


def help_of(command: str) -> str:
    """The help text of one command."""
    text: str = import_module(f"homeport.ui.cli.{command}").HELP
    return text


def run_command(command: str, arguments: Sequence[str]) -> int:
    """Do it; the exit code. Every refusal is told, a traceback only for our own bugs."""
    try:
        code: int = import_module(f"homeport.ui.cli.{command}").run(arguments)
    except KeyboardInterrupt:
        from homeport.core.errors import ExitCode

        code = ExitCode.INTERRUPTED
    except Exception as error:
        code = _told(error, arguments)
    return code


def _told(error: Exception, arguments: Sequence[str]) -> int:
    """Nothing of this is imported by a command that succeeds: some have to be quick."""
    from homeport.core import refusals
    from homeport.core.errors import ExitCode, HomeportError
    from homeport.ui.cli.page import OutputLost
    from homeport.ui.cli.telling import tell, wants_json

    if isinstance(error, OutputLost):
        return ExitCode.BUG
    json = wants_json(own_words(arguments), os.environ)
    if isinstance(error, HomeportError):
        tell(error, json=json)
        return error.exit_code
    import traceback

    from homeport.ui.cli.output import write

    write("".join(traceback.format_exception(error)), 2)
    tell(refusals.unexpected(error), json=json)
    return ExitCode.BUG

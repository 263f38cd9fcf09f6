"""`homeport down`: end what `homeport up` runs, from another terminal."""

import os
import time
from collections.abc import Sequence
from typing import Any

from homeport.core import up_refusals
from homeport.core.entry import Entry
from homeport.core.errors import ExitCode, NothingThereError
from homeport.engine import control_client
from homeport.engine.fleet_place import find_place
from homeport.ui.cli.apps import apps_or_refuse
from homeport.ui.cli.page import Arguments, show, show_json

HELP = """\
homeport down [APP…] [--json]     end what homeport up runs for this project, or these of it

Returns when they have ended. With apps named the others go on, those that need them too.

Exit codes: 0 ended, 2 no such app, 5 no homeport up runs here, 6 not ended in time.
"""

PAUSE = 0.05
"""Seconds between two looks."""


def run(arguments: Sequence[str]) -> ExitCode:
    """The command. Raises NothingThereError, UsageError, NotStoppedError."""
    parser = Arguments("down")
    parser.add_argument("names", nargs="*", metavar="APP")
    given = parser.read(arguments)
    apps = apps_or_refuse()
    apps.ordered(given.names, "homeport down")
    place = find_place(apps.folder, os.environ)
    answer = control_client.ask(place, {"ask": "down", "names": given.names})
    stopped = [str(name) for name in answer["stopping"]]
    _wait(place, stopped, float(answer["within"]), everything=not given.names)
    if given.json:
        show_json({"stopped": stopped})
    else:
        show([f"stopped: {', '.join(stopped)}" if stopped else "they had ended already"])
    return ExitCode.OK


def _wait(place: Entry, names: Sequence[str], seconds: float, *, everything: bool) -> None:
    """Until these have ended; with `everything` until `up` itself is gone."""
    until = time.monotonic() + seconds
    while True:
        left = _left(place, names)
        if left is None or (not left and not everything):
            return
        if time.monotonic() >= until:
            raise up_refusals.not_down(left or ["homeport up itself"], seconds)
        time.sleep(PAUSE)


def _left(place: Entry, names: Sequence[str]) -> list[str] | None:
    """Those that run still; None: `up` has ended, and all of them with it."""
    try:
        apps: dict[str, Any] = control_client.ask(place, {"ask": "state"})["apps"]
    except NothingThereError:
        return None
    return [name for name in names if apps[name]["stage"] != "ended"]

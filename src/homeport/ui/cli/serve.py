"""`homeport [APP]`: from the command line to a running server."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeport.core import refusals
from homeport.core.errors import ExitCode, HomeportError
from homeport.engine.renewal import Kept
from homeport.engine.spawn import WorkerProcess
from homeport.ui.cli import arguments as command_line
from homeport.ui.cli.folders import current_folder
from homeport.ui.cli.one_server import serve
from homeport.ui.cli.output import write
from homeport.ui.cli.sources import from_arguments, read_project, settings_of
from homeport.ui.cli.telling import tell, wants_json
from homeport.ui.cli.this_start import ThisStart
from homeport.ui.cli.what_to_serve import app_of, serving_of

if TYPE_CHECKING:  # imported when it is the case
    from homeport.engine.background import Server
    from homeport.engine.service_manager import ServiceManager

DEMO = "homeport.demo.app:app"


def serve_command(
    arguments: Sequence[str],
    started: float,
    spare: list[WorkerProcess],
    background: "Server | None" = None,
    kept: Kept | None = None,
    manager: "ServiceManager | None" = None,
) -> int:
    """The command; its exit code. Every refusal is told, a traceback only for our own bugs.

    `background`: it has gone there already. `kept` is from before a restart. `manager` started us.
    """
    start = ThisStart(background=background, kept=kept, manager=manager, is_command=True)
    start.json = wants_json(arguments, os.environ)
    try:
        return _serve_as_told(command_line.parse(arguments), started, spare, start)
    except HomeportError as error:
        start.give_up()
        tell(error, json=start.json, app=start.named)
        return error.exit_code
    except Exception as error:
        import traceback

        start.give_up()
        write(traceback.format_exc(), 2)
        tell(refusals.unexpected(error), json=start.json)
        return ExitCode.BUG


def _serve_as_told(
    given: dict[str, Any], started: float, spare: list[WorkerProcess], start: ThisStart
) -> ExitCode:
    start.named = given.get("app")
    start.take_ready_fd(given.get("ready_fd"))
    if start.named == "demo":
        top = Path(__file__).parents[3]
        given |= {
            "app": DEMO,
            "app_dir": str(top),
            "reload_dir": str(top / "homeport" / "demo"),
        }
        given = {"name": "demo", **given}
    folder = current_folder()
    project = read_project(folder)
    settings = start.settings(settings_of(from_arguments(given), project))
    serving = serving_of(settings, project, folder, app_of(settings, project, folder), started)
    if start.named == "demo":
        serving = replace(serving, title="the built-in demo app", remembers=False)
    code = serve(start.serving(serving), settings, spare, start=start)
    if start.renewal is not None and start.renewal.is_asked and code is ExitCode.OK:
        start.renewal.go()
    return code

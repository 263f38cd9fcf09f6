"""`homeport.run(...)`: the command line's server, called from a script."""

import os
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from homeport.core import app_refusals, refusals
from homeport.core.errors import ExitCode, HomeportError, NameTakenError
from homeport.ui.cli.by_service_manager import from_service_manager
from homeport.ui.cli.find_app import Wanted, find_app
from homeport.ui.cli.folders import current_folder
from homeport.ui.cli.one_server import serve
from homeport.ui.cli.output import open_standard_streams
from homeport.ui.cli.sources import from_arguments, read_project, settings_of
from homeport.ui.cli.telling import tell, wants_json
from homeport.ui.cli.this_start import ThisStart
from homeport.ui.cli.what_to_serve import importing_as_here, place_of, serving_of


def run_app(app: Any, options: dict[str, Any]) -> None:
    """Serve until stopped. SystemExit with an `ExitCode` when it did not come to that."""
    started = time.monotonic()
    if _is_worker():
        raise app_refusals.run_while_imported()
    open_standard_streams()
    json = wants_json(["--json"] if options.get("json") else [], os.environ)
    try:
        if threading.current_thread() is not threading.main_thread():
            raise refusals.not_in_main_thread()
        code = _run(app, options, started, json=json)
    except HomeportError as error:
        if isinstance(error, NameTakenError):
            from homeport.core.server_words import in_a_program

            error = in_a_program(error)
        tell(error, json=json)
        code = error.exit_code
    if code is not ExitCode.OK:
        raise SystemExit(int(code))


def _is_worker() -> bool:
    """Whether the script is being imported by a worker: its `run()` is not guarded."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return spec is not None and spec.name == "homeport.engine.worker"


def _run(app: Any, options: dict[str, Any], started: float, *, json: bool) -> ExitCode:
    start = ThisStart(manager=from_service_manager())
    folder = current_folder()
    project = read_project(folder)
    if isinstance(app, str):
        settings = settings_of(from_arguments({**options, "app": app}), project)
        home = (folder / settings.app_dir) if settings.app_dir else script_folder(folder)
        location = find_app(Wanted(settings.app, home), project)
        serving = serving_of(settings, project, folder, location, started)
        return serve(start.serving(importing_as_here(serving)), settings, [], start=start)
    if options.get("reload"):
        tell(app_refusals.reload_needs_a_name(), json=json)
    said = {**options, "reload": False, "factory": bool(options.get("factory"))}
    settings = settings_of(from_arguments(said), project)  # the project's factory is another app
    serving = serving_of(settings, project, folder, place_of(app, folder), started)
    return serve(start.serving(replace(serving, restarts=False)), settings, [], app, start)


def script_folder(current: Path) -> Path:
    """Where `"main:app"` is looked for: beside the script that is run, as its own imports are."""
    main = getattr(sys.modules["__main__"], "__file__", None)
    return Path(main).absolute().parent if main else current

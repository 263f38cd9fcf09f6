"""`homeport up`: the apps of one project, all at once."""

import os
from collections.abc import Sequence
from contextlib import ExitStack

from homeport.core import apps_refusals, registry_words
from homeport.core.errors import ExitCode, HomeportError, UsageError
from homeport.engine.fleet import Fleet, Plan
from homeport.engine.fleet_place import take_place
from homeport.engine.signals import SignalPipe
from homeport.ui.cli.apps import Apps, apps_or_refuse
from homeport.ui.cli.output import has_colour, write
from homeport.ui.cli.page import Arguments
from homeport.ui.cli.up_report import UpJson, UpText

HELP = """\
homeport up [APP…] [--json]     start the apps of [tool.homeport.apps], or these and what they need

  [tool.homeport.apps]
  api = {app = "shop.main:app", port = 8001}
  jobs = {app = "shop.jobs:app", needs = ["api"], env = {QUEUE = "fast"}}
  web = {command = "npx vite --port $PORT", needs = ["api"], dir = "frontend"}

Each starts when what it needs is ready, and is told where that is: API_URL=http://127.0.0.1:8000.
A command is ready when it listens on $PORT; with ready = "http" when it answers there too. All are
found by name: homeport url web. In a git worktree the names are branch.api and branch.web.

One Ctrl-C ends all, in reverse order; a second one at once. From another terminal: homeport down.

  --json   one JSON object per line; "app" names the app

Exit codes: 0 ended as asked, 2 the table cannot be meant so, 3 one of them failed.
"""

USUAL_GRACE, MARGIN = 5.0, 5.0
"""Seconds: the default of stop-timeout, and what is added before an app is killed."""


def run(arguments: Sequence[str]) -> ExitCode:
    """The command. Raises UsageError."""
    parser = Arguments("up")
    parser.add_argument("names", nargs="*", metavar="APP")
    given = parser.read(arguments)
    apps = apps_or_refuse()
    plan = _plan(apps, given.names)
    names = [app.name for app in plan.apps]
    face = UpJson(write) if given.json else UpText(write, names, colour=has_colour())
    fleet = Fleet(plan, os.environ, face.tell)
    with ExitStack() as cleanup:
        pipe = cleanup.enter_context(SignalPipe())
        try:
            place = take_place(apps.folder, names, fleet.handlers, os.environ)
        except UsageError:
            raise
        except (HomeportError, OSError) as error:
            reason = getattr(error, "message", None) or str(error)
            text = registry_words.not_registered(reason)
            face.tell({"event": "log", "level": "warning", "message": text, "app": names[0]})
        else:
            cleanup.callback(place.close)
            fleet.listen_to(place.control)
        code = fleet.run(pipe)
        if given.json:
            face.tell({"event": "stopped", "exit_code": int(code)})
        return code


def _plan(apps: Apps, names: Sequence[str]) -> Plan:
    ordered = apps.ordered(names, "homeport up")
    own = [app for app in ordered if app.app is not None and app.port is None]
    if len(own) > 1 and "port" in apps.project.homeport:
        raise apps_refusals.port_of_all(str(apps.project.file))
    said = apps.project.homeport.get("stop-timeout")
    grace = float(said) if isinstance(said, int | float) else USUAL_GRACE
    return Plan(
        project=apps.folder,
        apps=ordered,
        names={app.name: apps.registered_as(app.name) for app in ordered},
        grace=grace + MARGIN,
    )

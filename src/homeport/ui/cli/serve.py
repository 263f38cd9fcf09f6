"""`homeport [APP]`: from the command line to a running server."""

import os
import signal
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from homeport.core import refusals, registry_words
from homeport.core.entry import Entry
from homeport.core.errors import ExitCode, HomeportError, NameTakenError
from homeport.core.options import Settings, Source, merge
from homeport.core.wire import Loaded
from homeport.engine.binding import Listeners
from homeport.engine.doors import Doors
from homeport.engine.front import Front
from homeport.engine.handing_over import HandingOver
from homeport.engine.namesake import make_way
from homeport.engine.outside import Input, Process
from homeport.engine.place import Place, TellingThePlace
from homeport.engine.presence import Presence, appear, entry_of
from homeport.engine.reception import Reception
from homeport.engine.reporting import Opened, Reporter
from homeport.engine.signals import ENDING, SignalPipe, Signals
from homeport.engine.spawn import WorkerProcess, spawn_worker
from homeport.engine.start import Serving, front_of, open_for, supervise
from homeport.engine.warmth import Warmth
from homeport.ui.cli import arguments as command_line
from homeport.ui.cli.browser import OpenWhenReady, open_browser
from homeport.ui.cli.find_app import Wanted, find_app
from homeport.ui.cli.folders import current_folder
from homeport.ui.cli.json_report import JsonReport
from homeport.ui.cli.keyboard import Keyboard
from homeport.ui.cli.output import has_colour, write
from homeport.ui.cli.sources import (
    Project,
    from_arguments,
    from_environment,
    from_project,
    read_project,
)
from homeport.ui.cli.telling import tell, wants_json
from homeport.ui.cli.text_report import TextReport
from homeport.ui.cli.what_to_serve import serving_of

DEMO = "homeport.demo.app:app"


def serve_command(arguments: Sequence[str], started: float, spare: list[WorkerProcess]) -> int:
    """The command; its exit code. Every refusal is told, a traceback only for our own bugs."""
    json, named = wants_json(arguments, os.environ), None
    try:
        given = command_line.parse(arguments)
        named = given.get("app")
        if given.get("app") == "demo":
            top = Path(__file__).parents[3]
            given |= {
                "app": DEMO,
                "app_dir": str(top),
                "reload_dir": str(top / "homeport" / "demo"),
            }
            given = {"name": "demo", **given}
        folder = current_folder()
        project = read_project(folder)
        settings = settings_of(from_arguments(given), project)
        json = settings.json
        home = folder / settings.app_dir if settings.app_dir else folder
        if settings.app_in_project and not settings.app_dir and project.file is not None:
            home = project.file.parent
        location = find_app(Wanted(settings.app, home.absolute()), project)
        serving = serving_of(settings, project, folder, location, started)
        if named == "demo":
            serving = replace(serving, title="the built-in demo app", remembers=False)
        return serve(serving, settings, spare, process_ends=True)
    except HomeportError as error:
        tell(error, json=json, app=named)
        return error.exit_code
    except Exception as error:
        import traceback

        write(traceback.format_exc(), 2)
        tell(refusals.unexpected(error), json=json)
        return ExitCode.BUG


def settings_of(first: Source, project: Project) -> Settings:
    """All sources merged. UsageError for what is not known or of the wrong kind."""
    return merge((first, from_environment(os.environ), from_project(project)))


def serve(
    serving: Serving,
    settings: Settings,
    spare: list[WorkerProcess],
    app: object = None,
    *,
    process_ends: bool = False,
) -> ExitCode:
    """Open, tell, run. `spare` may hold a worker process that is up already.

    `app`: an app object, served by this process. `process_ends`: right after this, so signals that
    come during the last steps change nothing.
    """
    predecessor = _predecessor(serving, settings)
    listeners, opened, notes = open_for(serving, predecessor, os.environ)
    with ExitStack() as cleanup:
        cleanup.callback(listeners.close)
        wanted = entry_of(serving.name, opened)
        presence, more = (None, ()) if predecessor else _presence(wanted)
        if presence or predecessor:
            opened = replace(opened, name=wanted.name, instance=wanted.instance)
        reporter, keyboard = face_of(settings, opened)
        place = _heir(wanted, reporter) if predecessor else presence
        if place is not None:
            cleanup.callback(place.close)
        if keyboard is not None:
            cleanup.callback(keyboard.close)
        reporter.opened(opened)
        front, others = front_of(serving, opened)
        for note in (*notes, *more, *others):
            reporter.warn(note)
        run = _Run(serving, listeners, front, reporter, place, keyboard)
        if app is not None:
            from homeport.engine.inline import serve_here  # with asyncio, which others do not need

            return serve_here(app, run, cleanup.close)
        pipe = cleanup.enter_context(SignalPipe())
        if process_ends:
            cleanup.callback(signal.pthread_sigmask, signal.SIG_BLOCK, ENDING)
        if not serving.job.warm:
            return run(lambda: spare.pop() if spare else spawn_worker(), (Signals(pipe),))
        warmth = Warmth(serving.job, settings.warm_exclude, reporter.warn, spare)
        cleanup.callback(warmth.close)
        return run(warmth.spawn, (Signals(pipe), warmth), warmth.heard)


@dataclass(frozen=True, slots=True)
class _Run:
    """All that is open, ready to be supervised."""

    serving: Serving
    listeners: Listeners
    front: Front
    reporter: Reporter
    place: Place | None
    keyboard: Keyboard | None

    def __call__(
        self,
        spawn: Callable[[], Process],
        inputs: tuple[Input, ...],
        heard: Callable[[Loaded], None] | None = None,
    ) -> ExitCode:
        doors = Doors(zip(self.front.doors(), self.listeners.sockets, strict=True))
        reporter = self.reporter
        reception = Reception(self.front, doors, reporter, heard)
        with ExitStack() as cleanup:
            replaces = False
            if self.place is not None:
                cleanup.callback(self.place.close)  # while signals are still ours
                leaving = HandingOver(self.listeners.sockets, self.place, reporter.warn)
                cleanup.callback(leaving.close)
                self.place.handlers.update(reception.handlers | leaving.handlers)
                inputs = (*inputs, self.place, leaving)
                reporter = TellingThePlace(reporter, self.place)
                replaces = self.place.begin(alone=self.serving.job.single_lifespan)
            if self.keyboard is not None:
                self.keyboard.orders.update(
                    s=reception.toggle_share,
                    y=lambda: self._judge(reception, let_in=True),
                    n=lambda: self._judge(reception, let_in=False),
                )
                inputs = (*inputs, self.keyboard)
            shadows = self.listeners.shadows
            return supervise(
                *(self.serving, self.front, reporter, spawn, inputs),
                *(doors, reception, shadows),
                replaces=replaces,
            )

    def _judge(self, reception: Reception, *, let_in: bool) -> None:
        """The answer by a key, to the device whose question is on the screen."""
        questions = self.keyboard.questions if self.keyboard is not None else None
        device = questions.asking() if questions is not None else None
        if questions is None or device is None:
            return
        reception.judge(device, let_in=let_in)
        if let_in:
            questions.agreed(device)


def _predecessor(serving: Serving, settings: Settings) -> Entry | None:
    """The server that is to be replaced. NameTakenError when one runs that is not."""
    project = serving.job.project
    try:
        return make_way(serving.name, project, os.environ, restart=settings.restart)
    except NameTakenError:
        raise
    except (HomeportError, OSError):  # told when we want to be registered and cannot
        return None


def _heir(wanted: Entry, reporter: Reporter) -> Place:
    """For now another server has the place."""
    from homeport.engine.taking_over import Heir

    return Heir(wanted, os.environ, reporter.warn)


def _presence(wanted: Entry) -> tuple[Presence | None, tuple[str, ...]]:
    """In the registry, or why not: the server serves all the same.

    NameTakenError when another one was quicker.
    """
    try:
        return appear(wanted, os.environ), ()
    except NameTakenError:
        raise
    except HomeportError as error:
        return None, (registry_words.not_registered(error.message, error.next_steps),)
    except OSError as error:
        return None, (registry_words.not_registered(error.strerror or str(error)),)


def face_of(settings: Settings, opened: Opened) -> tuple[Reporter, Keyboard | None]:
    """Who tells what happens, and the keys of a terminal if there is one."""
    first = opened.links[0].url

    def browse() -> None:
        open_browser(first)

    debug = settings.log_level == "debug"
    if settings.json:
        reporter: Reporter = JsonReport(write, debug=debug)
        keyboard = None
    else:
        keyboard = Keyboard(0, browse, write) if Keyboard.usable(0) else None
        text = TextReport(write, colour=has_colour(), keys=keyboard is not None, debug=debug)
        if keyboard is not None:
            keyboard.questions = text
        reporter = text
    if settings.open:
        reporter = OpenWhenReady(reporter, browse)
    return reporter, keyboard

"""One server of the command line: opened, told about, run."""

import os
import signal
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace

from homeport.core import registry_words
from homeport.core.entry import Entry
from homeport.core.errors import ExitCode, HomeportError, NameTakenError
from homeport.core.events import Event
from homeport.core.options import Settings
from homeport.core.wire import Loaded
from homeport.engine.binding import Listeners
from homeport.engine.doors import Doors
from homeport.engine.following import Following
from homeport.engine.front import Front
from homeport.engine.namesake import make_way
from homeport.engine.outside import Input, Process
from homeport.engine.place import Place
from homeport.engine.presence import Presence, appear, entry_of
from homeport.engine.reception import Reception
from homeport.engine.reporting import Opened, Reporter
from homeport.engine.signals import ENDING, SignalPipe, Signals
from homeport.engine.spawn import WorkerProcess, spawn_worker
from homeport.engine.start import Serving, front_of, open_for, supervise
from homeport.engine.warmth import Warmth
from homeport.ui.cli.browser import open_browser, when_ready
from homeport.ui.cli.json_report import JsonReport
from homeport.ui.cli.keyboard import Keyboard
from homeport.ui.cli.output import has_colour, write
from homeport.ui.cli.settings_told import answer_of
from homeport.ui.cli.text_report import TextReport
from homeport.ui.cli.this_start import ThisStart


def serve(
    serving: Serving,
    settings: Settings,
    spare: list[WorkerProcess],
    app: object = None,
    start: ThisStart | None = None,
) -> ExitCode:
    """Open, tell, run. `spare` may hold a worker process that is up already.

    `app`: an app object, served by this process.
    """
    start = start or ThisStart()
    predecessor = _predecessor(serving, settings, start)
    if predecessor is not None and not serving.job.single_lifespan:
        serving = replace(serving, waits_for_fix=False)  # the other one answers until we are ready
    listeners, opened, notes = open_for(serving, predecessor, os.environ)
    with ExitStack() as cleanup:
        cleanup.callback(listeners.close)
        wanted = entry_of(serving.name, opened)
        place: Place | None = None
        more: tuple[str, ...] = ()
        if predecessor is None:
            place, more = _presence(wanted, start)
        if place is not None or predecessor is not None:
            opened = replace(opened, name=wanted.name, instance=wanted.instance)
        reporter, keyboard = face_of(settings, opened)
        if predecessor is not None:
            from homeport.engine.taking_over import Heir

            place = Heir(wanted, os.environ, reporter.warn)
        if place is not None:
            cleanup.callback(place.close)
        if keyboard is not None:
            cleanup.callback(keyboard.close)
        reporter = start.face(reporter, opened, serving.name)
        reporter.opened(opened)
        front, others = front_of(serving, opened)
        for note in (*notes, *more, *others):
            reporter.warn(note)
        run = _Run(serving, settings, listeners, front, reporter, place, keyboard, start)
        if app is None:
            return _with_workers(run, spare, cleanup)
        from homeport.engine.inline import serve_here  # with asyncio, which others do not need

        return serve_here(app, run, cleanup.close, run.hangup)


def _with_workers(run: "_Run", spare: list[WorkerProcess], cleanup: ExitStack) -> ExitCode:
    """Run an app that processes of their own load."""
    signals = Signals(cleanup.enter_context(SignalPipe()), run.hangup)
    if run.start.is_command:  # the process ends then: signals of the last steps change nothing
        cleanup.callback(signal.pthread_sigmask, signal.SIG_BLOCK, ENDING)
    if not run.serving.job.warm:
        return run(lambda: spare.pop() if spare else spawn_worker(), (signals,))
    warmth = Warmth(run.serving.job, run.settings.warm_exclude, run.reporter.warn, spare)
    cleanup.callback(warmth.close)
    return run(warmth.spawn, (signals, warmth), warmth.heard)


@dataclass(frozen=True, slots=True)
class _Run:
    """All that is open, ready to be supervised."""

    serving: Serving
    settings: Settings
    listeners: Listeners
    front: Front
    reporter: Reporter
    place: Place | None
    keyboard: Keyboard | None
    start: ThisStart

    def __call__(
        self,
        spawn: Callable[[], Process],
        inputs: tuple[Input, ...],
        heard: Callable[[Loaded], None] | None = None,
    ) -> ExitCode:
        """The first of `inputs` are the signals."""
        doors = Doors(zip(self.front.doors(), self.listeners.sockets, strict=True))
        reporter = self.reporter
        reception = Reception(self.front, doors, reporter, heard)
        with ExitStack() as cleanup:
            if self.place is not None:
                cleanup.callback(self._leave, self.place)  # while signals are still ours
                reporter = self._in_place(self.place, reception, inputs[0])
                inputs = (*inputs, self.place)
            if self.keyboard is not None:
                self.keyboard.orders.update(
                    s=reception.toggle_share,
                    y=lambda: self._judge(reception, let_in=True),
                    n=lambda: self._judge(reception, let_in=False),
                )
                inputs = (*inputs, self.keyboard)
            inputs = (*inputs, *self.start.inputs)
            manager = self.start.manager
            watchdog = manager.watchdog(doors) if manager is not None else None
            return supervise(
                *(self.serving, self.front, reporter, spawn, inputs),
                *(doors, reception, self.listeners.shadows, watchdog),
            )

    @property
    def hangup(self) -> Callable[[], list[Event]] | None:
        """What SIGHUP leads to where it is no end."""
        manager = self.start.manager
        return manager.hangup(restarts=self.serving.restarts) if manager is not None else None

    def _in_place(self, place: Place, reception: Reception, signals: Input) -> Reporter:
        """Answer what other programs ask; the reporter that lets the place hear the news first."""
        orders = self.start.orders(
            self.front, self.serving, self.listeners.sockets, reception, self.reporter
        )
        place.handlers.update(reception.handlers)
        place.handlers.update(orders.handlers)
        place.handlers["settings"] = answer_of(self.settings, command=self.start.is_command)
        place.begin(alone=self.serving.job.single_lifespan, signals=signals)
        return Following(self.reporter, first=lambda announce, moment: place.hear(announce.news))

    def _leave(self, place: Place) -> None:
        if self.start.renewal is not None:
            self.start.renewal.leave(place)
        else:
            place.close()

    def _judge(self, reception: Reception, *, let_in: bool) -> None:
        """The answer by a key, to the device whose question is on the screen."""
        questions = self.keyboard.questions if self.keyboard is not None else None
        device = questions.asking() if questions is not None else None
        if questions is None or device is None:
            return
        reception.judge(device, let_in=let_in)
        if let_in:
            questions.agreed(device)


def _predecessor(serving: Serving, settings: Settings, start: ThisStart) -> Entry | None:
    """The server that is to be replaced. NameTakenError when one runs that is not."""
    if start.had_name(serving.name) is not None:
        return None
    start.let_name_go()
    project = serving.job.project
    try:
        return make_way(serving.name, project, os.environ, restart=settings.restart)
    except NameTakenError:
        raise
    except (HomeportError, OSError):  # told when we want to be registered and cannot
        return None


def _presence(wanted: Entry, start: ThisStart) -> tuple[Presence | None, tuple[str, ...]]:
    """In the registry, or why not: the server serves all the same.

    NameTakenError when another one was quicker.
    """
    try:
        return appear(wanted, os.environ, start.had_name(wanted.name)), ()
    except NameTakenError:
        raise
    except HomeportError as error:
        return None, (registry_words.not_registered(error.message, error.next_steps),)
    except OSError as error:
        return None, (registry_words.not_registered(error.strerror or str(error)),)
    finally:
        start.let_name_go()


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
        reporter = Following(reporter, when_ready(browse))
    return reporter, keyboard

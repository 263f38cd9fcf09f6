"""Several apps at once: starts them in order, hears what they say, ends them in reverse.

One thread, one selector. What starts and stops when is decided in core/start_order; nothing here
waits for any of them.
"""

import os
import selectors
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import IO, Any, NamedTuple

from homeport.core import registry_words, up_refusals
from homeport.core.apps_table import App
from homeport.core.entry import UP
from homeport.core.errors import ExitCode, HomeportError
from homeport.core.start_order import Stage, hopeless, startable, stoppable, waiting_for
from homeport.engine import command_process
from homeport.engine.command_entry import CommandEntry
from homeport.engine.launch import environment_of, words_of
from homeport.engine.listening_of import held_by, other_ports
from homeport.engine.member import LOOK_AGAIN, Member, Said
from homeport.engine.new_entry import new_entry
from homeport.engine.port_ahead import port_ahead
from homeport.engine.signals import SignalPipe

LATE = 10.0
"""Seconds after which it is said that a command does not listen yet."""


class Plan(NamedTuple):
    """What to run: `apps` in the order of their needs, `names` are those in the registry.

    `project` is the folder of pyproject.toml. `grace`: seconds that an app has to end.
    """

    project: str
    apps: tuple[App, ...]
    names: Mapping[str, str]
    grace: float


class Fleet:
    """All of them. `tell` hears every event, with the app that it is about."""

    def __init__(
        self, plan: Plan, environment: Mapping[str, str], tell: Callable[[Said], None]
    ) -> None:
        self._plan = plan
        self._environment = environment
        self._tell = tell
        self._members = {app.name: Member(app, plan.names[app.name]) for app in plan.apps}
        self._needs = {app.name: app.needs for app in plan.apps}
        self._selector = selectors.DefaultSelector()
        self._to_stop: set[str] = set()
        self._is_failed = False

    @property
    def handlers(self) -> dict[str, Callable[[dict[str, Any]], Mapping[str, Any]]]:
        """What `homeport down` asks."""
        return {"state": self._state, "down": self._down}

    def listen_to(self, control: Any) -> None:
        """Something else to read: a control socket."""
        self._selector.register(control, selectors.EVENT_READ, control.read)

    def run(self, signals: SignalPipe) -> ExitCode:
        """Until all have ended: OK as asked (or by themselves, with 0), APP when one failed."""
        self._selector.register(signals, selectors.EVENT_READ, partial(self._hear_signals, signals))
        while self._go_on():
            for key, _ in self._selector.select(self._patience()):
                key.data()
        self._selector.close()
        return ExitCode.APP if self._is_failed else ExitCode.OK

    def _go_on(self) -> bool:
        """All that can be done now; False: nothing is left to do."""
        for member in self._members.values():
            self._follow(member)
        for name, need in hopeless(self._needs, self._stages()).items():
            self._members[name].stage = Stage.ENDED
            if name not in self._to_stop:
                self._is_failed = True
                self._say(name, event="app-not-started", needs=need)
        for name in self._to_stop:
            if self._members[name].stage is Stage.WAITING:
                self._members[name].stage = Stage.ENDED
        for name in stoppable(self._needs, self._stages(), self._to_stop):
            self._stop(self._members[name])
        for name in startable(self._needs, self._stages()):
            self._start(self._members[name])
        return any(stage is not Stage.ENDED for stage in self._stages().values())

    def _stages(self) -> dict[str, Stage]:
        return {name: member.stage for name, member in self._members.items()}

    def _patience(self) -> float | None:
        looks = any(
            member.stage is Stage.STARTING and member.app.command
            for member in self._members.values()
        )
        can_go_on = hopeless(self._needs, self._stages()) or startable(self._needs, self._stages())
        return 0 if can_go_on else LOOK_AGAIN if looks else None

    def _hear_signals(self, signals: SignalPipe) -> None:
        found = sorted(number.name for number in signals.read())
        if not found:
            return
        if self._to_stop >= self._members.keys():
            for member in self._members.values():
                if member.process is not None and member.stage.runs:
                    member.process.kill()
            return
        self._tell({"event": "stopping", "reason": found[0]})
        self._to_stop |= self._members.keys()

    def _start(self, member: Member) -> None:
        app = member.app
        urls = {name: each.url for name, each in self._members.items() if each.url is not None}
        try:
            self._choose_port(member)
            self._say(app.name, event="app-starting", serves=app.serves, port=member.port)
            member.run(
                command_process.start(
                    words_of(app, member.name),
                    os.path.join(self._plan.project, app.folder),
                    environment_of(app, member.port, urls, self._environment),
                    group=app.command is not None,
                    grace=self._plan.grace,
                )
            )
        except (HomeportError, OSError) as error:
            self._not_started(member, error)
            return
        assert member.process is not None
        for stream in (member.process.out, member.process.err):
            hear = partial(self._hear, member, stream)
            self._selector.register(stream, selectors.EVENT_READ, hear)

    def _not_started(self, member: Member, error: HomeportError | OSError) -> None:
        member.stage, self._is_failed = Stage.ENDED, True
        if isinstance(error, HomeportError):
            text = error.message
        else:
            place = f": {error.filename}" if error.filename else ""
            text = f"{error.strerror or error}{place}"
        self._say(member.app.name, event="app-not-started", reason=text)

    def _choose_port(self, member: Member) -> None:
        """For a command that is given none; a server chooses its own."""
        if member.app.command is None or member.app.port is not None:
            return
        member.port, notes = port_ahead(member.name, self._plan.project, self._environment)
        for note in notes:
            self._warn(member, note)

    def _hear(self, member: Member, stream: IO[bytes]) -> None:
        said = member.hear(stream)
        if said is None:
            self._selector.unregister(stream)
            return
        for each in said:
            if each["event"] == "failed":
                each["waiting"] = waiting_for(member.app.name, self._needs, self._stages())
            self._say(member.app.name, **each)
        if member.stage is Stage.READY and any(each["event"] == "ready" for each in said):
            self._tell_ready(member)

    def _follow(self, member: Member) -> None:
        """See whether it has ended, or become ready."""
        if member.process is None or not member.stage.runs:
            return
        code = member.process.reap()
        if code is not None:
            self._ended(member, code)
        elif member.stage is Stage.STARTING and member.app.command is not None:
            try:
                if member.look():
                    self._enter(member)
                    self._tell_ready(member)
                else:
                    self._tell_late(member)
            except OSError as error:
                self._warn(member, f"whether it listens cannot be seen: {error}")

    def _tell_ready(self, member: Member) -> None:
        took = round((time.monotonic() - member.started) * 1000)
        name = member.name if member.app.app or member.entry else None
        self._say(member.app.name, event="app-ready", url=member.url, name=name, ms=took)

    def _tell_late(self, member: Member) -> None:
        if member.is_told_late or time.monotonic() - member.started < LATE:
            return
        member.is_told_late = True
        assert member.process is not None
        ports = other_ports(member.process.pid)
        self._say(member.app.name, event="app-late", port=member.port, listens_on=list(ports))

    def _enter(self, member: Member) -> None:
        """Into the registry, or say why not."""
        process, port = member.process, member.port
        assert process is not None and port is not None
        entry = new_entry(
            member.name,
            project=self._plan.project,
            app=member.app.serves,
            pid=process.pid,
            holder=UP,
        )
        try:
            member.entry = CommandEntry(
                entry,
                self._environment,
                lambda: held_by(process.pid, port),
                partial(self._stop_by_name, member),
            )
        except HomeportError as error:
            steps = error.next_steps
            self._warn(member, registry_words.not_registered(error.message, steps))
            return
        except OSError as error:
            self._warn(member, registry_words.not_registered(error.strerror or str(error)))
            return
        member.name = member.entry.entry.name
        self.listen_to(member.entry.control)

    def _stop_by_name(self, member: Member) -> float:
        """For `homeport stop`; the seconds it may take."""
        self._to_stop.add(member.app.name)
        return self._plan.grace + 1

    def _stop(self, member: Member) -> None:
        assert member.process is not None
        member.stage, member.is_asked = Stage.STOPPING, True
        self._leave(member)
        member.process.terminate()

    def _leave(self, member: Member) -> None:
        if member.entry is not None:
            self._selector.unregister(member.entry.control)
            member.entry.close()
            member.entry = None

    def _ended(self, member: Member, code: int) -> None:
        assert member.process is not None
        for each in member.last_words():
            self._say(member.app.name, **each)
        for stream in (member.process.out, member.process.err):
            if stream.fileno() in self._selector.get_map():
                self._selector.unregister(stream)
        member.process.close()
        self._leave(member)
        member.stage, member.code = Stage.ENDED, code
        self._is_failed = self._is_failed or (bool(code) and not member.is_asked)
        self._say(member.app.name, event="app-ended", exit_code=code, asked=member.is_asked)

    def _state(self, request: dict[str, Any]) -> Mapping[str, Any]:
        return {
            "apps": {
                name: {"stage": each.stage.value, "url": each.url, "name": each.name}
                for name, each in self._members.items()
            }
        }

    def _down(self, request: dict[str, Any]) -> Mapping[str, Any]:
        names = request.get("names") or list(self._members)
        wrong = [name for name in names if name not in self._members]
        if wrong:
            raise up_refusals.unknown_apps(wrong, list(self._members), "homeport down")
        running = [name for name in names if self._members[name].stage is not Stage.ENDED]
        self._to_stop |= set(running)
        return {"stopping": running, "within": (self._plan.grace + 1) * max(len(running), 1)}

    def _warn(self, member: Member, text: str) -> None:
        self._say(member.app.name, event="log", level="warning", message=text)

    def _say(self, app: str, /, **said: Any) -> None:
        self._tell({**said, "app": app} if "app" not in said else _renamed(said, app))


def _renamed(said: Said, name: str) -> Said:
    """A server's own `app` is what it serves."""
    return {**said, "serves": said["app"], "app": name}

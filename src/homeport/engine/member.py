"""One of several apps while `homeport up` runs it: its process, what it says, how far it is."""

import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import IO, Any

from homeport.core.apps_table import App
from homeport.core.lookup import own_url
from homeport.core.prefixed_log import Lines
from homeport.core.start_order import Stage
from homeport.engine.command_entry import CommandEntry
from homeport.engine.command_process import KeptProcess
from homeport.engine.listening_of import answers, held_by

Said = dict[str, Any]
"""An event: `event`, and what belongs to it."""

CHUNK = 65536
LOOK_AGAIN = 0.05
"""Seconds between two looks whether a command listens."""


class Member:
    """`name` is the one in the registry. `url` is known once it is ready."""

    def __init__(self, app: App, name: str) -> None:
        self.app = app
        self.name = name
        self.stage = Stage.WAITING
        self.process: KeptProcess | None = None
        self.port = app.port
        self.url: str | None = None
        self.code: int | None = None
        self.is_asked = False
        self.entry: CommandEntry | None = None
        self.started = 0.0
        self.is_told_late = False
        self._addresses: tuple[str, ...] = ()
        self._lines: dict[int, Lines] = {}
        self._knock: _Knock | None = None

    def run(self, process: KeptProcess) -> None:
        """It has been started."""
        self.process = process
        self.stage = Stage.STARTING
        self.started = time.monotonic()
        self._lines = {each.fileno(): Lines() for each in (process.out, process.err)}

    def hear(self, stream: IO[bytes]) -> list[Said] | None:
        """What it has written since the last time; None: nothing will come any more."""
        try:
            data = os.read(stream.fileno(), CHUNK)
        except BlockingIOError:
            return []
        if not data:
            return None
        return self._said(stream, self._lines[stream.fileno()].feed(data))

    def last_words(self) -> list[Said]:
        """All that is still to be read of a process that has ended."""
        assert self.process is not None
        said: list[Said] = []
        for stream in (self.process.out, self.process.err):
            if not stream.closed and stream.fileno() in self._lines:
                while more := self.hear(stream):
                    said += more
                said += self._said(stream, self._lines[stream.fileno()].end())
        return said

    def _said(self, stream: IO[bytes], lines: list[str]) -> list[Said]:
        assert self.process is not None
        is_out = stream is self.process.out
        found = []
        for line in lines:
            event = _event_in(line) if is_out and self.app.app is not None else None
            if event is None:
                which = "stdout" if is_out else "stderr"
                found.append({"event": "output", "stream": which, "line": line})
            else:
                self._learn(event)
                found.append(event)
        return found

    def _learn(self, event: Said) -> None:
        """What the server tells about itself."""
        match event:
            case {"event": "starting", "name": str(name)}:
                self.name = name
            case {"event": "stopping"}:  # a restart, unless it ends
                self.started = time.monotonic()
            case {"event": "listening", "addresses": list(addresses)}:
                self._addresses = tuple(map(str, addresses))
            case {"event": "ready", "urls": [{"url": str(url)}, *_]}:
                place = own_url(self._addresses, (url,))
                if place is not None and self.stage is not Stage.STOPPING:
                    self.url, self.port = place.url, place.port
                    self.stage = Stage.READY

    def look(self) -> bool:
        """Whether a command has become ready just now. OSError as `held_by`."""
        assert self.process is not None and self.port is not None
        held = held_by(self.process.pid, self.port)
        if held is None:
            return False
        if self.app.ready == "http" and not self._answers(held.url):
            return False
        self.url, self.stage = held.url, Stage.READY
        return True

    def _answers(self, url: str) -> bool:
        """Asked in a thread: an answer may take long."""
        if self._knock is None or (self._knock.is_over and not self._knock.is_answered):
            self._knock = _Knock(lambda: answers(url))
        return self._knock.is_answered


class _Knock:
    """One request at the door."""

    def __init__(self, ask: Callable[[], bool]) -> None:
        self.is_answered = False
        self._ask = ask
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self.is_answered = self._ask()

    @property
    def is_over(self) -> bool:
        return not self._thread.is_alive()


def _event_in(line: str) -> Said | None:
    """A line of `--json`; None for what the app itself has printed."""
    if not line.startswith('{"event": "'):
        return None
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        return None
    fine = isinstance(data, Mapping) and isinstance(data.get("time"), float | int)
    return dict(data) if fine and isinstance(data["event"], str) else None

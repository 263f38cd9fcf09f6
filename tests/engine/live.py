"""A homeport server as a process of its own, for tests."""

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PATIENCE = 20.0
"""Seconds until a test gives up; never how long something is supposed to take."""

RUNTIME = tempfile.TemporaryDirectory(prefix="homeport-tests-", ignore_cleanup_errors=True)
"""The runtime and state folder of all servers that a test run starts: never the real one."""

HELLO = """
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def read() -> dict[str, int]:
    return {"version": 1}
"""

Event = dict[str, Any]


class Homeport:
    """A running `homeport --json`; its events are read as they come."""

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        env: Mapping[str, str],
        pass_fds: tuple[int, ...] = (),
    ) -> None:
        self.process = subprocess.Popen(
            list(command),
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=pass_fds,
        )
        self.events: list[Event] = []
        self.other_lines: list[str] = []
        self.errors: list[str] = []
        self._queue: queue.Queue[Event | None] = queue.Queue()
        self._threads = [
            threading.Thread(target=self._read_events, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _read_events(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            try:
                self._queue.put(json.loads(line))
            except json.JSONDecodeError:
                self.other_lines.append(line.decode())
        self._queue.put(None)

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self.errors += [line.decode() for line in self.process.stderr]

    def until(self, name: str, **fields: object) -> Event:
        """The next event of that name (with those fields)."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                event = self._queue.get(timeout=max(deadline - time.monotonic(), 0.01))
            except queue.Empty:
                raise AssertionError(f"no {name!r}; so far: {self.events} {self.errors}") from None
            if event is None:
                raise AssertionError(f"ended without {name!r}: {self.events} {self.errors}")
            self.events.append(event)
            if event["event"] == name and all(event.get(k) == v for k, v in fields.items()):
                return event

    def heard(self) -> list[Event]:
        """The events that have come since the last look, without waiting."""
        known = len(self.events)
        while not self._queue.empty():
            if (event := self._queue.get()) is not None:
                self.events.append(event)
            else:
                self._queue.put(None)  # the end is for `wait`
                break
        return self.events[known:]

    def ready(self) -> str:
        """Wait until the app answers; the first URL, on the IPv4 loopback address."""
        self.port = self.until("listening")["port"]
        self.until("ready")
        return f"http://127.0.0.1:{self.port}"

    def end(self, number: int = signal.SIGINT) -> int:
        """Send a signal to the supervisor and wait for its exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """The exit code; all output has been read then."""
        code = self.process.wait(PATIENCE)
        while (event := self._queue.get(timeout=PATIENCE)) is not None:
            self.events.append(event)
        return code

    def workers(self) -> list[int]:
        """The pids of the worker processes."""
        return [pid for pid in children_of(self.process.pid) if not _is_template(pid)]

    def template(self) -> int | None:
        """The pid of the process that workers are forked from."""
        return next(filter(_is_template, sorted(children_of(self.process.pid))), None)

    def is_warm(self) -> bool:
        """Whether a forked worker waits for its job; it is called as the template until then."""
        return len([*filter(_is_template, children_of(self.process.pid))]) == 2

    def kill(self) -> None:
        """Whatever happened, nothing of it is left."""
        for pid in [*children_of(self.process.pid), self.process.pid]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait(PATIENCE)
        for thread in self._threads:
            thread.join(PATIENCE)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()


def children_of(pid: int) -> list[int]:
    """The processes whose parent is `pid`."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text()
            except OSError:
                continue
            if int(stat.rpartition(")")[2].split()[1]) == pid:
                found.append(int(folder.name))
    return found


def _is_template(pid: int) -> bool:
    try:
        return b"homeport.engine.template" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def environment(**extra: str) -> dict[str, str]:
    """The environment of a test's server: nothing of ours that would change it."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("HOMEPORT_") and k != "PORT"}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    kept |= {"XDG_RUNTIME_DIR": RUNTIME.name, "XDG_STATE_HOME": RUNTIME.name + "/state"}
    return kept | extra


@contextmanager
def homeport(folder: Path, *arguments: str, **env: str) -> Iterator[Homeport]:
    """`homeport ARGUMENTS --port 0 --json` in `folder`, gone afterwards."""
    port = () if "--port" in arguments else ("--port", "0")
    command = (sys.executable, "-m", "homeport", *arguments, *port, "--json")
    server = Homeport(command, folder, environment(**env))
    try:
        yield server
    finally:
        server.kill()


def open_to_others(*folders: Path) -> None:
    """Let every user enter the folders and those above them, which pytest makes for us alone."""
    for folder in {each for given in folders for each in (given, *given.parents)}:
        if folder.stat().st_mode & 0o005 != 0o005:
            folder.chmod(0o755)


def save(path: Path, text: str) -> None:
    """As most editors do: a new file in the place of the old one."""
    other = path.with_name(path.name + ".tmp~")
    other.write_text(text)
    other.replace(path)


def eventually(true: Callable[[], bool], what: str) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"never: {what}")
        time.sleep(0.005)


def is_alive(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def is_free(port: int) -> bool:
    """Whether the port can be listened on again."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("127.0.0.1", port))
            sock.listen()
        except OSError:
            return False
    return True

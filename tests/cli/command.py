"""`homeport` as people and scripts start it: a process, its output and its end, with deadlines."""

import contextlib
import json
import os
import pwd
import select
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any, NamedTuple

import homeport
from tests.engine.live import RUNTIME

DEADLINE = 10.0
"""Seconds until a test gives up; never how long something is supposed to take."""

NOBODY = 65534
NAMELESS = 54321
"""A user id without a line in the passwd file."""

_SOURCES = Path(homeport.__file__).parents[1]
_NOT_PASSED_ON = ("PORT", "NO_COLOR", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")


class Ended(NamedTuple):
    """How a command ended. `left` are the processes of it that would not go."""

    code: int
    out: str
    err: str
    left: tuple[int, ...]

    @property
    def events(self) -> list[dict[str, Any]]:
        """The lines of `--json`."""
        return [json.loads(line) for line in self.out.splitlines()]


class Running:
    """A command that goes on; its `--json` lines are read as they come."""

    def __init__(self, process: "subprocess.Popen[bytes]", errors: IO[bytes]) -> None:
        self.process = process
        self._errors = errors
        self._buffer = b""

    def line(self) -> str:
        """The next line it prints."""
        stream = self.process.stdout
        assert stream is not None
        deadline = time.monotonic() + DEADLINE
        while b"\n" not in self._buffer:
            patience = max(deadline - time.monotonic(), 0)
            assert select.select([stream], [], [], patience)[0], f"it says no more: {self.err}"
            data = os.read(stream.fileno(), 65536)
            assert data, f"it has ended: {self._buffer!r} {self.err}"
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode()

    def until(self, name: str) -> dict[str, Any]:
        """The next event of that name."""
        while True:
            event: dict[str, Any] = json.loads(self.line())
            if event["event"] == name:
                return event

    @property
    def err(self) -> str:
        """What it has said on stderr so far."""
        self._errors.seek(0)
        return self._errors.read().decode()

    def stop(self) -> Ended:
        """SIGTERM to the one process that was started, and how it all ended."""
        self.process.send_signal(signal.SIGTERM)
        out = b""
        if self.process.stdout is not None and not self.process.stdout.closed:
            out = self.process.communicate(timeout=DEADLINE)[0]
        code = self.process.wait(DEADLINE)
        return Ended(code, (self._buffer + out).decode(), self.err, still_there(self.process.pid))


def environment(extra: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """Ours without what would change homeport; `None` takes a variable away."""
    wanted: dict[str, str | None] = {
        name: text
        for name, text in os.environ.items()
        if not name.startswith("HOMEPORT_") and name not in _NOT_PASSED_ON
    }
    wanted["XDG_RUNTIME_DIR"] = RUNTIME.name
    wanted["XDG_STATE_HOME"] = RUNTIME.name + "/state"
    wanted |= extra or {}
    return {name: text for name, text in wanted.items() if text is not None}


@contextlib.contextmanager
def started(
    folder: Path,
    *arguments: str,
    env: Mapping[str, str | None] | None = None,
    user: int | None = None,
    wrapper: Sequence[str] = (),
    stdout: int = subprocess.PIPE,
) -> Iterator[Running]:
    """`homeport ARGUMENTS` in `folder`; everything of it is gone afterwards.

    `wrapper` is a command that runs another one, such as `ip netns exec`.
    """
    variables, python = environment(env), sys.executable
    if user is not None:
        other = python_for_others()
        assert other is not None
        python = other
        variables["PYTHONPATH"] = f"{_SOURCES}:{sysconfig.get_paths()['purelib']}"
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [*wrapper, python, "-m", "homeport", *arguments],
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=errors,
            start_new_session=True,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )
        try:
            yield Running(process, errors)
        finally:
            with contextlib.suppress(ProcessLookupError):  # the group lives as long as any of it
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def ended(folder: Path, *arguments: str, **how: Any) -> Ended:
    """`homeport ARGUMENTS` that ends on its own."""
    with started(folder, *arguments, **how) as running:
        out = running.process.communicate(timeout=DEADLINE)[0] or b""
        pid = running.process.pid
        return Ended(running.process.returncode, out.decode(), running.err, still_there(pid))


def still_there(session: int) -> tuple[int, ...]:
    """The processes of a session that do not go by themselves, within the deadline."""
    deadline = time.monotonic() + DEADLINE
    left = []
    for pid in _members(session):
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            patience = max(deadline - time.monotonic(), 0)
            if not select.select([descriptor], [], [], patience)[0]:
                left.append(pid)
        finally:
            os.close(descriptor)
    return tuple(left)


def _members(session: int) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                if int(fields[3]) == session and fields[0] != "Z":
                    found.append(int(folder.name))
    return found


@cache
def python_for_others() -> str | None:
    """A Python of our version that users without our rights may run."""
    wanted = f"{sys.version_info.major}.{sys.version_info.minor}"
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    for python in (os.path.realpath(sys.executable), "/usr/bin/python3", "/usr/local/bin/python3"):
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            told = subprocess.run(
                [python, "-c", ask], user=NOBODY, capture_output=True, text=True, timeout=DEADLINE
            )
            if told.stdout.strip() == wanted:
                return python
    return None


def can_be_others() -> bool:
    """Whether this test may run homeport as another user, one without a name among them."""
    if os.geteuid() != 0 or python_for_others() is None:
        return False
    with contextlib.suppress(KeyError):
        pwd.getpwuid(NAMELESS)
        return False
    return os.access(_SOURCES, os.R_OK)

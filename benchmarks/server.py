"""One contender as a running server: started, asked, interrupted, and certainly stopped."""

import http.client
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import contenders
import processes
from workspace import Workspace

START_SECONDS = 30.0
STOP_SECONDS = 15.0
POLL_SECONDS = 0.002


class Failure(Exception):
    """A contender did not do what it was asked to; the message's first line says it."""


def free_port() -> int:
    """A port free on both loopback addresses, below those the kernel gives to outgoing calls."""
    for _ in range(200):
        port = random.randrange(20000, 32000)
        with suppress(OSError), socket.socket() as v4:
            v4.bind(("127.0.0.1", port))
            if not socket.has_ipv6:
                return port
            with socket.socket(socket.AF_INET6) as v6:
                v6.bind(("::1", port))
                return port
    raise Failure("no free port between 20000 and 32000")


def ask(
    port: int, path: str = "/", *, body: bytes | None = None, timeout: float = 10.0
) -> tuple[int, bytes]:
    """One request on a connection of its own: status and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET" if body is None else "POST", path, body=body)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


class Server:
    """A context manager around one contender's process tree; leaving it leaves nothing running.

    `prefix` is put before the command line (`taskset -c 0`).
    """

    def __init__(
        self, name: str, mode: contenders.Mode, place: Workspace, prefix: Sequence[str] = ()
    ) -> None:
        self.name = name
        self.port = free_port()
        self._log = place.log(name)
        with self._log.open("wb") as output:
            self._spawned = time.perf_counter()
            self._process = subprocess.Popen(
                [*prefix, *contenders.argv(name, mode, self.port)],
                cwd=place.app,
                env=place.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        try:
            if kind is None and processes.descendants():
                self.interrupt()
        finally:
            processes.kill_all()
            self._process.wait()

    def first_answer(self) -> float:
        """Milliseconds from spawn to the first complete 200, asking again every 2 ms.

        Each try is a new connection to 127.0.0.1. One that is accepted is waited for, whether
        the server or the kernel's backlog holds it; a refusal, reset or other status is not.
        """
        deadline = self._spawned + START_SECONDS
        while (now := time.perf_counter()) < deadline:
            self.check()
            with suppress(OSError, http.client.HTTPException):
                if ask(self.port, timeout=deadline - now)[0] == 200:
                    return (time.perf_counter() - self._spawned) * 1000
            time.sleep(POLL_SECONDS)
        raise self.failure(f"no 200 within {START_SECONDS:.0f} s")

    def interrupt(self) -> float:
        """Ctrl-C: milliseconds from SIGINT to the process group until the whole tree is gone."""
        with processes.watched(processes.descendants()) as handles:
            start = time.perf_counter()
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGINT)
            gone = processes.wait_gone(handles, start + STOP_SECONDS)
        while gone and (born_meanwhile := processes.descendants()):
            with processes.watched(born_meanwhile) as handles:
                gone = processes.wait_gone(handles, start + STOP_SECONDS)
        if gone is None:
            raise self.failure(f"still running {STOP_SECONDS:.0f} s after Ctrl-C")
        return (gone - start) * 1000

    def settle(self, limit: float = 10.0) -> None:
        """Wait until the tree used less than 2 % of a CPU in two half seconds running."""
        quiet = 0
        deadline = time.perf_counter() + limit
        while quiet < 2 and time.perf_counter() < deadline:
            quiet = quiet + 1 if self.cpu_percent(0.5) < 2 else 0

    def cpu_percent(self, seconds: float) -> float:
        """CPU use over that time from now, percent of one CPU."""
        start, before = time.perf_counter(), self.cpu_seconds()
        time.sleep(seconds)
        return max(0.0, self.cpu_seconds() - before) / (time.perf_counter() - start) * 100

    def cpu_seconds(self) -> float:
        """CPU time used by the living processes of the tree, seconds."""
        return processes.cpu_seconds(processes.descendants())

    def pss_mib(self) -> float:
        """Memory of the tree now, MiB."""
        return processes.pss_mib(processes.descendants())

    def check(self) -> None:
        """Raise if the process that was started has ended."""
        if self._process.poll() is not None:
            raise self.failure(f"exited with code {self._process.returncode}")

    def failure(self, what: str) -> Failure:
        """The exception to raise, with the last lines of the server's output."""
        tail = "\n    ".join(last_lines(self._log, 15))
        return Failure(f"{self.name}: {what}\n  the end of its output:\n    {tail}")


def last_lines(path: Path, count: int) -> list[str]:
    return path.read_text(errors="replace").splitlines()[-count:]

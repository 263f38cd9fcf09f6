"""Registered servers without an app, in this process or in others, for tests of the registry."""

import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from homeport.core.address import Address
from homeport.core.links import Link
from homeport.engine.control import Control
from homeport.engine.presence import Presence, appear, entry_of
from homeport.engine.reporting import Opened

Environment = dict[str, str]

ELSEWHERE = """
import os, select, sys
from homeport.core.errors import NameTakenError
from tests.engine.runtime import appeared
try:
    presence = appeared(sys.argv[1], dict(os.environ), int(sys.argv[2]))
except NameTakenError as error:
    print("-", flush=True)
    sys.exit(error.exit_code)
print(presence.entry.name, flush=True)
while True:
    if sys.stdin in select.select([presence.control, sys.stdin], [], [])[0]:
        break
    presence.control.read()
presence.close()
"""


def home(folder: Path) -> Environment:
    """Variables that put the runtime folder under `folder`."""
    folder.mkdir(mode=0o700, exist_ok=True)
    return {"XDG_RUNTIME_DIR": str(folder)}


def opened(port: int = 8000) -> Opened:
    return Opened(
        app="main",
        project="/shop",
        addresses=(Address(ip="127.0.0.1", port=port),),
        links=(Link(url=f"http://127.0.0.1:{port}", audience="programs here"),),
        skipped=(),
        reload=True,
    )


def appeared(name: str, environment: Mapping[str, str], port: int = 8000) -> Presence:
    return appear(entry_of(name, opened(port)), environment)


@contextmanager
def answering(control: Control) -> Iterator[None]:
    """Let a thread do what the supervisor does for it."""
    stop, stopped = socket.socketpair()

    def run() -> None:
        inputs: list[Any] = [control, stopped]
        while stopped not in select.select(inputs, [], [])[0]:
            assert control.read() == []

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.send(b"x")
        thread.join(10)
        stop.close()
        stopped.close()


@contextmanager
def server(name: str, environment: Environment, port: int = 8000) -> Iterator[Presence]:
    """A registered server that answers."""
    presence = appeared(name, environment, port)
    try:
        with answering(presence.control):
            yield presence
    finally:
        presence.close()


class Elsewhere:
    """A registered server that answers, as a process of its own."""

    def __init__(self, name: str, environment: Environment, port: int = 8000) -> None:
        self.process: subprocess.Popen[str] = subprocess.Popen(
            [sys.executable, "-c", ELSEWHERE, name, str(port)],
            cwd=Path(__file__).parents[2],
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def name(self) -> str:
        """The name it got; - when it was taken."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(20)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(20)
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()


@contextmanager
def elsewhere(name: str, environment: Environment, port: int = 8000) -> Iterator[Elsewhere]:
    other = Elsewhere(name, environment, port)
    try:
        yield other
    finally:
        other.kill()

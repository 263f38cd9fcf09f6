"""A user of their own, with servers in the background: commands, files, and all their processes."""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

from homeport.core.entry import Entry
from homeport.engine import registry
from tests.cli.command import DEADLINE, Ended, Running, ended, started
from tests.engine.live import eventually, is_alive

APP = """
import sys

from fastapi import FastAPI

app = FastAPI()
print("imported", file=sys.stderr, flush=True)


@app.get("/")
def read() -> dict[str, int]:
    return {"version": 1}
"""


class User:
    """`folder` is a project named `shop`; nothing of other tests is seen."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "shop"
        self.folder.mkdir()
        self.runtime, self.state = folder / "run", folder / "state"
        self.runtime.mkdir(mode=0o700)
        self.state.mkdir(mode=0o700)
        self.env = {"XDG_RUNTIME_DIR": str(self.runtime), "XDG_STATE_HOME": str(self.state)}
        self.main = self.folder / "main.py"
        self.main.write_text(APP)

    def do(self, *arguments: str, env: dict[str, str] | None = None, **how: Any) -> Ended:
        """`homeport ARGUMENTS`."""
        return ended(self.folder, *arguments, env={**self.env, **(env or {})}, **how)

    def doing(self, *arguments: str, **how: Any) -> AbstractContextManager[Running]:
        """One that goes on."""
        return started(self.folder, *arguments, env=self.env, **how)

    def start(self, name: str = "shop", *arguments: str) -> dict[str, Any]:
        """A server in the background; its `ready` event."""
        end = self.do("-d", "main:app", "--port", "0", "--name", name, "--json", *arguments)
        assert end.code == 0, end
        (event,) = end.events
        return event

    def asked(self, *arguments: str) -> dict[str, Any]:
        """The one object that a command answers with, having done it."""
        end = self.do(*arguments, "--json")
        assert end.code == 0, end
        (answer,) = end.events
        return answer

    def entries(self) -> tuple[Entry, ...]:
        return registry.entries(self.env)

    def entry(self, name: str = "shop") -> Entry:
        return next(each for each in self.entries() if each.name == name)

    def log(self, name: str = "shop") -> Path:
        return self.state / "homeport" / "logs" / f"{name}.log"

    def processes(self) -> list[int]:
        """All that were started with our environment, dead ones not."""
        word, found = f"XDG_RUNTIME_DIR={self.runtime}".encode(), []
        for each in Path("/proc").iterdir():
            if each.name.isdigit():
                with suppress(OSError):
                    if word in (each / "environ").read_bytes().split(b"\0"):
                        found.append(int(each.name))
        return [pid for pid in found if is_alive(pid)]

    def has_nothing_left(self) -> None:
        """No process, no entry."""
        eventually(lambda: not self.processes(), f"gone: {self.processes()}")
        assert self.entries() == ()

    def end(self) -> None:
        deadline = time.monotonic() + DEADLINE
        while (left := self.processes()) and time.monotonic() < deadline:
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)


@contextmanager
def user(folder: Path) -> Iterator[User]:
    """Nothing of it runs afterwards."""
    someone = User(folder)
    try:
        yield someone
    finally:
        someone.end()


def lines_of(end: Ended) -> list[dict[str, Any]]:
    return [json.loads(line) for line in end.out.splitlines()]

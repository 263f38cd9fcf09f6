"""kill -9 at random moments of reloads, and what must hold afterwards."""

import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.engine import tree
from tests.engine.live import PATIENCE, Homeport, environment, is_free, save
from tests.engine.pairs import hello
from tests.engine.soak_app import FIRST

SPREAD = 0.8
"""Seconds after a save within which the kill falls: some before the new worker, some after it."""
SUPERVISORS = 5
"""Every fifth kill is for the supervisor."""


@dataclass(slots=True, kw_only=True)
class Kills:
    """Whom it met, and what did not hold afterwards."""

    seed: int
    met: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def start(python: str, project: Path, port: int) -> Homeport:
    """A server on that very port."""
    arguments = ("--port", str(port), "--no-access-log", "--json")
    return Homeport([python, "-m", "homeport", *arguments], project, environment())


def kill_again_and_again(python: str, project: Path, *, kills: int, seed: int) -> Kills:
    """In each round a save, and at some moment after it a kill -9 of one process."""
    story = Kills(seed=seed)
    chance = random.Random(seed)
    code = Code(project / "main.py")
    code.save_next()
    server = start(python, project, 0)
    sessions = [server.process.pid]
    try:
        server.ready()
        for number in range(1, kills + 1):
            code.save_next()
            _let_pass(chance.uniform(0, SPREAD))
            if number % SUPERVISORS == 0:
                story.met["supervisor"] += 1
                _end(server, story)
                server = start(python, project, server.port)
                sessions.append(server.process.pid)
                server.ready()
            else:
                _kill_a_child(server, chance, story)
            _expect(server, code, story)
        port = server.port
        if server.end() != 0:
            story.wrong.append(f"did not end cleanly: {server.errors}")
        if not is_free(port):
            story.wrong.append("its port is not free")
    finally:
        server.kill()
        left = [pid for session in sessions for pid in _left(session)]
        for pid in left:
            _kill(pid)
    story.wrong += [f"orphan {pid}" for pid in left]
    return story


def _let_pass(seconds: float) -> None:
    """The kill must fall at any moment, so this does not wait for anything to happen."""
    time.sleep(seconds)


def _kill_a_child(server: Homeport, chance: random.Random, story: Kills) -> None:
    """The template as often as all workers together, where there is one."""
    template = tree.template_of(server.process.pid)
    apart = {server.process.pid, template}
    workers = [pid for pid in tree.members(server.process.pid) if pid not in apart]
    if template is not None and (not workers or chance.random() < 0.5):
        name, pid = "template", template
    elif workers:
        name, pid = "worker", chance.choice(workers)
    else:
        return
    story.met[name] += _kill(pid)


def _kill(pid: int) -> bool:
    """False when it has just left by itself."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _end(server: Homeport, story: Kills) -> None:
    """Kill the supervisor: all that belongs to it goes by itself, and the port is free."""
    server.process.kill()
    server.process.wait(PATIENCE)
    for pid in _left(server.process.pid):
        story.wrong.append(f"outlived the supervisor: {tree.command_of(pid)!r}")
        _kill(pid)
    if not is_free(server.port):
        story.wrong.append("the port is not free after the supervisor")
    server.kill()


def _left(session: int) -> list[int]:
    """The processes that do not go by themselves."""
    deadline = time.monotonic() + PATIENCE / 2
    while (left := tree.members(session)) and time.monotonic() < deadline:
        time.sleep(0.005)
    return left


def _expect(server: Homeport, code: "Code", story: Kills) -> None:
    """The last save is served in the end.

    A new worker that is killed is a reload that failed, after some crashes the next start waits:
    both are announced, and the next save starts it.
    """
    deadline = time.monotonic() + PATIENCE
    answer: object = None
    while answer != code.version and time.monotonic() < deadline:
        if any(e["event"] == "failed" or e.get("restart_in") for e in server.heard()):
            code.save_next()
        try:
            answer = httpx.get(f"http://127.0.0.1:{server.port}/", timeout=1).json()["version"]
        except (httpx.TransportError, ValueError, KeyError) as error:
            answer = repr(error)  # the request that the killed worker was answering
    if answer != code.version:
        said = f"{server.process.poll()} {server.events[-5:]} {server.errors}"
        story.wrong.append(f"{answer} instead of {code.version}; {said}")


class Code:
    """main.py, whose bytes are different with each save."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.version = FIRST

    def save_next(self) -> None:
        """Save the next version."""
        self.version += 1
        save(self._path, hello(self.version))

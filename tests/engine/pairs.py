"""Pairs of saves of equal size: the first must never be what is served in the end.

CPython trusts bytecode whose source has the same size and the same whole second; a watcher may
miss a change that follows another; a reload that began with the first may end after the second.
"""

import os
import random
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import httpx

from tests.engine.live import HELLO, PATIENCE, Homeport, save
from tests.engine.soak_app import FIRST

NEAREST, FARTHEST = 0.010, 1.2
ASKED_AGAIN = 3


def hello(version: int) -> str:
    return HELLO.replace('"version": 1', f'"version": {version}')


def in_place(path: Path, text: str) -> None:
    """Truncate and write, as nano, vim with backupcopy and shells do."""
    path.write_text(text)


def whole_second(path: Path, text: str) -> None:
    """As on a file system that knows whole seconds only: the second save has the first's time."""
    other = path.with_name(path.name + ".tmp~")
    other.write_text(text)
    now = int(time.time()) // 10 * 10
    os.utime(other, (now, now))
    other.replace(path)


MANNERS: tuple[Callable[[Path, str], None], ...] = (save, in_place, whole_second)


def distances(count: int, seed: int) -> list[float]:
    """Seconds between the saves of each pair, evenly over all orders of magnitude."""
    chance = random.Random(seed)
    ratio = FARTHEST / NEAREST
    every = [NEAREST * ratio ** (n / max(count - 1, 1)) for n in range(count)]
    chance.shuffle(every)
    return every


def stale_pairs(url: str, main: Path, apart: Iterable[float]) -> list[str]:
    """Save pair after pair; each pair after which the last save was not what is served."""
    found = []
    with httpx.Client() as client:

        def served() -> int:
            return int(client.get(url).json()["version"])

        version = FIRST
        for number, seconds in enumerate(apart):
            manner = MANNERS[number % len(MANNERS)]
            manner(main, hello(version + 1))
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:  # asking all the time, as an impatient person does
                served()
            manner(main, hello(version + 2))
            version += 2
            if not _comes(served, version):
                name = manner.__name__
                found.append(
                    f"{served()} after {version} was saved ({name}, {seconds:.3f} s apart)"
                )
    return found


def _comes(served: Callable[[], int], version: int) -> bool:
    """Whether it is served in the end, and stays."""
    deadline = time.monotonic() + PATIENCE / 2
    while served() != version:
        if time.monotonic() > deadline:
            return False
    return all(served() == version for _ in range(ASKED_AGAIN))


def reloads_of(server: Homeport) -> int:
    """How many there have been; the server has ended."""
    return sum(event["event"] == "reloaded" for event in server.events)

"""The processes of a server as the kernel has them, whoever their parents are by now."""

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

TEMPLATE = b"homeport.engine.template"
PF_FORKNOEXEC = 0x40
STILL = 1.0
"""Seconds without a birth or a death after which a tree is at rest."""


class Sample(NamedTuple):
    """What a tree holds. Memory in MiB; `anonymous` is the part that no other program shares.

    The rest of the PSS is files such as libpython: it changes with what else this computer runs.
    """

    reloads: int
    processes: int
    descriptors: int
    pss: float
    anonymous: float


def members(session: int) -> list[int]:
    """The living processes of a session (`start_new_session`): orphans stay in it."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:  # pid (name, which may hold anything) state ppid pgrp session
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == session and fields[0] not in "ZX":
                found.append(int(folder.name))
    return found


def command_of(pid: int) -> bytes:
    """Its command line; empty when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def template_of(session: int) -> int | None:
    """The template of a server, if it has one.

    Workers forked from it have its command line, but have never called execve (PF_FORKNOEXEC of
    linux/sched.h in the flags of proc_pid_stat(5)).
    """
    for pid in members(session):
        if TEMPLATE in command_of(pid) and not _fields(pid)[6] & PF_FORKNOEXEC:
            return pid
    return None


def _fields(pid: int) -> list[int]:
    """The numbers of its stat after the state: ppid is the first. Zeros when it has ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return [0] * 50
    return [int(text) for text in stat.rpartition(")")[2].split()[1:]]


def at_rest(session: int, patience: float, is_quiet: Callable[[], bool]) -> list[int]:
    """The members once nobody was born or has died for a while; those there are at the deadline."""
    deadline = time.monotonic() + patience
    known, since = members(session), time.monotonic()
    while time.monotonic() < deadline and time.monotonic() - since < STILL:
        time.sleep(0.02)
        if (now := members(session)) != known or not is_quiet():
            known, since = now, time.monotonic()
    return known


def sample(reloads: int, pids: Iterable[int]) -> Sample:
    """Count what these processes hold."""
    pids = list(pids)
    pss, anonymous = (sum(_memory(pid, name) for pid in pids) for name in ("Pss:", "Pss_Anon:"))
    return Sample(
        reloads=reloads,
        processes=len(pids),
        descriptors=sum(len(_descriptors(pid)) for pid in pids),
        pss=pss,
        anonymous=anonymous,
    )


def _descriptors(pid: int) -> list[str]:
    try:
        return os.listdir(f"/proc/{pid}/fd")
    except OSError:
        return []


def _memory(pid: int, name: str) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024

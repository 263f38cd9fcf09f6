"""Looking at the processes below this one, by Linux's /proc, and waiting for their end.

`adopt_orphans` makes this process the parent of every descendant whose own parent dies, so no
double fork, new session or cleaned environment hides a contender's process from us.
"""

import ctypes
import os
import select
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

PR_SET_CHILD_SUBREAPER = 36  # from linux/prctl.h
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def adopt_orphans() -> None:
    """Call once at the start; it also makes Ctrl-C, SIGTERM and SIGHUP an orderly exit."""
    if sys.platform != "linux":
        sys.exit("the benchmarks read /proc and need Linux")
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        sys.exit(f"prctl(PR_SET_CHILD_SUBREAPER): {os.strerror(ctypes.get_errno())}")
    for number in ENDING:
        signal.signal(number, leave)


def leave(number: int, frame: FrameType | None) -> None:
    """Unwind through every `with`, which stops the servers; a second signal does not disturb it."""
    for ending in ENDING:
        signal.signal(ending, signal.SIG_IGN)
    sys.exit(128 + number)


def descendants() -> list[int]:
    """Every living process below this one; zombies do not count as living."""
    children: dict[int, list[tuple[int, str]]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                # "pid (name, which may hold anything) state ppid …"
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append((int(folder.name), fields[0]))
    found: list[int] = []
    parents = [os.getpid()]
    while parents:
        for pid, state in children.get(parents.pop(), []):
            parents.append(pid)
            if state not in "ZX":
                found.append(pid)
    return found


@contextmanager
def watched(pids: Iterable[int]) -> Iterator[list[int]]:
    """A pidfd for each process that still exists; it becomes readable when the process ends."""
    handles: list[int] = []
    try:
        for pid in pids:
            try:
                handles.append(os.pidfd_open(pid))
            except ProcessLookupError:
                continue
        yield handles
    finally:
        for handle in handles:
            os.close(handle)


def wait_gone(handles: Iterable[int], deadline: float) -> float | None:
    """When the last of the processes ended (perf_counter, s), or None if the deadline came first.

    It wakes at each end, so unlike a polling wait it adds no rounding.
    """
    left = set(handles)
    poll = select.poll()
    for handle in left:
        poll.register(handle, select.POLLIN)
    last = time.perf_counter()
    while left:
        ready = poll.poll(max(0.0, deadline - time.perf_counter()) * 1000)
        last = time.perf_counter()
        if not ready:
            return None
        for handle, _ in ready:
            poll.unregister(handle)
            left.discard(handle)
    return last


def kill_all() -> None:
    """SIGKILL everything below this process until nothing is left, and collect the orphans."""
    for _ in range(100):
        pids = descendants()
        if not pids:
            break
        with watched(pids) as handles:
            for handle in handles:
                # By handle, so that a number in use again is never hit.
                try:
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            wait_gone(handles, time.perf_counter() + 1)
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def pss_mib(pids: Iterable[int]) -> float:
    """Proportional set size, MiB: shared pages are divided among the processes that share them."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def cpu_seconds(pids: Iterable[int]) -> float:
    """CPU time used so far, seconds, to the nanosecond (/proc/PID/stat has steps of 10 ms)."""
    total = 0.0
    for pid in pids:
        try:
            total += time.clock_gettime((~pid << 3) | 2)  # what clock_getcpuclockid(3) returns
        except OSError:
            continue
    return total

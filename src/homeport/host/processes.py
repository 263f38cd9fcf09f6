"""Which processes hold a socket, from Linux's /proc, without privileges.

A process that holds a socket has a symbolic link `socket:[inode]` in its /proc/<pid>/fd. Several
processes may hold the same one (fork, reload, SCM_RIGHTS): all count.

Everything here races with processes that come and go. An open folder of a process stays that of
this process: once it is gone, reading through it fails (ESRCH), also when another process has its
pid by then. So everything about one process is read through one descriptor. A process whose
descriptors we may not read (another user's) never shows up as a holder. Environments are not read.
"""

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from homeport.core.facts import Ancestor, Holder, Origin, Project
from homeport.core.plain import plain
from homeport.core.redact import command_line
from homeport.host.proc_files import (
    Stat,
    parse_boot_time,
    parse_command,
    parse_effective_uid,
    parse_stat,
)
from homeport.host.socket_rows import user_name

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_LONGEST_READ = 128 * 1024
_MOST_ANCESTORS = 64


def holders(inodes: Collection[int], proc: Path) -> dict[int, tuple[Holder, ...]]:
    """All processes that hold each of these sockets, the oldest first, as far as we may see.

    A socket without a visible holder is missing in the result.
    """
    links = {f"socket:[{inode}]": inode for inode in inodes}
    found: dict[int, list[Holder]] = {}
    proc_fd = os.open(proc, _FOLDER)
    try:
        reader = _Reader(proc_fd)
        for pid, folder, held in _scan(proc_fd, links):
            if holder := reader.holder(pid, folder, next(iter(held.values()))):
                for link in held:
                    found.setdefault(links[link], []).append(holder)
    finally:
        os.close(proc_fd)
    return {inode: tuple(sorted(some, key=_age)) for inode, some in found.items()}


def _scan(proc_fd: int, links: Collection[str]) -> Iterator[tuple[int, int, dict[str, str]]]:
    """Each process with wanted sockets: pid, its open `fd` folder, and link → descriptor.

    This is nearly all the time that listing owners takes: a system call for every descriptor of
    every process. A name that is relative to its folder is the cheapest way to ask.
    """
    readlink = os.readlink
    for pid in filter(str.isdigit, os.listdir(proc_fd)):
        try:
            folder = os.open(f"{pid}/fd", _FOLDER, dir_fd=proc_fd)
        except OSError:  # not ours to see, or gone
            continue
        held: dict[str, str] = {}
        try:
            for fd in os.listdir(folder):
                try:
                    link = readlink(fd, dir_fd=folder)
                except FileNotFoundError:  # closed meanwhile
                    continue
                if link in links:
                    held[link] = fd
            if held:
                yield int(pid), folder, held
        except OSError:  # the process is gone
            pass
        finally:
            os.close(folder)


class _Reader:
    """Reads the details of processes; what several of them share is read once."""

    def __init__(self, proc_fd: int) -> None:
        self._proc_fd = proc_fd
        self._boot_time = parse_boot_time(_read_or_nothing("stat", proc_fd))
        self._programs: dict[int, tuple[Ancestor, int] | None] = {}
        self._projects: dict[str, Project | None] = {}

    def holder(self, pid: int, folder: int, fd: str) -> Holder | None:
        """The process whose open `fd` folder this is; None when it is gone or gave up `fd`."""
        try:
            process = os.open("..", _FOLDER, dir_fd=folder)
        except OSError:
            return None
        try:
            holder = self._holder(pid, process)
            os.readlink(fd, dir_fd=folder)
            return holder
        except OSError:
            return None
        finally:
            os.close(process)

    def _holder(self, pid: int, process: int) -> Holder | None:
        """`started` is exact to a clock tick (10 ms) among processes, but the boot time that it
        is counted from has whole seconds and moves when the clock is set.
        """
        stat = parse_stat(_read("stat", process))
        uid = parse_effective_uid(_read("status", process))
        argv = parse_command(_read("cmdline", process))
        if stat is None:
            return None
        folder = _folder(process)
        return Holder(
            pid=pid,
            started=self._started(stat),
            command=command_line(argv) or plain(stat.name),
            user=None if uid is None else user_name(uid),
            folder=None if folder is None else plain(folder),
            program=_program(argv, stat),
            ancestors=tuple(self._ancestors(stat.parent)),
            project=self._project(folder),
            origin=_origin(_read_or_nothing("cgroup", process)),
        )

    def _started(self, stat: Stat) -> float | None:
        if self._boot_time is None:
            return None
        return self._boot_time + stat.start_ticks / os.sysconf("SC_CLK_TCK")

    def _ancestors(self, pid: int) -> Iterator[Ancestor]:
        for _ in range(_MOST_ANCESTORS):
            if pid <= 0:
                return
            if pid not in self._programs:
                self._programs[pid] = self._ancestor(pid)
            known = self._programs[pid]
            if known is None:
                return
            ancestor, pid = known
            yield ancestor

    def _ancestor(self, pid: int) -> tuple[Ancestor, int] | None:
        """A process and the pid of its parent; None when it is gone or hidden."""
        stat = parse_stat(_read_or_nothing(f"{pid}/stat", self._proc_fd))
        if stat is None:
            return None
        argv = parse_command(_read_or_nothing(f"{pid}/cmdline", self._proc_fd))
        return Ancestor(pid=pid, program=_program(argv, stat)), stat.parent

    def _project(self, folder: str | None) -> Project | None:
        if folder is None:
            return None
        if folder not in self._projects:
            from homeport.host.project import project_at

            self._projects[folder] = project_at(folder)
        return self._projects[folder]


def _program(argv: list[str], stat: Stat) -> str:
    from homeport.core.programs import program_of

    return program_of(argv, stat.name)


def _origin(cgroup: str) -> Origin:
    from homeport.core.cgroups import origin_of

    return origin_of(cgroup)


def _folder(process: int) -> str | None:
    try:
        return os.readlink("cwd", dir_fd=process)
    except OSError:
        return None


def _read(name: str, folder: int) -> str:
    """The beginning of a file; OSError when it is not there, not ours, or the process is gone."""
    file = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
    try:
        return os.fsdecode(os.read(file, _LONGEST_READ))
    finally:
        os.close(file)


def _read_or_nothing(name: str, folder: int) -> str:
    try:
        return _read(name, folder)
    except OSError:
        return ""


def _age(holder: Holder) -> tuple[float, int]:
    return holder.started or 0, holder.pid

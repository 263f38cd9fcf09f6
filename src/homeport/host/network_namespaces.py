"""What listens in other network namespaces of this Linux: containers, without asking their daemon.

/proc/<pid>/ns/net names the namespace of a process to those who may inspect it (our own processes,
or all as root; namespaces(7)). /proc/<pid>/net/tcp of any process in it then shows its sockets.
"""

import os
from pathlib import Path

from homeport.core.facts import Namespace, Origin
from homeport.host import proc_net
from homeport.host.socket_rows import LISTEN, listener

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_TRIES = 3  # processes of one namespace, when those asked first are gone


def namespaces(port: int | None = None, proc: Path = proc_net.PROC) -> tuple[Namespace, ...]:
    """The network namespaces beside ours in which something listens (on `port`, if given).

    `v6only` and `holders` of these listeners are not told. OSError without a /proc.
    """
    found = []
    for pids in _pids_by_namespace(proc):
        for pid in pids[:_TRIES]:
            try:
                rows = proc_net.rows(port, proc / str(pid) / "net")
            except OSError:
                continue
            if listening := tuple(listener(row) for row in rows if row.state == LISTEN):
                origin = _origin(proc / str(pid) / "cgroup")
                found.append(Namespace(pid=pid, origin=origin, listeners=listening))
            break
    return tuple(found)


def _pids_by_namespace(proc: Path) -> list[list[int]]:
    """The processes of each other namespace, the lowest pid first."""
    folder = os.open(proc, _FOLDER)
    try:
        own = os.readlink("self/ns/net", dir_fd=folder)
        found: dict[str, list[int]] = {}
        for pid in sorted(map(int, filter(str.isdigit, os.listdir(folder)))):
            try:
                link = os.readlink(f"{pid}/ns/net", dir_fd=folder)
            except OSError:  # not ours to see, or gone
                continue
            if link != own:
                found.setdefault(link, []).append(pid)
    finally:
        os.close(folder)
    return list(found.values())


def _origin(path: Path) -> Origin:
    from homeport.core.cgroups import origin_of

    try:
        return origin_of(os.fsdecode(path.read_bytes()))
    except OSError:
        return Origin()

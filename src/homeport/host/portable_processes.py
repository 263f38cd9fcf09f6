"""The details of a process as psutil tells them."""

from collections.abc import Callable
from typing import TypeVar

from homeport.core.facts import Ancestor, Holder
from homeport.core.plain import plain
from homeport.core.programs import program_of
from homeport.core.redact import command_line
from homeport.host._psutil import Process, Psutil

T = TypeVar("T")


def holder_of(pid: int, psutil: Psutil) -> Holder | None:
    """A process, or None when it is gone or another one has its pid now."""
    from homeport.host.project import project_at

    try:
        process = psutil.Process(pid)
        argv = _allowed(process.cmdline, psutil) or []
        name = _allowed(process.name, psutil) or ""
        folder = _allowed(process.cwd, psutil) or None
        holder = Holder(
            pid=pid,
            started=_allowed(process.create_time, psutil),
            command=command_line(argv) or plain(name),
            user=_allowed(process.username, psutil),
            folder=None if folder is None else plain(folder),
            program=program_of(argv, name),
            ancestors=_ancestors(process, psutil),
            project=project_at(folder) if folder else None,
        )
        return holder if process.is_running() else None
    except psutil.NoSuchProcess:
        return None


def _ancestors(process: Process, psutil: Psutil) -> tuple[Ancestor, ...]:
    """The parents, as far as they are still there."""
    found: list[Ancestor] = []
    try:
        for parent in _allowed(process.parents, psutil) or ():
            argv = _allowed(parent.cmdline, psutil) or []
            name = _allowed(parent.name, psutil) or ""
            found.append(Ancestor(pid=parent.pid, program=program_of(argv, name)))
    except psutil.NoSuchProcess:
        pass
    return tuple(found)


def _allowed(ask: Callable[[], T], psutil: Psutil) -> T | None:
    """The answer, or None when it is not for us. Windows also denies with a bare OSError."""
    try:
        return ask()
    except (psutil.AccessDenied, OSError):
        return None

"""Starting worker processes: a fresh interpreter that waits for its job on a channel.

Nothing slow is imported here: the first worker is started before homeport has read its own
command line, so that both cores are busy (docs/adr/0004).
"""

import os
import signal
import socket
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from homeport.engine.channel import Channel

_CHANNEL, _LIFELINE = 3, 4
_KEEP_AWAY = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


class WorkerProcess:
    """A worker as the supervisor sees it."""

    def __init__(self, pid: int, channel: "Channel", lifeline: int) -> None:
        self.pid = pid
        self.channel = channel
        self._lifeline = lifeline

    def kill(self) -> None:
        """End it now. It is our child and not reaped yet, so the pid is still its own."""
        os.kill(self.pid, signal.SIGKILL)

    def reap(self) -> int | None:
        """Its exit code (negative: the signal that ended it), None while it lives."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if pid else None

    def wait(self) -> None:
        """Until it has ended, after `kill`."""
        os.waitpid(self.pid, 0)

    def close(self) -> None:
        """Let go of a process that has ended, or let it end."""
        self.channel.close()
        os.close(self._lifeline)


def spawn_worker() -> WorkerProcess:
    """Start `python -m homeport.engine.worker`."""
    return spawn_process("homeport.engine.worker")


def spawn_process(module: str) -> WorkerProcess:
    """Start `python -m` one of our modules that is a process of its own.

    `-P`: our own imports must not find a `socket.py` of the user's; the job says what the app's
    `sys.path` is. The signals of the terminal are blocked until the worker has its handlers.
    """
    ours, theirs = socket.socketpair()
    read_end, write_end = os.pipe()
    command = [sys.executable, *_interpreter_flags(), "-P", "-m", module]
    # Both sources are above 4 after this, so that no dup2 overwrites the source of the next.
    sources = [_above(theirs.fileno()), _above(read_end)]
    try:
        pid = os.posix_spawn(
            sys.executable,
            command,
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, sources[0], _CHANNEL),
                (os.POSIX_SPAWN_DUP2, sources[1], _LIFELINE),
            ],
            setsigmask=_KEEP_AWAY,
        )
    finally:
        theirs.close()
        for descriptor in (read_end, *sources):
            os.close(descriptor)
    from homeport.engine.channel import Channel

    return WorkerProcess(pid, Channel(ours), write_end)


def _interpreter_flags() -> list[str]:
    """`-O`, `-X dev`, `-W error` of a script that calls `run()` are meant for the app too."""
    if not sys.orig_argv[1:2] or sys.orig_argv[1][:1] != "-" or sys.orig_argv[1] == "-m":
        return []
    from subprocess import _args_from_interpreter_flags  # type: ignore[attr-defined]

    return list(_args_from_interpreter_flags())


def _above(descriptor: int) -> int:
    import fcntl

    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _LIFELINE + 1)

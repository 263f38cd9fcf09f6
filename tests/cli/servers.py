"""Servers of others to look at and to stop: small processes that listen."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

LISTEN = """
import signal, socket, sys, os
if "deaf" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
port, sockets = next((int(word) for word in sys.argv[2:] if word.isdigit()), 0), []
for ip in sys.argv[1].split(","):
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listener.bind((ip, port))
    listener.listen()
    sockets.append(listener)
    port = listener.getsockname()[1]
child = os.fork() if "child" in sys.argv else 0
if child or "child" not in sys.argv:
    print(port, child, flush=True)
signal.pause()
"""


class Server(NamedTuple):
    """A process that listens; `child` is one of its own that has the socket too, or 0."""

    process: "subprocess.Popen[str]"
    port: int
    child: int

    @property
    def pid(self) -> int:
        return self.process.pid


@contextlib.contextmanager
def server(
    folder: Path, ips: str = "127.0.0.1", *traits: str, wrapper: Sequence[str] = ()
) -> Iterator[Server]:
    """It listens on `ips` (separated by commas), all on one port; gone afterwards.

    A number among `traits` is the port. `deaf` ignores SIGTERM, `child` forks a process that holds
    the socket too.
    """
    process = subprocess.Popen(
        [*wrapper, sys.executable, "-c", LISTEN, ips, *traits],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    child = 0
    try:
        assert process.stdout
        port, child = map(int, process.stdout.readline().split())
        yield Server(process, port, child)
    finally:
        process.kill()
        process.wait()
        if child:
            with contextlib.suppress(ProcessLookupError):
                _kill_child(child)
        assert process.stdout
        process.stdout.close()


def _kill_child(pid: int) -> None:
    import os
    import signal

    os.kill(pid, signal.SIGKILL)

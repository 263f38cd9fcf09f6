"""A service manager for tests: opens sockets, starts a server with them, hears its messages."""

import os
import select
import shlex
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.engine.live import PATIENCE, Homeport, environment


class Ear:
    """Where notifications arrive."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._sock.bind("\0" + address[1:] if address[0] == "@" else address)
        self.heard: list[list[str]] = []

    def next(self, patience: float = PATIENCE) -> list[str] | None:
        """The lines of the next message; None when there is none for so long."""
        if not select.select([self._sock], [], [], patience)[0]:
            return None
        lines = self._sock.recv(65536).decode().split("\n")
        self.heard.append(lines)
        return lines

    def until(self, line: str) -> list[str]:
        """The next message with a line that begins so."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            lines = self.next(max(deadline - time.monotonic(), 0.01))
            if lines is not None and any(each.startswith(line) for each in lines):
                return lines
        raise AssertionError(f"never {line!r}: {self.heard}")

    def close(self) -> None:
        self._sock.close()


@contextmanager
def ear(address: str) -> Iterator[Ear]:
    listening = Ear(address)
    try:
        yield listening
    finally:
        listening.close()


def listening(ip: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """As `ListenStream=ip:port` with BindIPv6Only=ipv6-only."""
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    sock = socket.socket(family)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.bind((ip, port))
    sock.listen(1024)
    return sock


@contextmanager
def activated(
    folder: Path,
    sockets: Sequence[socket.socket],
    *arguments: str,
    command: Sequence[str] = ("-m", "homeport"),
    **env: str,
) -> Iterator[Homeport]:
    """homeport with these sockets on descriptors 3, 4, …, as systemd starts it."""
    words = [sys.executable, *command, *arguments, *(("--json",) if "-m" in command else ())]
    count = len(sockets)
    with ExitStack() as cleanup:
        # High copies first, so that no dup2 of the shell overwrites the source of another one.
        sources = [os.dup2(each.fileno(), 90 + at) for at, each in enumerate(sockets)]
        for each in sources:
            cleanup.callback(os.close, each)
        moves = " ".join(f"{3 + at}<&{each} {each}<&-" for at, each in enumerate(sources))
        line = f"export LISTEN_PID=$$ LISTEN_FDS={count}; exec {shlex.join(words)} {moves}"
        server = Homeport(["bash", "-c", line], folder, environment(**env), pass_fds=tuple(sources))
        try:
            yield server
        finally:
            server.kill()

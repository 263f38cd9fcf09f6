"""A client that sends bytes as they are and reads what comes; also as a process somewhere else.

As a process (`python -m tests.engine.raw_client`) it reads one JSON request per line and answers
with one line; `Elsewhere` runs it, in a network namespace for instance.
"""

import base64
import contextlib
import json
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

PATIENCE = 20.0  # seconds for what must come
BRIEF = 2.0  # seconds to connect where packets may get lost on purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to connect; `source` is the address of ours to come from."""

    ip: str
    port: int
    tls: bool = False
    source: str | None = None


def say(target: Target, data: bytes, *, until: bytes | None = None) -> bytes | None:
    """What came back until the end of the connection, or until those bytes; None: not connected."""
    source = (target.source, 0) if target.source else None
    try:
        sock = socket.create_connection((target.ip, target.port), BRIEF, source_address=source)
    except OSError:
        return None
    with contextlib.ExitStack() as stack:
        stack.enter_context(sock)
        sock.settimeout(PATIENCE)
        got = b""
        with contextlib.suppress(ConnectionError, ssl.SSLEOFError, BrokenPipeError):
            if target.tls:
                sock = stack.enter_context(_unverified().wrap_socket(sock, server_hostname="a"))
            sock.sendall(data)
            while until is None or until not in got:
                part = sock.recv(65536)
                if not part:
                    break
                got += part
        return got


def _unverified() -> ssl.SSLContext:
    """Certificates have tests of their own."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Elsewhere:
    """The client as a process that `wrapper` puts somewhere."""

    def __init__(self, wrapper: Sequence[str]) -> None:
        pipe = subprocess.PIPE
        command = [*wrapper, sys.executable, "-m", "tests.engine.raw_client"]
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)

    def say(self, target: Target, data: bytes, *, until: bytes | None = None) -> bytes | None:
        """As the function of that name."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin and stdout
        texts = [base64.b64encode(data).decode(), base64.b64encode(until or b"").decode()]
        where = [target.ip, target.port, target.tls, target.source]
        stdin.write(json.dumps([where, *texts]) + "\n")
        stdin.flush()
        line = stdout.readline()
        assert line, f"the client ended with {self._process.wait(PATIENCE)}"
        answer: dict[str, Any] = json.loads(line)
        return None if answer["got"] is None else base64.b64decode(answer["got"])

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin and self._process.stdout
        self._process.kill()
        self._process.wait(PATIENCE)
        self._process.stdin.close()
        self._process.stdout.close()


@contextlib.contextmanager
def elsewhere(*wrapper: str) -> Iterator[Elsewhere]:
    """Gone afterwards."""
    client = Elsewhere(wrapper)
    try:
        yield client
    finally:
        client.close()


def main() -> None:
    """Serve until the other side closes."""
    for line in sys.stdin:
        (ip, port, tls, source), data, until = json.loads(line)
        target = Target(ip=ip, port=port, tls=tls, source=source)
        got = say(target, base64.b64decode(data), until=base64.b64decode(until) or None)
        told = None if got is None else base64.b64encode(got).decode()
        print(json.dumps({"got": told}), flush=True)


if __name__ == "__main__":
    main()

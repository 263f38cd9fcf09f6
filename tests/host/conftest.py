import select
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

DEADLINE = 20  # seconds: far more than any of it takes

Start = Callable[..., "subprocess.Popen[str]"]


def read_line(child: "subprocess.Popen[str]") -> str:
    """The next line a child prints; it fails, rather than hangs, when there is none."""
    assert child.stdout
    readable, _, _ = select.select([child.stdout], [], [], DEADLINE)
    assert readable, "the child printed nothing"
    line = child.stdout.readline()
    assert line, f"the child ended with {child.wait(DEADLINE)}"
    return line.rstrip("\n")


@pytest.fixture
def start() -> Iterator[Start]:
    """Start Python children that run a text; each is ended by its own id, whatever happens."""

    def start(code: str, *args: str, pass_fds: tuple[int, ...] = ()) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", code, *args]
        pipe = subprocess.PIPE
        child = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, pass_fds=pass_fds)
        children.enter_context(child)
        children.callback(child.kill)
        return child

    with ExitStack() as children:
        yield start


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def port(listening: socket.socket) -> int:
    return int(listening.getsockname()[1])

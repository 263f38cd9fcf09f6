"""Python children for tests: waited for with a deadline, ended by their own id."""

import select
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack

DEADLINE = 20  # seconds: far more than any of it takes

Start = Callable[..., "subprocess.Popen[str]"]


def read_line(child: "subprocess.Popen[str]") -> str:
    """The only line a child prints; it fails, rather than hangs, when there is none."""
    assert child.stdout
    readable, _, _ = select.select([child.stdout], [], [], DEADLINE)
    assert readable, "the child printed nothing"
    line = child.stdout.readline()
    assert line, f"the child ended with {child.wait(DEADLINE)}"
    return line.rstrip("\n")


def all_lines(child: "subprocess.Popen[str]") -> list[str]:
    """What a child prints until it ends."""
    lines = child.communicate(timeout=DEADLINE)[0].splitlines()
    assert child.returncode == 0
    return lines


def starter(children: ExitStack) -> Start:
    """What starts Python children that run a text; each ends with the stack at the latest."""

    def start(code: str, *args: str, pass_fds: tuple[int, ...] = ()) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", code, *args]
        pipe = subprocess.PIPE
        child = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, pass_fds=pass_fds)
        children.enter_context(child)
        children.callback(child.kill)
        return child

    return start

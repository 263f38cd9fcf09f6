"""Tests that run in a network namespace of their own, in a forked child: nobody else's sockets."""

import ctypes
import functools
import os
import select
import shutil
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable

import pytest

DEADLINE = 30  # seconds: far more than any of it takes
CLONE_NEWNET = 0x40000000

needs_namespaces = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or shutil.which("ip") is None,
    reason="needs root and iproute2 to make network namespaces",
)


def run(command: str) -> None:
    """A command such as `ip link set lo up`."""
    subprocess.run(command.split(), check=True, capture_output=True)


def enter_own_network() -> None:
    """This process moves into a new network namespace, which ends with it; loopback is up."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    run("ip link set lo up")


def own_network(test: Callable[[], None]) -> Callable[[], None]:
    """Run the test in a network namespace of its own; what it leaves open ends with it."""

    @needs_namespaces
    @functools.wraps(test)
    def forked() -> None:
        read_end, write_end = os.pipe()
        pid = os.fork()
        if pid == 0:
            _child(test, write_end)
        os.close(write_end)
        try:
            text = _read_until_end(read_end)
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            raise
        finally:
            os.close(read_end)
            _, status = os.waitpid(pid, 0)
        assert not text, text
        assert os.waitstatus_to_exitcode(status) == 0

    return forked


def _child(test: Callable[[], None], write_end: int) -> None:
    code = 1
    try:
        enter_own_network()
        test()
        code = 0
    except BaseException:
        os.write(write_end, traceback.format_exc().encode())
    finally:
        os._exit(code)


def _read_until_end(file: int) -> str:
    text = b""
    while select.select([file], [], [], DEADLINE)[0]:
        more = os.read(file, 65536)
        if not more:
            return text.decode()
        text += more
    raise TimeoutError("the test did not end")

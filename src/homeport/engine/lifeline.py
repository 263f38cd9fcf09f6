"""A worker never outlives its supervisor.

The supervisor holds the write end of a pipe on which nothing is ever written. When it dies, by
whatever signal, the kernel closes that end, and the worker must go at once: even while it imports
the app or hangs in it, so this cannot wait for an event loop.

On Linux the kernel itself is asked to end us (fcntl(2): O_ASYNC with F_SETSIG), which costs no
thread: a thread would make `os.fork()` in the user's app unsafe. Elsewhere a thread waits.
"""

import contextlib
import fcntl
import os
import signal
import threading


def hold_on_to(descriptor: int) -> None:
    """End this process when the other end of `descriptor` (the read end of a pipe) closes."""
    if hasattr(fcntl, "F_SETSIG"):
        fcntl.fcntl(descriptor, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGKILL)
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_ASYNC | os.O_NONBLOCK)
        with contextlib.suppress(BlockingIOError):
            if os.read(descriptor, 1) == b"":  # gone before the line above was in force
                os.kill(os.getpid(), signal.SIGKILL)
    else:
        threading.Thread(target=_wait, args=(descriptor,), daemon=True).start()


def _wait(descriptor: int) -> None:
    os.read(descriptor, 1)
    os.kill(os.getpid(), signal.SIGKILL)

"""Writing to the terminal, or to whoever stands in for it."""

import array
import fcntl
import os
import select
import stat
import sys
import termios

PATIENCE = 0.2
"""Seconds a reader that does not read may hold us up; then the text is dropped."""


def write(text: str, descriptor: int = 1, *, patience: float | None = PATIENCE) -> int:
    """All of `text`; 1 when nobody reads it (closed, full, a terminal that was stopped by Ctrl-S).

    Never waits for long: the supervisor writes here, and a reader that stalls must not keep it
    from obeying signals. With `patience` None it waits for as long as it takes.
    """
    data = text.encode(encoding(), errors="replace")
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    try:
        while data:
            if not poll.poll(None if patience is None else patience * 1000):
                return 1
            size = len(data) if _is_empty(descriptor) else select.PIPE_BUF
            data = data[os.write(descriptor, data[:size]) :]
    except OSError:
        return 1
    return 0


def _is_empty(descriptor: int) -> bool:
    """Whether it takes 16 KB at once: a file, or a pipe whose reader has read everything."""
    if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        return not is_terminal(descriptor)
    unread = array.array("i", [0])
    fcntl.ioctl(descriptor, termios.FIONREAD, unread)
    return unread[0] == 0


def encoding() -> str:
    """What the terminal is said to understand."""
    stream = sys.stdout
    return (getattr(stream, "encoding", None) or "utf-8") if stream is not None else "utf-8"


def has_colour(descriptor: int = 1) -> bool:
    """On a terminal that is not dumb, unless NO_COLOR is set (no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return is_terminal(descriptor)


def is_terminal(descriptor: int) -> bool:
    """Whether it is a terminal at all; False when it is closed."""
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


def columns(descriptor: int = 1) -> int:
    """How wide the terminal is; 80 when nothing is known of it."""
    try:
        return os.get_terminal_size(descriptor).columns or 80
    except OSError:
        return 80


def open_standard_streams() -> None:
    """Put /dev/null where a descriptor from 0 to 2 is closed (`>&-`).

    The next socket we open would get its number, and what is printed would go into it.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            # Closed, and the lowest such number, so that is the one we get.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)

"""Writing to the terminal, or to whoever stands in for it."""

import os
import sys


def write(text: str, descriptor: int = 1) -> int:
    """All of `text`, at once; 0 when it was written, 1 when nobody reads (closed, full)."""
    data = text.encode(encoding(), errors="replace")
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    except OSError:
        return 1
    return 0


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

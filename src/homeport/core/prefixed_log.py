"""Lines of several programs on one page: whole ones only, each with the name it comes from."""

import re
from collections.abc import Sequence

LONGEST_LINE = 65536
"""Bytes; what is longer is cut into several lines."""
COLOURS = ("36", "33", "35", "32", "34", "96", "93", "95", "92", "94")
"""Of the names, in turn (ECMA-48 SGR); red is left for what went wrong."""

_COLOUR = r"\x1b\[[0-9;]*m"
_UNFIT = re.compile(
    rf"({_COLOUR})"
    r"|\x1b\[[0-?]*[ -/]*[@-~]"  # CSI, all but colours
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC: titles, links
    r"|\x1b[PX^_][^\x1b]*(?:\x1b\\)?"  # strings
    r"|\x1b(?!\[)[ -/]*[0-~]?"
    r"|[\x00-\x08\x0a-\x1f\x7f-\x9f]"
)
"""What moves things, in one pass, so that what is left of one forms no other (ECMA-48)."""


class Lines:
    """Bytes as they come → whole lines."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """The lines that are complete now."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        while len(self._rest) > LONGEST_LINE:
            whole.append(self._rest[:LONGEST_LINE])
            self._rest = self._rest[LONGEST_LINE:]
        return [line.decode(errors="replace") for line in whole]

    def end(self) -> list[str]:
        """What was written without an end of line; nothing more will come."""
        rest, self._rest = self._rest, b""
        return [rest.decode(errors="replace")] if rest else []


def clean(line: str, *, colour: bool) -> str:
    """Without what moves the cursor or clears the page; colours only with `colour`.

    What a progress bar has written over itself is left out.
    """
    line = line.rstrip("\r").rpartition("\r")[2]
    line = _UNFIT.sub(lambda found: (found[1] or "") if colour else "", line).rstrip()
    return f"{line}\x1b[0m" if "\x1b" in line else line


def prefixes(names: Sequence[str], *, colour: bool) -> dict[str, str]:
    """What stands before the lines of each, all of one width."""
    width = max(map(len, names), default=0)
    found = {}
    for number, name in enumerate(names):
        text = f"{name:<{width}} |"
        code = COLOURS[number % len(COLOURS)]
        found[name] = f"\x1b[{code}m{text}\x1b[0m " if colour else f"{text} "
    return found

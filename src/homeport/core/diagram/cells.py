"""Texts that others chose, made fit for a drawing, measured and wrapped.

The width of a character in a terminal is decided by the terminal. Characters on which terminals
agree are kept (Unicode Standard Annex 11 for the wide ones); the others are replaced, so that a
frame around them stays straight.
"""

import re
from collections.abc import Callable
from functools import lru_cache

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
ESCAPE = re.compile(r"\x1b\[\d+m")
"""The colours of `text`: foreign text has lost its control characters before it is measured."""

NO_WIDTH = (0x0300, 0x036F)
WIDE = (
    *((0x1100, 0x115F), (0x2E80, 0x2FD5), (0x3001, 0x3029), (0x3030, 0x303E), (0x3041, 0x3096)),
    *((0x309B, 0x3247), (0x3250, 0x4DBF)),
    *((0x4E00, 0xA4CF), (0xA960, 0xA97F), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFE30, 0xFE6B)),
    *((0xFF01, 0xFF60), (0xFFE0, 0xFFE6), (0x1F400, 0x1F43E), (0x1F442, 0x1F4FC)),
    *((0x1F600, 0x1F64F), (0x1F680, 0x1F6C5), (0x1F90C, 0x1F93A), (0x20000, 0x3FFFD)),
)
NARROW = (
    *((0x0020, 0x02FF), (0x0370, 0x0482), (0x048A, 0x0590), (0x05D0, 0x05EA), (0x0620, 0x064A)),
    *((0x10A0, 0x10FF), (0x1E00, 0x1FFF), (0x2010, 0x205E), (0x20A0, 0x20C0), (0x2100, 0x22FF)),
    (0xFFFD, 0xFFFD),
)
BREAKS_AFTER = ":/.,-_?&=@"
IN_ASCII = str.maketrans({"·": "-", "…": "...", "–": "-", "—": "-", "’": "'", "→": "->"})
"""How the signs of our own sentences are written in ASCII."""


def printable(text: str) -> str:
    """`text` in one line, with what cannot be printed (controls, bidi signs) replaced."""
    spaced = " ".join(text.split())
    return "".join(one if one.isprintable() else REPLACEMENT for one in spaced)


def for_terminal(text: str, *, ascii: bool = False) -> str:
    """`text` with only such characters as have the same width in every terminal."""
    line = printable(text)
    if ascii:
        return line.translate(IN_ASCII).encode("ascii", "replace").decode("ascii")
    known = "".join(one if _is_known(one) else REPLACEMENT for one in line)
    return f" {known}" if known and _within(known[0], (NO_WIDTH,)) else known


def width(text: str) -> int:
    """How many columns `text` takes. Colour sequences take none."""
    if text.isascii() and "\x1b" not in text:
        return len(text)
    return sum(_columns(one) for one in ESCAPE.sub("", text))


def pad(text: str, room: int) -> str:
    """`text` with spaces behind it up to `room` columns."""
    return text + " " * (room - width(text))


def wrap(text: str, room: float, measure: Callable[[str], float] = width) -> list[str]:
    """Rows of at most `room`, broken at spaces; a longer word behind its punctuation or anywhere.

    `room` must hold every single character. No text, no row.
    """
    rows, row = list[str](), ""
    for word in text.split():
        longer = f"{row} {word}" if row else word
        if measure(longer) <= room:
            row = longer
            continue
        rows += [row] if row else []
        *full, row = _pieces(word, room, measure)
        rows += full
    return [*rows, row] if row else rows


def shorten(text: str, most: int) -> str:
    """At most `most` characters, an ellipsis in the place of the middle."""
    if len(text) <= most:
        return text
    return f"{text[: most // 2]}…{text[len(text) - (most - most // 2 - 1) :]}"


def _pieces(word: str, room: float, measure: Callable[[str], float]) -> list[str]:
    pieces, rest = list[str](), word
    while measure(rest) > room:
        end = 1
        while measure(rest[: end + 1]) <= room:
            end += 1
        better = max(rest.rfind(sign, 0, end) for sign in BREAKS_AFTER) + 1
        end = better if better > end // 2 else end
        pieces.append(rest[:end])
        rest = rest[end:]
    return [*pieces, rest]


def _within(one: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= ord(one) <= last for first, last in ranges)


@lru_cache(maxsize=4096)
def _is_known(one: str) -> bool:
    return _within(one, (*NARROW, *WIDE, NO_WIDTH))


@lru_cache(maxsize=4096)
def _columns(one: str) -> int:
    if _within(one, (NO_WIDTH,)):
        return 0
    return 2 if _within(one, WIDE) else 1

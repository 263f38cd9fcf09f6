"""Help texts made to fit the page: they are written for 100 columns."""

import re
from textwrap import wrap

WIDEST = 100
_ROW = re.compile(
    r"(?P<label>\S.*?)(?P<gap> {3,})(?=\S)|(?P<indent> +)(?:\S+(?: \S+)*? {2,}(?=\S))?"
)
"""What stands before the text of a row: a usage, an option, nothing but its indent."""
_BELOW = 4
"""Columns that a text is set in by, below a label that leaves it no room."""


def fitted(text: str, room: int) -> str:
    """The same in `room` columns. What fits stays as it is; a paragraph is filled anew."""
    lines: list[str] = []
    for part in re.split(r"(\n{2,})", text.rstrip("\n")):
        is_wide = any(len(line) > room for line in part.split("\n"))
        lines.append(_filled(part, min(room, WIDEST)) if is_wide else part)
    return "".join(lines) + "\n"


def _filled(part: str, room: int) -> str:
    found: list[str] = []
    sentences: list[str] = []
    for line in part.split("\n"):
        row = _ROW.match(line)
        if row is None:
            sentences.append(line)
            continue
        found += [*_wrapped(" ".join(sentences), room, ""), *_row(line, row.end(), room)]
        sentences = []
    return "\n".join([*found, *_wrapped(" ".join(sentences), room, "")])


def _row(line: str, start: int, room: int) -> list[str]:
    if len(line) <= room:
        return [line]
    if start <= room // 2:
        first, *more = _wrapped(line[start:], room, " " * start)
        return [line[:start] + first.lstrip(), *more]
    indent = " " * (len(line) - len(line.lstrip()))
    return [line[:start].rstrip(), *_wrapped(line[start:], room, indent + " " * _BELOW)]


def _wrapped(text: str, room: int, indent: str) -> list[str]:
    return wrap(
        text,
        room,
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )

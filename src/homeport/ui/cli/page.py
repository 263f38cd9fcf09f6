"""What the looking commands share: their arguments, aligned columns, JSON, the size of the page."""

import argparse
import json
import os
import re
import shutil
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any, NoReturn

from homeport.core import refusals
from homeport.core.as_json import as_json
from homeport.core.diagram import cells
from homeport.core.ports import HIGHEST_PORT
from homeport.ui.cli.output import encoding, has_colour, is_terminal, write

NARROWEST, USUAL_WIDTH = 40, 80
GAP = "  "
NARROWEST_COLUMN = 5


class Arguments(argparse.ArgumentParser):
    """The arguments of one command; `--json` is one of all."""

    def __init__(self, command: str) -> None:
        super().__init__(prog=f"homeport {command}", add_help=False, allow_abbrev=False)
        self.formats = self.add_mutually_exclusive_group()
        self.formats.add_argument("--json", action="store_true")

    def read(self, arguments: Sequence[str]) -> argparse.Namespace:
        """UsageError for what cannot be meant."""
        given, unknown = self.parse_known_args(arguments)
        if unknown:
            said = f"{self.prog} does not understand {unknown[0]}."
            raise refusals.bad_flag(said, command=self.prog)
        return given

    def error(self, message: str) -> NoReturn:
        """In our words."""
        if missing := re.match(r"argument (\S+): expected one argument", message):
            message = f"{missing[1]} needs a value after it"
        raise refusals.bad_flag(f"{message[:1].upper()}{message[1:]}.", command=self.prog)

    def port_number(self, text: str) -> int:
        """UsageError for what is no port."""
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= HIGHEST_PORT):
            wanted = f"a whole number from 1 to {HIGHEST_PORT}"
            raise refusals.not_a(text, "PORT", wanted, self.prog)
        return int(text)


def width() -> int:
    """Columns of the terminal; 80 when there is none."""
    if not is_terminal(1):
        return int(os.environ.get("COLUMNS", "")) if _is_number("COLUMNS") else USUAL_WIDTH
    return max(shutil.get_terminal_size((USUAL_WIDTH, 24)).columns, NARROWEST)


def _is_number(variable: str) -> bool:
    text = os.environ.get(variable, "")
    return text.isascii() and text.isdigit() and int(text) >= NARROWEST


def is_ascii_only() -> bool:
    """Whether the locale cannot show box characters.

    The stream does not tell: Python speaks UTF-8 in the C locale too (PEP 540).
    """
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG", "")
    named = locale in ("C", "POSIX") or ("." in locale and not _is_utf8(locale.partition(".")[2]))
    return named or not _is_utf8(encoding())


def _is_utf8(name: str) -> bool:
    return name.lower().replace("-", "").startswith("utf8")


def paint(code: str, text: str) -> str:
    """Coloured when the terminal is."""
    return f"\x1b[{code}m{text}\x1b[0m" if code and text and has_colour() else text


class OutputLost(Exception):
    """Nobody read all of it: the reader left, or the disk is full."""


def show(lines: Iterable[str]) -> None:
    """The page, with our margin. OutputLost."""
    text = "\n".join(f"  {line}".rstrip() for line in lines)
    show_text(f"\n{text}\n\n")


def show_json(value: Any) -> None:
    """One line of JSON. OutputLost."""
    show_text(json.dumps(as_json(value)) + "\n")


def show_text(text: str) -> None:
    """Just so. It waits for a slow reader: a pager reads when it likes. OutputLost."""
    if write(text.translate(cells.IN_ASCII) if is_ascii_only() else text, patience=None):
        raise OutputLost


def prose(text: str, indent: str = "") -> list[str]:
    """A sentence or two, wrapped to the page."""
    rows = cells.wrap(text, width() - 2 - len(indent))
    return [indent + row for row in rows]


def said_and_done(sentence: str, room: int) -> list[str]:
    """Wrapped. The command of `why:  command` gets a line of its own when both are too wide."""
    if cells.width(sentence) <= room:
        return [sentence]
    said, mark, command = sentence.partition(":  ")
    return [*cells.wrap(f"{said}:", room), f"  {command}"] if mark else cells.wrap(sentence, room)


def columns(rows: Sequence[Sequence[str]], room: int) -> list[list[str]]:
    """The cells of each row aligned, as the lines it takes: a cell that is too wide is wrapped.

    Between words, as long as that is enough: links and names stay whole.
    """
    if not rows:
        return []
    table = list(zip(*rows, strict=True))
    widths = [max(map(cells.width, column)) for column in table]
    words = [max(map(cells.width, " ".join(column).split()), default=0) for column in table]
    while sum(widths) + len(GAP) * (len(widths) - 1) > room and max(widths) > NARROWEST_COLUMN:
        loose = [size if size > word else 0 for size, word in zip(widths, words, strict=True)]
        wide = loose if any(loose) else widths
        widths[wide.index(max(wide))] -= 1
    return [_lines(row, widths) for row in rows]


def _lines(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    wrapped = [cells.wrap(cell, size) for cell, size in zip(row, widths, strict=True)]
    return [
        GAP.join(cells.pad(part, size) for part, size in zip(parts, widths, strict=True)).rstrip()
        for parts in zip_longest(*wrapped, fillvalue="")
    ]

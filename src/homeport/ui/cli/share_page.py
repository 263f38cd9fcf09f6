"""What a share looks like in the terminal: sentences, the link, the code to scan.

The code is the largest thing on the page. It stands beside the sentences where that fits, else
below them; where it would not be on the screen together with the link, the link alone has to do.
"""

import re
import shutil
from collections.abc import Iterable, Sequence
from typing import Any

from homeport.core.local_name import NoName
from homeport.core.local_name_words import contested, no_local_name, renamed
from homeport.core.share import Place
from homeport.engine.mdns_messages import Claimed, Conflict
from homeport.ui.cli.output import columns, is_terminal
from homeport.ui.cli.page import is_ascii_only, said_and_done, width
from homeport.ui.cli.qr import qr_lines

GAP = 3
NARROWEST = 30
"""Columns that sentences beside a code need."""
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
PROMPT = 1
"""Rows of a screen below the page."""


def share_page(
    sentences: Sequence[str], link: str, *, colour: bool, cautions: Sequence[str] = ()
) -> list[str]:
    """The page about an open share: what is said, the picture of the link, the link."""
    room, rows = width() - 2, _rows(link)
    picture = qr_lines(link, min(room, columns() - 2), colour=colour, ascii=is_ascii_only()) or []
    if not is_terminal(1) or len(picture) > rows:
        picture = []
    groups = _groups(sentences, cautions, colour=colour)
    beside = room - GAP - _width(picture)
    if picture and beside >= NARROWEST:
        said = _in_rows(groups, beside, len(picture))
        if max(len(said), len(picture)) <= rows:
            return [*_side_by_side(picture, said), link]
    above = _in_rows(groups, room, 0)
    return [*above, "", link] if not picture else [*above, *picture, link]


def wrapped(sentences: Iterable[str], room: int | None = None) -> list[str]:
    """Each one to the page; a command at its end that does not fit gets a line of its own."""
    room = width() - 2 if room is None else room
    return [row for sentence in sentences for row in said_and_done(sentence, room)]


def name_lines(news: Any, place: Place, *, tls: bool) -> list[str]:
    """What became of the `.local` name."""
    match news:
        case Claimed(name=name, asked=asked):
            url = f"{'https' if tls else 'http'}://{name}:{place.port}"
            taken = [renamed(asked, name)] if name != asked else []
            return [*taken, f"also:  {url}"]
        case Conflict():
            return [contested(news.name, news.ip, kept=news.kept)]
        case _:
            return [no_local_name(NoName(news.reason))]


def _rows(link: str) -> int:
    """How high a picture may be on this screen, with the link below it."""
    link_rows = -(-(len(link) + 2) // columns())
    return shutil.get_terminal_size((80, 24)).lines - link_rows - PROMPT


def _groups(
    sentences: Sequence[str], cautions: Sequence[str], *, colour: bool
) -> list[list[tuple[str, str]]]:
    """Sentences with their colour: each for itself, commands together at the end."""
    yellow = "\x1b[33m" if colour else ""
    commands = [(each, "") for each in sentences if _tells_what_to_do(each)]
    plain = [[(each, "")] for each in sentences if not _tells_what_to_do(each)]
    return [group for group in (*plain, [(each, yellow) for each in cautions], commands) if group]


def _tells_what_to_do(sentence: str) -> bool:
    return ":  " in sentence and "://" not in sentence


def _in_rows(groups: Sequence[Sequence[tuple[str, str]]], room: int, airy: int) -> list[str]:
    """Wrapped; with blank rows between groups if that takes at most `airy` rows."""
    rows = [
        [
            f"{code}{row}\x1b[0m" if code else row
            for text, code in group
            for row in wrapped([text], room)
        ]
        for group in groups
    ]
    apart = [row for group in rows for row in (*group, "")][:-1]
    return apart if len(apart) <= airy else [row for group in rows for row in group]


def _width(picture: Sequence[str]) -> int:
    return len(_COLOURS.sub("", picture[0])) if picture else 0


def _side_by_side(picture: Sequence[str], said: Sequence[str]) -> list[str]:
    blank = " " * _width(picture)
    rows = max(len(picture), len(said))
    left = [*picture, *[blank] * (rows - len(picture))]
    right = [*said, *[""] * (rows - len(said))]
    return [f"{one}{' ' * GAP}{other}".rstrip() for one, other in zip(left, right, strict=True)]

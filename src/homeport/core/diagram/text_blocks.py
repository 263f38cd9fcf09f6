"""Blocks of text rows of one width: frames, boxes, lanes and chains."""

from collections.abc import Sequence
from dataclasses import dataclass

from homeport.core.audience import Verdict
from homeport.core.diagram.cells import for_terminal, pad, width, wrap
from homeport.core.diagram.model import ANSWER, WORDS, Arrow, Box, Chain, Lane, Line, Source, Tone
from homeport.core.diagram.strokes import ASCII, COLOURS, UNICODE, Frame, Strokes

STEM = 2
"""The column in which arrows run down; those of answers run up as far from the right end."""
BESIDE_STEM = STEM + 2 + 7
"""Where a client's words begin: behind a sign and the longest verdict."""
ROOM_FOR_ANSWER = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Pen:
    """How to draw: `room` are the columns of every row that it gives."""

    room: int
    ascii: bool
    colour: bool

    @property
    def strokes(self) -> Strokes:
        """The signs to draw with."""
        return ASCII if self.ascii else UNICODE

    def within(self, room: int) -> "Pen":
        """The same pen for another room."""
        return Pen(room=room, ascii=self.ascii, colour=self.colour)

    def clean(self, text: str) -> str:
        """`text`, fit for this drawing."""
        return for_terminal(text, ascii=self.ascii)

    def wrap(self, text: str, room: int) -> list[str]:
        """`text`, fit for this drawing, in rows."""
        return wrap(self.clean(text), room)

    def verdict(self, verdict: Verdict) -> str:
        """Sign and word, in colour if wanted."""
        said = f"{self.strokes.symbols[verdict]} {WORDS[verdict]}"
        return f"\x1b[{COLOURS[verdict]}m{said}\x1b[0m" if self.colour else said


def framed(pen: Pen, frame: Frame, title: str, rows: Sequence[str], badge: str = "") -> list[str]:
    """`rows` in a frame as wide as the pen's room.

    `title` and `badge` stand in the upper line, or above the rows when they are too long for it.
    """
    title, badge = pen.clean(title), pen.clean(badge)
    inner = pen.room - 4
    head = f"{frame.across * 3} {title} " if title else frame.across * 3
    tail = f" {badge} {frame.across}" if badge else frame.across
    if width(head) + width(tail) > pen.room - 2 - STEM:
        both = f"{title} ({badge})" if badge else title
        rows, head, tail = [*wrap(both, inner), *rows], frame.across * 3, ""
    left, right, low_right, low_left = tuple(frame.corners)
    line = frame.across * (pen.room - 2 - width(head) - width(tail))
    return [
        left + head + line + tail + right,
        *(f"{frame.upright} {pad(row, inner)} {frame.upright}" for row in rows),
        low_left + frame.across * (pen.room - 2) + low_right,
    ]


def box(pen: Pen, one: Box, height: int = 0) -> list[str]:
    """A box of at least `height` rows."""
    frame = pen.strokes.muted if one.tone is Tone.MUTED else pen.strokes.box
    rows = [row for line in one.lines for row in _line(pen, line, pen.room - 4)]
    drawn = framed(pen, frame, one.heading, rows)
    empty = f"{frame.upright}{' ' * (pen.room - 2)}{frame.upright}"
    return [*drawn[:-1], *[empty] * (height - len(drawn)), drawn[-1]]


def sources(pen: Pen, some: Sequence[Source]) -> list[str]:
    """Who wants to come in, with the stem of the arrow at their left."""
    rows = list[str]()
    for source in some:
        texts = (source.box.title, *(line.text for line in source.box.lines))
        said = [row for text in texts for row in pen.wrap(text, pen.room - BESIDE_STEM)]
        first = pad(" " * STEM + pen.verdict(source.verdict), BESIDE_STEM) + said[0]
        stem = pad(" " * STEM + pen.strokes.stem, BESIDE_STEM)
        rows += [first, *(stem + row for row in said[1:])]
    return rows


def lane(pen: Pen, one: Lane, above: int = 0, height: int = 0) -> list[str]:
    """Sources in at least `above` rows, and below them their box of at least `height` rows."""
    come = sources(pen, one.sources)
    drawn = box(pen, one.target, height)
    if come:
        best = max(source.verdict for source in one.sources)
        drawn[0] = _replaced(drawn[0], STEM, pen.strokes.arrived[best])
    return [pad(row, pen.room) for row in [*[""] * (above - len(come)), *come, *drawn]]


def chain(pen: Pen, one: Chain) -> list[str]:
    """Boxes from top to bottom; the request runs down at the left, the answer up at the right."""
    signs, rows = pen.strokes, box(pen, one.boxes[0])
    for index, (arrow, target) in enumerate(zip(one.arrows, one.boxes[1:], strict=True)):
        drawn = box(pen, target)
        end = signs.arrived[Verdict.YES if arrow.verdict is None else arrow.verdict]
        rows[-1] = _replaced(rows[-1], STEM, signs.leaves)
        drawn[0] = _replaced(drawn[0], STEM, end)
        back = ""
        if one.answered:
            rows[-1] = _replaced(rows[-1], -1 - STEM, signs.up)
            drawn[0] = _replaced(drawn[0], -1 - STEM, signs.returns)
            label = ANSWER if index == 0 and pen.room >= ROOM_FOR_ANSWER else ""
            back = f" {label} {signs.stem}"
        rows += [*_between(pen, arrow, back), *drawn]
    return rows


def _between(pen: Pen, arrow: Arrow, back: str) -> list[str]:
    """The rows between two boxes, with what the arrow says; `back` ends the first of them."""
    end = pen.room - STEM - width(back)
    room = end - STEM - 2
    verdict = "" if arrow.verdict is None else pen.verdict(arrow.verdict) + "  "
    said = pen.wrap(arrow.label, room - width(verdict)) or [""]
    said = [verdict + said[0], *(" " * width(verdict) + row for row in said[1:])]
    stem = " " * STEM + pen.strokes.stem + " "
    more = " " * (width(back) - 1) + pen.strokes.stem if back else ""
    return [
        pad(stem + row, end) + (more if index else back) + " " * STEM
        for index, row in enumerate(said)
    ]


def _line(pen: Pen, line: Line, room: int) -> list[str]:
    """A line behind its mark; further rows stand below its first word."""
    if line.mark is None:
        return pen.wrap(line.text, room)
    first, *more = pen.wrap(line.text, room - 2)
    return [f"{pen.strokes.marks[line.mark]} {first}", *(f"  {row}" for row in more)]


def _replaced(row: str, column: int, sign: str) -> str:
    """A border with another sign in a column, counted from the nearer end: titles may be wide."""
    characters = list(row)
    characters[column] = sign
    return "".join(characters)

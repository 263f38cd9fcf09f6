"""A box of the SVG: measured first, drawn when its place is known."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from homeport.core.diagram import svg_marks as marks
from homeport.core.diagram.cells import printable, wrap
from homeport.core.diagram.model import WORDS, Box, Line, Tone

PAD, TITLE_HIGH, ROW_HIGH, MARK = 12, 20, 18, 15
NAME_SIZE, CLIENT_SIZE = 14, 13


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A box with its texts in rows for its width, all in px."""

    box: Box
    wide: float
    pad: float
    titles: tuple[str, ...]
    beside: str
    """The note, if there is room for it beside the title."""
    below: str
    """The note, if there is none."""
    rows: tuple[tuple[Line, tuple[str, ...]], ...]

    @property
    def high(self) -> float:
        """The height it needs."""
        count = sum(len(said) for _, said in self.rows) + bool(self.below)
        return 2 * PAD - 4 + TITLE_HIGH * len(self.titles) + ROW_HIGH * count

    def draw(self, x: float, y: float, high: float = 0) -> str:
        """The box with its left upper corner at (x, y), at least `high`."""
        parts = [marks.rect(x, y, self.wide, max(high, self.high)), *self._texts(x + self.pad, y)]
        return f'<g class="box {self.box.tone.value}">{"".join(parts)}</g>'

    def _texts(self, x: float, y: float) -> Iterator[str]:
        for title in self.titles:
            y += TITLE_HIGH
            yield marks.text(x, y + PAD - 8, title, "name")
        y += PAD - 8
        if self.beside:
            yield marks.text(x + self.wide - 2 * self.pad, y, self.beside, "soft", "end")
        if self.below:
            y += ROW_HIGH
            yield marks.text(x, y, self.below, "soft")
        for line, said in self.rows:
            indent = 0 if line.mark is None else MARK
            if line.mark is not None:
                yield marks.dot(x + 5, y + ROW_HIGH - 4.5, WORDS[line.mark])
            for row in said:
                y += ROW_HIGH
                yield marks.text(x + indent, y, row, _kind(line, self.box.tone))


def place(box: Box, wide: float, pad: float = PAD) -> Placed:
    """Break the texts of a box for its width in px, with `pad` px at their left and right."""
    room = wide - 2 * pad
    size = CLIENT_SIZE if box.tone is Tone.CLIENT else NAME_SIZE
    measure = partial(marks.sans_width, size=size, bold=True)
    rows = []
    for line in box.lines:
        indent = 0 if line.mark is None else MARK
        rows.append((line, tuple(wrap(printable(line.text), room - indent, marks.sans_width))))
    titles = wrap(printable(box.title), room, measure) or [""]
    note = printable(box.note)
    fits = measure(printable(box.title)) + marks.sans_width(note) + PAD <= room
    return Placed(
        box=box,
        wide=wide,
        pad=pad,
        titles=tuple(titles),
        beside=note if fits else "",
        below="" if fits else note,
        rows=tuple(rows),
    )


def _kind(line: Line, tone: Tone) -> str:
    return "soft" if tone is Tone.CLIENT or line.mark is None else ""

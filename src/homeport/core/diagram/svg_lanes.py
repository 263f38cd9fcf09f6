"""Lanes of the SVG: clients at the left, an arrow from each, and the box that they come in by."""

from collections.abc import Sequence
from dataclasses import dataclass

from homeport.core.audience import Verdict
from homeport.core.diagram import svg_marks as marks
from homeport.core.diagram.model import WORDS, Lane
from homeport.core.diagram.svg_box import Placed, place

CLIENT_WIDE, ARROW_WIDE, TARGET_WIDE = 192, 100, 252
WIDE = CLIENT_WIDE + ARROW_WIDE + TARGET_WIDE
CLIENT_PAD = 2
BEFORE, AFTER = 2, 5
"""Free px at both ends of an arrow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A lane whose boxes are broken into rows of text."""

    sources: tuple[tuple[Placed, Verdict], ...]
    target: Placed

    @property
    def high(self) -> float:
        """The height it needs, in px."""
        return max(sum(placed.high for placed, _ in self.sources), self.target.high)


def row(lane: Lane) -> Row:
    """Break the texts of a lane."""
    return Row(
        sources=tuple(
            (place(one.box, CLIENT_WIDE, CLIENT_PAD), one.verdict) for one in lane.sources
        ),
        target=place(lane.target, TARGET_WIDE),
    )


def heights(panels: Sequence[Sequence[Row]]) -> list[float]:
    """For each number of a row, the height that is enough in every panel."""
    longest = max((len(rows) for rows in panels), default=0)
    return [max(rows[i].high for rows in panels if i < len(rows)) for i in range(longest)]


def draw(one: Row, x: float, y: float, high: float) -> str:
    """The row with its left upper corner at (x, y), as high as told."""
    parts = [one.target.draw(x + CLIENT_WIDE + ARROW_WIDE, y, high)]
    free = high - sum(placed.high for placed, _ in one.sources)
    top = y + free / 2
    for placed, verdict in one.sources:
        parts.append(placed.draw(x, top))
        parts.append(_arrow(x + CLIENT_WIDE, top + placed.high / 2, verdict))
        top += placed.high
    return "".join(parts)


def _arrow(x: float, y: float, verdict: Verdict) -> str:
    """From the clients to the box; it ends in a bar before the box if it does not get in."""
    word, wide = WORDS[verdict], marks.pill_width(verdict)
    start, end, middle = x + BEFORE, x + ARROW_WIDE - AFTER, x + (ARROW_WIDE - wide) / 2
    after = middle + wide
    dashed = verdict is not Verdict.YES
    head = f"M{end - 6:g} {y - 5:g}l6 5 -6 5"
    if verdict is Verdict.NO:
        end -= 6
        head = f"M{end:g} {y - 8:g}v16"
    line = f"M{start:g} {y:g}H{middle:g}M{after:g} {y:g}H{end:g}"
    parts = (marks.path(line, word, dashed=dashed), marks.path(head, word))
    return "".join(parts) + marks.pill(middle, y, verdict)

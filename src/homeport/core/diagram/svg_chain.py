"""The chain of the SVG: from top to bottom, the answer up again at the right."""

from homeport.core.audience import Verdict
from homeport.core.diagram import svg_marks as marks
from homeport.core.diagram.cells import printable, wrap
from homeport.core.diagram.model import ANSWER, WORDS, Arrow, Chain
from homeport.core.diagram.svg_box import place

WIDE, RAIL, BESIDE = 620, 26, 14
LINE_HIGH, FREE = 18, 26
ANSWER_WIDE = 90
"""What is kept free for the arrow of the answer and its label."""


def draw(chain: Chain, x: float, y: float) -> tuple[str, float]:
    """The chain with its left upper corner at (x, y), and its height in px."""
    first = place(chain.boxes[0], WIDE)
    parts, start = [first.draw(x, y)], y
    y += first.high
    for index, (arrow, box) in enumerate(zip(chain.arrows, chain.boxes[1:], strict=True)):
        drawn, high = _down(arrow, x, y)
        parts.append(drawn)
        if chain.answered:
            parts.append(_up(x + WIDE - RAIL, y, high, ANSWER if index == 0 else ""))
        y += high
        placed = place(box, WIDE)
        parts.append(placed.draw(x, y))
        y += placed.high
    return f'<g class="chain">{"".join(parts)}</g>', y - start


def _down(arrow: Arrow, x: float, y: float) -> tuple[str, float]:
    """The arrow of the request with what it says, and how high it is."""
    verdict = arrow.verdict
    pill = 0 if verdict is None else marks.pill_width(verdict) + 8
    left = x + RAIL + BESIDE
    room = WIDE - RAIL - BESIDE - ANSWER_WIDE - pill
    said = wrap(printable(arrow.label), room, marks.sans_width)
    high = FREE + LINE_HIGH * max(len(said), 1)
    base = y + (high - LINE_HIGH * len(said)) / 2 + 13
    kind = WORDS[Verdict.YES if verdict is None else verdict]
    stop, tip = verdict is Verdict.NO, y + high - 4
    head = f"M{x + RAIL - 5:g} {tip - 6:g}l5 6 5 -6"
    if stop:
        tip -= 6
        head = f"M{x + RAIL - 8:g} {tip:g}h16"
    line = f"M{x + RAIL:g} {y + 3:g}V{tip:g}"
    dashed = verdict in (Verdict.NO, Verdict.UNKNOWN)
    parts = [marks.path(line, kind, dashed=dashed), marks.path(head, kind)]
    if verdict is not None:
        parts.append(marks.pill(left, y + high / 2, verdict))
    for index, row in enumerate(said):
        parts.append(marks.text(left + pill, base + LINE_HIGH * index, row, "label"))
    return "".join(parts), high


def _up(x: float, y: float, high: float, label: str) -> str:
    """The arrow of the answer."""
    line = f"M{x:g} {y + high - 3:g}V{y + 4:g}M{x - 5:g} {y + 10:g}l5 -6 5 6"
    said = marks.text(x - BESIDE, y + high / 2 + 4, label, "label", "end") if label else ""
    return marks.path(line, "back") + said

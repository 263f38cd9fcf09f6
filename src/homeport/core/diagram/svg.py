"""A diagram as an SVG picture, for a page or a README, on light and dark."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from homeport.core.diagram import svg_chain, svg_lanes
from homeport.core.diagram import svg_marks as marks
from homeport.core.diagram.cells import printable, wrap
from homeport.core.diagram.model import Chain, Diagram, Panel

EDGE, GAP, INSIDE = 16, 16, 16
TITLE_HIGH, HEAD_HIGH, LINE_HIGH = 24, 24, 19
MARK = 'class="homeport-diagram"'
"""By this a picture of ours is known again."""

MOST_BESIDE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands above the content of a panel, in rows."""

    titles: tuple[str, ...]
    badge: str
    badge_wide: float
    lines: tuple[str, ...]

    @property
    def high(self) -> float:
        """The height it needs, in px; none without a row for a title."""
        if not self.titles:
            return 0
        return INSIDE + HEAD_HIGH * len(self.titles) + LINE_HIGH * len(self.lines) + 12


def render(diagram: Diagram) -> str:
    """One `<svg>` element in its own namespace, with its style inside; it loads nothing.

    Colours follow the reader's preference (CSS `prefers-color-scheme`), fonts are the system's.
    At most two panels stand beside each other.
    """
    chained = any(isinstance(panel.content, Chain) for panel in diagram.panels)
    panel_wide = svg_chain.WIDE if chained else svg_lanes.WIDE + 2 * INSIDE
    beside = 1 if chained else max(1, min(MOST_BESIDE, len(diagram.panels)))
    wide = 2 * EDGE + beside * panel_wide + (beside - 1) * GAP
    measure = partial(marks.sans_width, size=18, bold=True)
    titles = wrap(printable(diagram.title), wide - 2 * EDGE, measure)
    parts = [
        marks.text(EDGE, EDGE + 19 + TITLE_HIGH * index, title, "title")
        for index, title in enumerate(titles)
    ]
    y = EDGE + TITLE_HIGH * len(titles) + 12.0
    for start in range(0, len(diagram.panels), beside):
        drawn, high = _panels(diagram.panels[start : start + beside], y, panel_wide)
        parts.append(drawn)
        y += high + GAP
    return _document(diagram, wide, y - GAP + EDGE, "\n".join(parts))


def _document(diagram: Diagram, wide: float, high: float, content: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {MARK} role="img"'
        f' viewBox="0 0 {wide:g} {high:g}" width="{wide:g}" height="{high:g}">\n'
        f"<title>{marks.escape(diagram.title)}</title>\n"
        f"<desc>{marks.escape(diagram.description)}</desc>\n"
        f"<style>{marks.STYLE}</style>\n"
        f"{marks.rect(0.5, 0.5, wide - 1, high - 1, 'card', 14)}\n{content}\n</svg>\n"
    )


def _panels(panels: Sequence[Panel], y: float, wide: float) -> tuple[str, float]:
    """Panels beside each other, and the height of all."""
    heads = [_head(panel, wide - 2 * INSIDE) for panel in panels]
    top = max(head.high for head in heads)
    rows = [
        [svg_lanes.row(lane) for lane in panel.content] if isinstance(panel.content, tuple) else []
        for panel in panels
    ]
    heights = svg_lanes.heights(rows)
    high, parts = top + sum(heights) + GAP * len(heights), list[str]()
    for index, panel in enumerate(panels):
        x = EDGE + index * (wide + GAP)
        if isinstance(panel.content, Chain):
            drawn, long = svg_chain.draw(panel.content, x, y + top)
            parts.append(drawn)
            high = max(high, top + long)
            continue
        body, below = [_frame(heads[index], x, y, wide, high)], y + top
        for row, tall in zip(rows[index], heights, strict=False):
            body.append(svg_lanes.draw(row, x + INSIDE, below, tall))
            below += tall + GAP
        parts.append(f'<g class="frame">{"".join(body)}</g>')
    return "\n".join(parts), high


def _head(panel: Panel, room: float) -> Head:
    badge = printable(panel.badge)
    badge_wide = marks.sans_width(badge, 12, bold=True) + 20 if badge else 0.0
    measure = partial(marks.sans_width, size=16, bold=True)
    titles = wrap(printable(panel.title), room - badge_wide - 8, measure)
    titles = titles or ([] if isinstance(panel.content, Chain) else [""])
    lines = [row for line in panel.lines for row in wrap(printable(line), room, marks.sans_width)]
    return Head(titles=tuple(titles), badge=badge, badge_wide=badge_wide, lines=tuple(lines))


def _frame(head: Head, x: float, y: float, wide: float, high: float) -> str:
    """The panel itself and what stands above its content."""
    parts, base = [marks.rect(x, y, wide, high, "panel", 12)], y + INSIDE - 6
    if head.badge:
        left, width = x + wide - INSIDE - head.badge_wide, head.badge_wide
        said = marks.text(left + width / 2, y + INSIDE + 14, head.badge, "word", "middle")
        badge = marks.rect(left, y + INSIDE - 1, width, 22, round_=11)
        parts.append(f'<g class="badge">{badge}{said}</g>')
    for title in head.titles:
        base += HEAD_HIGH
        parts.append(marks.text(x + INSIDE, base, title, "panel-name"))
    for line in head.lines:
        base += LINE_HIGH
        parts.append(marks.text(x + INSIDE, base + 2, line, "soft"))
    return "".join(parts)

"""A diagram as text, for a terminal or a file."""

from collections.abc import Sequence

from homeport.core.diagram.cells import pad
from homeport.core.diagram.model import Chain, Diagram, Lane, Panel
from homeport.core.diagram.text_blocks import Pen, box, chain, framed, lane, sources

NARROWEST = 24
NARROWEST_PANEL, NARROWEST_LANE = 38, 34
WIDEST_CHAIN = 72
GAP = 2


def render(diagram: Diagram, *, width: int, ascii: bool = False, colour: bool = False) -> str:
    """The drawing in rows of at most `width` columns (at least 24), without a last newline.

    `ascii` uses no other characters. `colour` marks verdicts only, with ECMA-48 sequences.
    """
    chained = any(isinstance(panel.content, Chain) for panel in diagram.panels)
    room = min(width, WIDEST_CHAIN) if chained else width
    pen = Pen(room=max(room, NARROWEST), ascii=ascii, colour=colour)
    rows = [*pen.wrap(diagram.title, pen.room), ""]
    beside = _columns(pen.room, NARROWEST_PANEL, len(diagram.panels))
    for start in range(0, len(diagram.panels), beside):
        rows += _side_by_side(pen, diagram.panels[start : start + beside])
    return "\n".join(row.rstrip() for row in rows)


def _columns(room: int, narrowest: int, count: int) -> int:
    """How many blocks stand beside each other."""
    return max(1, min(count, (room + GAP) // (narrowest + GAP)))


def _side_by_side(pen: Pen, panels: Sequence[Panel]) -> list[str]:
    """Panels of one height; lanes of the same number stand at the same height, to be compared."""
    count = len(panels)
    inside = pen.within((pen.room - GAP * (count - 1)) // count)
    if not any(panel.title for panel in panels):
        return _beside(_same_height(_bodies(inside, panels)), inside.room)
    inner = inside.within(inside.room - 4)
    heads = _same_height([_head(inner, panel) for panel in panels])
    bodies = _same_height(_bodies(inner, panels))
    blocks = [
        framed(inside, pen.strokes.panel, panel.title, [*head, *body], panel.badge)
        for panel, head, body in zip(panels, heads, bodies, strict=True)
    ]
    return _beside(_same_height(blocks), inside.room)


def _head(pen: Pen, panel: Panel) -> list[str]:
    rows = [row for line in panel.lines for row in pen.wrap(line, pen.room)]
    return [*rows, ""] if rows else []


def _bodies(pen: Pen, panels: Sequence[Panel]) -> list[list[str]]:
    """What stands in each panel, below its lines."""
    lanes = [panel.content if isinstance(panel.content, tuple) else () for panel in panels]
    beside = _columns(pen.room, NARROWEST_LANE, max(map(len, lanes)))
    grid = pen.within((pen.room - GAP * (beside - 1)) // beside)
    bodies = [
        chain(pen, panel.content) if isinstance(panel.content, Chain) else list[str]()
        for panel in panels
    ]
    for start in range(0, max(map(len, lanes)), beside):
        equal = [some[start : start + beside] for some in lanes]
        above, height = _heights(grid, [one for some in equal for one in some])
        for body, some in zip(bodies, equal, strict=True):
            body += [""] if start and some else []
            body += _beside([lane(grid, one, above, height) for one in some], grid.room)
    return bodies


def _heights(pen: Pen, lanes: Sequence[Lane]) -> tuple[int, int]:
    """How many rows the tallest sources and the tallest box take."""
    above = max(len(sources(pen, one.sources)) for one in lanes)
    return above, max(len(box(pen, one.target)) for one in lanes)


def _same_height(blocks: list[list[str]]) -> list[list[str]]:
    tallest = max(map(len, blocks))
    return [[*block, *[""] * (tallest - len(block))] for block in blocks]


def _beside(blocks: Sequence[list[str]], room: int) -> list[str]:
    """Blocks of one height in one row."""
    return [(" " * GAP).join(pad(row, room) for row in rows) for rows in zip(*blocks, strict=True)]

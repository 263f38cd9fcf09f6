"""A diagram as a Mermaid flowchart, as GitHub draws it in Markdown."""

import json
import re
from collections.abc import Iterator

from homeport.core.audience import Verdict
from homeport.core.diagram.cells import printable
from homeport.core.diagram.model import ANSWER, WORDS, Box, Chain, Diagram, Lane, Line, Panel

SYMBOLS = {Verdict.YES: "✓", Verdict.UNKNOWN: "?", Verdict.NO: "✗"}
MARKS = {Verdict.YES: "●", Verdict.UNKNOWN: "◐", Verdict.NO: "○"}
ARROWS = {Verdict.YES: "-->", Verdict.UNKNOWN: "-.->", Verdict.NO: "--x", None: "-->"}
PLAIN = re.compile(r"[^\w .,:/()·✓✗?●◐○-]")
LISTED = re.compile(r"^(-|\d+[.)](?= |$))")
STYLES = (
    "classDef place stroke:#2f81c7,stroke-width:2px",
    "classDef server stroke:#2f81c7,stroke-width:3px",
    "classDef muted stroke:#8496a0,stroke-dasharray:4 3",
    "classDef client stroke:#8496a0",
)


def render(diagram: Diagram) -> str:
    """The flowchart, to be put between ```` ```mermaid ```` and ```` ``` ````.

    Whatever has a meaning for Mermaid is written as its entity code (`#34;`). The lines of a panel
    are left out: Mermaid keeps room for one row above its content.
    """
    framed = [f"p{index}" for index, panel in enumerate(diagram.panels) if panel.title]
    kind = "flowchart LR" if framed else "flowchart TB"
    rows = ["---", f"title: {json.dumps(printable(diagram.title))}", "---", kind]
    for index, panel in enumerate(diagram.panels):
        name = f"p{index}"
        content = panel.content
        lanes = _chain(content, name) if isinstance(content, Chain) else _lanes(content, name)
        rows += [f"  {row}" for row in (_framed(panel, name, lanes) if panel.title else lanes)]
    rows += [f"  {' ~~~ '.join(framed)}"] if len(framed) > 1 else []
    return "\n".join([*rows, *(f"  {style}" for style in STYLES)]) + "\n"


def escape(text: str) -> str:
    """`text` inside a quoted label."""
    coded = PLAIN.sub(_code, printable(text))
    return LISTED.sub(lambda found: "".join(f"#{ord(one)};" for one in found[0]), coded)


def _code(found: re.Match[str]) -> str:
    return f"#{ord(found[0])};"


def _framed(panel: Panel, name: str, rows: Iterator[str]) -> Iterator[str]:
    badge = f" ({panel.badge})" if panel.badge else ""
    yield f"subgraph {name}[{_label([panel.title + badge])}]"
    yield "  direction LR"
    yield from (f"  {row}" for row in rows)
    yield "end"


def _lanes(lanes: tuple[Lane, ...], name: str) -> Iterator[str]:
    for number, lane in enumerate(lanes):
        target = f"{name}t{number}"
        yield _node(lane.target, target)
        for place, source in enumerate(lane.sources):
            client = f"{name}c{number}s{place}"
            yield _node(source.box, client)
            said = _label([_said(source.verdict)])
            yield f"{client} {ARROWS[source.verdict]}|{said}| {target}"


def _chain(chain: Chain, name: str) -> Iterator[str]:
    for number, box in enumerate(chain.boxes):
        yield _node(box, f"{name}n{number}")
    for number, arrow in enumerate(chain.arrows):
        verdict = [] if arrow.verdict is None else [_said(arrow.verdict)]
        said = [one for one in (*verdict, arrow.label) if one]
        label = f"|{_label(said)}|" if said else ""
        yield f"{name}n{number} {ARROWS[arrow.verdict]}{label} {name}n{number + 1}"
    if chain.answered:
        yield f'{name}n{len(chain.boxes) - 1} -->|"{ANSWER}"| {name}n0'


def _node(box: Box, name: str) -> str:
    label = _label([box.heading, *(_marked(line) for line in box.lines)])
    left, right = ("([", "])") if box.tone.value == "client" else ("[", "]")
    return f"{name}{left}{label}{right}:::{box.tone.value}"


def _label(lines: list[str]) -> str:
    return f'"{"<br/>".join(escape(line) for line in lines)}"'


def _marked(line: Line) -> str:
    return line.text if line.mark is None else f"{MARKS[line.mark]} {line.text}"


def _said(verdict: Verdict) -> str:
    return f"{SYMBOLS[verdict]} {WORDS[verdict]}"

"""The Mermaid text has only rows of the few forms that it is made of, whatever the names are.

Its syntax was also read by mermaid itself once; no network and no node is used here.
"""

import html
import json
import random
import re

import pytest

from homeport.core.diagram import mermaid
from homeport.core.diagram.cells import printable
from homeport.core.diagram.mermaid import escape
from tests.core.diagram_examples import comparison, home_way
from tests.core.diagram_random import pictures

LABEL = r'"(?:[^"<>`{}%&*\[\]|\\\x00-\x1f]|<br/>)*"'
TONE = r":::(?:client|place|server|muted)"
ROW = re.compile(
    rf"subgraph p\d+\[{LABEL}\]|direction LR|end"
    rf"|p\d+[tn]\d+\[{LABEL}\]{TONE}|p\d+(?:c\d+s\d+|n\d+)\(\[{LABEL}\]\){TONE}"
    rf"|p\d+[cn]\d+(?:s\d+)? (?:-->|-\.->|--x)(?:\|{LABEL}\|)? p\d+[tn]\d+"
    r"|p0 ~~~ p1(?: ~~~ p2)?"
    r"|classDef (?:client|place|server|muted) [\w:#,. -]+"
)


@pytest.mark.parametrize("seed", range(10))
def test_every_row_has_a_known_form(seed: int) -> None:
    for picture in pictures(random.Random(seed)):
        start, title, end, kind, *rows = mermaid.render(picture).splitlines()
        assert (start, end) == ("---", "---")
        assert kind == ("flowchart LR" if picture.panels[0].title else "flowchart TB")
        assert json.loads(title.removeprefix("title: ")) == printable(picture.title)
        assert [row for row in rows if not ROW.fullmatch(row.strip())] == []
        assert rows.count("  end") == sum(row.startswith("  subgraph ") for row in rows)


def decoded(label: str) -> str:
    """As Mermaid decodes its entity codes."""
    return html.unescape(re.sub(r"#(\d+);", r"&#\1;", label))


@pytest.mark.parametrize(
    "text",
    [
        'a"b',
        "<b>x</b>",
        "#35;",
        "a;b",
        "`code`",
        "%%{init}%%",
        "- a",
        "1. b",
        "2)",
        "日本",
        "c:\\d",
    ],
)
def test_an_escaped_text_is_read_back_as_it_was(text: str) -> None:
    assert decoded(escape(text)) == text
    assert not re.search(r"[\"<>`%{}\\]", escape(text))


def test_a_text_is_never_taken_for_a_list() -> None:
    assert escape("1. b") == "#49;#46; b"
    assert escape("- a") == "#45; a"
    assert escape("127.0.0.1") == "127.0.0.1"


def test_the_comparison_tells_verdicts_by_sign_word_and_line() -> None:
    drawing = mermaid.render(comparison())
    assert 'subgraph p0["localhost (now)"]' in drawing
    assert 'p0c0s0 -->|"✓ yes"| p0t0' in drawing
    assert 'p0c1s0 --x|"✗ no"| p0t1' in drawing
    assert 'p1c1s0 -.->|"? maybe"| p1t1' in drawing
    assert (
        'p1t1["wlan0 · Wi-Fi<br/>● listens on 192.168.1.20:8000<br/>○ not on fd00:5a::20"]'
        in drawing
    )


def test_the_way_ends_in_an_answer() -> None:
    drawing = mermaid.render(home_way())
    assert 'p0n0 -->|"✓ yes<br/>http://localhost:8000/docs"| p0n1' in drawing
    assert 'p0n4 -->|"answer"| p0n0' in drawing
    assert "subgraph" not in drawing

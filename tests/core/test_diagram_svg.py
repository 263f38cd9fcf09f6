"""The SVG is well-formed, loads nothing and says what the model says, whatever the names are."""

import random
import re
import xml.etree.ElementTree as ElementTree

import pytest

from homeport.core.diagram import svg
from homeport.core.diagram.cells import printable
from homeport.core.diagram.model import Chain, Diagram, Panel
from homeport.core.diagram.svg_marks import STYLE, escape
from tests.core.diagram_examples import comparison, home_way
from tests.core.diagram_random import pictures

SVG = "{http://www.w3.org/2000/svg}"
KNOWN = {f"{SVG}{tag}" for tag in ("svg", "title", "desc", "style", "g", "rect", "text", "path")}


def bare(text: str) -> str:
    """Without spaces: where a row ends is up to the drawing."""
    return re.sub(r"\s", "", printable(text))


def texts(drawing: str) -> str:
    return bare(
        "".join(one.text or "" for one in ElementTree.fromstring(drawing).iter(f"{SVG}text"))
    )


@pytest.mark.parametrize("seed", range(10))
def test_every_picture_is_well_formed_and_has_only_shapes_and_texts(seed: int) -> None:
    for picture in pictures(random.Random(seed)):
        drawing = svg.render(picture)
        root = ElementTree.fromstring(drawing.encode())
        assert {one.tag for one in root.iter()} <= {*KNOWN, f"{SVG}circle"}
        used = {name for one in root.iter() for name in one.attrib}
        assert not any("href" in name or name.startswith("on") or name == "style" for name in used)
        width, height = (float(root.attrib[side]) for side in ("width", "height"))
        assert root.attrib["viewBox"] == f"0 0 {width:g} {height:g}"
        for one in root.iter(f"{SVG}rect"):
            x, y, wide, high = (float(one.attrib[it]) for it in ("x", "y", "width", "height"))
            assert x >= 0 and x + wide <= width and y >= 0 and y + high <= height


@pytest.mark.parametrize("seed", range(10))
def test_every_word_of_the_model_is_in_the_picture(seed: int) -> None:
    for picture in pictures(random.Random(seed)):
        shown = texts(svg.render(picture))
        for panel in picture.panels:
            content = panel.content
            chain = content.boxes if isinstance(content, Chain) else ()
            lanes = content if isinstance(content, tuple) else ()
            boxes = [*chain, *(one.target for one in lanes)]
            boxes += [source.box for one in lanes for source in one.sources]
            wanted = [panel.title, panel.badge, *panel.lines]
            for box in boxes:
                wanted += [box.title, box.note, *(line.text for line in box.lines)]
            assert [one for one in wanted if bare(one) not in shown] == []


def test_the_picture_has_a_title_and_a_description_for_those_who_cannot_see_it() -> None:
    root = ElementTree.fromstring(svg.render(comparison()))
    assert root.attrib["role"] == "img"
    assert [one.tag for one in root][:2] == [f"{SVG}title", f"{SVG}desc"]
    description = root.findtext(f"{SVG}desc") or ""
    assert "localhost (now): listens on 127.0.0.1:8000 and [::1]:8000." in description
    assert "By lo: browser, Python client on this computer: yes." in description
    assert "By wlan0: phone, other computers on 192.168.1.0/24, fd00:5a::/64: no." in description


def test_a_picture_loads_nothing_and_its_style_stays_inside() -> None:
    drawing = svg.render(home_way())
    assert re.findall(r"https?://[^\s<\"]+", drawing.replace("http://localhost:8000/docs", "")) == [
        "http://www.w3.org/2000/svg"
    ]
    assert not re.search(r"@import|url\(|<script|<image|<use", drawing)
    rules = re.findall(r"(?:^|[}{])([^{}@]+)\{", STYLE)
    assert len(rules) > 20
    assert all(one.startswith(".homeport-diagram") for rule in rules for one in rule.split("},"))
    assert "@media (prefers-color-scheme:dark)" in STYLE


def test_every_colour_has_a_value_on_light_and_on_dark() -> None:
    used = set(re.findall(r"var\((--[\w-]+)\)", STYLE))
    light, dark = STYLE.split("@media")
    for half in (light, dark):
        assert used <= set(re.findall(r"(--[\w-]+):#", half))


def luminance(colour: str) -> float:
    """Relative luminance as in WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("half", [0, 1], ids=["light", "dark"])
def test_texts_have_enough_contrast(half: int) -> None:
    value = dict(re.findall(r"--([\w-]+):(#\w{6})", STYLE.split("@media")[half]))
    pairs = [("ink", "box"), ("ink", "panel"), ("soft", "box"), ("soft", "panel"), ("ink", "card")]
    pairs += [(word, f"{word}-tint") for word in ("yes", "maybe", "no")] + [("card", "place")]
    assert [pair for pair in pairs if contrast(*(value[name] for name in pair)) < 4.5] == []


def test_what_xml_does_not_allow_is_replaced() -> None:
    assert escape('<a b="c">&amp;\x00\ufffe\ud800') == (
        "&lt;a b=&quot;c&quot;&gt;&amp;amp;\ufffd\ufffd\ufffd"
    )


def test_a_diagram_without_panels_is_its_title() -> None:
    assert texts(svg.render(Diagram(title="Nothing", description="", panels=()))) == "Nothing"
    empty = Diagram(title="T", description="", panels=(Panel(title="None", content=()),))
    assert texts(svg.render(empty)) == "TNone"

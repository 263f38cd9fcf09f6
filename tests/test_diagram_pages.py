"""In a real browser no text of a picture leaves its box, on light and on dark."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from homeport.core.diagram import svg
from homeport.core.diagram.model import Diagram
from tests.core.diagram_examples import comparison, home_way
from tests.core.diagram_random import pictures

CHROMIUM = Path("/usr/bin/chromium")
QUIET = ["no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-sync"]
QUIET += ["disable-background-networking", "disable-component-update"]
PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
OUTSIDE = """svg => {
    const found = [];
    const inside = (inner, outer) => inner.x >= outer.x - .5 && inner.y >= outer.y - .5
        && inner.x + inner.width <= outer.x + outer.width + .5
        && inner.y + inner.height <= outer.y + outer.height + .5;
    for (const text of svg.querySelectorAll("text"))
        for (let group = text.parentNode; group; group = group === svg ? null : group.parentNode) {
            const frame = group.querySelector(":scope > rect");
            if (frame && !inside(text.getBBox(), frame.getBBox())) found.push(text.textContent);
        }
    const overlap = (a, b) => a.x < b.x + b.width - 1 && b.x < a.x + a.width - 1
        && a.y < b.y + b.height - 3 && b.y < a.y + a.height - 3;
    const texts = [...svg.querySelectorAll("text")].map(text => [text, text.getBBox()]);
    texts.forEach(([text, box], index) => texts.slice(index + 1).forEach(([other, its]) => {
        if (overlap(box, its)) found.push(`${text.textContent} / ${other.textContent}`);
    }));
    return found;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"there is no browser at {CHROMIUM}")
    with playwright.sync_playwright() as driver:
        quiet = [f"--{one}" for one in QUIET]
        found = driver.chromium.launch(executable_path=str(CHROMIUM), args=quiet)
        yield found
        found.close()


@pytest.fixture(scope="module")
def page(browser: Any) -> Any:
    return browser.new_page(viewport={"width": 1280, "height": 900})


def outside(page: Any, drawing: str) -> list[str]:
    """The texts that leave their box, their panel or the picture, or that overlap another."""
    page.set_content(f"<!doctype html><body>{drawing}</body>")
    found: list[str] = page.locator("svg").evaluate(OUTSIDE)
    return found


def test_no_text_of_the_two_pictures_is_clipped(page: Any) -> None:
    drawn = (comparison(), comparison(now="192.168.1.20"), home_way())
    assert [outside(page, svg.render(one)) for one in drawn] == [[], [], []]


def test_a_text_that_is_too_long_would_be_found(page: Any) -> None:
    drawing = svg.render(home_way())
    assert outside(page, drawing.replace("user mara", "user mara " * 20))


@pytest.mark.parametrize("seed", range(6))
def test_no_text_is_clipped_whatever_the_names_are(page: Any, seed: int) -> None:
    for picture in pictures(random.Random(seed)):
        assert outside(page, svg.render(picture)) == []


@pytest.mark.parametrize(("scheme", "ink"), [("light", "20, 36, 45"), ("dark", "232, 240, 244")])
def test_the_colours_follow_the_reader(browser: Any, scheme: str, ink: str) -> None:
    reader = browser.new_page(color_scheme=scheme)
    reader.set_content(svg.render(home_way()))
    title = reader.locator("text.title").first
    assert title.evaluate("text => getComputedStyle(text).fill") == f"rgb({ink})"
    reader.close()


def test_the_picture_is_told_to_those_who_cannot_see_it(page: Any) -> None:
    page.set_content(svg.render(home_way()))
    title = "The way of a request to http://localhost:8000/docs"
    assert page.get_by_role("img", name=title).count() == 1


@pytest.mark.parametrize(
    ("name", "drawn"), [("interfaces.svg", comparison()), ("way.svg", home_way())]
)
def test_the_pictures_of_the_readme_are_those_that_the_code_draws(
    name: str, drawn: Diagram
) -> None:
    assert (PICTURES / name).read_text("utf-8") == svg.render(drawn)

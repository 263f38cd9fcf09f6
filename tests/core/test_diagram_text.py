"""The text drawing: its frames are straight whatever the machine's names and addresses are."""

import random
import re
import unicodedata
from collections.abc import Iterator
from functools import cache

import pytest

from homeport.core.audience import Verdict
from homeport.core.diagram import text
from homeport.core.diagram.cells import (
    REPLACEMENT,
    for_terminal,
    printable,
    shorten,
    width,
    wrap,
)
from homeport.core.diagram.model import Diagram
from tests.core.diagram_examples import comparison, home_way
from tests.core.diagram_random import pictures

WIDTHS = (24, 60, 80, 121, 170)
CORNERS_BELOW = {"╭": "╰", "┌": "└", "╮": "╯", "┐": "┘"}


@cache
def columns(row: str) -> int:
    """The width of a row by the Unicode Character Database."""
    wide = {"W": 2, "F": 2}
    shown = (one for one in row if unicodedata.category(one) not in ("Mn", "Me", "Cf"))
    return sum(wide.get(unicodedata.east_asian_width(one), 1) for one in shown)


def spots(row: str) -> Iterator[tuple[int, str]]:
    """Each character with the column that it stands in."""
    column = 0
    for one in row:
        yield column, one
        column += columns(one)


def straight(drawing: str) -> bool:
    """Whether below each upper corner there is a border down to a lower corner, and no other."""
    rows = [dict(spots(row)) for row in drawing.split("\n")]
    for number, row in enumerate(rows):
        for column, sign in row.items():
            below = (one.get(column) for one in rows[number + 1 :])
            end = next((one for one in below if one not in ("│", "┆")), None)
            if end != CORNERS_BELOW.get(sign, end):
                return False
    return True


@pytest.mark.parametrize("wanted", WIDTHS)
@pytest.mark.parametrize("seed", range(8))
def test_no_row_is_too_long_and_every_frame_is_straight(seed: int, wanted: int) -> None:
    for picture in pictures(random.Random(seed)):
        drawing = text.render(picture, width=wanted)
        assert max(map(columns, drawing.split("\n"))) <= wanted
        assert straight(drawing), drawing


@pytest.mark.parametrize("seed", range(6))
def test_ascii_is_ascii_and_has_no_controls(seed: int) -> None:
    for picture in pictures(random.Random(seed)):
        drawing = text.render(picture, width=80, ascii=True)
        assert re.fullmatch(r"[ -~\n]*", drawing)
        assert max(map(len, drawing.split("\n"))) <= 80


@pytest.mark.parametrize("seed", range(6))
def test_colour_changes_nothing_but_the_colour_of_verdicts(seed: int) -> None:
    for picture in pictures(random.Random(seed)):
        coloured = text.render(picture, width=80, colour=True)
        said = re.findall(r"\x1b\[(\d+)m(.*?)\x1b\[0m", coloured)
        assert set(said) <= {("32", "✓ yes"), ("33", "? maybe"), ("31", "✗ no")}
        assert re.sub(r"\x1b\[\d+m", "", coloured) == text.render(picture, width=80)


def beside(drawing: str) -> bool:
    return any(row.count("╭") == 2 for row in drawing.split("\n"))


def test_panels_stand_beside_each_other_from_80_columns_on() -> None:
    assert beside(text.render(comparison(), width=80))
    assert not beside(text.render(comparison(), width=60))
    three = text.render(comparison(now="192.168.1.20"), width=80).split("\n")
    assert [row.count("╭") for row in three if "╭" in row] == [2, 1]


def test_the_same_interface_stands_at_the_same_height_in_both_panels() -> None:
    rows = text.render(comparison(), width=80).split("\n")
    for name in ("lo · ", "wlan0 · ", "eth0 · ", "docker0 · "):
        assert [row.count(name) for row in rows if name in row] == [2]


def test_the_comparison_says_who_comes_in_where() -> None:
    drawing = text.render(comparison(), width=60)
    local, everywhere = drawing.split("─── 0.0.0.0 ─")
    assert "localhost ─" in local
    assert " now ─╮" in local
    assert "● listens on 127.0.0.1:8000" in local
    assert "✗ no     phone, other computers" in local
    assert "╳┄ wlan0" in local
    assert "now" not in everywhere
    assert "? maybe  phone, other computers" in everywhere
    assert "▽─ wlan0" in everywhere
    assert "● listens on 192.168.1.20:8000" in everywhere
    assert "○ not on fd00:5a::20" in everywhere


def test_the_way_goes_down_and_the_answer_up() -> None:
    rows = text.render(home_way(), width=200).split("\n")
    assert max(map(len, rows)) == text.WIDEST_CHAIN
    drawing = "\n".join(rows)
    parts = ("browser", "✓ yes  http://localhost:8000/docs", "▼─ lo", "▼─ 127.0.0.1:8000")
    places = [drawing.index(part) for part in (*parts, "▼─ uvicorn · pid 4711", "▼─ main:app")]
    assert places == sorted(places)
    assert drawing.count("▲") == drawing.count("▼") == 4
    assert drawing.count(" answer │") == 1


def test_a_diagram_without_panels_is_its_title() -> None:
    empty = Diagram(title="Nothing to show", description="", panels=())
    assert text.render(empty, width=80) == "Nothing to show\n"


def test_what_terminals_do_not_agree_on_is_replaced() -> None:
    assert for_terminal("a\x1b[31mb\u202ec\n\td") == f"a{REPLACEMENT}[31mb{REPLACEMENT}c d"
    assert for_terminal("नि") == f"{REPLACEMENT}{REPLACEMENT}"
    assert for_terminal("\u0301x") == " \u0301x"
    assert for_terminal("日本 e\u0301 \U0001f680") == "日本 e\u0301 \U0001f680"
    assert for_terminal("日 “·…", ascii=True) == "? ?-..."
    assert printable("नि\x00") == f"नि{REPLACEMENT}"
    assert for_terminal("") == ""


def test_the_width_of_every_character_that_is_kept_is_that_of_unicode() -> None:
    every = (chr(number) for number in range(0x110000))
    kept = [one for one in every if one.isprintable() and for_terminal(f"a{one}")[1:] == one]
    assert len(kept) > 50_000
    # Letters of a later Unicode than this Python's are not printable and so not kept.
    assert [one for one in kept if width(one) != columns(one)] == []


def test_long_words_break_behind_their_punctuation() -> None:
    assert wrap("2001:db8:1234:5678::1", 12) == ["2001:db8:", "1234:5678::1"]
    assert wrap("abcdefgh ij", 3) == ["abc", "def", "gh", "ij"]
    assert wrap("ab cd ef", 5) == ["ab cd", "ef"]
    assert wrap("日本語", 4) == ["日本", "語"]
    assert wrap("", 4) == []


def test_a_long_text_keeps_its_beginning_and_its_end() -> None:
    assert shorten("abc", 3) == "abc"
    assert shorten("abcdefghij", 5) == "ab…ij"
    assert len(shorten("x" * 99, 10)) == 10


def test_a_verdict_is_a_sign_and_a_word_everywhere() -> None:
    for ascii_only, signs in ((False, "✗?✓"), (True, "x?+")):
        drawing = text.render(comparison(), width=80, ascii=ascii_only)
        for verdict, word in ((Verdict.NO, "no"), (Verdict.UNKNOWN, "maybe"), (Verdict.YES, "yes")):
            assert f"{signs[verdict]} {word} " in drawing

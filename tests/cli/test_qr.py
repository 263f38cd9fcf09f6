"""What a terminal shows is put back into modules and pixels, and read by a real scanner."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
import segno

from homeport.ui.cli.qr import MARGIN, draw, matrix, qr_lines

URL = "http://192.168.1.20:8000/.well-known/homeport/pair?code=" + "Zq0-" * 8
ROOM = 80
BLOCKS = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}

needs_scanner = pytest.mark.skipif(shutil.which("zbarimg") is None, reason="needs zbar-tools")


def light(lines: Sequence[str], *, colour: bool, ascii: bool) -> list[list[int]]:
    """Rows of modules, 1 is light, as a dark terminal shows them."""
    if ascii and colour:
        cells = [re.findall(r"\x1b\[48;5;(231|16)m  ", line) for line in lines]
        return [[int(cell == "231") for cell in row] for row in cells]
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
    if ascii:
        return [[int(line[at] == "#") for at in range(0, len(line), 2)] for line in plain]
    return [[BLOCKS[each][half] for each in line] for line in plain for half in (0, 1)]


@pytest.mark.parametrize("colour", [True, False])
@pytest.mark.parametrize("ascii", [True, False])
@pytest.mark.parametrize("text", ["a", URL, "é" * 40])
def test_the_picture_is_the_code_with_a_light_margin(text: str, ascii: bool, colour: bool) -> None:
    lines = qr_lines(text, 1000, colour=colour, ascii=ascii)
    assert lines is not None
    shown = light(lines, colour=colour, ascii=ascii)
    size = len(shown[0]) - 2 * MARGIN
    inside = [row[MARGIN:-MARGIN] for row in shown[MARGIN : MARGIN + size]]
    wanted = segno.make_qr(text, error="l").matrix
    assert inside == [[1 - module for module in row] for row in wanted]
    around = [*shown[:MARGIN], *shown[MARGIN + size :]]
    assert all(all(row) for row in around)
    assert all(all(row[:MARGIN] + row[-MARGIN:]) for row in shown)
    assert len(around) >= 2 * MARGIN


def test_with_colour_both_colours_are_said_and_given_back() -> None:
    lines = qr_lines(URL, ROOM, colour=True, ascii=False)
    assert lines is not None
    for line in lines:
        assert line.startswith("\x1b[38;5;231;48;5;16m")
        assert line.endswith("\x1b[0m")


def test_ascii_is_ascii() -> None:
    lines = qr_lines(URL, 1000, colour=False, ascii=True)
    assert lines is not None
    assert "".join(lines).isascii()


def test_a_terminal_that_is_too_narrow_gets_none() -> None:
    modules = matrix(URL)
    needed = len(modules) + 2 * MARGIN
    for colour in (True, False):
        assert draw(modules, needed, colour=colour, ascii=False) is not None
        assert draw(modules, needed - 1, colour=colour, ascii=False) is None
        assert draw(modules, 2 * needed, colour=colour, ascii=True) is not None
        assert draw(modules, 2 * needed - 1, colour=colour, ascii=True) is None


def test_a_pairing_link_fits_a_usual_terminal() -> None:
    assert qr_lines(URL, ROOM - 2, colour=False, ascii=False) is not None


def test_a_text_that_no_code_holds_gives_none() -> None:
    assert qr_lines("x" * 3000, 10_000, colour=False, ascii=False) is None


def scanned(rows: Sequence[Sequence[int]], path: Path) -> str:
    """What a scanner reads from a screen: half a cell is 8 by 8 pixels, ground all around black."""
    pixels = [[255 * module for module in row for _ in range(8)] for row in rows for _ in range(8)]
    width, edge = len(pixels[0]) + 80, 40
    black = bytes(width)
    body = [bytes(edge) + bytes(row) + bytes(edge) for row in pixels]
    data = b"".join([black] * edge + body + [black] * edge)
    path.write_bytes(b"P5 %d %d 255\n" % (width, len(data) // width) + data)
    command = ["zbarimg", "-q", "--raw", "--nodbus", str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60).stdout.strip()


@needs_scanner
@pytest.mark.parametrize(("ascii", "colour"), [(False, True), (False, False), (True, True)])
def test_a_scanner_reads_it_from_a_dark_terminal(ascii: bool, colour: bool, tmp_path: Path) -> None:
    lines = qr_lines(URL, 1000, colour=colour, ascii=ascii)
    assert lines is not None
    assert scanned(light(lines, colour=colour, ascii=ascii), tmp_path / "screen.pgm") == URL

"""A QR code for the terminal (ISO/IEC 18004); the home of segno.

A row of text is two rows of modules, by half blocks. Scanners want dark modules on a light ground
with a light margin: with colour both are said, so it is right on any terminal. Without colour the
ground is the terminal's, which is mostly dark, so the blocks are the light modules; on a light
terminal that is a negative, which not every scanner reads. Where there are no half blocks, a module
is two characters: spaces on said colours, or ## for light, which is the best that is left.
"""

from collections.abc import Sequence

MARGIN = 2
"""Light modules around it. The standard asks for 4; half of it scans and leaves room for text."""

_LIGHT_ON_DARK = "\x1b[38;5;231;48;5;16m"  # the cube's white and black: no theme changes these
_RESET = "\x1b[0m"
_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
_LIGHT, _DARK = "##", "  "
_WHITE, _BLACK = "\x1b[48;5;231m", "\x1b[48;5;16m"

Matrix = Sequence[Sequence[int]]
"""Rows of modules from the top, 1 is dark; without a margin."""


def matrix(text: str) -> Matrix:
    """The smallest code for `text`, with error correction at least of level L."""
    import segno

    return [list(row) for row in segno.make_qr(text, error="l").matrix]


def draw(modules: Matrix, room: int, *, colour: bool, ascii: bool) -> list[str] | None:
    """The lines of the picture, or None when `room` columns are too few for it."""
    rows = _light_with_margin(modules)
    if len(rows[0]) * (2 if ascii else 1) > room:
        return None
    return [_line(row, colour) for row in rows] if ascii else _half_blocks(rows, colour)


def qr_lines(text: str, room: int, *, colour: bool, ascii: bool) -> list[str] | None:
    """`text` as a QR code, or None when it does not fit: then the link alone has to do."""
    try:
        return draw(matrix(text), room, colour=colour, ascii=ascii)
    except ValueError:  # longer than any code holds (segno.DataOverflowError)
        return None


def _light_with_margin(modules: Matrix) -> list[list[bool]]:
    """Whether each module is light, the margin included."""
    side = [True] * MARGIN
    blank = [[True] * (len(modules[0]) + 2 * MARGIN) for _ in range(MARGIN)]
    return [*blank, *([*side, *(not each for each in row), *side] for row in modules), *blank]


def _half_blocks(rows: list[list[bool]], colour: bool) -> list[str]:
    # The number of rows is odd (17 + 4 × version): one more of the margin fills the last line.
    even = rows if len(rows) % 2 == 0 else [*rows, [True] * len(rows[0])]
    lines = [
        "".join(_HALVES[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(even[::2], even[1::2], strict=True)
    ]
    return [f"{_LIGHT_ON_DARK}{line}{_RESET}" for line in lines] if colour else lines


def _line(row: list[bool], colour: bool) -> str:
    if not colour:
        return "".join(_LIGHT if light else _DARK for light in row)
    return "".join((_WHITE if light else _BLACK) + "  " for light in row) + _RESET

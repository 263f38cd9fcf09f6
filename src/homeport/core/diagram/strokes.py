"""The signs of the text drawing, in Unicode and in ASCII."""

from dataclasses import dataclass

from homeport.core.audience import Verdict

COLOURS = {Verdict.YES: 32, Verdict.UNKNOWN: 33, Verdict.NO: 31}
"""SGR parameters (ECMA-48 8.3.117): green, yellow, red."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A border: the corners from the top left clockwise, a horizontal and a vertical line."""

    corners: str
    across: str
    upright: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Strokes:
    """All signs of one drawing. `arrived` is what an arrow with that verdict ends in."""

    panel: Frame
    box: Frame
    muted: Frame
    stem: str
    leaves: str
    returns: str
    up: str
    symbols: dict[Verdict, str]
    arrived: dict[Verdict, str]
    marks: dict[Verdict, str]


UNICODE = Strokes(
    panel=Frame(corners="╭╮╯╰", across="─", upright="│"),
    box=Frame(corners="┌┐┘└", across="─", upright="│"),
    muted=Frame(corners="┌┐┘└", across="┄", upright="┆"),
    stem="│",
    leaves="┬",
    returns="┴",
    up="▲",
    symbols={Verdict.YES: "✓", Verdict.UNKNOWN: "?", Verdict.NO: "✗"},
    arrived={Verdict.YES: "▼", Verdict.UNKNOWN: "▽", Verdict.NO: "╳"},
    marks={Verdict.YES: "●", Verdict.UNKNOWN: "◐", Verdict.NO: "○"},
)
ASCII = Strokes(
    panel=Frame(corners="++++", across="=", upright="|"),
    box=Frame(corners="++++", across="-", upright="|"),
    muted=Frame(corners="++++", across=".", upright=":"),
    stem="|",
    leaves="+",
    returns="+",
    up="^",
    symbols={Verdict.YES: "+", Verdict.UNKNOWN: "?", Verdict.NO: "x"},
    arrived={Verdict.YES: "v", Verdict.UNKNOWN: "v", Verdict.NO: "x"},
    marks={Verdict.YES: "*", Verdict.UNKNOWN: "?", Verdict.NO: "-"},
)

"""SVG elements as strings, the style of the pictures, and the width of a text without its font."""

from homeport.core.audience import Verdict
from homeport.core.diagram.cells import printable
from homeport.core.diagram.model import WORDS

ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})

LIGHT = """
--card:#ffffff;--panel:#f4f7f9;--box:#ffffff;--line:#c3d0d8;--ink:#14242d;--soft:#4d5f6a;
--place:#0b5c8f;--yes:#0a6b45;--yes-tint:#dcf3e8;--maybe:#7d4a00;--maybe-tint:#fdeccb;
--no:#a8201a;--no-tint:#fbe3e1;--edge:#d5dee3"""
DARK = """
--card:#0f171c;--panel:#162129;--box:#1d2b34;--line:#3c4f5b;--ink:#e8f0f4;--soft:#a9bac4;
--place:#7cc0f2;--yes:#74dcae;--yes-tint:#12372a;--maybe:#f5c478;--maybe-tint:#3d2d10;
--no:#ffa59c;--no-tint:#451d1b;--edge:#2b3a44"""
RULES = """
.homeport-diagram text{fill:var(--ink);font:13px system-ui,-apple-system,"Segoe UI",Roboto,
"Noto Sans","Noto Sans CJK SC",sans-serif}
.homeport-diagram text.title{font-size:18px;font-weight:650}
.homeport-diagram text.name{font-weight:650;font-size:14px}
.homeport-diagram .client text.name{font-size:13px}
.homeport-diagram text.panel-name{font-weight:650;font-size:16px}
.homeport-diagram text.soft,.homeport-diagram .muted text{fill:var(--soft)}
.homeport-diagram text.word{font-weight:650;font-size:12px}
.homeport-diagram .card{fill:var(--card);stroke:var(--edge)}
.homeport-diagram .panel{fill:var(--panel);stroke:var(--edge)}
.homeport-diagram .box>rect{fill:var(--box);stroke:var(--line)}
.homeport-diagram .client>rect{fill:none;stroke:none}
.homeport-diagram .chain .client>rect{fill:var(--box);stroke:var(--line)}
.homeport-diagram .place>rect,.homeport-diagram .server>rect{stroke:var(--place);stroke-width:1.5}
.homeport-diagram .muted>rect{fill:none;stroke-dasharray:3 3}
.homeport-diagram .dot{fill:var(--yes);stroke:var(--yes);stroke-width:1.5}
.homeport-diagram .dot.maybe{fill:var(--maybe-tint);stroke:var(--maybe)}
.homeport-diagram .dot.no{fill:none;stroke:var(--soft)}
.homeport-diagram .badge rect{fill:var(--place)}
.homeport-diagram .badge text{fill:var(--card)}
.homeport-diagram path{fill:none;stroke:var(--soft);stroke-width:1.75;
stroke-linecap:round;stroke-linejoin:round}
""" + "\n".join(
    f".homeport-diagram path.{word}{{stroke:var(--{word})}}"
    f".homeport-diagram .pill.{word} rect{{fill:var(--{word}-tint)}}"
    f".homeport-diagram .pill.{word} text{{fill:var(--{word})}}"
    for word in WORDS.values()
)
STYLE = (
    f".homeport-diagram{{{LIGHT}}}{RULES}"
    f"@media (prefers-color-scheme:dark){{.homeport-diagram{{{DARK}}}}}"
).replace("\n", "")

SIGNS = {
    Verdict.YES: "M{0} {1}l3 3.5 6 -7",
    Verdict.UNKNOWN: "M{0} {1}m1 -2.4a2.8 2.8 0 1 1 4.2 2.4q-1.4 .8 -1.4 2.2m0 3v.1",
    Verdict.NO: "M{0} {1}m.5 -3.5l7 7m0 -7l-7 7",
}
"""A check mark, a question mark and a cross, 9 wide, on the middle line of their text."""

PILL_WIDTHS = {Verdict.YES: 57, Verdict.UNKNOWN: 71, Verdict.NO: 50}
"""Sign and word in the widest of the fonts named above, and the round ends."""

WIDTHS = (
    (frozenset("iljI.,:;'|![]() "), 0.40),
    (frozenset('frt/-"{}'), 0.45),
    (frozenset("mwMW@%_"), 1.02),
    (frozenset("ABCDEFGHJKLNOPQRSTUVXYZ&#<>=+~"), 0.80),
)
OTHER_WIDTH, CELL_WIDTH = 0.65, 1.05
"""In em, at least as wide as the widest of the fonts named above (DejaVu Sans)."""


def escape(text: str) -> str:
    """`text` as XML content or attribute value, without what XML 1.0 does not allow."""
    return printable(text).translate(ESCAPES)


def sans_width(text: str, size: float = 13, *, bold: bool = False) -> float:
    """At most how wide a text is in px."""
    widths = (next((em for signs, em in WIDTHS if one in signs), None) for one in text)
    known = sum(
        em if em is not None else OTHER_WIDTH if one.isascii() else CELL_WIDTH
        for one, em in zip(text, widths, strict=True)
    )
    return known * size * (1.1 if bold else 1)


def text(x: float, y: float, said: str, kind: str = "", anchor: str = "") -> str:
    """A text with its base line at `y`; nothing for an empty one."""
    if not said:
        return ""
    named = f' class="{kind}"' if kind else ""
    placed = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x:g}" y="{y:g}"{named}{placed}>{escape(said)}</text>'


def rect(x: float, y: float, wide: float, high: float, kind: str = "", round_: float = 8) -> str:
    """A rectangle with round corners."""
    named = f' class="{kind}"' if kind else ""
    size = f'width="{wide:g}" height="{high:g}"'
    return f'<rect x="{x:g}" y="{y:g}" {size} rx="{round_:g}"{named}/>'


def dot(x: float, y: float, kind: str) -> str:
    """The mark of a line, around (x, y)."""
    return f'<circle cx="{x:g}" cy="{y:g}" r="4" class="dot {kind}"/>'


def path(drawn: str, kind: str = "", *, dashed: bool = False) -> str:
    """A line."""
    named = f' class="{kind}"' if kind else ""
    dashes = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<path d="{drawn}"{named}{dashes}/>'


def pill_width(verdict: Verdict) -> float:
    """How wide the pill of a verdict is."""
    return PILL_WIDTHS[verdict]


def pill(x: float, y: float, verdict: Verdict) -> str:
    """Sign and word of a verdict; `x` is its left end, `y` its middle."""
    word = WORDS[verdict]
    sign = path(SIGNS[verdict].format(f"{x + 9:g}", f"{y:g}"), word)
    back = rect(x, y - 11, pill_width(verdict), 22, round_=11)
    return f'<g class="pill {word}">{back}{sign}{text(x + 22, y + 4, word, "word")}</g>'

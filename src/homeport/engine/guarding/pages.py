"""The pairing pages as bytes: small, without anything from elsewhere, and locked down by headers.

Style and script are files beside this one, put into the pages; the policy names them by their hash
(CSP 3, 6.7.3.3), so nothing else would run, and no nonce has to be made.
"""

import base64
import hashlib
import html
from collections.abc import Iterable
from pathlib import Path

from homeport.core import pairing_words as words
from homeport.core.asking import OWN_PATHS
from homeport.core.pairing_words import Notice

KNOCK = f"{OWN_PATHS}knock"
WAIT = f"{OWN_PATHS}wait"
_HERE = Path(__file__).parent


def _read(name: str) -> str:
    return (_HERE / name).read_text("utf-8").strip()


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


STYLE = _read("page.css")
SCRIPT = _read("waiting.js")
POLICY = "; ".join(
    (
        "default-src 'none'",
        f"style-src {_hash(STYLE)}",
        f"script-src {_hash(SCRIPT)}",
        "connect-src 'self'",
        "img-src data:",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
"""Content-Security-Policy of every page."""

_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E"
    "%3Crect width='24' height='24' rx='6' fill='%230b5c8f'/%3E"
    "%3Cpath d='M7 19V5.5h10V19M14 12.5v.1' fill='none' stroke='%23fff' stroke-width='2' "
    "stroke-linecap='round' stroke-linejoin='round'/%3E%3C/svg%3E"
)
_DOOR = """<svg class="door" viewBox="0 0 24 24" aria-hidden="true">
<rect width="24" height="24" rx="6" fill="var(--tint)"/>
<path d="M6 19h12M8 19V5.5h8V19M13.5 12.5v.1" fill="none" stroke="var(--place)" stroke-width="1.6"
stroke-linecap="round" stroke-linejoin="round"/></svg>"""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="theme-color" content="#f3f6f7" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#0f171c" media="(prefers-color-scheme: dark)">
<title>{title}</title>
<link rel="icon" href="{icon}">
<style>{style}</style>{head}
</head>
<body>
<main>
{door}
<h1 id="title" tabindex="-1">{title}</h1>
{content}
</main>{foot}
</body>
</html>
"""


def notice_page(notice: Notice, *, back: str) -> bytes:
    """A page that says something; `back` is where asking leads to (see `asking.way_back`)."""
    content = [_paragraph(line) for line in notice.lines]
    if notice.ask is not None:
        content += [_form(notice.ask, back), _how_to_know()]
    return _page(notice.title, content)


def waiting_page(number: str, *, back: str) -> bytes:
    """The number to compare, and the wait; goes on by itself, with scripts or without."""
    shown = words.grouped(number)
    told = {
        "wait": WAIT,
        "back": back,
        "waiting": words.WAITING_STATE,
        "silent": words.WAITING_SILENT,
        "inside": words.WAITING_IN,
    }
    data = "".join(f' data-{name}="{html.escape(text)}"' for name, text in told.items())
    content = [
        f'<p id="line">{html.escape(words.WAITING_LINE)}</p>',
        f'<div id="number" role="img"{" class=long" if len(shown) > 4 else ""} '
        f'aria-label="{html.escape(words.NUMBER)}: {html.escape(" ".join(number))}">'
        f"{html.escape(shown)}</div>",
        f'<p id="state" role="status"{data}>{html.escape(words.WAITING_STATE)}</p>',
        f"<noscript>{_paragraph(words.WAITING_NO_SCRIPT)}</noscript>",
        f'<div id="again" hidden>{_form(words.AGAIN, back)}</div>',
        _how_to_know(),
    ]
    refresh = '\n<noscript><meta http-equiv="refresh" content="2"></noscript>'
    return _page(words.WAITING_TITLE, content, head=refresh, script=SCRIPT)


def _page(title: str, content: Iterable[str], *, head: str = "", script: str = "") -> bytes:
    return _PAGE.format(
        title=html.escape(title),
        icon=_ICON,
        style=STYLE,
        head=head,
        door=_DOOR,
        content="\n".join(content),
        foot=f"\n<script>{script}</script>" if script else "",
    ).encode()


def _paragraph(line: str) -> str:
    return f"<p>{html.escape(line)}</p>"


def _form(button: str, back: str) -> str:
    return (
        f'<form method="post" action="{KNOCK}">'
        f'<input type="hidden" name="to" value="{html.escape(back)}">'
        f'<button id="ask">{html.escape(button)}</button></form>'
    )


def _how_to_know() -> str:
    lines = "".join(map(_paragraph, words.HOW_TO_KNOW_LINES))
    return f"<details><summary>{html.escape(words.HOW_TO_KNOW)}</summary>{lines}</details>"

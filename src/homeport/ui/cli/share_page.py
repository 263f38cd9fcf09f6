"""What a share looks like in the terminal: sentences, the link, the code to scan."""

import time
from collections.abc import Iterable
from typing import Any

from homeport.core import share_words
from homeport.core.diagram import cells
from homeport.core.local_name import NoName
from homeport.core.local_name_words import contested, no_local_name, renamed
from homeport.core.share import Place
from homeport.core.share_actions import News, Tell
from homeport.engine.mdns_messages import Claimed, Conflict
from homeport.ui.cli.page import is_ascii_only, width
from homeport.ui.cli.qr import qr_lines

KEYS_FOR_ASKING = "y let it in   n do not"


def news_lines(tell: Tell, link: str | None, *, keys: bool, colour: bool) -> list[str]:
    """One piece of news for the terminal of the server."""
    lines = wrapped(share_words.lines(tell, time.time()))
    if link is not None:
        lines += ["", *code_lines(link, colour=colour)]
    if keys and tell.news is News.ASKS:
        lines.append(KEYS_FOR_ASKING)
    return lines


def code_lines(link: str, *, colour: bool) -> list[str]:
    """The link that lets one device in, as a picture where there is room, and as text."""
    picture = qr_lines(link, width() - 2, colour=colour, ascii=is_ascii_only()) or []
    return [*picture, "", *share_words.about_link(link)]


def wrapped(sentences: Iterable[str]) -> list[str]:
    """Each one to the page."""
    return [row for sentence in sentences for row in cells.wrap(sentence, width() - 2)]


def name_lines(news: Any, place: Place, *, tls: bool) -> list[str]:
    """What became of the `.local` name."""
    match news:
        case Claimed(name=name, asked=asked):
            url = f"{'https' if tls else 'http'}://{name}:{place.port}"
            taken = [renamed(asked, name)] if name != asked else []
            return [*taken, f"also: {url}"]
        case Conflict():
            return [contested(news.name, news.ip, kept=news.kept)]
        case _:
            return [no_local_name(NoName(news.reason))]

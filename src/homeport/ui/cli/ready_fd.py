"""`--ready-fd N`: one line for the program that started us, when the app answers."""

import fcntl
import json
import os
from collections.abc import Sequence

from homeport.core.events import Announce, News
from homeport.core.order_words import bad_ready_fd
from homeport.engine.reporting import Moment, Opened
from homeport.ui.cli.output import write

FLAG = "--ready-fd"
FIRST, HIGHEST = 3, 1_000_000


def keep_from_children(arguments: Sequence[str]) -> frozenset[int]:
    """Before any child is started: else its reader would never see the end. What was named."""
    words = [*arguments, ""]
    texts = [
        word.partition("=")[2] if "=" in word else words[at + 1]
        for at, word in enumerate(words)
        if word.partition("=")[0] == FLAG
    ]
    found = frozenset(number for text in texts if (number := _number(text)) is not None)
    for number in found:
        try:
            os.set_inheritable(number, False)
        except OSError:  # not open: told when the command line is read
            continue
    return found


def _number(text: str) -> int | None:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(HIGHEST))):
        return None
    return int(text) if FIRST <= int(text) <= HIGHEST else None


def checked(text: str) -> int:
    """The descriptor. UsageError when it cannot be written to."""
    number = _number(text)
    if number is None:
        raise bad_ready_fd(text, "it is no such number")
    try:
        mode = fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE
    except OSError:
        raise bad_ready_fd(text, "it is not open") from None
    if mode == os.O_RDONLY:
        raise bad_ready_fd(text, "it is open for reading only")
    return number


class ReadyLine:
    """A follower of the news that writes once and closes."""

    def __init__(self, descriptor: int, opened: Opened) -> None:
        self._descriptor = descriptor
        self._opened = opened

    def hear(self, announce: Announce, moment: Moment) -> None:
        """`ready` comes once. A reader that has left misses it, and nothing else happens."""
        if announce.news is not News.READY:
            return
        opened = self._opened
        urls = opened.urls
        line = {
            "event": "ready",
            "url": urls[0],
            "urls": urls,
            "name": opened.name,
            "instance": opened.instance,
            "pid": os.getpid(),
        }
        write(json.dumps(line) + "\n", self._descriptor)
        os.close(self._descriptor)

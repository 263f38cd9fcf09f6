"""News of a share in the terminal of the server, and the question that its keys answer."""

import time
from collections.abc import Callable, Sequence

from homeport.core import device_words, share_words
from homeport.core.devices import Device
from homeport.core.doorbell import Doorbell
from homeport.core.share_actions import News, Tell
from homeport.ui.cli.share_page import share_page, wrapped

_HERE = "end it now:  key s"


class ShareReport:
    """Prints the news. `keys`: there is a keyboard, so keys are named in the place of commands."""

    def __init__(self, write: Callable[[str], object], *, colour: bool, keys: bool) -> None:
        self._write = write
        self._colour = colour
        self._keys = keys
        self._bell = Doorbell()
        self.names: dict[str, str] = {}
        """Of the devices that were let in, by id."""

    def tell(self, tell: Tell, link: str | None) -> None:
        """One piece of news. `link` is to be shown with it."""
        before, self._bell = self._bell, self._bell.heard(tell, time.monotonic())
        if tell.news is News.ASKS and tell.device is not None:
            self._asks(tell, tell.device)
        elif link is not None:
            self._block(share_page(self._said(tell), link, colour=self._colour), after="")
        elif tell.device is not None:
            if tell.news is News.LET_IN:
                self.names[tell.device.id] = tell.device.name
            self._lines(device_words.lines(tell.news, tell.device))
        elif tell.news in (News.MOVED, News.BACK):
            self._block(wrapped(self._said(tell)))
        elif short := share_words.in_short(tell, time.time()):
            self._lines([short])
        self._next_question(before)

    def asking(self) -> str | None:
        """The id of the device whose question can be answered by a key now."""
        device = self._bell.meant(time.monotonic())
        return device.id if device is not None else None

    def agreed(self, device: str) -> None:
        """It gets in when its page asks again; the next question is shown."""
        before = self._bell
        for each in before.waiting:
            if each.id == device:
                self._lines([device_words.agreed(each)])
        self._bell = before.without(device, time.monotonic())
        self._next_question(before)

    def _said(self, tell: Tell) -> tuple[str, ...]:
        said = share_words.lines(tell, time.time())
        if not self._keys:
            return said
        return tuple(_HERE if each == share_words.END_NOW else each for each in said)

    def _asks(self, tell: Tell, device: Device) -> None:
        if not self._keys:
            self._block(wrapped(share_words.lines(tell, time.time())))
        elif self._bell.shown == device:
            self._question(device)
        elif self._bell.shown is not None:
            self._lines([device_words.asks_too(device, self._bell.shown)])

    def _next_question(self, before: Doorbell) -> None:
        shown = self._bell.shown
        if self._keys and shown is not None and before.waiting and shown != before.shown:
            self._question(shown)

    def _question(self, device: Device) -> None:
        asks, keys = device_words.question(device)
        bold, normal = ("\x1b[1m", "\x1b[0m") if self._colour else ("", "")
        self._block([*(f"{bold}{row}{normal}" for row in wrapped([asks])), keys])

    def _lines(self, sentences: Sequence[str]) -> None:
        self._write("".join(f"  {row}\n" for row in wrapped(sentences)))

    def _block(self, rows: Sequence[str], after: str = "\n") -> None:
        self._write("\n" + "".join(f"  {row}".rstrip() + "\n" for row in rows) + after)

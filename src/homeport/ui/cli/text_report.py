"""The calm face: what a person sees in the terminal."""

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from homeport.core import words
from homeport.core.address import is_loopback
from homeport.core.events import Announce, News
from homeport.core.failure import Failure, FailureKind, short_traceback
from homeport.core.plain import plain, plain_line
from homeport.engine.reporting import Moment, Opened, RefusedVisit
from homeport.ui.cli.output import columns

if TYPE_CHECKING:  # needed once something is shared
    from homeport.core.evidence import PeerSeen
    from homeport.core.guide_words import TrustGuide
    from homeport.core.share import Place
    from homeport.core.share_actions import Tell
    from homeport.engine.mdns import News as NameNews
    from homeport.ui.cli.share_report import ShareReport

Write = Callable[[str], object]


class TextReport:
    """Prints for people. `keys`: there is a keyboard to hint at; `debug`: say what is not done."""

    def __init__(self, write: Write, *, colour: bool, keys: bool, debug: bool = False) -> None:
        self._debug = debug
        self._write = write
        self._colour = colour
        self._keys = keys
        self._opened: Opened | None = None
        self._sharing: ShareReport | None = None

    def _line(self, text: str = "") -> None:
        self._write(f"  {text}".rstrip() + "\n")

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text

    def opened(self, opened: Opened) -> None:
        """What is being started and what is unusual about it; the links come when they work."""
        self._opened = opened
        self._line()
        where = self._paint("2", _short(opened.project))
        self._line(f"{self._paint('1', 'homeport')}  {opened.app}  {where}")
        if opened.moved is not None:
            from homeport.core.moved import sentence

            self._line(self._paint("33", sentence(opened.moved)))
        if opened.skipped:
            self._line(self._paint("33", words.NO_IPV6))
        if opened.strangers:
            text = words.shadowed(opened.strangers)
            self._line(self._paint("33", text))

    def news(self, announce: Announce, moment: Moment) -> None:
        """One thing that happened."""
        match announce.news:
            case News.READY:
                self._ready(moment)
            case News.RELOADING:
                pass  # the next line says how it went, a moment later
            case News.RELOADED:
                what = self._paint("32", f"reloaded in {moment.took * 1000:.0f} ms")
                self._line(f"{what} {self._paint('2', _reasons(announce.reasons))}".rstrip())
            case News.FAILED:
                self._failed(announce, moment)
            case News.CRASHED:
                self._crashed(announce)
            case News.STOPPING:
                self._line(self._paint("2", "stopping"))
            case News.STOPPED:
                self._line(self._paint("2", "stopped"))

    def _ready(self, moment: Moment) -> None:
        self._line()
        self._links(moment.docs)
        assert self._opened is not None
        mode = "reloads when you save" if self._opened.reload else "does not reload"
        parts = [f"ready in {moment.took * 1000:.0f} ms", mode]
        keys = ""
        if self._keys:
            reload = "r reload   " if self._opened.restarts else ""
            keys = f"o open   s share   {reload}q quit   ? help"
        ready = "  ·  ".join(parts)
        together = "  ·  ".join([*parts, keys] if keys else parts)
        rows = [together] if len(together) + 2 <= columns() else [ready, keys]
        for row in rows:
            self._line(self._paint("2", row))
        self._line()

    def _links(self, docs: str | None) -> None:
        assert self._opened is not None
        rows = [(link.url, link.audience) for link in self._opened.links]
        if docs:
            rows.append((self._opened.links[0].url + docs, "the API, to try out"))
        width = max(len(url) for url, _ in rows)
        for url, audience in rows:
            space = " " * (width - len(url) + 3)
            self._line(f"{self._paint('36', url)}{space}{self._paint('2', audience)}")
        if not all(is_loopback(address.ip) for address in self._opened.addresses):
            self._line(self._paint("33", words.OPEN_TO_OTHERS))
        self._line()

    def _failed(self, announce: Announce, moment: Moment) -> None:
        assert announce.failure is not None and self._opened is not None
        self._failure(announce.failure)
        tries_again = self._opened.tries_again(announce.failure, moment)
        if announce.still_serving and moment.serving_since is not None:
            clock = time.strftime("%H:%M:%S", time.localtime(moment.serving_since))
            then = "; save a fix to try again" if tries_again else ""
            self._line(f"still serving the version of {clock}{then}")
            if announce.failure.kind is FailureKind.STARTUP:
                self._line(words.TWO_ALIVE)
        elif tries_again:
            url = self._paint("36", self._opened.links[0].url)
            ended = ""
            if moment.serving_since is not None:  # a crash, or --single-lifespan
                ended = "the version before has ended; "
            self._line(f"{ended}{url} shows this until you save a fix")
        self._line()

    def _crashed(self, announce: Announce) -> None:
        assert announce.failure is not None
        self._failure(announce.failure)
        pause = f"in {announce.pause:.1f} s, or when you save" if announce.pause else "now"
        self._line(f"starting again {pause}")

    def _failure(self, failure: Failure) -> None:
        self._line()
        self._line(self._paint("31", plain(failure.summary)))
        for line in short_traceback(failure.frames, failure.error):
            self._line("  " + plain_line(line))
        for step in failure.next_steps:
            self._line(plain_line(step))

    def cut(self, requests: int) -> None:
        """A leaving worker had to cut so many requests short."""
        self.warn(f"{requests} request{'s were' if requests > 1 else ' was'} cut short")

    def debug(self, text: str) -> None:
        """At the log level debug only."""
        if self._debug:
            self._line(self._paint("2", plain_line(text)))

    def warn(self, text: str) -> None:
        """Something is not as it should be."""
        for line in text.split("\n"):
            for row in self._fitting(line):
                self._line(self._paint("33", row))

    def _fitting(self, line: str) -> list[str]:
        """Wrapped where the terminal would break it anywhere; the rows after the first stand in."""
        if len(line) + 2 <= columns():
            return [line]
        from homeport.ui.cli.page import said_and_done

        indent = " " * (len(line) - len(line.lstrip()))
        first, *more = said_and_done(line.strip(), columns() - 4 - len(indent))
        return [indent + first, *(f"{indent}  {row}" for row in more)]

    def refused(self, refusal: RefusedVisit) -> None:
        """A request was not let in."""
        from homeport.core.guard_words import repeated

        self.warn(plain_line(repeated(refusal.line, refusal.times, refusal.left_out)))

    def share(self, tell: "Tell", link: str | None) -> None:
        """News of the share, with the code to scan."""
        if self._sharing is None:
            from homeport.ui.cli.share_report import ShareReport

            self._sharing = ShareReport(self._write, colour=self._colour, keys=self._keys)
        self._sharing.tell(tell, link)

    def guide(self, guide: "TrustGuide") -> None:
        """How a device gets to trust the certificate of the share."""
        from homeport.ui.cli.share_page import wrapped

        for line in wrapped(guide.lines):
            self._line(line)

    def local_name(self, news: "NameNews", place: "Place", *, tls: bool) -> None:
        """What became of the `.local` name."""
        from homeport.ui.cli.share_page import name_lines

        for line in name_lines(news, place, tls=tls):
            self._line(line)

    def asking(self) -> str | None:
        """The id of the device that a key answers now."""
        return self._sharing.asking() if self._sharing is not None else None

    def agreed(self, device: str) -> None:
        """The key `y` was taken for it."""
        if self._sharing is not None:
            self._sharing.agreed(device)

    def reached(self, peer: "PeerSeen", now: float) -> None:
        """Somebody from elsewhere has connected for the first time."""
        from homeport.core.share_words import reached

        name = self._sharing.names.get(peer.device or "") if self._sharing is not None else None
        self._line(self._paint("32", reached(peer, now, name)))


def _reasons(reasons: tuple[str, ...]) -> str:
    shown = ", ".join(reasons[:3])
    more = len(reasons) - 3
    return plain(f"({shown}{f' and {more} more' if more > 0 else ''})") if reasons else ""


def _short(folder: str) -> str:
    """~/shop instead of /home/ada/shop."""
    home = os.path.expanduser("~")  # Path.expanduser raises for a user without a home
    return (
        "~" + folder[len(home) :]
        if home != "/" and (folder + "/").startswith(home + "/")
        else folder
    )

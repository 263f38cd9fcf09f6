"""Opening the user's browser."""

import subprocess
import sys
from collections.abc import Callable

from homeport.core.events import Announce, News
from homeport.engine.reporting import Moment, Opened, Reporter


def open_browser(url: str) -> None:
    """In a process of its own: a browser may print, block, or not be there at all.

    `-P`: a `webbrowser.py` of the user's is not what is meant.
    """
    subprocess.Popen(
        [sys.executable, "-P", "-m", "webbrowser", "-t", url],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


class OpenWhenReady:
    """A reporter that also opens the browser, once, when the app can answer (`--open`)."""

    def __init__(self, inner: Reporter, browse: Callable[[], None]) -> None:
        self.opened: Callable[[Opened], None] = inner.opened
        self.cut = inner.cut
        self.debug = inner.debug
        self.warn = inner.warn
        self.refused, self.reached = inner.refused, inner.reached
        self.share, self.local_name = inner.share, inner.local_name
        self.guide = inner.guide
        self._inner = inner
        self._browse = browse

    def news(self, announce: Announce, moment: Moment) -> None:
        """Passed on; `ready` comes once in the life of a server."""
        self._inner.news(announce, moment)
        if announce.news is News.READY:
            self._browse()

"""Opening the user's browser."""

import subprocess
import sys
from collections.abc import Callable

from homeport.core.events import Announce, News
from homeport.engine.following import Follower
from homeport.engine.reporting import Moment


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


def when_ready(browse: Callable[[], object]) -> Follower:
    """A follower of the news that opens the browser when the app can answer (`--open`).

    `ready` comes once in the life of a server.
    """

    def hear(announce: Announce, moment: Moment) -> None:
        if announce.news is News.READY:
            browse()

    return hear

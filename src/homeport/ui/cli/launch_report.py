"""The face of a background server until it is ready: its log, and the terminal it came from."""

import json
import os
import selectors

from homeport.core.errors import HomeportError
from homeport.core.events import Announce, Event, News
from homeport.core.order_words import no_log_kept
from homeport.engine.background import Server
from homeport.engine.background_log import BackgroundLog
from homeport.engine.log_files import FOLDER, file_name
from homeport.engine.reporting import Moment, Opened, Reporter
from homeport.engine.runtime_folder import state_folder
from homeport.ui.cli.json_report import JsonReport
from homeport.ui.cli.output import has_colour, write
from homeport.ui.cli.text_report import TextReport

TOLD = ("ready", "failed", "crashed")
"""The events of `--json` that whoever waits gets."""


class LaunchReport:
    """Tells `inner` (the log) everything, and the terminal what happens until the app is ready."""

    def __init__(self, inner: Reporter, server: Server, *, json: bool) -> None:
        self.cut, self.debug = inner.cut, inner.debug
        self.refused, self.reached = inner.refused, inner.reached
        self.share, self.local_name, self.guide = inner.share, inner.local_name, inner.guide
        self._inner = inner
        self._server = server
        self._json = json
        self._opened: Opened | None = None
        self._face: Reporter | None = self._json_face() if json else self._text_face()
        self._selector = selectors.DefaultSelector()
        self._selector.register(server.line, selectors.EVENT_READ)

    def _text_face(self) -> Reporter:
        out = self._server.terminal[0]
        return TextReport(lambda text: write(text, out), colour=has_colour(out), keys=False)

    def _json_face(self) -> Reporter:
        def told(line: str) -> None:
            event = json.loads(line)
            if event["event"] in TOLD:
                assert self._opened is not None
                event |= {"name": self._opened.name, "instance": self._opened.instance}
                write(
                    json.dumps(event | {"log": self._server.log.path}) + "\n",
                    self._server.terminal[0],
                )

        return JsonReport(told)

    def opened(self, opened: Opened) -> None:
        """To both."""
        self._opened = opened
        self._inner.opened(opened)
        if self._face is not None:
            self._face.opened(opened)

    def warn(self, text: str) -> None:
        """To both."""
        self._inner.warn(text)
        if self._face is not None:
            self._face.warn(text)

    def news(self, announce: Announce, moment: Moment) -> None:
        """To both; with `ready` the terminal is let go."""
        self._inner.news(announce, moment)
        if self._face is None:
            return
        self._face.news(announce, moment)
        if announce.news is News.READY:
            self._say_where()
            self._face = None
            self._selector.unregister(self._server.line)
            self._server.ready()

    def _say_where(self) -> None:
        assert self._opened is not None
        if self._json:
            return
        name = self._opened.name
        said = f"  in the background as {name}  ·  homeport logs {name}  ·  homeport stop {name}\n"
        if name is not None:
            write(said + "\n", self._server.terminal[0])

    # An input of the supervisor: nobody waits any more.

    def fileno(self) -> int:
        """For selectors; never readable after `ready`."""
        return self._selector.fileno()

    def read(self) -> list[Event] | None:
        """None, the end: who waits has left before the app was ready."""
        return None if self._selector.select(0) else []


def keep_log(log: BackgroundLog, name: str) -> str:
    """Say where it goes, in the state folder; what has to be said when there is no place for it."""
    try:
        with state_folder(os.environ, make=True) as state:
            log.goes_to(os.path.join(state.path, FOLDER, file_name(name)))
    except HomeportError as error:
        message = error.message
    except OSError as error:
        message = error.strerror or str(error)
    else:
        return ""
    log.goes_nowhere()
    return no_log_kept(message)

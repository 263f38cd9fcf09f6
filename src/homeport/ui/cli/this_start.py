"""What is special about one start: in the background, after a restart, somebody waits for it."""

import socket
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from homeport.core.options import Settings
from homeport.engine.following import Diary, Follower, Following
from homeport.engine.front import Front
from homeport.engine.orders import Orders
from homeport.engine.outside import Input
from homeport.engine.reception import Reception
from homeport.engine.renewal import Kept, Renewal
from homeport.engine.reporting import Opened, Reporter
from homeport.engine.start import Serving

if TYPE_CHECKING:  # imported when it is the case
    from homeport.engine.background import Server
    from homeport.engine.service_manager import ServiceManager

MARGIN = 5.0
"""Seconds a server may take to stop beyond those that it grants requests and the app's shutdown."""


class ThisStart:
    """Asked by `serve` at each step; what nothing is special about passes through unchanged.

    `background`: this process has gone there already. `kept` is from before a restart.
    `manager`: a service manager has started us. `is_command`: our command line has, and can again.
    `json` and `named` tell why it does not start: the format, and the app as it was written.
    """

    def __init__(
        self,
        *,
        background: "Server | None" = None,
        kept: Kept | None = None,
        manager: "ServiceManager | None" = None,
        is_command: bool = False,
    ) -> None:
        self.is_command = is_command
        self.manager = manager
        self.ready_fd: int | None = None
        self.renewal: Renewal | None = None
        self._background = background
        self._kept = kept
        self._diary = Diary()
        self._log = kept.log if kept is not None else None
        if background is not None:
            self._log = background.log
        self.inputs: tuple[Input, ...] = (self._log,) if self._log is not None else ()
        self.json = False
        self.named: str | None = None

    def take_ready_fd(self, text: str | None) -> None:
        """UsageError for one that cannot be written to. After a restart it was told already."""
        if text is not None and self._kept is None:
            from homeport.ui.cli.ready_fd import checked

            self.ready_fd = checked(text)

    def settings(self, settings: Settings) -> Settings:
        """A log is for people; the browser was opened by the first start."""
        self.json = settings.json
        if self._log is not None:
            settings = replace(settings, json=False)
        return replace(settings, open=False) if self._kept is not None else settings

    def serving(self, serving: Serving) -> Serving:
        """With what is kept; a first start in the background succeeds or is over."""
        if self.manager is not None:
            serving = replace(serving, told=self.manager.told)
        if self._background is not None:
            return replace(serving, waits_for_fix=False)
        if self._kept is None:
            return serving
        request = serving.request
        if request.port == 0:  # it has been chosen
            request = replace(request, port=None)
        return replace(serving, request=request, kept=self._kept.sockets)

    def face(self, reporter: Reporter, opened: Opened, name: str) -> Reporter:
        """With all those who want to hear the news. `name`: what a log would be called."""
        followers: list[Follower] = [self._diary.hear]
        if self.manager is not None:
            followers += self.manager.followers(opened)
        if self.ready_fd is not None:
            from homeport.ui.cli.ready_fd import ReadyLine

            followers.append(ReadyLine(self.ready_fd, opened).hear)
        if self._background is None:
            return Following(reporter, *followers)
        from homeport.ui.cli.launch_report import LaunchReport, keep_log

        note = keep_log(self._background.log, opened.name or name)
        launch = LaunchReport(Following(reporter, *followers), self._background, json=self.json)
        self.inputs = (*self.inputs, launch)
        if note:
            launch.warn(note)
        return launch

    def orders(
        self,
        front: Front,
        serving: Serving,
        sockets: Sequence[socket.socket],
        reception: Reception,
        reporter: Reporter,
    ) -> Orders:
        """What other programs may ask of it: to reload, to restart, to stop."""
        if self.is_command and self.manager is None:
            self.renewal = Renewal(sockets, self._log)
        return Orders(
            name=front.name,
            instance=front.instance,
            diary=self._diary,
            sockets=sockets,
            restarts=serving.restarts,
            log=self._log.path if self._log is not None else None,
            renewal=self.renewal,
            is_managed=self.manager is not None,
            within=serving.stop_timeout * 2 + MARGIN,
            shared_until=lambda: reception.shared_until,
            warn=reporter.warn,
        )

    def had_name(self, name: str) -> str | None:
        """The instance that had it until this process started again."""
        had = self._kept.name if self._kept is not None else None
        return had.instance if had is not None and had.name == name else None

    def let_name_go(self) -> None:
        """It has been taken anew, or it is another one now."""
        if self._kept is not None and self._kept.name is not None:
            self._kept.name.let_go()
            self._kept = self._kept._replace(name=None)

    def give_up(self) -> None:
        """It does not come to a server: what is said now is for who waits."""
        if self._background is not None:
            self._background.back_to_terminal()

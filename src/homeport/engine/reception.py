"""What comes to the doors of a server and what is asked about them: the supervisor's side.

It is there from the start, so it stays light; all that is about sharing is imported when somebody
shares.
"""

import os
import selectors
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from homeport.core.events import Event
from homeport.core.wire import Loaded, Message
from homeport.core.wire_doors import Asked, Guessed, Visited
from homeport.engine.doors import Doors
from homeport.engine.front import Front
from homeport.engine.reporting import RefusedVisit, Reporter
from homeport.engine.sparing import Sparing

if TYPE_CHECKING:
    from homeport.engine.share_desk import ShareDesk

Heard = Callable[[Loaded], None]


class Reception:
    """An `Input` and a `Chore` of the supervisor; brings no events."""

    def __init__(
        self, front: Front, doors: Doors, reporter: Reporter, imports: Heard | None
    ) -> None:
        """`imports` is told what workers import."""
        self._front = front
        self._doors = doors
        self._reporter = reporter
        self._imports = imports
        self._selector = selectors.DefaultSelector()
        self._sparing = Sparing()
        self._desk: ShareDesk | None = None
        self._ends = False

    @property
    def desk(self) -> "ShareDesk":
        """Where sharing is done."""
        if self._desk is None:
            from homeport.engine.share_desk import ShareDesk

            self._desk = ShareDesk(self._front, self._doors, self._reporter, os.environ)
            self._selector.register(self._desk.announcer, selectors.EVENT_READ)
        return self._desk

    @property
    def handlers(self) -> dict[str, Callable[[dict[str, Any]], Mapping[str, Any]]]:
        """What can be asked over the control socket."""
        words = ("share", "unshare", "devices", "approve", "deny", "revoke", "token", "evidence")

        def handler(word: str) -> Callable[[dict[str, Any]], Mapping[str, Any]]:
            return lambda request: self._answer(word, request)

        return {word: handler(word) for word in words}

    def _answer(self, word: str, request: dict[str, Any]) -> Mapping[str, Any]:
        if self._ends:
            from homeport.core.registry_words import server_gone

            raise server_gone(self._front.name)
        return self.desk.answer(word, request)

    def hear(self, worker: int, message: Message) -> None:
        """From a worker."""
        match message:
            case Loaded():
                if self._imports is not None:
                    self._imports(message)
            case Visited():
                self._visited(message)
            case Asked():
                self.desk.sharing.asked(worker, message)
            case Guessed():
                self.desk.sharing.guessed(message.peer)
            case _:
                pass

    def _visited(self, message: Visited) -> None:
        now = time.monotonic()
        for peer in message.peers:
            for rule, code, line, times in peer["refused"]:
                if line and self._sparing.may_tell(line, now):
                    refused = RefusedVisit(
                        line=line,
                        rule=rule,
                        code=code,
                        peer=peer["ip"],
                        times=times,
                        left_out=self._sparing.take_left_out(),
                    )
                    self._reporter.refused(refused)
            if peer["forwarded"]:
                from homeport.core.guard_words import forwarded_removed

                self._reporter.warn(forwarded_removed(peer["ip"]))
        if not self._front.is_at_home(message.door):
            self.desk.visited(message)

    def toggle_share(self) -> None:
        """A key: share, or share no more."""
        if not self._ends:
            self.desk.toggle()

    def judge(self, device: str, *, let_in: bool) -> None:
        """A key: yes or no to the device of that id."""
        if self._desk is not None:
            self._desk.judge(device, let_in=let_in)

    @property
    def due(self) -> float | None:
        """When there is something to do about a share."""
        return self._desk.sharing.due if self._desk is not None else None

    def take(self, now: float) -> None:
        """Do it."""
        if self._desk is not None:
            self._desk.sharing.take(now)

    def stopping(self) -> None:
        """The server is about to end: the share ends before that, not when all is answered."""
        self._ends = True
        if self._desk is not None:
            self._desk.sharing.stop()

    def fileno(self) -> int:
        """For selectors."""
        return self._selector.fileno()

    def read(self) -> list[Event]:
        """What the process says that announces a name."""
        if self._desk is not None:
            self._desk.announcer.read()
        return []

    def close(self) -> None:
        """The end of the share, if there is one."""
        if self._desk is not None:
            self._desk.close()
        self._selector.close()

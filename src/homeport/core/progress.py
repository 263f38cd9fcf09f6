"""How far a server is, for programs that ask: the news so far, as one value."""

from typing import Any, NamedTuple

from homeport.core.events import Announce, News
from homeport.core.failure import Failure


class Progress(NamedTuple):  # a dataclass takes a part of a millisecond of every start
    """`phase`: starting, serving, failed (no app answers, maybe a page does), stopping.

    `asked` counts the loads of the app that were asked for, `settled` is the last one whose end is
    known; `failure` is how that one went wrong, None when it did not. `took` is its seconds.
    """

    phase: str = "starting"
    asked: int = 0
    settled: int = 0
    failure: Failure | None = None
    took: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """For the answer to `state`."""
        failure = self.failure.to_json() if self.failure is not None else None
        return {**self._asdict(), "failure": failure}


def after(progress: Progress, announce: Announce, took: float) -> Progress:
    """What the news makes of it. A load that was replaced by a later one is settled with that."""
    match announce.news:
        case News.RELOADING:
            phase = "starting" if progress.phase == "failed" else progress.phase
            return progress._replace(phase=phase, asked=progress.asked + 1)
        case News.READY | News.RELOADED:
            return progress._replace(
                phase="serving", settled=progress.asked, failure=None, took=took
            )
        case News.FAILED:
            phase = "serving" if announce.still_serving else "failed"
            return progress._replace(
                phase=phase, settled=progress.asked, failure=announce.failure, took=took
            )
        case News.CRASHED:
            return progress._replace(phase="starting", failure=announce.failure)
        case _:
            return progress._replace(phase="stopping")

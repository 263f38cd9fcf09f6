"""A server that is not on the port where it should be: why, and what will be next time."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from homeport.core.facts import Listener
from homeport.core.plain import plain
from homeport.core.port_choice import Choice
from homeport.core.port_claims import Owner
from homeport.core.words import who_holds


class Why(Enum):
    """Why a server is not where it should be."""

    BUSY = "busy"
    KEPT = "kept"
    LOST = "lost"


class NextTime(Enum):
    """Where the server will be when it is started again."""

    HERE = "here"
    BACK = "back"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """`wanted` could not be had, `port` is what there is.

    BUSY: in use by `held_by`, as far as that is seen. KEPT: remembered for `other`, a project that
    was there first. LOST: remembered for `other` since it took the port while we were away.
    """

    wanted: int
    port: int
    why: Why
    next_time: NextTime
    held_by: tuple[Listener, ...] = ()
    other: Owner | None = None

    def to_json(self) -> dict[str, Any]:
        """For the event `listening`."""
        return {
            "wanted": self.wanted,
            "why": self.why.value,
            "next_time": self.next_time.value,
            "other": self.other._asdict() if self.other else None,
        }


def moved(
    choice: Choice, port: int, held_by: tuple[Listener, ...], next_time: NextTime
) -> Moved | None:
    """What there is to tell about `port`; None when the server is at home."""
    if port == choice.home:
        return None
    why = Why.BUSY
    if choice.kept_for is not None:
        why = Why.LOST if choice.is_lost else Why.KEPT
    return Moved(
        wanted=choice.home,
        port=port,
        why=why,
        next_time=next_time,
        held_by=held_by if why is Why.BUSY else (),
        other=choice.kept_for,
    )


def sentence(moved: Moved) -> str:
    """`port 8000 is in use by pid 12 (nginx); using 8417 until it is free again`."""
    by = f" by {who_holds(moved.held_by)}" if moved.held_by else ""
    reason = {
        Why.BUSY: f"is in use{by}",
        Why.KEPT: f"is kept for {_named(moved.other)}",
        Why.LOST: f"went to {_named(moved.other)} meanwhile",
    }[moved.why]
    then = {
        NextTime.HERE: ", and the same next time",
        NextTime.BACK: " until it is free again",
        NextTime.UNKNOWN: "",
    }
    return f"port {moved.wanted} {reason}; using {moved.port}{then[moved.next_time]}"


def _named(owner: Owner | None) -> str:
    return f"{plain(owner.name)} ({plain(owner.project)})" if owner else "another project"


def not_remembered(reason: str) -> str:
    """The server works, but the next one may get another port."""
    return f"The port is not remembered for the next time: {reason.removesuffix('.')}."


def memory_lost(path: str, kept: str) -> str:
    """Said once, for a good one is written in its place."""
    return f"The remembered ports could not be read, so they begin anew: {path} is now {kept}."


def memory_of_other_version(path: str, version: str) -> str:
    """Of a newer or much older homeport, whose memory it stays."""
    return f"{path} has the format {version}, which this homeport does not know"

"""What a service manager is told: the lines of sd_notify(3) for each piece of news."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from homeport.core.events import Announce, News
from homeport.core.plain import plain

LONGEST_STATUS = 300
"""Characters; systemctl shows one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notified:
    """A message, and whether the server has been called ready by now."""

    text: str
    ready: bool


def notification(
    announce: Announce, urls: Sequence[str], pid: int, now: int, *, ready: bool
) -> Notified:
    """`now` is CLOCK_MONOTONIC in microseconds; `ready`: it was called ready before.

    A reload always ends with READY=1, also one that failed: the manager waits for it.
    """
    serving = f"serving {' '.join(urls[:1])}"
    reasons = ", ".join(announce.reasons[:3])
    error = announce.failure.error if announce.failure is not None else ""
    match announce.news:
        case News.READY | News.RELOADED:
            return _said(serving, "READY=1", f"MAINPID={pid}", ready=True)
        case News.RELOADING if ready:
            state = ("RELOADING=1", f"MONOTONIC_USEC={now}")
            return _said(f"loading again: {reasons}", *state, ready=True)
        case News.RELOADING:
            return _said(f"loading again: {reasons}", ready=False)
        case News.FAILED:
            still = f"still {serving}, the version before" if announce.still_serving else "waiting"
            ends = ["READY=1"] if ready else []
            return _said(f"the app does not start ({error}); {still}", *ends, ready=ready)
        case News.CRASHED:
            return _said(f"the app has ended ({error})", ready=ready)
        case News.STOPPING:
            return _said(f"stopping: {reasons}", "STOPPING=1", ready=ready)
        case News.STOPPED:
            return Notified(text="", ready=ready)
        case _:
            assert_never(announce.news)


def no_reload(now: int) -> tuple[str, str]:
    """The answers to a wish for a reload that cannot be: the manager waits for both."""
    return (
        f"RELOADING=1\nMONOTONIC_USEC={now}",
        "READY=1\nSTATUS=not loaded again: an app object that is given to run() cannot be",
    )


def _said(status: str, *state: str, ready: bool) -> Notified:
    line = f"STATUS={plain(status)[:LONGEST_STATUS]}"
    return Notified(text="\n".join([*state, line]), ready=ready)

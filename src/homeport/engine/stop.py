"""Ending the processes of a server, without ever signalling another one.

A pid alone names nobody: it may be somebody else's by the time a signal is sent. So a handle is
opened first (pidfd_open(2): it stays with the process, also after its end), then the table of
listeners is read again to see that this process still is the one that was shown, and the signal
goes through the handle. The table is read before every signal, the last one included.
"""

import contextlib
import errno
import os
import select
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from homeport.core import stop_refusals
from homeport.core.facts import Holder, Listener
from homeport.core.occupants import Occupant
from homeport.core.stopping import StopPlan

PATIENCE = 5.0
"""Seconds a server has to end after it was asked to."""

_SAME_START = 1.5
"""Seconds by which two readings of one start time may differ: the boot time is in whole seconds."""

Look = Callable[[], tuple[Listener, ...]]


class Handle(Protocol):
    """A process that cannot be mistaken for another one."""

    pid: int

    def signal(self, number: int) -> None:
        """ProcessLookupError when it has ended, PermissionError."""

    def ended(self, until: float) -> bool:
        """Whether it has ended, or does so before `until` (monotonic)."""

    def close(self) -> None:
        """Let go of it."""


class PidHandle:
    """By pidfd where there is one (Linux); elsewhere the table read before each signal must do."""

    def __init__(self, pid: int) -> None:
        """ProcessLookupError when there is no such process."""
        self.pid = pid
        self._descriptor = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None
        if self._descriptor is None:
            os.kill(pid, 0)

    def signal(self, number: int) -> None:
        """Send it."""
        if self._descriptor is not None:
            signal.pidfd_send_signal(self._descriptor, number)
        else:
            os.kill(self.pid, number)

    def ended(self, until: float) -> bool:
        """Wait for the end."""
        if self._descriptor is not None:
            poll = select.poll()
            poll.register(self._descriptor, select.POLLIN)
            return bool(poll.poll(max(until - time.monotonic(), 0) * 1000))
        while _exists(self.pid):
            if time.monotonic() >= until:
                return False
            time.sleep(0.02)
        return True

    def close(self) -> None:
        """Close the descriptor."""
        if self._descriptor is not None:
            os.close(self._descriptor)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError as error:
        return error.errno == errno.EPERM
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """The world: `look` gives the listeners on the port with their holders."""

    look: Look
    open: Callable[[int], Handle] = PidHandle
    patience: float = PATIENCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The pids that still hold the port, and all that are still alive (finishing, it may be)."""

    holding: tuple[int, ...]
    alive: tuple[int, ...]


class Stopping:
    """One server on its way out. Use it as a context manager: it holds descriptors."""

    def __init__(self, plan: StopPlan, outside: Outside) -> None:
        """Pins the processes. NotStoppedError when they are not what was planned for."""
        self._plan = plan
        self._outside = outside
        self._handles: dict[int, Handle] = {}
        for holder in plan.holders:
            self._pin(holder.pid)
        gone = [h for h in plan.holders if h.pid in self._handles and not self._holds(h.pid)]
        if gone:
            self.close()
            raise stop_refusals.changed(plan.occupant, gone[0].pid)

    def __enter__(self) -> "Stopping":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the processes."""
        for handle in self._handles.values():
            handle.close()
        self._handles = {}

    def _pin(self, pid: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._handles[pid] = self._outside.open(pid)

    def _holds(self, pid: int) -> bool:
        """Whether the very process that was shown still holds one of the very sockets."""
        return any(
            holder.pid == pid and _same_process(holder, self._plan.holders)
            for listener in self._outside.look()
            if _same_socket(listener, self._plan.occupant)
            for holder in listener.holders
        )

    def terminate(self) -> Outcome:
        """SIGTERM: the supervisor first, then those that still hold the port."""
        first = self._plan.holders[0].pid
        self._signal_each([first], signal.SIGTERM)
        outcome = self._wait()
        if others := [pid for pid in outcome.holding if pid != first]:
            self._signal_each(others, signal.SIGTERM)
            outcome = self._wait()
        return outcome

    def kill(self, pids: Sequence[int]) -> Outcome:
        """SIGKILL for those of `pids` that still hold the port."""
        self._signal_each(pids, signal.SIGKILL)
        return self._wait()

    def _signal_each(self, pids: Sequence[int], number: int) -> None:
        for pid in pids:
            if pid in self._handles and self._holds(pid):
                self._send(self._handles[pid], number)

    def _send(self, handle: Handle, number: int) -> None:
        try:
            handle.signal(number)
        except ProcessLookupError:
            pass
        except PermissionError:
            raise stop_refusals.not_permitted(self._plan.occupant, handle.pid) from None

    def _wait(self) -> Outcome:
        """Until all have ended, for so long as there is patience."""
        until = time.monotonic() + self._outside.patience
        alive = [pid for pid, handle in self._handles.items() if not handle.ended(until)]
        holding = tuple(pid for pid in alive if self._holds(pid))
        return Outcome(holding=holding, alive=tuple(alive))


def _same_process(holder: Holder, planned: Sequence[Holder]) -> bool:
    for other in planned:
        if other.pid == holder.pid:
            if other.started is None or holder.started is None:
                return other.command == holder.command
            return abs(other.started - holder.started) < _SAME_START
    return False


def _same_socket(listener: Listener, occupant: Occupant) -> bool:
    return any(
        (listener.address, listener.inode) == (other.address, other.inode)
        for other in occupant.listeners
    )

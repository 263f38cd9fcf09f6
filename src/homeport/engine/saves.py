"""From file changes to "load the app again": one reload for everything that belongs together."""

import os
import time
from collections.abc import Iterable
from typing import NamedTuple

from homeport.core.wire import Used
from homeport.engine.relevance import LastStart, Relevance
from homeport.engine.watch import Rules, Watcher, open_watcher

ONE, FEW, MANY = 0.005, 0.02, 0.06
"""Seconds without a change after which a save is complete.

A file that is closed after writing or renamed into its place is complete at once; a second one
tells that more may come, and many that a branch is being checked out.
"""
HALF = 0.1
"""As above, for a file that is gone or empty and was not: its contents are yet to come."""
LONGEST, LONGEST_OF_MANY = 0.25, 1.0
"""Seconds after the first change at which the reload begins even if more keep coming."""


class Taken(NamedTuple):
    """A complete save, as shown to people: files that matter, those with the same bytes as
    before, and those that nobody uses.
    """

    changed: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()


class Saves:
    """Collects changes. `due` is when they are complete (monotonic seconds), None without any.

    `seen` is when the first change of the last `take` was noticed.
    """

    def __init__(self, rules: Rules, project: str) -> None:
        self._rules = rules
        self._project = project
        self._watcher: Watcher = open_watcher(rules)
        self._relevance = Relevance(rules)
        self._changed: set[str] = set()
        self._first = 0.0
        self.due: float | None = None
        self.seen = 0.0

    def fileno(self) -> int:
        """For selectors."""
        return self._watcher.fileno()

    def read(self) -> None:
        """Take note of what the watcher saw."""
        self._note(self._watcher.read())

    def _note(self, paths: set[str]) -> None:
        if not paths:
            return
        now = time.monotonic()
        if self.due is None:
            self._first = now
        self._changed |= paths
        count = len(self._changed)
        quiet, longest = (ONE if count == 1 else FEW), LONGEST
        if count > 4:
            quiet, longest = MANY, LONGEST_OF_MANY
        self.due = min(now + quiet, self._first + longest)

    def forget(self) -> None:
        """Another worker is being started: what it will use is not known."""
        self._relevance.forget()

    def learn(self, used: Used) -> None:
        """The newest worker uses these files.

        Those that are different by now were saved while nobody was looking. All of them are
        watched from now on, wherever they are, a link also where it leads to.
        """
        known = set(self._rules.files)
        for path in self._not_excluded(used.files):
            if path not in known:
                known |= {path, os.path.realpath(path)}
        if len(known) > len(self._rules.files):
            self._rules = self._rules._replace(files=tuple(sorted(known)))
            self._watcher.watch(self._rules)
        self._note(self._relevance.learn(used))

    def _not_excluded(self, paths: Iterable[str]) -> list[str]:
        every = self._rules._replace(files=(), include=("*",))
        return [path for path in paths if every.inside(path) is None or every.matter(path)]

    @property
    def full(self) -> bool:
        """Whether the system cannot watch all that it should."""
        return self._watcher.full

    def take(self, now: float, start: LastStart) -> Taken:
        """A complete save; nothing when there is none."""
        if self.due is None or now < self.due:
            return Taken()
        patience = min(now + HALF, self._first + LONGEST)
        if now < patience and any(map(self._relevance.is_half_saved, self._changed)):
            self.due = patience
            return Taken()
        saved, self._changed = self._changed, set()
        self.due, self.seen = None, self._first
        changed = {path for path in saved if self._relevance.counts(path, start)}
        same = {path for path in saved - changed if self._relevance.matters(path)}
        return Taken(*map(self._shown, (changed, same, saved - changed - same)))

    def _shown(self, paths: set[str]) -> tuple[str, ...]:
        top = self._project + os.sep
        inside = (os.path.relpath(p, self._project) if p.startswith(top) else p for p in paths)
        return tuple(sorted(inside))

    def close(self) -> None:
        """Stop watching."""
        self._watcher.close()

"""From file changes to "load the app again": one reload for everything that belongs together."""

import os
import time
from collections.abc import Iterable, Mapping, Sequence

from homeport.engine.watch import Rules, Watcher, open_watcher

QUIET = 0.02
"""Seconds without a change after which a save is complete: editors write several files."""
LONGEST = 0.25
"""Seconds after the first change at which the reload begins even if more keep coming."""


class Saves:
    """Collects changes. `due` is when they are complete (monotonic seconds), None without any.

    `seen` is when the first change of the last `take` was noticed.
    """

    def __init__(self, rules: Rules, project: str) -> None:
        self._rules = rules
        self._project = project
        self._watcher: Watcher = open_watcher(rules)
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
        self.due = min(now + QUIET, self._first + LONGEST)

    def loaded(self, files: Mapping[str, Sequence[int]]) -> None:
        """A worker has read these files: path → [mtime in ns, size] as it found them.

        Those that are different by now were saved while nobody was looking. All of them are
        watched from now on, wherever they are, a link also where it leads to.
        """
        known = set(self._rules.files)
        for path in self._not_excluded(files):
            known |= {path, os.path.realpath(path)}
        if len(known) > len(self._rules.files):
            self._rules = self._rules._replace(files=tuple(sorted(known)))
            self._watcher.watch(self._rules)
        self._note({path for path, version in files.items() if _version(path) != list(version)})

    def _not_excluded(self, paths: Iterable[str]) -> list[str]:
        every = self._rules._replace(files=(), include=("*",))
        return [path for path in paths if every.inside(path) is None or every.matter(path)]

    @property
    def full(self) -> bool:
        """Whether the system cannot watch all that it should."""
        return self._watcher.full

    def take(self, now: float) -> tuple[str, ...]:
        """The files of a complete save, as shown to people; empty when there is none."""
        if self.due is None or now < self.due:
            return ()
        changed, self._changed = self._changed, set()
        self.due, self.seen = None, self._first
        return tuple(sorted(self._shown(path) for path in changed))

    def _shown(self, path: str) -> str:
        inside = path.startswith(self._project + os.sep)
        return os.path.relpath(path, self._project) if inside else path

    def close(self) -> None:
        """Stop watching."""
        self._watcher.close()


def _version(path: str) -> list[int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return [status.st_mtime_ns, status.st_size]

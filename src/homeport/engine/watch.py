"""Which files matter, and being told when one of them is saved.

A `Watcher` has a `fileno()` that is readable when there is something to `read()`, so the
supervisor needs no thread for it. Folders such as `.venv`, `.git` and `node_modules` are never
looked into: they cost nothing, however often they change.
"""

import os
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple, Protocol

from homeport.engine.inotify import Change, Inotify

SKIPPED_FOLDERS = frozenset(
    {
        *("__pycache__", "node_modules", "site-packages", "__pypackages__", "venv", "env"),
        *("build", "dist", "htmlcov"),
    }
)


class Rules(NamedTuple):
    """`folders` are watched with all that is below, `files` alone wherever they are.

    `include` and `exclude` are globs: without a slash they match a name, with one a path relative
    to its watched folder. `exclude` wins.
    """

    folders: tuple[str, ...]
    files: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def inside(self, path: str) -> str | None:
        """The watched folder that `path` lies in."""
        return next((f for f in self.folders if path.startswith(f.rstrip(os.sep) + os.sep)), None)

    def matter(self, path: str) -> bool:
        """Whether a change of this file may reload."""
        return path in self.files or self._matched(path, ("*.py", *self.include))

    def declared(self, path: str) -> bool:
        """Whether it was named by `include`, so that it matters to the app even if not as code."""
        return self._matched(path, self.include)

    def _matched(self, path: str, patterns: tuple[str, ...]) -> bool:
        folder = self.inside(path)
        if folder is None:
            return False
        relative = os.path.relpath(path, folder)
        if any(_matches(relative, pattern) for pattern in self.exclude):
            return False
        return any(_matches(relative, pattern) for pattern in patterns)


def _matches(relative: str, pattern: str) -> bool:
    if "/" not in pattern:
        return fnmatchcase(os.path.basename(relative), pattern)
    pattern = pattern.removeprefix("./")
    inside = pattern.rstrip("/") + "/*"
    return fnmatchcase(relative, pattern) or fnmatchcase(relative, inside)


def is_skipped(name: str) -> bool:
    """Whether a folder of this name holds nothing a person edits."""
    return name.startswith(".") or name in SKIPPED_FOLDERS or name.endswith(".egg-info")


def is_environment(folder: str) -> bool:
    """Whether it is a virtual environment under whatever name (PEP 405)."""
    return os.path.exists(os.path.join(folder, "pyvenv.cfg"))


def folders_below(top: str) -> Iterator[str]:
    """`top` and every folder below that is worth watching."""
    if is_environment(top):
        return
    yield top
    try:
        with os.scandir(top) as entries:
            inner = [
                entry.path
                for entry in entries
                if entry.is_dir(follow_symlinks=False) and not is_skipped(entry.name)
            ]
    except OSError:
        return
    for path in inner:
        yield from folders_below(path)


class Watcher(Protocol):
    """Told by the system about changes. `full`: it cannot watch all that it should."""

    full: bool

    def fileno(self) -> int:
        """For selectors."""

    def read(self) -> set[str]:
        """The files that matter and have changed since the last call."""

    def watch(self, rules: Rules) -> None:
        """Watch by other rules from now on."""

    def close(self) -> None:
        """Stop."""


class InotifyWatcher:
    """By the Linux kernel, without polling."""

    def __init__(self, rules: Rules) -> None:
        self._inotify = Inotify()
        self._rules = rules
        self.full = False
        try:
            self.watch(rules)
        except OSError:
            self.close()
            raise

    def fileno(self) -> int:
        """For selectors."""
        return self._inotify.fileno()

    def watch(self, rules: Rules) -> None:
        """Add what is new in the rules."""
        self._rules = rules
        for folder in rules.folders:
            self._add(folder)
        for folder in {os.path.dirname(path) for path in rules.files}:
            self._inotify.add(folder)

    def _add_later(self, top: str) -> set[str]:
        """As `_add`, for a folder that has appeared; `full` when there is no watch left for it."""
        try:
            return self._add(top)
        except OSError:
            self.full = True
            return set()

    def _add(self, top: str) -> set[str]:
        """Watch a tree; the files that matter in it, for one that has just appeared."""
        found: set[str] = set()
        for folder in folders_below(top):
            if self._inotify.add(folder):
                found.update(self._files(folder))
        return found

    def _files(self, folder: str) -> Iterable[str]:
        try:
            names = os.listdir(folder)
        except OSError:
            return []
        return [p for p in (os.path.join(folder, n) for n in names) if self._rules.matter(p)]

    def read(self) -> set[str]:
        """The files that matter and have changed since the last call."""
        changed: set[str] = set()
        for path, is_folder, appeared in self._changes():
            if path is None:
                changed.update(f for top in self._rules.folders for f in self._add_later(top))
            elif appeared and self._rules.inside(path) and not is_skipped(os.path.basename(path)):
                changed |= self._add_later(path)
            elif not is_folder and self._rules.matter(path):
                changed.add(path)
        return changed

    def _changes(self) -> list[Change]:
        return self._inotify.read()

    def close(self) -> None:
        """Stop."""
        self._inotify.close()


def open_watcher(rules: Rules) -> Watcher:
    """The best watcher this computer has."""
    from homeport import host

    if host.has_inotify():
        try:
            return InotifyWatcher(rules)
        except OSError:  # the user's limit of watches is reached: poll instead
            pass
    from homeport.engine.watch_portable import PortableWatcher

    return PortableWatcher(rules, poll=host.has_inotify())

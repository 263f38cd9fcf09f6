"""Which saves change what is served, so that only those reload.

Never stale is more important than never superfluous. What is known decides; what is not, reloads:

* the newest version serves: a file it has used counts when its bytes are not those it read, or
  when it is gone; a file of a name that an import has looked for in vain, or in a folder whose
  names the app has asked for, counts when its bytes are new; other code does not;
* a worker is starting, so what it will use is not known: everything counts whose bytes are new;
* the last start failed: everything counts, also a save without a change;
* what was declared (`--reload-include`) counts whenever its bytes are new.
"""

import os
import time
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Self

from homeport.core.state import State
from homeport.core.wire import Used
from homeport.engine.versions import Version, version_of
from homeport.engine.watch import Rules, folders_below


class LastStart(Enum):
    """How the newest start has gone so far."""

    UNDER_WAY = "under way"
    FAILED = "failed"
    SERVES = "serves"

    @classmethod
    def of(cls, state: State) -> Self:
        """As the life cycle sees it."""
        newest = state.upcoming or state.current
        if newest is None or newest.page or newest.number != state.spawned:
            return cls.FAILED
        return cls.UNDER_WAY if state.upcoming else cls.SERVES


class Relevance:
    """Knows what the newest worker uses, and what each file held when it was last looked at."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._learned = False
        self._used: dict[str, Version] = {}
        self._new_names: set[str] = set()
        self._listed: tuple[str, ...] = ()
        self._seen: dict[str, Version | None] = {p: version_of(p) for p in _declared(rules)}

    def forget(self) -> None:
        """Another worker is being started."""
        self._learned = False
        self._used, self._new_names, self._listed = {}, set(), ()

    def learn(self, used: Used) -> set[str]:
        """The newest worker uses this. Returns what has changed since it did."""
        now = time.time_ns()
        changed = set(_now_there(used.sought)) - used.files.keys()
        for path in changed:
            self._seen.pop(path, None)  # it was saved before we knew that it means something
        for path, numbers in used.files.items():
            version = Version(*numbers)
            self._used[path] = self._used[os.path.realpath(path)] = version
            self._seen.setdefault(path, version)
            if not version.is_still(path, now):
                changed.add(path)
        self._new_names.update(used.sought)
        self._new_names.update(map(_really, used.sought))
        self._listed += tuple(_below(os.path.realpath(folder)) for folder in used.listed)
        self._learned = True
        return changed

    def is_half_saved(self, path: str) -> bool:
        """Gone or empty, and it was not before: an editor may be in the middle of writing it."""
        before = self._used.get(path) or self._seen.get(path)
        if before is None or not before.size:
            return False
        try:
            return os.stat(path).st_size == 0
        except OSError:
            return True

    def counts(self, path: str, start: LastStart) -> bool:
        """Whether the save of `path` changes what is served. Asked once for each save."""
        new = version_of(path)
        unseen = path not in self._seen or not _same(new, self._seen[path])
        self._seen[path] = new
        if start is LastStart.FAILED:
            return True
        if start is LastStart.UNDER_WAY or not self._learned or self._rules.declared(path):
            return unseen
        real = os.path.realpath(path)
        used = self._used.get(path) or self._used.get(real)
        if used is not None:
            return not _same(new, used)
        return unseen and self._may_be_found(real)

    def matters(self, path: str) -> bool:
        """Whether the app would use other bytes of it, as far as that is known."""
        if not self._learned or path in self._used or self._rules.declared(path):
            return True
        return os.path.realpath(path) in self._used

    def _may_be_found(self, path: str) -> bool:
        """Whether the next worker could import or list a file that this one has not."""
        if path.startswith(self._listed):
            return True
        name = path.removesuffix(".py")
        while name != os.path.dirname(name):
            if name in self._new_names:
                return True
            name = os.path.dirname(name)
        return False


def _same(one: Version | None, other: Version | None) -> bool:
    return one == other if one is None or other is None else one.content == other.content


def _declared(rules: Rules) -> Iterator[str]:
    """The files there are that `--reload-include` names."""
    if rules.include:
        for top in rules.folders:
            for folder in folders_below(top):
                paths = (os.path.join(folder, name) for name in _names_in(folder))
                yield from (path for path in paths if rules.declared(path))


def _now_there(sought: Iterable[str]) -> Iterator[str]:
    """Of names that were looked for in vain, the files that have appeared since."""
    by_folder: dict[str, list[str]] = {}
    for path in sought:
        by_folder.setdefault(os.path.dirname(path), []).append(os.path.basename(path))
    for folder, names in by_folder.items():
        there = _names_in(folder)  # exactly as written, on systems that ignore case too
        for name in names:
            found = os.path.join(folder, name)
            paths = [found + ".py"] * (name + ".py" in there)
            paths += [os.path.join(found, "__init__.py")] * (name in there)
            yield from (path for path in paths if os.path.isfile(path))


def _names_in(folder: str) -> set[str]:
    try:
        return set(os.listdir(folder))
    except OSError:
        return set()


def _really(name: str) -> str:
    return os.path.join(os.path.realpath(os.path.dirname(name)), os.path.basename(name))


def _below(folder: str) -> str:
    return folder.rstrip(os.sep) + os.sep

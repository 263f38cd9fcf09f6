"""What of the project this process uses, so that the supervisor knows which saves mean something.

Three things, all as absolute paths:

* `files` it has read as code: imported, also later inside a request, run by `exec` or `runpy`, or
  loaded by a path of its own; and the env file;
* `sought`: names that an import looked for and did not find, without `.py`: a new file of that
  name would be found by the next worker, be it optional (`try: import local_settings`) or in the
  place of another module;
* `listed`: folders whose names the app has asked for, as those do that import all of their plugins.

Imports tell by themselves (`fresh_import`); the rest is seen by an audit hook (PEP 578).
"""

import importlib.util
import os
import sys
from collections import deque
from collections.abc import Callable

from homeport.core.wire import Used
from homeport.engine.channel import Channel
from homeport.engine.versions import Version, version_of

files: dict[str, Version] = {}
_sought: set[str] = set()
_listed: set[str] = set()
_news: deque[str | tuple[str, Version] | tuple[str]] = deque()
_grown: Callable[[], object] | None = None
_MOST = 5_000
"""Names and folders that are told of; an app may make new ones for ever."""
_NO_FILES = ("/proc/", "/sys/", "/dev/")
_LOOK_FOR_NAMES = frozenset(
    {
        *("importlib._bootstrap_external", "_frozen_importlib_external"),
        *("importlib.metadata", "importlib_metadata", "pkg_resources"),
    }
)
"""Modules that list every folder of `sys.path`, but to look for one name, not to use them all."""


def note(path: str, version: Version) -> None:
    """A file was read."""
    files[path] = version
    _news.append((path, version))
    _tell()


def miss(path: str) -> None:
    """An import looked for this name and found no file."""
    if path in _sought:
        return
    if len(_sought) == _MOST:
        _list(os.sep)
        return
    _sought.add(path)
    _news.append(path)
    _tell()


def _list(folder: str, apart: tuple[str, ...] = ()) -> None:
    if folder in _listed or len(_listed) > _MOST or (folder + os.sep).startswith(apart):
        return
    if len(_listed) == _MOST:
        folder = os.sep  # too many to name them: whatever is new counts
    _listed.add(folder)
    _news.append((folder,))
    _tell()


def take() -> Used | None:
    """What is new since the last call. (Other threads may add to it meanwhile.)"""
    read: dict[str, list[int]] = {}
    sought, listed = [], []
    while _news:
        match _news.popleft():
            case str(path):
                sought.append(path)
            case (path, version):
                read[path] = list(version)
            case (path,):
                listed.append(path)
    if not (read or sought or listed):
        return None
    return Used(files=read, sought=tuple(sought), listed=tuple(listed))


def tell(channel: Channel) -> None:
    """Say it to the supervisor."""
    if used := take():
        channel.send(used)


def when_grown(call: Callable[[], object] | None) -> None:
    """From now on call this, from any thread, when there is something to `take`."""
    global _grown
    _grown = call
    if _news:
        _tell()


def _tell() -> None:
    if _grown is not None:
        _grown()


def watch_others(libraries: tuple[str, ...]) -> None:
    """From now on see what is read and listed past the import system; not in these folders."""
    apart = (*_NO_FILES, *(folder + os.sep for folder in libraries))

    def look(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            path = arguments[0]
            if type(path) is str and path.endswith((".py", ".pyc")) and not path.startswith(apart):
                _opened(path, arguments[1], apart)
        elif event in ("os.listdir", "os.scandir"):
            folder = arguments[0]
            if sys._getframe(1).f_globals.get("__name__") not in _LOOK_FOR_NAMES:
                _list(os.path.abspath(folder) if type(folder) is str else os.getcwd(), apart)

    sys.addaudithook(look)


def _opened(path: str, mode: object, apart: tuple[str, ...]) -> None:
    if isinstance(mode, str) and "r" not in mode:
        return
    path = os.path.abspath(path)
    if path.endswith(".pyc"):
        try:
            path = importlib.util.source_from_cache(path)
        except (ValueError, NotImplementedError):
            return
    if path in files or os.path.realpath(path).startswith(apart):
        return
    try:
        files[path] = Version.unread(os.stat(path))  # so that reading it is not seen again
    except OSError:
        return
    version = version_of(path)
    if version is not None:
        note(path, version)

"""What a worker imports from outside the project, told to the supervisor for the warm template.

Outside the project is installed code: what `fresh_import` leaves to the usual import system. It is
told shortly after the app is ready, some time later with what its first requests have imported,
and once more when the worker leaves.
"""

import builtins
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.machinery import (
    BuiltinImporter,
    ExtensionFileLoader,
    FrozenImporter,
    SourceFileLoader,
    SourcelessFileLoader,
)
from types import FrameType, ModuleType
from typing import NamedTuple, Protocol

from homeport.core.wire import Loaded
from homeport.engine import audit, fresh_import, used_files
from homeport.engine.channel import Channel

SOON, LATER = 0.05, 2.0
"""Seconds after ready: first it serves; then its first requests have been."""

_USUAL_LOADERS = (SourceFileLoader, ExtensionFileLoader, SourcelessFileLoader)
_KNOWN_HOOKS = frozenset(
    ("six", "_distutils_hack", "setuptools", "pkg_resources", "importlib_metadata", "_virtualenv")
)
"""Packages whose import hooks only find modules of their own."""


class Loop(Protocol):
    """What is needed of an event loop."""

    def call_later(self, delay: float, callback: Callable[[], None], /) -> object:
        """As asyncio's."""


class Model(NamedTuple):
    """What the worker did that a template is modelled on: see `core.wire.Loaded`."""

    asked: frozenset[str]
    environment_changed: bool


model: Model | None = None
"""Set in what a template has forked."""
environment: dict[str, str] | None = None
"""That of the template, as it was before code of the project ran."""


class ImportsSeen:
    """Begins before anything of the project is imported."""

    def __init__(self) -> None:
        self._libraries = fresh_import.library_folders()
        self._known = set(sys.modules)
        self._hooks = [*map(id, sys.meta_path), *map(id, sys.path_hooks)]
        self._before_change: list[str] | None = None
        self._asked: set[str] = set()
        self._told_asked = False
        self._changed_while_loading = False
        self._import = builtins.__import__
        builtins.__import__ = self._look_on
        audit.handlers["os.putenv"] = audit.handlers["os.unsetenv"] = self._environment_changes
        audit.listen()

    def _environment_changes(self, *_: object) -> None:
        if self._before_change is None and _is_done_by_project(sys._getframe(2)):
            self._before_change = list(sys.modules)

    def _look_on(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """`import` in the project's code, also of what is loaded already."""
        module = self._import(name, globals, locals, fromlist or (), level)
        spec = globals.get("__spec__") if globals is not None and not level else None
        if self._before_change is None and _is_fresh(spec):
            parts = (f"{name}.{item}" for item in fromlist or ())
            self._asked.update([name, *(part for part in parts if part in sys.modules)])
        return module

    def loaded(self) -> None:
        """The app is there: look on no longer. (Unless somebody else does so by now.)"""
        self._changed_while_loading = self._before_change is not None
        if builtins.__import__ == self._look_on:
            builtins.__import__ = self._import

    def unfit(self) -> bool:
        """Whether a start without the template may come out otherwise than this fork of it.

        The template has imported what the model asked for, as it was at that place. So the same has
        to be asked for here before the environment changes, and nothing may change imports.
        """
        if model is None:
            return False
        changed = self._before_change is not None
        if not model.asked <= self._asked or changed is not model.environment_changed:
            return True
        return _patched() is not None or self._foreign_hook() is not None

    def news(self) -> Loaded | None:
        """What is new since the last call; None when nothing is."""
        names = [name for name in list(sys.modules) if self._is_new(name)]
        self._known.update(names)
        project = [name for name in names if _is_of_project(name)]
        before = self._before_change
        allowed = names if before is None else [name for name in names if name in set(before)]
        modules = [name for name in allowed if self._is_installed(name)]
        obstacle = _patched() or self._foreign_hook()
        first, self._told_asked = not self._told_asked, True
        if not first and not modules and not project and obstacle is None:
            return None
        return Loaded(
            modules=tuple(modules),
            project=tuple(project),
            obstacle=obstacle,
            asked=tuple(filter(self._is_installed, sorted(self._asked))) if first else None,
            environment_changed=self._changed_while_loading,
        )

    def _is_new(self, name: str) -> bool:
        """And there to stay: another thread's import may fail yet, or has only begun."""
        spec = getattr(sys.modules.get(name), "__spec__", None)
        return name not in self._known and not getattr(spec, "_initializing", False)

    def _is_installed(self, name: str) -> bool:
        """Whether importing it by this name, as usual, gives the same module again."""
        module = sys.modules.get(name)
        spec = getattr(module, "__spec__", None)
        if spec is None or getattr(spec, "name", None) != name:
            return False
        if spec.loader in (BuiltinImporter, FrozenImporter):
            return True
        if type(spec.loader) not in _USUAL_LOADERS or not isinstance(spec.origin, str):
            return False
        if spec.origin.startswith(tuple(folder + os.sep for folder in self._libraries)):
            return True
        return fresh_import.is_library(spec.origin, self._libraries)

    def _foreign_hook(self) -> str | None:
        """An import hook that may change what later imports give."""
        for hook in [*sys.meta_path, *sys.path_hooks]:
            kind = hook if isinstance(hook, type) else type(hook)
            package = kind.__module__.partition(".")[0]
            vendored_six = kind.__name__ == "_SixMetaPathImporter"
            if id(hook) not in self._hooks and package not in _KNOWN_HOOKS and not vendored_six:
                return f"{kind.__module__}.{kind.__name__} changes how modules are imported"
        return None


def _is_of_project(name: str) -> bool:
    return _is_fresh(getattr(sys.modules.get(name), "__spec__", None))


def _is_fresh(spec: object) -> bool:
    return type(getattr(spec, "loader", None)) is fresh_import.FreshSourceLoader


def _is_done_by_project(frame: FrameType | None) -> bool:
    """Whether project code called this, be it through a library; not a library's own import."""
    while frame is not None:
        file = frame.f_code.co_filename
        if file in used_files.files:
            return True
        if file.startswith("<frozen importlib"):
            return False
        frame = frame.f_back
    return False


def _patched() -> str | None:
    """Whether the standard library was patched, which a template would have to be too."""
    gevent, eventlet = sys.modules.get("gevent.monkey"), sys.modules.get("eventlet.patcher")
    if gevent is not None and getattr(gevent, "saved", None):
        return "gevent has patched the standard library"
    if eventlet is not None and getattr(eventlet, "already_patched", None):
        return "eventlet has patched the standard library"
    return None


class Telling:
    """Sends the news to the supervisor."""

    def __init__(self, seen: ImportsSeen, channel: Channel, loop: Loop) -> None:
        self._seen = seen
        self._channel = channel
        for delay in (SOON, LATER):
            loop.call_later(delay, self.tell)

    def tell(self) -> None:
        """What is new."""
        news = self._seen.news()
        if news is not None:
            self._channel.send(news)

"""Importing modules ahead of time so that a fork of this process is as good as a fresh one.

Two things must not happen here: a thread (a fork would lose it, and may find its locks taken for
ever), and code of the project or what the user excluded. Whoever asks for one of them is stopped by
an exception that is none of the `Exception`s, so that the whole chain of imports that led there is
given up. Half imported modules may have left traces: the process is not `clean` then, and another
one has to be made that does not try them.

A native thread shows only in /proc. Libraries that know about fork(2), OpenBLAS of NumPy among
them, end their threads before one (pthread_atfork(3)): so one is tried, and what still runs then
counts.
"""

import _thread
import functools
import importlib
import os
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from types import FrameType, ModuleType
from typing import Any

from homeport.core.warm import is_one_of

_THREAD_STARTS = ("start_new_thread", "_start_new_thread", "_start_joinable_thread")
"""What starts a thread, in `_thread` and `threading`. (CPython 3.11 has no audit event for it.)"""


class _Refused(BaseException):
    """Not here: not an Exception, so that nobody takes it for a missing optional module."""


class _Refusals:
    """A finder that comes first and finds nothing, but refuses some names."""

    def __init__(self, preloading: "Preloading") -> None:
        self._preloading = preloading

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> None:
        """As importlib.abc.MetaPathFinder. None: ask the next finder."""
        self._preloading.asked_for(name)


class Preloading:
    """`left_out` are the modules that were not to be had, with the reason."""

    def __init__(self) -> None:
        self.left_out: dict[str, str] = {}
        self.clean = True
        self._refused: tuple[str, ...] = ()
        self._stack: list[str] = []
        self._starts: list[tuple[ModuleType, str, Callable[..., Any]]] = [
            (module, name, getattr(module, name))
            for module in (_thread, threading)
            for name in _THREAD_STARTS
            if hasattr(module, name)
        ]
        for module, name, start in self._starts:
            setattr(module, name, self._guarded(start))

    def load(self, modules: Iterable[str], refused: tuple[str, ...]) -> None:
        """Import them in this order."""
        self._refused = refused
        finder = _Refusals(self)
        sys.meta_path.insert(0, finder)
        try:
            for name in modules:
                if name not in sys.modules and name not in self.left_out:
                    self._import(name)
        finally:
            sys.meta_path.remove(finder)

    def done(self) -> None:
        """What is asked for from now on is given."""
        for module, name, start in self._starts:
            setattr(module, name, start)

    def _import(self, name: str) -> None:
        self._stack = [name]
        try:
            importlib.import_module(name)
        except _Refused:
            pass
        except BaseException as error:  # SystemExit too
            self._leave_out([name], f"{type(error).__name__}: {str(error)[:200]}")
        self._stack = []
        if native_threads():
            self._leave_out([name], "it starts a native thread")

    def _leave_out(self, names: Iterable[str], reason: str) -> None:
        self.clean = False
        for name in names:
            self.left_out.setdefault(name, reason)

    def asked_for(self, name: str) -> None:
        """Refuse the project's modules, and what was excluded."""
        if is_one_of(name, self._refused):
            self._refuse(f"it imports {name}, which is not to be preloaded")

    def _guarded(self, start: Callable[..., Any]) -> Callable[..., Any]:
        """Who keeps this one can start threads with it once nothing is imported here."""

        @functools.wraps(start)
        def start_unless_importing(*arguments: Any, **more: Any) -> Any:
            if self._stack:
                self._refuse("it starts a thread")
            return start(*arguments, **more)

        return start_unless_importing

    def _refuse(self, reason: str) -> None:
        chain = _being_imported(sys._getframe(2))
        first, *importers = chain or self._stack
        self._leave_out([first], reason)
        self._leave_out([*importers, *self._stack], f"it imports {first}")
        raise _Refused


def _being_imported(frame: FrameType | None) -> list[str]:
    """The modules whose code runs at this moment, the innermost first."""
    names = []
    while frame is not None:
        name = frame.f_globals.get("__name__")
        if frame.f_code.co_name == "<module>" and isinstance(name, str) and name != "__main__":
            names.append(name)
        frame = frame.f_back
    return names


def native_threads() -> bool:
    """Whether threads run here that a fork does not end."""
    if _tasks() == 1:
        return False
    if (pid := os.fork()) == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return _tasks() > 1


def _tasks() -> int:
    return len(os.listdir("/proc/self/task"))

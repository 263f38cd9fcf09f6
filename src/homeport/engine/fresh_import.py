"""Imports of project files that are never stale; `used_files` is told of each of them.

CPython trusts a .pyc when the source has the same size and the same mtime *in whole seconds*
(PEP 3147), so of two saves within a second the second may never be seen, even by later runs. For
files of the project we trust only a .pyc that carries the hash of the very bytes we read
(PEP 552), and we write only such ones, with "check source" set: every other Python that finds it
checks the hash too. Libraries keep CPython's rule: nobody edits them twice a second.
"""

import contextlib
import functools
import importlib.util
import marshal
import os
import sys
import sysconfig
from collections.abc import Callable
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    SourceFileLoader,
    SourcelessFileLoader,
)
from types import CodeType, ModuleType
from typing import cast

from homeport.engine import used_files
from homeport.engine.versions import Version

_HEADER_SIZE = 16
_CHECKED_HASH = (0b11).to_bytes(4, "little")


class FreshSourceLoader(SourceFileLoader):
    """Loads what the file holds now."""

    def get_code(self, fullname: str) -> CodeType | None:
        """The code of the bytes that are read here, compiled or from a .pyc of their hash."""
        path = self.get_filename(fullname)
        status = os.stat(path)  # before reading: a later change makes it differ, never agree
        used_files.files[path] = Version.unread(status)
        source = self.get_data(path)
        used_files.note(path, Version.made_of(status, source))
        header = importlib.util.MAGIC_NUMBER + _CHECKED_HASH + importlib.util.source_hash(source)
        cache = self._cache_path(path)
        if cache is not None:
            with contextlib.suppress(OSError, EOFError, ValueError, TypeError):
                data = self.get_data(cache)
                if data[:_HEADER_SIZE] == header:
                    code = cast(CodeType, marshal.loads(memoryview(data)[_HEADER_SIZE:]))
                    return _at_home(code, path)
        code = self.source_to_code(source, path)
        if cache is not None and not sys.dont_write_bytecode:
            self.set_data(cache, header + marshal.dumps(code))
        return code

    @staticmethod
    def _cache_path(path: str) -> str | None:
        try:
            return importlib.util.cache_from_source(path)
        except NotImplementedError:
            return None


def _at_home(code: CodeType, path: str) -> CodeType:
    """The folder may have been moved or copied since: tracebacks are to name the file read."""
    if code.co_filename == path:
        return code
    inner = (_at_home(one, path) if isinstance(one, CodeType) else one for one in code.co_consts)
    return code.replace(co_filename=path, co_consts=tuple(inner))


class FreshFinder(FileFinder):
    """Remembers what it did not find: a new file of that name would change an import."""

    def find_spec(self, fullname: str, target: ModuleType | None = None) -> ModuleSpec | None:
        """As the import system wants it."""
        spec = super().find_spec(fullname, target)
        if spec is None or spec.loader is None:  # without a loader: a folder without __init__.py
            used_files.miss(os.path.join(self.path, fullname.rpartition(".")[2]))
        return spec


def install() -> None:
    """From now on import project files fresh. Before anything of the project is imported."""
    libraries = library_folders()
    used_files.watch_others(libraries)
    sys.path_hooks.insert(0, _hook(libraries))
    for path in [p for p in sys.path_importer_cache if not _inside(p, libraries)]:
        del sys.path_importer_cache[path]


@functools.cache
def library_folders() -> tuple[str, ...]:
    """Where installed code lives: the standard library and every site-packages."""
    import site

    paths = {sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    paths.update(site.getsitepackages())
    paths.add(site.getusersitepackages())
    return tuple(sorted({os.path.realpath(path) for path in paths}))


def is_library(path: str, libraries: tuple[str, ...]) -> bool:
    """Whether a file is installed code (or no file at all) rather than the project's."""
    return path.startswith("<") or _inside(path, libraries)


def _inside(path: str, folders: tuple[str, ...]) -> bool:
    real = os.path.realpath(path)
    return any(real == folder or real.startswith(folder + os.sep) for folder in folders)


def _hook(libraries: tuple[str, ...]) -> Callable[[str], FileFinder]:
    project = FreshFinder.path_hook(
        (ExtensionFileLoader, EXTENSION_SUFFIXES),
        (FreshSourceLoader, SOURCE_SUFFIXES),
        (SourcelessFileLoader, BYTECODE_SUFFIXES),
    )

    def finder_for(path: str) -> FileFinder:
        if _inside(path or os.getcwd(), libraries):
            raise ImportError("installed code is imported as usual", path=path)
        return cast(FileFinder, project(path))

    return finder_for

"""From what was typed to where the app is, by looking at files. Nothing is imported here.

`os.path` and not `Path` asks whether something is there: it says no, where `Path` raises, also
about folders we may not enter.
"""

import difflib
import os
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from homeport.core import app_refusals, refusals
from homeport.core.appref import PLACES, AppLocation, AppName
from homeport.ui.cli.commands import LOOKING
from homeport.ui.cli.sources import Project

_IN_FOLDER = ("main.py", "app.py", "api.py", "__init__.py")
"""The files that may hold the app when a folder is named."""


class Wanted(NamedTuple):
    """An app's name, and the folder it is relative to."""

    name: str | None
    folder: Path


def find_app(wanted: Wanted, project: Project) -> AppLocation:
    """Where the app is. Raises AppNotFoundError, UsageError."""
    if not os.path.isdir(wanted.folder):
        raise refusals.no_such_folder(str(wanted.folder), "--app-dir")
    if not os.access(wanted.folder, os.R_OK | os.X_OK):
        raise refusals.unreadable(str(wanted.folder), "the app's folder", "Permission denied")
    if wanted.name is not None:
        return _named(wanted.name, wanted.folder)
    entrypoint = project.fastapi.get("entrypoint")
    if isinstance(entrypoint, str) and project.file is not None:
        return _named(entrypoint, project.file.parent)
    for place in PLACES:
        if os.path.isfile(wanted.folder / place):
            return _file(wanted.folder / place, None)
    others = sorted(name for name in os.listdir(wanted.folder) if name.endswith(".py"))
    raise app_refusals.no_app_named(str(wanted.folder), PLACES, tuple(others[:3]))


def _named(text: str, folder: Path) -> AppLocation:
    if not text or text.endswith(":"):
        reason = "there is no object after the colon" if text else "it is empty"
        raise app_refusals.bad_app_name(text, reason)
    try:
        name = AppName.parse(text)
    except ValueError as error:
        raise app_refusals.bad_app_name(text, str(error)) from None
    if name.path is not None:
        return _path(folder / name.path, name)
    assert name.module is not None
    if name.attribute is None and "." not in name.module:
        _check_typed(name.module, folder)
    inner = folder.joinpath(*name.module.split("."))
    if name.attribute is None and os.path.isdir(inner):
        return _path(inner, name)
    return AppLocation(module=name.module, attribute=name.attribute, folder=str(folder))


def _check_typed(module: str, folder: Path) -> None:
    """A word like a command that names nothing here: `homeport lss`. AppNotFoundError."""
    meant = difflib.get_close_matches(module, LOOKING, n=1, cutoff=0.7)
    there = (folder / module, folder / f"{module}.py")
    if meant and not any(map(os.path.exists, there)) and find_spec(module) is None:
        raise app_refusals.no_such_command(module, meant[0])


def _path(path: Path, name: AppName) -> AppLocation:
    if os.path.isfile(path):
        return _file(path, name.attribute)
    if not os.path.isdir(path):
        raise _no_such_file(path, name.path or path.name)
    if not os.access(path, os.R_OK | os.X_OK):
        raise refusals.unreadable(str(path), "the app's folder", "Permission denied")
    for inner in _IN_FOLDER:
        if os.path.isfile(path / inner):
            return _file(path / inner, name.attribute)
    raise app_refusals.no_app_in_folder(str(path), _IN_FOLDER)


def _no_such_file(path: Path, typed: str) -> Exception:
    """Why there is no file, as far as it can be seen; with names that look like what was typed."""
    folder = path.parent
    if not os.path.isdir(folder):
        return refusals.no_such_folder(str(folder), "APP")
    if not os.access(folder, os.R_OK | os.X_OK):
        return refusals.unreadable(str(path), "APP", "Permission denied")
    there = [name for name in os.listdir(folder) if name.endswith(".py")]
    nearest = difflib.get_close_matches(path.name, there, n=2, cutoff=0.7)
    beside = os.path.dirname(typed)
    return app_refusals.no_such_file(
        str(path), tuple(os.path.join(beside, name) for name in nearest)
    )


def _file(path: Path, attribute: str | None) -> AppLocation:
    """The module a file is: packages above it (folders with `__init__.py`) belong to its name."""
    path = path.absolute()
    parts = [] if path.name == "__init__.py" else [path.stem]
    folder = path.parent
    while os.path.isfile(folder / "__init__.py"):
        parts.insert(0, folder.name)
        folder = folder.parent
    return AppLocation(module=".".join(parts), attribute=attribute, folder=str(folder))

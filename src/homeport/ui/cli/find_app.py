"""From what was typed to where the app is, by looking at files. Nothing is imported here."""

import difflib
from pathlib import Path
from typing import NamedTuple

from homeport.core import refusals
from homeport.core.appref import PLACES, AppLocation, AppName
from homeport.ui.cli.sources import Project


class Wanted(NamedTuple):
    """An app's name, and the folder it is relative to."""

    name: str | None
    folder: Path


def find_app(wanted: Wanted, project: Project) -> AppLocation:
    """Where the app is. Raises AppNotFoundError."""
    if wanted.name is not None:
        return _named(wanted.name, wanted.folder)
    entrypoint = project.fastapi.get("entrypoint")
    if isinstance(entrypoint, str) and project.file is not None:
        return _named(entrypoint, project.file.parent)
    for place in PLACES:
        if (wanted.folder / place).is_file():
            return _file(wanted.folder / place, None)
    raise refusals.no_app_named(str(wanted.folder), PLACES)


def _named(text: str, folder: Path) -> AppLocation:
    try:
        name = AppName.parse(text)
    except ValueError as error:
        raise refusals.bad_app_name(text, str(error)) from None
    if name.path is not None:
        return _path(folder / name.path, name)
    assert name.module is not None
    inner = folder.joinpath(*name.module.split("."))
    if name.attribute is None and inner.is_dir():
        return _path(inner, name)
    return AppLocation(module=name.module, attribute=name.attribute, folder=str(folder))


def _path(path: Path, name: AppName) -> AppLocation:
    if path.is_file():
        return _file(path, name.attribute)
    if path.is_dir():
        for inner in ("main.py", "app.py", "api.py", "__init__.py"):
            if (path / inner).is_file():
                return _file(path / inner, name.attribute)
    siblings = [p.name for p in path.parent.glob("*") if p.suffix == ".py" or p.is_dir()]
    nearest = difflib.get_close_matches(path.name, siblings, n=2)
    raise refusals.no_such_file(str(path), tuple(nearest))


def _file(path: Path, attribute: str | None) -> AppLocation:
    """The module a file is: packages above it (folders with `__init__.py`) belong to its name."""
    path = path.absolute()
    parts = [] if path.name == "__init__.py" else [path.stem]
    folder = path.parent
    while (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    return AppLocation(module=".".join(parts), attribute=attribute, folder=str(folder))

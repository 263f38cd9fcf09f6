"""Where settings come from besides the command line: the environment and pyproject.toml."""

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from homeport.core import refusals
from homeport.core.options import FIELDS, OPTIONS, Source

_OTHER_VARIABLES = ("HOMEPORT_PLATFORM",)
_PREFIX = "HOMEPORT_"


class Project(NamedTuple):
    """The nearest pyproject.toml: where it is and the two tables that matter to us."""

    file: Path | None
    homeport: Mapping[str, Any]
    fastapi: Mapping[str, Any]


def read_project(folder: Path) -> Project:
    """pyproject.toml of `folder` or the nearest one above; UsageError when it does not parse."""
    for place in (folder, *folder.parents):
        file = place / "pyproject.toml"
        if file.is_file():
            break
    else:
        return Project(None, {}, {})
    try:
        tool = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise refusals.unreadable(str(file), "pyproject.toml", str(error)) from None
    return Project(file, _table(tool, "homeport", file), _table(tool, "fastapi", file))


def _table(tool: Any, name: str, file: Path) -> Mapping[str, Any]:
    table = tool.get(name, {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise refusals.unreadable(str(file), "pyproject.toml", f"[tool.{name}] is not a table")
    return table


def from_project(project: Project) -> Source:
    """`[tool.homeport]`, where names are written as on the command line. UsageError if unknown."""
    known = {"app": "app"} | {option.name: option.field for option in OPTIONS}
    values, origins = {}, {}
    for key, value in project.homeport.items():
        if key not in known:
            raise _unknown(key, f"[tool.homeport] in {project.file}", list(known))
        field = known[key]
        values[field] = value
        origins[field] = f"{key} in {project.file}"
    return Source(values, origins)


def from_environment(environment: Mapping[str, str]) -> Source:
    """`HOMEPORT_…`, and `PORT` as many platforms set it. UsageError for an unknown name."""
    known = {"HOMEPORT_APP": "app"} | {option.variable: option.field for option in OPTIONS}
    values, origins = {}, {}
    if environment.get("PORT"):
        values["port"], origins["port"] = environment["PORT"], "PORT in the environment"
    for name, value in environment.items():
        if not name.startswith(_PREFIX) or name in _OTHER_VARIABLES:
            continue
        if name not in known:
            raise _unknown(name, "the environment", list(known))
        values[known[name]] = value
        origins[known[name]] = f"{name} in the environment"
    return Source(values, origins)


def from_arguments(given: Mapping[str, object]) -> Source:
    """Flags or keyword arguments: those that were given."""
    values = {name: value for name, value in given.items() if name in FIELDS and value is not None}
    return Source(values, {name: "--" + name.replace("_", "-") for name in values})


def _unknown(key: str, origin: str, known: list[str]) -> Exception:
    close = difflib.get_close_matches(key, known, n=1)
    return refusals.unknown_setting(key, origin, close[0] if close else None, ", ".join(known))


def current_folder() -> Path:
    """The folder we are in; UsageError when it was deleted."""
    try:
        return Path(os.getcwd())
    except FileNotFoundError:
        raise refusals.folder_gone() from None

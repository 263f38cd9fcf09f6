"""Where settings come from besides the command line: the environment and pyproject.toml."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from homeport.core import refusals
from homeport.core.nearest import nearest
from homeport.core.options import APPS, FIELDS, OPTIONS, Settings, Source, merge

_OTHER_VARIABLES = ("HOMEPORT_PLATFORM",)
_PREFIX = "HOMEPORT_"
_PATHS = ("app_dir", "env_file", "reload_dir", "tls_cert", "tls_key")


class Project(NamedTuple):
    """The nearest pyproject.toml: where it is and the two tables that matter to us."""

    file: Path | None
    homeport: Mapping[str, Any]
    fastapi: Mapping[str, Any]


def read_project(folder: Path) -> Project:
    """pyproject.toml of `folder` or the nearest one above; UsageError when it does not parse."""
    for place in (folder, *folder.parents):
        file = place / "pyproject.toml"
        if os.path.isfile(file):  # Path.is_file raises in folders we may not enter
            break
    else:
        return Project(None, {}, {})
    try:
        tool = tomllib.loads(read_text(file, "pyproject.toml")).get("tool", {})
    except tomllib.TOMLDecodeError as error:
        raise refusals.malformed(str(file), f"it is not valid TOML: {error}") from None
    return Project(file, _table(tool, "homeport", file), _table(tool, "fastapi", file))


def _table(tool: Any, name: str, file: Path) -> Mapping[str, Any]:
    table = tool.get(name, {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise refusals.malformed(str(file), f"[tool.{name}] is not a table")
    return table


def read_text(file: Path, origin: str) -> str:
    """The text of a file; UsageError when it is not there, not ours to read, or no UTF-8."""
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise refusals.unreadable(str(file), origin, error.strerror or str(error)) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise refusals.malformed(str(file), f"line {line} is not UTF-8 text") from None


def from_project(project: Project) -> Source:
    """`[tool.homeport]`, where names are written as on the command line. UsageError if unknown."""
    known = {"app": "app"} | {option.name: option.field for option in OPTIONS}
    values, origins = {}, {}
    for key, value in project.homeport.items():
        if key == APPS:
            continue
        if key not in known:
            where = f"{project.file}: [tool.homeport]"
            raise refusals.unknown_key(key, where, nearest(key, known), list(known))
        field = known[key]
        values[field] = _from_its_folder(field, value, project)
        origins[field] = f"{key} in {project.file}"
    return Source(values, origins, is_project=True)


def _from_its_folder(field: str, value: Any, project: Project) -> Any:
    """Paths in pyproject.toml are meant from where it is, not from where we are."""
    if field not in _PATHS or project.file is None:
        return value
    if isinstance(value, list):
        return [_from_its_folder(field, item, project) for item in value]
    return str(project.file.parent / value) if isinstance(value, str) else value


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
            from homeport.core.lookup import VARIABLE

            if name.startswith(VARIABLE):  # where another server is
                continue
            # Without the prefix: with it everything looks alike.
            near = nearest(name[len(_PREFIX) :], (each[len(_PREFIX) :] for each in known))
            raise refusals.unknown_variable(name, near and _PREFIX + near, list(known))
        values[known[name]] = value
        origins[known[name]] = f"{name} in the environment"
    return Source(values, origins)


def from_arguments(given: Mapping[str, object]) -> Source:
    """Flags or keyword arguments: those that were given."""
    values = {name: value for name, value in given.items() if name in FIELDS and value is not None}
    return Source(values, {name: "--" + name.replace("_", "-") for name in values})


def settings_of(first: Source, project: Project) -> Settings:
    """All sources merged. UsageError for what is not known or of the wrong kind."""
    return merge((first, from_environment(os.environ), from_project(project)))

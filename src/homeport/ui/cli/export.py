"""`homeport export`: the files by which other programs start a server, or lead to it."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from homeport import host
from homeport.core import export_words
from homeport.core.address import Address
from homeport.core.entry import Entry
from homeport.core.errors import ExitCode, NothingThereError
from homeport.core.exports import caddy, compose, launchd, systemd
from homeport.core.exports.launch import Launch, check, listening, settings_from, words
from homeport.core.options import Settings, merge
from homeport.core.plan import needs_interfaces, plan
from homeport.engine import registry
from homeport.engine.port_ahead import port_ahead
from homeport.ui.cli.asking import ask, several
from homeport.ui.cli.folders import current_folder, home_folder, own_project
from homeport.ui.cli.page import Arguments, show_json, show_text
from homeport.ui.cli.sources import (
    Project,
    from_arguments,
    from_project,
    read_project,
    settings_of,
)
from homeport.ui.cli.what_to_serve import app_of, serving_of

HELP = """\
homeport export systemd|launchd|compose|caddy [NAME] [--socket] [--json]

Prints a file that starts the server NAME without you, or leads to it (caddy). NAME is one that is
running, with the settings it has; else the app of this folder, with those it would get. Without
NAME: the server of this folder.

  systemd   a user unit; --socket: and a socket unit, so that a restart refuses nobody
  launchd   a launch agent
  compose   a service for docker compose, published to this computer only
  caddy     a site https://NAME.localhost

Exit codes: 0 done, 2 it cannot be exported, 5 no such server.
"""
_FORMATS = ("systemd", "launchd", "compose", "caddy")


class _Found(NamedTuple):
    """A server, running or not, and how it is started."""

    settings: Settings
    folder: Path
    name: str
    python: str
    addresses: tuple[Address, ...]


def run(arguments: Sequence[str]) -> ExitCode:
    """The command. Raises NothingThereError, UsageError."""
    parser = Arguments("export")
    parser.add_argument("format", choices=_FORMATS, metavar="|".join(_FORMATS))
    parser.add_argument("name", nargs="?", metavar="NAME")
    parser.add_argument("--socket", action="store_true")
    given = parser.read(arguments)
    if given.socket and given.format != "systemd":
        parser.error("--socket is for systemd")
    entry = _running(given.name)
    found = _as_it_runs(entry) if entry is not None else _as_it_would(given.name)
    files = _files(found, given.format, socket=given.socket)
    if given.json:
        listed = [{"name": name, "text": text} for name, text in files]
        told = {"server": found.name, "running": entry is not None, "format": given.format}
        show_json({**told, "files": listed})
    else:
        show_text("\n".join(text for _, text in files))
    return ExitCode.OK


def _running(name: str | None) -> Entry | None:
    """The server that is meant, if it runs. NothingThereError, UsageError when several can be."""
    if name is None:
        mine = [entry for entry in registry.entries() if entry.project == own_project()]
        if len(mine) > 1:
            raise several(mine, "homeport export …")
        return mine[0] if mine else None
    try:
        return registry.find(name)
    except NothingThereError:
        if _as_it_would(None).name != name:
            raise
        return None


def _as_it_runs(entry: Entry) -> _Found:
    told = ask(entry, "settings")
    if not told["command"]:
        raise export_words.no_command(entry.name)
    addresses = tuple(Address.parse(each) for each in entry.addresses)
    settings = settings_from(told["settings"])
    return _Found(settings, Path(told["folder"]), entry.name, told["python"], addresses)


def _as_it_would(name: str | None) -> _Found:
    """From the settings of this folder."""
    folder = current_folder()
    project = read_project(folder)
    settings = settings_of(from_arguments({}), project)
    serving = serving_of(settings, project, folder, app_of(settings, project, folder), 0.0)
    request = serving.request
    known = host.interfaces() if needs_interfaces(request.hosts) else ()
    planned = plan(request, known)
    if request.port == 0:
        raise export_words.any_port(serving.name)
    ports = planned.ports or (
        port_ahead(serving.name, serving.job.project, os.environ, planned).port,
    )
    addresses = tuple(Address(ip=each.ip, port=ports[0]) for each in planned.targets)
    return _Found(settings, folder, name or serving.name, sys.executable, addresses)


def _launch(found: _Found, project: Project) -> Launch:
    settings = found.settings
    alone = merge((from_project(project),))
    top = project.file.parent if project.file is not None else found.folder
    launch = Launch(
        name=found.name,
        python=found.python,
        folder=str(found.folder),
        project=str(top),
        words=words(settings, alone, found.name),
        listening=listening(settings, alone, found.addresses[0].port),
        addresses=found.addresses,
        tls=settings.tls or settings.tls_cert is not None,
        trusts_proxy=bool(settings.trust_proxy),
        stop_timeout=settings.stop_timeout,
    )
    check(launch)
    return launch


def _files(found: _Found, kind: str, *, socket: bool) -> list[tuple[str, str]]:
    """Names and texts."""
    project = read_project(found.folder)
    launch = _launch(found, project)
    name = launch.name
    match kind:
        case "systemd":
            more = [(f"{name}.socket", systemd.socket_unit(launch))] if socket else []
            return [(f"{name}.service", systemd.unit(launch, socket=socket)), *more]
        case "launchd":
            home = str(home_folder() or "/tmp")
            return [(f"homeport.{name}.plist", launchd.plist(launch, home))]
        case "compose":
            requires, install = _needs(Path(launch.project))
            image = compose.image(requires, sys.version_info.minor)
            return [("compose.yaml", compose.service(launch, image, install))]
        case _:
            return [("Caddyfile", caddy.site(launch))]


def _needs(top: Path) -> tuple[Any, str | None]:
    """What the project says of its Python, and the command that installs what it needs."""
    import tomllib

    table: dict[str, Any] = {}
    if os.path.isfile(top / "pyproject.toml"):  # it was read before: it parses
        table = tomllib.loads((top / "pyproject.toml").read_text(encoding="utf-8"))
    project = table.get("project")
    requires = project.get("requires-python") if isinstance(project, dict) else None
    pip = "python -m pip install --quiet --root-user-action=ignore"
    if os.path.isfile(top / "requirements.txt"):
        return requires, f"{pip} -r {compose.INSIDE}/requirements.txt"
    return requires, f"{pip} {compose.INSIDE}" if isinstance(project, dict) else None

"""From settings to what is served and how: files and names are looked at here."""

import ipaddress
import os
import sys
from dataclasses import replace
from pathlib import Path

from homeport import host
from homeport.core import refusals, server_name
from homeport.core.appref import AppLocation
from homeport.core.options import Settings
from homeport.core.plan import ServeRequest
from homeport.core.wire import Job
from homeport.engine.front import Entrance
from homeport.engine.start import Serving
from homeport.engine.watch import Rules
from homeport.ui.cli.find_app import Wanted, find_app
from homeport.ui.cli.folders import home_folder
from homeport.ui.cli.output import has_colour
from homeport.ui.cli.sources import Project, read_text


def app_of(settings: Settings, project: Project, folder: Path) -> AppLocation:
    """Where the app is. Raises AppNotFoundError, UsageError."""
    home = folder / settings.app_dir if settings.app_dir else folder
    if settings.app_in_project and not settings.app_dir and project.file is not None:
        home = project.file.parent
    return find_app(Wanted(settings.app, home.absolute()), project)


def serving_of(
    settings: Settings, project: Project, folder: Path, location: AppLocation, started: float
) -> Serving:
    """What to serve and how; names of files are relative to `folder`.

    Raises UsageError for a file or network that is not there.
    """
    home = project.file.parent if project.file else host.project_of(Path(location.folder))
    return Serving(
        request=ServeRequest(
            hosts=settings.host,
            port=settings.port,
            port_origin=settings.port_origin,
            force_port=settings.force_port,
            hosts_origin=settings.host_origin,
        ),
        job=Job(
            module=location.module,
            attribute=location.attribute,
            factory=settings.factory,
            sys_path=(location.folder,),
            project=str(home),
            env_file=_env_file(settings, folder),
            root_path=_root_path(settings.root_path),
            trusted_proxies=_networks(settings.trust_proxy),
            access_log=settings.access_log,
            log_level=settings.log_level,
            colour=has_colour() and not settings.json,
            json=settings.json,
            single_lifespan=settings.single_lifespan,
            warm=settings.warm and settings.reload and host.can_fork(),
        ),
        title=str(location),
        name=_name(settings, str(home)),
        rules=_rules(settings, folder, location.folder) if settings.reload else None,
        stop_timeout=settings.stop_timeout,
        started=started,
        entrance=_entrance(settings, folder),
    )


def place_of(app: object, folder: Path) -> AppLocation:
    """Of an app object, which is nowhere but in this process."""
    return AppLocation(module=type(app).__name__, attribute=None, folder=str(folder))


def importing_as_here(serving: Serving) -> Serving:
    """Whatever this process can import its worker can, after what is beside the app."""
    paths = (*serving.job.sys_path, *filter(None, sys.path))
    return replace(serving, job=serving.job.replaced(sys_path=tuple(dict.fromkeys(paths))))


def _entrance(settings: Settings, folder: Path) -> Entrance:
    files = settings.tls_cert, settings.tls_key
    if any(files) and not all(files):
        raise refusals.tls_files(settings.tls_cert, settings.tls_key)
    hosts, origins = settings.allow_host, settings.allow_origin
    if hosts or origins:
        from homeport.core.allowed import allowed_host, allowed_origin  # most allow none

        said, also_said = settings.allow_host_origin, settings.allow_origin_origin
        hosts = tuple(allowed_host(each, said) for each in hosts)
        origins = tuple(allowed_origin(each, also_said) for each in origins)
    cert, key = (str((folder / each).absolute()) if each else "" for each in files)
    return Entrance(
        hosts=hosts,
        origins=origins,
        strict_origins=settings.strict_origins,
        tls=settings.tls,
        certificate_files=(cert, key) if all(files) else None,
    )


def _name(settings: Settings, home: str) -> str:
    from homeport.host.project import project_at

    project = project_at(home)
    return server_name.choose(settings.name, project, home, in_project=settings.name_in_project)


def _rules(settings: Settings, folder: Path, app_folder: str) -> Rules:
    """Watch the folder we are in and the app's; not a whole home folder: what is imported from
    there is watched file by file.
    """
    if settings.reload_dir:
        folders = [(folder / name).absolute() for name in settings.reload_dir]
        for place in folders:
            if not os.path.isdir(place):
                raise refusals.no_such_folder(str(place), "--reload-dir")
    else:
        folders = [f for f in (Path(app_folder), folder) if f not in (Path("/"), home_folder())]
    names = dict.fromkeys(str(f) for f in folders)
    tops = tuple(f for f in names if not any(f.startswith(o.rstrip("/") + "/") for o in names))
    return Rules(folders=tops, include=settings.reload_include, exclude=settings.reload_exclude)


def _env_file(settings: Settings, folder: Path) -> str | None:
    if settings.env_file is None:
        return None
    path = (folder / settings.env_file).absolute()
    read_text(path, "--env-file")
    return str(path)


def _root_path(path: str) -> str:
    """`api/` is `/api`."""
    return "/" + path.strip("/") if path.strip("/") else ""


def _networks(texts: tuple[str, ...]) -> tuple[str, ...]:
    for text in texts:
        try:
            ipaddress.ip_network(text)
        except ValueError:
            wanted = "an IP address or a network such as 10.0.0.0/8"
            raise refusals.not_a(text, "--trust-proxy", wanted) from None
    return texts

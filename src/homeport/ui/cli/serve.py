"""`homeport [APP]`: from the command line to a running server."""

import ipaddress
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from homeport import host
from homeport.core import refusals, registry_words, server_name
from homeport.core.allowed import allowed_host, allowed_origin
from homeport.core.appref import AppLocation
from homeport.core.errors import ExitCode, HomeportError
from homeport.core.options import Settings, Source, merge
from homeport.core.plan import ServeRequest
from homeport.core.wire import Job, Loaded
from homeport.engine.doors import Doors
from homeport.engine.front import Entrance
from homeport.engine.outside import Input, Process
from homeport.engine.presence import Presence, appear
from homeport.engine.reception import Reception
from homeport.engine.reporting import Opened, Reporter
from homeport.engine.signals import SignalPipe, Signals
from homeport.engine.spawn import WorkerProcess, spawn_worker
from homeport.engine.start import Serving, front_of, open_for, supervise
from homeport.engine.warmth import Warmth
from homeport.engine.watch import Rules
from homeport.ui.cli import arguments as command_line
from homeport.ui.cli.browser import OpenWhenReady, open_browser
from homeport.ui.cli.find_app import Wanted, find_app
from homeport.ui.cli.folders import current_folder, home_folder
from homeport.ui.cli.json_report import JsonReport
from homeport.ui.cli.keyboard import Keyboard
from homeport.ui.cli.output import has_colour, write
from homeport.ui.cli.sources import (
    Project,
    from_arguments,
    from_environment,
    from_project,
    read_project,
    read_text,
)
from homeport.ui.cli.telling import tell, wants_json
from homeport.ui.cli.text_report import TextReport

DEMO = "homeport.demo.app:app"


def serve_command(arguments: Sequence[str], started: float, spare: list[WorkerProcess]) -> int:
    """The command; its exit code. Every refusal is told, a traceback only for our own bugs."""
    json, named = wants_json(arguments, os.environ), None
    try:
        given = command_line.parse(arguments)
        named = given.get("app")
        if given.get("app") == "demo":
            top = Path(__file__).parents[3]
            given |= {
                "app": DEMO,
                "app_dir": str(top),
                "reload_dir": str(top / "homeport" / "demo"),
            }
            given = {"name": "demo", **given}
        folder = current_folder()
        project = read_project(folder)
        settings = settings_of(from_arguments(given), project)
        json = settings.json
        home = folder / settings.app_dir if settings.app_dir else folder
        if settings.app_in_project and not settings.app_dir and project.file is not None:
            home = project.file.parent
        location = find_app(Wanted(settings.app, home.absolute()), project)
        serving = serving_of(settings, project, folder, location, started)
        if named == "demo":
            serving = replace(serving, title="the built-in demo app")
        return serve(serving, settings, spare)
    except HomeportError as error:
        tell(error, json=json, app=named)
        return error.exit_code
    except Exception as error:
        import traceback

        write(traceback.format_exc(), 2)
        tell(refusals.unexpected(error), json=json)
        return ExitCode.BUG


def settings_of(first: Source, project: Project) -> Settings:
    """All sources merged. UsageError for what is not known or of the wrong kind."""
    return merge((first, from_environment(os.environ), from_project(project)))


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


def _entrance(settings: Settings, folder: Path) -> Entrance:
    files = settings.tls_cert, settings.tls_key
    if any(files) and not all(files):
        raise refusals.tls_files(settings.tls_cert, settings.tls_key)
    cert, key = (str((folder / each).absolute()) if each else "" for each in files)
    return Entrance(
        hosts=tuple(allowed_host(each) for each in settings.allow_host),
        origins=tuple(allowed_origin(each) for each in settings.allow_origin),
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


def serve(
    serving: Serving, settings: Settings, spare: list[WorkerProcess], app: object = None
) -> ExitCode:
    """Open, tell, run. `spare` may hold a worker process that is up already.

    `app`: an app object, served by this process.
    """
    listeners, opened = open_for(serving)
    with ExitStack() as cleanup:
        presence, warning = _presence(serving.name, opened)
        own: tuple[Input, ...] = ()
        if presence is not None:
            cleanup.callback(presence.close)
            own = (presence.control,)
            entry = presence.entry
            opened = replace(opened, name=entry.name, instance=entry.instance)
        reporter, keyboard = face_of(settings, opened)
        if keyboard is not None:
            cleanup.callback(keyboard.close)
            own = (*own, keyboard)
        reporter.opened(opened)
        if warning is not None:
            reporter.warn(warning)
        front, notes = front_of(serving, opened)
        for note in notes:
            reporter.warn(note)
        doors = Doors(zip(front.doors(), listeners.sockets, strict=True))

        def run(
            spawn: Callable[[], Process],
            inputs: tuple[Input, ...],
            heard: Callable[[Loaded], None] | None = None,
        ) -> ExitCode:
            reception = Reception(front, doors, reporter, heard)
            if presence is not None:
                presence.control.handlers.update(reception.handlers)
            if keyboard is not None:
                keyboard.orders.update(
                    s=reception.toggle_share, y=reception.let_in, n=reception.keep_out
                )
            inputs = (*inputs, *own)
            shadows = listeners.shadows
            try:
                return supervise(serving, reporter, spawn, inputs, doors, reception, shadows)
            finally:
                if presence is not None:
                    presence.close()  # while signals are still ours

        if app is not None:
            from homeport.engine.inline import serve_here  # with asyncio, which others do not need

            return serve_here(app, run, cleanup.close)
        pipe = cleanup.enter_context(SignalPipe())
        if not serving.job.warm:
            return run(lambda: spare.pop() if spare else spawn_worker(), (Signals(pipe),))
        warmth = Warmth(serving.job, settings.warm_exclude, reporter.warn, spare)
        cleanup.callback(warmth.close)
        return run(warmth.spawn, (Signals(pipe), warmth), warmth.heard)


def _presence(name: str, opened: Opened) -> tuple[Presence | None, str | None]:
    """In the registry, or why not: the server serves all the same."""
    try:
        return appear(name, opened, os.environ), None
    except HomeportError as error:
        return None, registry_words.not_registered(error.message, error.next_steps)
    except OSError as error:
        return None, registry_words.not_registered(error.strerror or str(error))


def face_of(settings: Settings, opened: Opened) -> tuple[Reporter, Keyboard | None]:
    """Who tells what happens, and the keys of a terminal if there is one."""
    first = opened.links[0].url

    def browse() -> None:
        open_browser(first)

    debug = settings.log_level == "debug"
    if settings.json:
        reporter: Reporter = JsonReport(write, debug=debug)
        keyboard = None
    else:
        keyboard = Keyboard(0, browse, write) if Keyboard.usable(0) else None
        reporter = TextReport(write, colour=has_colour(), keys=keyboard is not None, debug=debug)
    if settings.open:
        reporter = OpenWhenReady(reporter, browse)
    return reporter, keyboard

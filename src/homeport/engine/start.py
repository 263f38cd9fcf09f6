"""From a request to a running supervisor: open the listeners, describe them, go."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from homeport import host
from homeport.core import wire
from homeport.core.errors import ExitCode
from homeport.core.links import links, needs_interfaces
from homeport.core.plan import ServeRequest, plan
from homeport.core.plan import needs_interfaces as plan_needs_interfaces
from homeport.engine.binding import Listeners, open_listeners
from homeport.engine.outside import Input, Process
from homeport.engine.reporting import Opened, Reporter
from homeport.engine.saves import Saves
from homeport.engine.service import Service
from homeport.engine.supervisor import Supervisor
from homeport.engine.watch import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """Everything a server needs. `rules` None: it does not reload. `title` names the app.

    `name` is what the server would like to be called.
    """

    request: ServeRequest
    job: wire.Job
    title: str
    name: str
    rules: Rules | None
    stop_timeout: float
    started: float
    restarts: bool = True


def open_for(serving: Serving) -> tuple[Listeners, Opened]:
    """Bind and listen. Raises UsageError, BindError; nothing is open then."""
    request = serving.request
    known = host.interfaces() if plan_needs_interfaces(request.hosts) else ()
    listeners = open_listeners(plan(request, known), request.port_origin)
    ips = tuple(address.ip for address in listeners.addresses)
    if needs_interfaces(ips):
        known = known or host.interfaces()
    busy = listeners.busy
    opened = Opened(
        app=serving.title,
        project=serving.job.project,
        addresses=listeners.addresses,
        links=links(ips, listeners.port, known),
        skipped=listeners.skipped,
        reload=serving.rules is not None,
        restarts=serving.restarts,
        wanted=busy.address.port if busy else None,
        held_by=busy.listeners if busy else (),
        strangers=listeners.shadows.strangers,
    )
    return listeners, opened


def supervise(
    serving: Serving,
    listeners: Listeners,
    reporter: Reporter,
    spawn: Callable[[], Process],
    inputs: tuple[Input, ...],
    heard: Callable[[wire.Loaded], None] | None = None,
) -> ExitCode:
    """Run until the end; the listeners are closed then. `inputs` include the signals.

    `heard` is told what workers import.
    """
    with ExitStack() as cleanup:
        cleanup.callback(listeners.close)
        saves = None
        if serving.rules is not None:
            saves = Saves(serving.rules, serving.job.project)
            cleanup.callback(saves.close)
        service = Service(
            job=serving.job,
            descriptors=tuple(sock.fileno() for sock in listeners.sockets),
            stop_timeout=serving.stop_timeout,
            started=serving.started,
            restarts=serving.restarts,
        )
        shadows = listeners.shadows
        return Supervisor(service, reporter, spawn, inputs, saves, shadows, heard).run()

"""From a request to a running supervisor: open the listeners, describe them, go."""

import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from homeport import host
from homeport.core import wire, words
from homeport.core.address import WILDCARD, Address, Interface
from homeport.core.entry import Entry
from homeport.core.errors import ExitCode, NothingThereError
from homeport.core.links import links, needs_interfaces
from homeport.core.plan import BindPlan, ServeRequest, plan
from homeport.core.plan import needs_interfaces as plan_needs_interfaces
from homeport.engine.binding import Listeners, open_listeners
from homeport.engine.doors import Doors
from homeport.engine.front import Entrance, Front
from homeport.engine.outside import Chore, Input, Process
from homeport.engine.reception import Reception
from homeport.engine.reporting import Opened, Reporter
from homeport.engine.saves import Saves
from homeport.engine.service import Service
from homeport.engine.shadows import Shadows
from homeport.engine.supervisor import Supervisor
from homeport.engine.watch import Rules

if TYPE_CHECKING:  # imported when it is the case
    from homeport.core.moved import Moved
    from homeport.engine.watchdog import Heard, Watchdog


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """Everything a server needs. `rules` None: it does not reload. `title` names the app.

    `name` is what the server is called. `remembers`: it gets its port again next time.
    `waits_for_fix` False: a first start that fails is the end. `kept` are listening sockets from
    before a restart, `told` the variables of a service manager.
    """

    request: ServeRequest
    job: wire.Job
    title: str
    name: str
    rules: Rules | None
    stop_timeout: float
    started: float
    restarts: bool = True
    waits_for_fix: bool = True
    remembers: bool = True
    kept: Mapping[Address, socket.socket] = field(default_factory=dict)
    told: Mapping[str, str] = field(default_factory=dict)
    entrance: Entrance = field(default_factory=Entrance)


def open_for(
    serving: Serving, predecessor: Entry | None, environment: Mapping[str, str]
) -> tuple[Listeners, Opened, tuple[str, ...]]:
    """Bind and listen; with what has to be said about it.

    Raises UsageError, BindError, HomeportError; nothing is open then.
    """
    known: tuple[Interface, ...] = ()
    moved, notes = None, tuple[str, ...]()
    listeners = _given(serving)
    if listeners is None:
        known = host.interfaces() if plan_needs_interfaces(serving.request.hosts) else ()
        bind = plan(serving.request, known)
        listeners, moved, notes = _listen(serving, bind, predecessor, environment)
    ips = tuple(address.ip for address in listeners.addresses)
    if needs_interfaces(ips):
        known = known or host.interfaces()
    opened = Opened(
        app=serving.title,
        project=serving.job.project,
        addresses=listeners.addresses,
        links=links(ips, listeners.port, known, serving.entrance.scheme, serving.name),
        skipped=listeners.skipped,
        reload=serving.rules is not None,
        restarts=serving.restarts,
        waits_for_fix=serving.waits_for_fix,
        moved=moved,
        strangers=listeners.shadows.strangers,
    )
    return listeners, opened, notes


def _given(serving: Serving) -> Listeners | None:
    """What a service manager has opened already."""
    if not serving.told:
        return None
    from homeport.engine.inherited_sockets import inherited_listeners

    return inherited_listeners(serving.told, serving.request)


def _listen(
    serving: Serving, bind: BindPlan, predecessor: Entry | None, environment: Mapping[str, str]
) -> "tuple[Listeners, Moved | None, tuple[str, ...]]":
    origin = serving.request.port_origin
    if had := serving.kept or _of(predecessor):
        return _listen_as_before(bind, origin, had), None, ()
    if bind.ports:
        return open_listeners(bind, origin), None, ()
    from homeport.core.port_claims import Owner
    from homeport.engine.sticky import open_at_home

    owner = Owner(os.path.realpath(serving.job.project), serving.name)
    return open_at_home(bind, owner, environment, remember=serving.remembers)


def _of(predecessor: Entry | None) -> Mapping[Address, socket.socket]:
    """The sockets of the server that is replaced; none when it has ended since."""
    if predecessor is None:
        return {}
    from homeport.engine.taking_over import inherited

    with suppress(NothingThereError):
        return inherited(predecessor)
    return {}


def _listen_as_before(
    bind: BindPlan, origin: str, had: Mapping[Address, socket.socket]
) -> Listeners:
    """With sockets that listen already, where they are what is wanted; the others are closed."""
    try:
        if not bind.ports:
            bind = replace(bind, ports=(next(iter(had)).port,), asked=True)
            origin = "the server before"
        listeners = open_listeners(bind, origin, had)
    except BaseException:
        for sock in had.values():
            sock.close()
        raise
    for sock in had.values():
        if sock not in listeners.sockets:
            sock.close()
    return listeners


def front_of(serving: Serving, opened: Opened) -> tuple[Front, tuple[str, ...]]:
    """What visitors meet, and what has to be said about it.

    Raises UsageError, HomeportError when there can be no certificate.
    """
    front = Front(
        ips=tuple(address.ip for address in opened.addresses),
        port=opened.addresses[0].port,
        name=opened.name or serving.name,
        instance=opened.instance or os.urandom(16).hex(),
        entrance=serving.entrance,
    )
    notes: tuple[str, ...] = ()
    if _own_names_are_unknown(front):
        front, notes = front.with_any_host(), (words.ANY_HOST_IN_CONTAINER,)
    if serving.entrance.scheme == "https":
        from homeport.engine.certificates.serving import certificate_for

        leaf, said = certificate_for(front, time.time())
        front = replace(front, leaf=leaf)
        notes = (*notes, *said)
    return front, notes


def _own_names_are_unknown(front: Front) -> bool:
    """Whether others come in under names and addresses that only the container's engine knows.

    Whoever names them has told us.
    """
    if front.entrance.hosts or not any(ip in WILDCARD for ip in front.ips):
        return False
    where = host.runs_in()
    return where.container is not None and where.own_network is not False


def supervise(
    serving: Serving,
    front: Front,
    reporter: Reporter,
    spawn: Callable[[], Process],
    inputs: tuple[Input, ...],
    doors: Doors,
    reception: Reception,
    shadows: Shadows,
    watchdog: "Watchdog | None" = None,
) -> ExitCode:
    """Run until the end; the listeners are closed then. `inputs` include the signals."""
    with ExitStack() as cleanup:
        cleanup.callback(doors.close)
        cleanup.callback(reception.close)
        saves = None
        if serving.rules is not None:
            saves = Saves(serving.rules, serving.job.project)
            cleanup.callback(saves.close)
        service = Service(
            job=serving.job,
            stop_timeout=serving.stop_timeout,
            started=serving.started,
            restarts=serving.restarts,
            waits_for_fix=serving.waits_for_fix,
        )
        chores = _chores(front, reporter, doors, reception, shadows)
        heard: Heard = reception.hear
        if watchdog is not None:
            chores, heard = (*chores, watchdog), watchdog.hearing(heard)
        supervisor = Supervisor(
            *(service, reporter, spawn, (*inputs, reception), saves, doors),
            *(chores, heard, reception.stopping),
        )
        return supervisor.run()


def _chores(
    front: Front, reporter: Reporter, doors: Doors, reception: Reception, shadows: Shadows
) -> tuple[Chore, ...]:
    chores: tuple[Chore, ...] = (_Strangers(shadows, reporter), doors, reception)
    if front.leaf is None:
        return chores
    from homeport.engine.certificates.renewal import Renewal

    return (*chores, Renewal(front, doors, reporter.warn))


class _Strangers:
    """The chore of telling who else answers on our port by now."""

    def __init__(self, shadows: Shadows, reporter: Reporter) -> None:
        self._shadows = shadows
        self._reporter = reporter

    @property
    def due(self) -> float | None:
        return self._shadows.due

    def take(self, now: float) -> None:
        if strangers := self._shadows.take(now):
            self._reporter.warn(words.shadowed(strangers))

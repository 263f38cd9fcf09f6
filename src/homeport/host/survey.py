"""One look at everything, and what follows from it: the values behind the commands and the API."""

import errno
import time
from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

from homeport import host
from homeport.core.address import LOOPBACK, Address
from homeport.core.availability import Availability, Level, PortView, availability
from homeport.core.facts import Facts, RemnantKind
from homeport.core.occupants import occupants
from homeport.core.port_report import PortReport, destinations
from homeport.core.port_rules import PortRules
from homeport.core.well_known import usual
from homeport.host.names import own_addresses

if TYPE_CHECKING:  # `port` does without it
    from homeport.core.audience import Reach


def facts(port: int | None = None, *, owners: bool = True, everywhere: bool = False) -> Facts:
    """What this computer shows now, of one port or of all.

    `owners` are the processes, `everywhere` looks into other network namespaces too. OSError when
    the system does not show its sockets.
    """
    from homeport.host.firewall import firewall

    interfaces = host.interfaces()
    return Facts(
        time=time.time(),
        system=host.system(),
        user=host.user(),
        listeners=host.listeners(port, owners=owners),
        interfaces=interfaces,
        firewall=firewall(interfaces),
        namespaces=host.namespaces(port) if everywhere else (),
    )


def port_report(port: int, ips: tuple[str, ...] = LOOPBACK) -> PortReport:
    """Everything about `port`. "Free" is meant for a server on `ips`.

    OSError when the system does not show its sockets.
    """
    seen = host.listeners(port)
    remnants = host.remnants(port)
    interfaces = host.interfaces()
    view = PortView(
        system=host.system(),
        listeners=seen,
        remnants=remnants,
        rules=host.port_rules(),
        refused=_refused(ips, port),
        usual=usual(port),
        user=host.user(),
    )
    return PortReport(
        port=port,
        availability=availability(port, ips, view),
        occupants=occupants(seen),
        destinations=destinations(port, seen, interfaces, view.system, own_addresses()),
        remnants=remnants,
        elsewhere=host.namespaces(port),
    )


def free_ports(wanted: Iterable[int], count: int) -> tuple[int, ...]:
    """The first of `wanted` that are free and likely to stay so, for a server on localhost."""
    rules = host.port_rules()
    return tuple(islice((port for port in wanted if _is_free(port, rules)), count))


def _is_free(port: int, rules: PortRules) -> bool:
    refused, remnants = _refused(LOOPBACK, port), host.remnants(port)
    if any(each.kind is RemnantKind.BOUND for each in remnants):
        return False  # whoever has bound it may listen at any moment
    view = PortView(
        system=host.system(),
        listeners=host.listeners(port, owners=False),
        remnants=remnants,
        rules=rules,
        refused=refused,
        usual=usual(port),
    )
    return availability(port, LOOPBACK, view).level is Level.STABLE


def why_busy(address: Address) -> Availability:
    """What keeps us from `address`, whose bind has just failed with EADDRINUSE."""
    port, complete = address.port, True
    try:
        seen, remnants = host.listeners(port), host.remnants(port)
    except OSError:
        seen, remnants, complete = (), (), False
    view = PortView(
        system=host.system(),
        listeners=seen,
        remnants=remnants,
        rules=host.port_rules(),
        refused=((address.ip, "EADDRINUSE"),),
        complete=complete,
        user=host.user(),
    )
    return availability(port, (address.ip,), view)


def _refused(ips: tuple[str, ...], port: int) -> tuple[tuple[str, str], ...]:
    """What a real bind says of each address, by the name of the errno."""
    tried = ((ip, host.try_bind(ip, port)) for ip in ips)
    return tuple((ip, errno.errorcode.get(code, str(code))) for ip, code in tried if code)


def reaches(seen: Facts) -> "tuple[Reach, ...]":
    """Who can reach each server that listens, in the order of `occupants`."""
    from homeport.core.reach import reach

    return tuple(reach(each.listeners, seen) for each in occupants(seen.listeners))

"""From what was asked to what to bind: `plan(request, interfaces) -> BindPlan`."""

import ipaddress
from dataclasses import dataclass

from homeport.core import bind_refusals
from homeport.core.address import (
    LOOPBACK,
    WILDCARD,
    Interface,
    ip_version,
    is_ip,
    is_link_local,
    is_mapped,
)
from homeport.core.ports import HIGHEST_PORT, REFUSED_BY_BROWSERS

PAIRS = {"localhost": LOOPBACK, "all": WILDCARD}
"""The words that mean both families: both sockets or neither (docs/adr/0003)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeRequest:
    """What was asked. `port` None: that of the project (core/port_choice); 0: any that is free.

    `hosts_origin` names where `hosts` come from; None: nobody has asked for them.
    """

    hosts: tuple[str, ...]
    port: int | None
    port_origin: str
    force_port: bool = False
    hosts_origin: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An IP to bind. `optional`: a computer without that family may leave it out."""

    ip: str
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BindPlan:
    """All `targets` on the first of `ports` where all of them can be had.

    No `ports`: still to be chosen. `asked`: there is only one that will do.
    """

    targets: tuple[Target, ...]
    ports: tuple[int, ...]
    asked: bool


def plan(request: ServeRequest, interfaces: tuple[Interface, ...]) -> BindPlan:
    """Which addresses and ports to bind.

    `interfaces` is needed (and may be empty otherwise) only when a host is neither an IP address
    nor one of `PAIRS`. Raises UsageError for hosts and ports that cannot be meant.
    """
    _check_port(request)
    targets: list[Target] = []
    for host in request.hosts:
        targets += _targets(host, interfaces)
    return BindPlan(
        targets=_without_covered(tuple(targets)),
        ports=() if request.port is None else (request.port,),
        asked=request.port is not None,
    )


def needs_interfaces(hosts: tuple[str, ...]) -> bool:
    """Whether planning needs to know this computer's interfaces."""
    return not all(host in PAIRS or is_ip(host) for host in hosts)


def _check_port(request: ServeRequest) -> None:
    if request.port is None:
        return
    if not 0 <= request.port <= HIGHEST_PORT:
        raise bind_refusals.port_out_of_range(str(request.port), request.port_origin)
    if request.port in REFUSED_BY_BROWSERS and not request.force_port:
        raise bind_refusals.port_refused_by_browsers(request.port, request.port_origin)


def _targets(host: str, interfaces: tuple[Interface, ...]) -> list[Target]:
    if host in PAIRS:
        v4, v6 = PAIRS[host]
        return [Target(ip=v4), Target(ip=v6, optional=True)]
    if is_ip(host):
        if (is_link_local(host) and ip_version(host) == 6) or is_mapped(host):
            raise bind_refusals.unusable_address(host)
        return [Target(ip=_canonical(host))]
    for interface in interfaces:
        if interface.name == host:
            usable = [ip for ip in interface.ips if not is_link_local(ip)]
            if not usable:
                raise bind_refusals.interface_without_address(host, interface.up)
            return [Target(ip=ip) for ip in usable]
    raise bind_refusals.no_such_host(host, interfaces)


def _canonical(ip: str) -> str:
    """One spelling per address, so that the same one given twice is seen as one."""
    return str(ipaddress.ip_address(ip))


def _without_covered(targets: tuple[Target, ...]) -> tuple[Target, ...]:
    """Drop repeats and addresses that a wildcard of the same family already stands for."""
    wild = {ip_version(target.ip) for target in targets if target.ip in WILDCARD}
    kept: dict[str, Target] = {}
    for target in targets:
        if target.ip in WILDCARD or ip_version(target.ip) not in wild:
            other = kept.get(target.ip, target)
            optional = target.optional and other.optional  # asked for by itself: not optional
            kept[target.ip] = Target(ip=target.ip, optional=optional)
    return tuple(kept.values())

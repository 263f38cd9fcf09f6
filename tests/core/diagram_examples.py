"""A computer at home, and the pictures of it."""

from collections.abc import Iterable
from typing import Literal

from homeport.core.address import Address, Interface, InterfaceKind, network_of
from homeport.core.audience import (
    Audience,
    AudienceKind,
    Finding,
    Reach,
    Reason,
    ReasonCode,
    Verdict,
)
from homeport.core.diagram.interfaces import Binding, interfaces, listening
from homeport.core.diagram.model import Diagram
from homeport.core.diagram.way import Client, Route, way
from homeport.core.facts import Holder, Listener, Project

PORT = 8000
LOOPBACK = Interface(
    name="lo", kind=InterfaceKind.LOOPBACK, up=True, addresses=("127.0.0.1/8", "::1/128")
)
WIFI = Interface(
    name="wlan0",
    kind=InterfaceKind.WIFI,
    up=True,
    addresses=("192.168.1.20/24", "fd00:5a::20/64"),
    gateways=(4,),
)
ETHERNET = Interface(name="eth0", kind=InterfaceKind.ETHERNET, up=True, addresses=(), running=False)
CONTAINERS = Interface(
    name="docker0", kind=InterfaceKind.CONTAINER, up=True, addresses=("172.17.0.1/16",)
)
HOME = (LOOPBACK, WIFI, ETHERNET, CONTAINERS)

KINDS = {
    InterfaceKind.VPN: AudienceKind.VPN,
    InterfaceKind.CONTAINER: AudienceKind.CONTAINERS,
}


def listener(ip: str, *, v6only: bool | None = True, device: str | None = None) -> Listener:
    address = Address(ip=ip, port=PORT)
    return Listener(
        address=address,
        v6only=v6only if address.version == 6 else None,
        user="mara",
        device=device,
    )


def reach(listeners: Iterable[Listener], machine: Iterable[Interface]) -> Reach:
    """A simple reach: whoever has a listening address is let in, the network perhaps."""
    bound, found = tuple(listeners), list[Finding]()
    for one in machine:
        local = one.kind is InterfaceKind.LOOPBACK
        kinds = [KINDS.get(one.kind, AudienceKind.NETWORK)]
        kinds = [AudienceKind.SELF, AudienceKind.USERS] if local else kinds
        open_to = tuple(ip for ip in one.ips if listening(bound, ip, one.name))
        verdict = Verdict.YES if local else Verdict.UNKNOWN
        for kind in kinds if one.ips or local else ():
            audience = Audience(
                kind=kind,
                interface=None if local else one.name,
                networks=() if local else tuple(map(network_of, one.addresses)),
            )
            found.append(finding(audience, verdict if open_to else Verdict.NO, open_to))
    verdict = Verdict.UNKNOWN if any(one.address.is_wildcard for one in bound) else Verdict.NO
    found.append(finding(Audience(kind=AudienceKind.INTERNET), verdict))
    return Reach(port=PORT, listeners=bound, findings=tuple(found))


def finding(audience: Audience, verdict: Verdict, addresses: tuple[str, ...] = ()) -> Finding:
    reason = Reason(code=ReasonCode.LISTENING, verdict=verdict)
    return Finding(audience=audience, verdict=verdict, reasons=(reason,), addresses=addresses)


def binding(
    title: str, *ips: str, machine: Iterable[Interface] = HOME, now: bool = False
) -> Binding:
    found = reach([listener(ip) for ip in ips], machine)
    why = {
        one.audience: "the firewall could not be read"
        for one in found.findings
        if one.verdict is Verdict.UNKNOWN and one.audience.kind is AudienceKind.NETWORK
    }
    return Binding(title=title, reach=found, is_now=now, why=why)


def comparison(machine: tuple[Interface, ...] = HOME, *, now: str = "") -> Diagram:
    panels = [
        binding("localhost", "127.0.0.1", "::1", machine=machine, now=not now),
        binding("0.0.0.0", "0.0.0.0", machine=machine),
    ]
    if now:
        panels.append(binding(now, now, machine=machine, now=True))
    return interfaces(PORT, panels, machine)


HOLDER = Holder(
    pid=4711,
    started=None,
    command="python -m uvicorn main:app",
    user="mara",
    folder="/home/mara/shop",
    program="uvicorn",
    project=Project(name="shop", folder="/home/mara/shop", branch="main"),
)


def route(
    client: Client = Client.BROWSER,
    ip: str = "127.0.0.1",
    url: str = "http://localhost:8000/docs",
    verdict: Literal[Verdict.YES, Verdict.UNKNOWN, Verdict.NO] = Verdict.YES,
) -> Route:
    return Route(
        client=client,
        url=url,
        address=Address(ip=ip, port=PORT),
        interface=LOOPBACK if ip.startswith("127.") else WIFI,
        listener=listener(ip),
        holder=HOLDER,
        app="main:app",
        verdict=verdict,
    )


def home_way() -> Diagram:
    return way(route())

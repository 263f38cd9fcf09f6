"""Ports as they might look, for the tests of what is judged and said of them."""

from dataclasses import replace

from homeport.core.address import LOOPBACK, Address
from homeport.core.availability import Availability, PortView, availability
from homeport.core.facts import Holder, Listener, Remnant, RemnantKind, System
from homeport.core.port_rules import PortRules

RULES = PortRules(first_unprivileged=1024, privileged=False, ephemeral=range(32768, 61000))
LAN4, LAN6 = "192.168.1.20", "fd00::20"
USED = "EADDRINUSE"


def listening(ip: str, *holders: Holder, v6only: bool | None = True, **facts: object) -> Listener:
    found = Listener(
        address=Address(ip=ip, port=8000),
        v6only=v6only if ":" in ip else None,
        user="ada",
        holders=holders,
    )
    return replace(found, **facts)  # type: ignore[arg-type]


def left(kind: RemnantKind, ip: str = "127.0.0.1", **facts: object) -> Remnant:
    address, peer = Address(ip=ip, port=8000), Address(ip="10.0.0.9", port=443)
    found = Remnant(kind=kind, address=address, peer=peer, user=None)
    return replace(found, **facts)  # type: ignore[arg-type]


def judged(
    *seen: Listener | Remnant,
    port: int = 8000,
    ips: tuple[str, ...] = LOOPBACK,
    refused: dict[str, str] | None = None,
    **view: object,
) -> Availability:
    """The judgement of a quiet Linux with these sockets; `refused`: what a trial bind said."""
    known = PortView(
        system=System.LINUX,
        rules=RULES,
        listeners=tuple(each for each in seen if isinstance(each, Listener)),
        remnants=tuple(each for each in seen if isinstance(each, Remnant)),
        refused=None if refused is None else tuple(refused.items()),
    )
    return availability(port, ips, replace(known, **view))  # type: ignore[arg-type]

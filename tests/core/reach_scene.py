"""A made-up computer to ask about: Wi-Fi, Ethernet, containers and a VPN."""

from dataclasses import replace

from homeport.core.address import Address, Interface, InterfaceKind
from homeport.core.audience import AudienceKind, Finding, Reach
from homeport.core.facts import Facts, Listener, System
from homeport.core.firewall import Firewall
from homeport.core.reach import reach
from homeport.core.ruleset import Ruleset

LO = Interface(
    name="lo", kind=InterfaceKind.LOOPBACK, up=True, addresses=("127.0.0.1/8", "::1/128")
)
WIFI = Interface(
    name="wlan0",
    kind=InterfaceKind.WIFI,
    up=True,
    addresses=("192.168.1.20/24", "fd77::1/64", "fe80::1/64"),
    gateways=(4,),
)
CABLE = Interface(name="eth0", kind=InterfaceKind.ETHERNET, up=True, addresses=("10.1.0.5/16",))
DOCKER = Interface(
    name="docker0", kind=InterfaceKind.CONTAINER, up=True, addresses=("172.17.0.1/16",)
)
TAILNET = Interface(
    name="tailscale0", kind=InterfaceKind.VPN, up=True, addresses=("100.101.1.2/32",)
)
READ = Firewall(rules=Ruleset())


def listener(ip: str, *, v6only: bool | None = None, **more: object) -> Listener:
    address = Address(ip=ip, port=8000)
    return replace(Listener(address=address, v6only=v6only, user="me"), **more)  # type: ignore[arg-type]


def facts(
    *listeners: Listener,
    interfaces: tuple[Interface, ...] = (LO, WIFI),
    firewall: Firewall = READ,
    system: System = System.LINUX,
) -> Facts:
    return Facts(
        time=0,
        system=system,
        user="me",
        listeners=listeners,
        interfaces=interfaces,
        firewall=firewall,
    )


def look(
    *ours: Listener,
    others: tuple[Listener, ...] = (),
    interfaces: tuple[Interface, ...] = (LO, WIFI),
    firewall: Firewall = READ,
    system: System = System.LINUX,
) -> Reach:
    """Who reaches `ours`, with `others` on the same port."""
    seen = facts(*ours, *others, interfaces=interfaces, firewall=firewall, system=system)
    return reach(ours, seen)


def of(found: Reach, kind: AudienceKind, interface: str | None = None) -> Finding:
    """The finding for one audience."""
    [finding] = [
        one
        for one in found.findings
        if one.audience.kind is kind and interface in (None, one.audience.interface)
    ]
    return finding

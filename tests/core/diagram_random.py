"""Computers with the strangest interfaces, for properties that hold of every picture."""

import ipaddress
import random
from collections.abc import Iterator

from homeport.core.address import Address, Interface, InterfaceKind
from homeport.core.audience import Audience, AudienceKind, Reach, Verdict
from homeport.core.diagram.interfaces import Binding, interfaces
from homeport.core.diagram.model import Diagram
from homeport.core.diagram.way import Client, Route, way
from homeport.core.facts import Holder, Listener, Project
from tests.core.diagram_examples import PORT, finding, listener

PARTS = (
    *(
        "eth0",
        "wlan0",
        '"><script>alert(1)</script>',
        "日本語インターフェース",
        "e\u0301a\u0308",
        "नि",
    ),
    *("\x1b[31mred\x1b[0m", "\u202eabc", "end", "x" * 90, "a b c", "&amp;", "#35;", "%%{init}%%"),
    *("`md`", "- a", "1. b", "]]>", "|", "\n\n", "\u200b\u200d", "🚀", "\ud800", "tun\\0", "end;"),
    *("✓ yes", "│", "╭", "\ufffe", "[x](y)", "**b**", "click A call()", "subgraph s", "-->"),
)


def name(chance: random.Random) -> str:
    return "".join(chance.choice(PARTS) for _ in range(chance.randint(1, 3)))


def address(chance: random.Random) -> str:
    if chance.random() < 0.5:
        return f"{ipaddress.IPv4Address(chance.getrandbits(32))}/{chance.randint(0, 32)}"
    return f"{ipaddress.IPv6Address(chance.getrandbits(128))}/{chance.randint(0, 128)}"


def interface(chance: random.Random) -> Interface:
    return Interface(
        name=name(chance),
        kind=chance.choice(list(InterfaceKind)),
        up=chance.random() < 0.8,
        running=chance.random() < 0.8,
        addresses=tuple(address(chance) for _ in range(chance.choice((0, 1, 2, 3, 9)))),
        gateways=chance.choice(((), (4,), (4, 6))),
    )


def random_listener(chance: random.Random, machine: tuple[Interface, ...]) -> Listener:
    own = [ip for one in machine for ip in one.ips]
    ip = chance.choice(["127.0.0.1", "127.0.0.9", "::1", "0.0.0.0", "::", *own])
    device = chance.choice([None, None, *(one.name for one in machine)])
    return listener(ip, v6only=chance.choice((True, False, None)), device=device)


def binding(chance: random.Random, machine: tuple[Interface, ...]) -> Binding:
    found = []
    for _ in range(chance.randint(0, 14)):
        one = chance.choice(machine) if machine and chance.random() < 0.8 else None
        audience = Audience(
            kind=chance.choice(list(AudienceKind)),
            interface=one.name if one else chance.choice((None, name(chance))),
            networks=one.addresses[:2] if one else (),
        )
        ips = one.ips if one and chance.random() < 0.5 else ()
        found.append(finding(audience, chance.choice(list(Verdict)), ips))
    bound = tuple(random_listener(chance, machine) for _ in range(chance.randint(0, 3)))
    return Binding(
        title=name(chance),
        reach=Reach(port=PORT, listeners=bound, findings=tuple(found)),
        is_now=chance.random() < 0.5,
        why={one.audience: name(chance) for one in found if chance.random() < 0.3},
    )


def route(chance: random.Random) -> Route:
    door = interface(chance)
    holder = Holder(
        pid=chance.randint(1, 4_000_000),
        started=None,
        command=name(chance) * 9,
        user=chance.choice((None, name(chance))),
        folder=chance.choice((None, name(chance) * 9)),
        program=chance.choice(("", name(chance))),
        project=Project(name=name(chance), folder="/", branch=name(chance), worktree=name(chance)),
    )
    return Route(
        client=chance.choice(list(Client)),
        url=f"http://localhost:{PORT}/{name(chance) * 5}",
        address=Address(ip="::1", port=PORT),
        interface=chance.choice((None, door)),
        listener=chance.choice((None, random_listener(chance, (door,)))),
        holder=chance.choice((None, holder)),
        app=chance.choice(("", name(chance))),
        verdict=chance.choice(list(Verdict)),
        why=chance.choice(("", name(chance))),
    )


def pictures(chance: random.Random) -> Iterator[Diagram]:
    """A comparison of up to twelve interfaces and three bindings, and a few ways."""
    machine = tuple(interface(chance) for _ in range(chance.choice((0, 1, 3, 5, 12))))
    bindings = [binding(chance, machine) for _ in range(chance.randint(1, 3))]
    yield interfaces(PORT, bindings, machine)
    for _ in range(3):
        yield way(route(chance))

"""Listeners and processes made up for tests of `core`."""

from collections.abc import Sequence
from typing import Any

from homeport.core.address import Address, Interface, InterfaceKind
from homeport.core.facts import Ancestor, Holder, Listener, Project

SHOP = Project(name="shop", folder="/home/ada/shop", branch="main")


def holder(pid: int, *parents: int, program: str = "uvicorn", **fields: Any) -> Holder:
    """A process of ada's; each parent runs `bash` unless it is written `(pid, program)`."""
    known: dict[str, Any] = {
        "started": 1000.0 + pid,
        "command": f"{program} main:app",
        "user": "ada",
        "folder": "/home/ada/shop",
        "ancestors": ancestors(*parents),
    }
    return Holder(pid=pid, program=program, **(known | fields))


def ancestors(*pids: int, program: str = "bash") -> tuple[Ancestor, ...]:
    return tuple(Ancestor(pid=pid, program=program) for pid in pids)


def listener(address: str, *holders: Holder, **fields: Any) -> Listener:
    """A socket of ada's."""
    place = Address.parse(address)
    known = {"v6only": True if place.version == 6 else None, "user": "ada"}
    return Listener(address=place, holders=holders, **(known | fields))


def interface(name: str, kind: InterfaceKind, *addresses: str, **fields: Any) -> Interface:
    return Interface(name=name, kind=kind, addresses=addresses, **({"up": True} | fields))


LO = interface("lo", InterfaceKind.LOOPBACK, "127.0.0.1/8", "::1/128")
WLAN = interface("wlan0", InterfaceKind.WIFI, "192.168.1.20/24", "fe80::2/64", "fd00::20/64")


def pids(holders: Sequence[Holder]) -> list[int]:
    return [each.pid for each in holders]

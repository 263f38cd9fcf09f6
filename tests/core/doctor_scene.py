"""A made-up server on a made-up Wi-Fi, for the doctor."""

from dataclasses import replace
from typing import Any

from homeport.core.address import Interface, InterfaceKind
from homeport.core.audience import Reason, ReasonCode, Verdict
from homeport.core.doctor import (
    DeviceSeen,
    Examined,
    OwnVisit,
    Rung,
    Says,
    Share,
    Spot,
    Step,
)
from homeport.core.evidence import PeerSeen
from homeport.core.neighbours import Neighbour, NeighbourState
from homeport.core.turned_away import TurnedAway

NOW = 1_000_000.0
WLAN = Interface(
    name="wlan0", kind=InterfaceKind.WIFI, up=True, addresses=("192.168.1.20/24", "fd77::1/64")
)
CABLE = Interface(name="eth0", kind=InterfaceKind.ETHERNET, up=True, addresses=("10.1.0.5/16",))
TUNNEL = Interface(name="wg0", kind=InterfaceKind.VPN, up=True, addresses=("10.9.0.2/24",))
LETS_IN = Reason(code=ReasonCode.FILTER_EMPTY, verdict=Verdict.YES)
DROPS = Reason(code=ReasonCode.FILTER_DROPS, verdict=Verdict.NO, about="inet test in")
UNREAD = Reason(code=ReasonCode.FILTER_UNREAD, verdict=Verdict.UNKNOWN, about="needs root")
DENIES = Reason(code=ReasonCode.FRONT_END_DENIES, verdict=Verdict.UNKNOWN, about="ufw")

SHARE = Share(
    phase="open",
    ip="192.168.1.20",
    port=8000,
    interface="wlan0",
    kind=InterfaceKind.WIFI,
    network="192.168.1.0/24",
    tls=False,
    pairing=True,
    until=NOW + 1800,
    since=NOW - 60,
)
SPOT = Spot(
    ip="192.168.1.20",
    port=8000,
    tls=False,
    name="wlan0",
    kind=InterfaceKind.WIFI,
    network="192.168.1.0/24",
    interface=WLAN,
    own_visit=OwnVisit(status=401),
    firewall=(LETS_IN,),
    look="sudo nft list ruleset",
)
SHARED = Examined(
    time=NOW,
    name="notes",
    port=8000,
    ips=("127.0.0.1", "::1"),
    share=SHARE,
    ended=None,
    spots=(SPOT,),
    interfaces=(WLAN,),
)
AT_HOME = replace(SHARED, share=None, spots=())
OPENED = replace(SHARED, share=None, ips=("0.0.0.0",))


def spot(**what: Any) -> Examined:
    """Shared, with another spot."""
    return replace(SHARED, spots=(replace(SPOT, **what),))


def share(**what: Any) -> Examined:
    """Shared on other terms."""
    return replace(SHARED, share=replace(SHARE, **what))


def peer(ip: str = "192.168.1.34", **what: Any) -> PeerSeen:
    """Somebody who came a minute ago."""
    usual: dict[str, Any] = {"first": NOW - 60, "last": NOW - 60, "connections": 1}
    return PeerSeen(peer=ip, **(usual | what))


def came(*peers: PeerSeen, **what: Any) -> Examined:
    """Shared, and these came."""
    return replace(SHARED, peers=peers, **what)


def device(state: str = "let in", **what: Any) -> DeviceSeen:
    """A phone."""
    usual = {"id": "d1", "name": "iPhone", "address": "192.168.1.34", "number": None}
    return DeviceSeen(**(usual | {"state": state} | what))


def neighbour(
    ip: str, mac: str | None = None, state: NeighbourState = NeighbourState.STALE
) -> Neighbour:
    """Somebody on the Wi-Fi."""
    return Neighbour(ip=ip, mac=mac, interface="wlan0", state=state)


def refusal(line: str = "Refused 192.168.1.34 (R2): …", **what: Any) -> TurnedAway:
    """A request that the guard refused."""
    usual = {"peer": "192.168.1.34", "rule": "R2", "code": "foreign-host", "line": line}
    return TurnedAway(**(usual | {"times": 1, "last": NOW - 60} | what))


def says(step: Step) -> list[Says]:
    """What a step says, by codes."""
    return [note.says for note in step.notes]


def of(steps: tuple[Step, ...], rung: Rung) -> Step:
    """One of the steps."""
    return next(step for step in steps if step.rung is rung)


def about(step: Step, what: Says) -> tuple[str, ...]:
    """What a certain note of a step is about."""
    found = [note for note in step.notes if note.says is what]
    assert len(found) == 1, step
    return found[0].about

"""The rungs of the ladder that are about this computer, judged from `core/doctor.Examined`."""

from collections.abc import Iterable, Sequence

from homeport.core.address import InterfaceKind
from homeport.core.audience import Verdict
from homeport.core.doctor import (
    Does,
    Examined,
    Note,
    Remedy,
    Rung,
    Says,
    Share,
    Spot,
    State,
    Step,
)
from homeport.core.neighbours import NeighbourState
from homeport.core.reach_words import reason as in_words
from homeport.core.share import Phase
from homeport.core.share_words import clock
from homeport.core.shell_words import quoted

SHOWN = 3
"""How many of a kind are named."""
_WORSE = (State.GOOD, State.NOT_YET, State.UNKNOWN, State.BAD)
_KINDS = {
    InterfaceKind.VPN: Says.IS_VPN,
    InterfaceKind.CONTAINER: Says.IS_CONTAINERS,
    InterfaceKind.WSL: Says.IS_WSL,
}


def listening(seen: Examined) -> Step:
    """Does it listen on a network at all."""
    share = seen.share
    if share is not None:
        return _shared(seen, share)
    if seen.spots:
        urls = " and ".join(spot.url for spot in seen.spots)
        return step_of(Rung.LISTENING, State.GOOD, [Note(Says.OPEN_BY_HOST, (urls,))])
    notes = [Note(Says.ONLY_LOOPBACK, (" and ".join(seen.ips),))]
    if any(not _is_loopback(ip) for ip in seen.ips):
        notes = [Note(Says.NO_NETWORK)]
    if seen.ended is not None:
        notes.append(Note(Says.SHARE_ENDED, (clock(seen.ended.at, seen.time), seen.ended.line)))
    share_it = Remedy(Does.DO, (f"homeport share {quoted(seen.name)}",))
    return step_of(Rung.LISTENING, State.BAD, notes, [share_it])


def _is_loopback(ip: str) -> bool:
    return ip == "::1" or ip.startswith("127.")


def _shared(seen: Examined, share: Share) -> Step:
    if share.phase == Phase.SEEKING.value:
        return step_of(Rung.LISTENING, State.BAD, [Note(Says.SHARE_WAITS, (share.interface,))])
    if share.phase == Phase.OPENING.value:
        return step_of(Rung.LISTENING, State.NOT_YET, [Note(Says.SHARE_OPENS)])
    urls = [spot.url for spot in seen.spots]
    if share.local_name is not None:
        scheme = "https" if share.tls else "http"
        urls.append(f"{scheme}://{share.local_name}:{share.port}")
    about = (" and ".join(urls), clock(share.until, seen.time))
    return step_of(Rung.LISTENING, State.GOOD, [Note(Says.SHARED, about)])


def address(seen: Examined) -> Step:
    """Is the address still this computer's, and is its interface up."""
    judged = [_address(spot, seen) for spot in seen.spots]
    share = seen.share
    if share is not None and share.moved_from is not None:
        judged[0][1].append(Note(Says.MOVED, (share.ip, share.moved_from)))
    own = {spot.name for spot in seen.spots}
    others = [
        f"{each.name} ({', '.join(ip for ip in each.ips if ':' not in ip)})"
        for each in seen.interfaces
        if each.name not in own
        and each.running
        and each.kind in (InterfaceKind.WIFI, InterfaceKind.ETHERNET)
        and any(":" not in ip for ip in each.ips)
    ]
    networks = " or ".join(dict.fromkeys(spot.network for spot in _there(seen)))
    if others and networks:
        judged[0][1].append(Note(Says.OTHER_NETWORKS, (" and ".join(others), networks)))
    return _joined(Rung.ADDRESS, judged)


def _there(seen: Examined) -> list[Spot]:
    """Of an address that is not ours any more nothing else is said; who has it is not asked."""
    return [spot for spot in seen.spots if spot.interface is not None]


Judged = tuple[State, list[Note], list[Remedy]]


def _address(spot: Spot, seen: Examined) -> Judged:
    again = [Remedy(Does.DO, (f"homeport share {quoted(seen.name)}",))]
    interface = spot.interface
    if interface is None:
        return State.BAD, [Note(Says.ADDRESS_GONE, (spot.ip,))], again
    if not interface.up:
        up = [Remedy(Does.DO, (f"sudo ip link set {quoted(interface.name)} up",))]
        return State.BAD, [Note(Says.IS_DOWN, (spot.ip, interface.name))], up
    if not interface.running:
        return State.BAD, [Note(Says.NO_LINK, (spot.ip, interface.name))], []
    kind = "" if spot.kind is InterfaceKind.OTHER else f"{spot.kind.value} "
    notes = [Note(Says.ADDRESS_HERE, (spot.ip, f"{kind}{spot.name}", spot.network))]
    if spot.kind in _KINDS:
        notes.append(Note(_KINDS[spot.kind]))
    return State.GOOD, notes, []


def own_connection(seen: Examined) -> Step:
    """Does it answer this computer; that proves nothing about others."""
    judged: list[Judged] = []
    for spot in _there(seen):
        visit = spot.own_visit
        if visit.error:
            judged.append((State.BAD, [Note(Says.NO_ANSWER_HERE, (spot.url, visit.error))], []))
        else:
            about = (spot.url, str(visit.status))
            judged.append((State.GOOD, [Note(Says.ANSWERED_HERE, about)], []))
    return _joined(Rung.OWN_CONNECTION, judged)


def firewall(seen: Examined) -> Step:
    """What the rules say, as far as they could be read."""
    return _joined(Rung.FIREWALL, [_firewall(spot) for spot in _there(seen)])


def _firewall(spot: Spot) -> Judged:
    worst = min(one.verdict for one in spot.firewall)
    states = {Verdict.NO: State.BAD, Verdict.UNKNOWN: State.UNKNOWN, Verdict.YES: State.GOOD}
    notes = [Note(Says.FIREWALL, (spot.name, in_words(one))) for one in spot.firewall]
    remedies = []
    if spot.opening is not None:
        remedies = [
            Remedy(Does.OPEN, spot.opening.open),
            Remedy(Does.CLOSE, spot.opening.close),
        ]
    rules = spot.firewall[0].verdict
    if rules is Verdict.UNKNOWN or (rules is Verdict.NO and spot.opening is None):
        remedies.append(Remedy(Does.LOOK, (spot.look,)))
    return states[worst], notes, remedies


def neighbours(seen: Examined) -> Step:
    """Which other devices were heard on that network lately."""
    return _joined(Rung.NEIGHBOURS, [_neighbours(spot) for spot in _there(seen)])


def _neighbours(spot: Spot) -> Judged:
    if spot.neighbours is None:
        return State.UNKNOWN, [Note(Says.NEIGHBOURS_UNREAD, (spot.name,))], []
    heard = heard_on(spot)
    vain = [each.ip for each in spot.neighbours if each.state is NeighbourState.FAILED]
    notes = [Note(Says.NO_NEIGHBOURS, (spot.name,))]
    if heard:
        word = "device" if len(heard) == 1 else "devices"
        notes = [Note(Says.NEIGHBOURS, (spot.name, f"{len(heard)} {word}", some(heard)))]
    if vain:
        notes.append(Note(Says.CALLED_IN_VAIN, (some(vain),)))
    return State.GOOD if heard else State.NOT_YET, notes, []


def heard_on(spot: Spot) -> list[str]:
    """An address of each device that was heard, IPv4 before IPv6; one per hardware address."""
    found = [each for each in spot.neighbours or () if each.answered]
    found.sort(key=lambda each: ":" in each.ip)
    by_mac: dict[str, str] = {}
    for each in found:
        by_mac.setdefault(each.mac or each.ip, each.ip)
    return list(by_mac.values())


def some(names: Sequence[str]) -> str:
    """The first of them, and how many more."""
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def step_of(
    rung: Rung, state: State, notes: Iterable[Note], remedies: Iterable[Remedy] = ()
) -> Step:
    """A step from any iterables."""
    return Step(rung=rung, state=state, notes=tuple(notes), remedies=tuple(remedies))


def _joined(rung: Rung, judged: Sequence[Judged]) -> Step:
    """Of several addresses: as bad as the worst; of none, NOT_YET."""
    state = max((state for state, _, _ in judged), key=_WORSE.index, default=State.NOT_YET)
    notes = [note for _, found, _ in judged for note in found]
    remedies = [remedy for _, _, found in judged for remedy in found]
    return step_of(rung, state, dict.fromkeys(notes), dict.fromkeys(remedies))

"""Which sockets may share a port, and which of them gets a connection.

Sources: research B1 (Linux, measured), B4 (xnu), B5 (Microsoft), and `inet_lookup_listener` and
`inet6_lookup_listener` of the Linux kernel for the winner.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from homeport.core.address import Address, is_loopback
from homeport.core.facts import Listener, System
from homeport.core.overlap_tables import (
    Coexistence,
    Options,
    Places,
    on_windows,
    plain_ip,
    zone_of,
)

__all__ = ["Answer", "Coexistence", "Options", "Socket", "answer", "coexistence", "in_the_way"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Socket:
    """A socket that listens or is about to. `address` may be IPv4-mapped; `user` opened it.

    `v6only` matters for `::` alone. `device`: bound to an interface (SO_BINDTODEVICE).
    """

    address: Address
    v6only: bool
    options: Options
    user: str
    device: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Who gets a connection to `ip`.

    No winner: the connection is refused. Several: they share the connections (SO_REUSEPORT), or,
    when not `certain`, it is one of them. `shadowed` also cover `ip` and get nothing. Not
    `certain`: a fact is missing (V6ONLY, the interface), or the system promises nothing; the
    winners are then those of a system with its usual settings.
    """

    ip: str
    winners: tuple[Listener, ...]
    shadowed: tuple[Listener, ...]
    certain: bool


def answer(
    ip: str, listeners: Sequence[Listener], system: System, device: str | None = None
) -> Answer:
    """Who answers a connection to `ip`; `listeners` all have the same port.

    They are in the order in which the system looks through those of one address. `device` is the
    interface by which the connection comes in. On Linux a connection from this computer to one of
    its own addresses comes in by the interface that has the address (and by `lo` for loopback),
    although no packet leaves: so pass that interface. None: `lo` for a loopback address, the zone
    of `fe80::1%eth0`; else it is not known, which only matters beside device-bound listeners.
    """
    by = device or zone_of(ip) or _own_device(ip, system)
    results = [
        _winners(plain_ip(ip), world, system, way)
        for world in _worlds(listeners)
        for way in _ways(listeners, by)
    ]
    chosen, covering = results[0]
    agreed = all(set(winners) == set(chosen) for winners, _ in results)
    promised = system is System.LINUX or len(chosen) < 2
    return Answer(
        ip=ip,
        winners=tuple(listeners[index] for index in chosen),
        shadowed=tuple(listeners[index] for index in covering if index not in chosen),
        certain=agreed and promised,
    )


def _own_device(ip: str, system: System) -> str | None:
    if not is_loopback(plain_ip(ip)):
        return None
    return "lo" if system is System.LINUX else "lo0"


def _ways(listeners: Sequence[Listener], by: str | None) -> tuple[str | None, ...]:
    """The interfaces to think through: the known one, or none of those named and each of them."""
    if by is not None:
        return (by,)
    return tuple(dict.fromkeys((None, *(_device(each.address, each.device) for each in listeners))))


def _worlds(listeners: Sequence[Listener]) -> Iterator[tuple[Listener, ...]]:
    """With V6ONLY filled in where it is unknown: all off (the usual), all on, and one unlike."""
    unknown = [
        index
        for index, listener in enumerate(listeners)
        if listener.address.ip == "::" and listener.v6only is None
    ]
    unlike = unknown if len(unknown) > 1 else []
    sets = [set[int](), set(unknown), *({index} for index in unlike)]
    for on in sets[: 1 if not unknown else None]:
        yield tuple(
            replace(listener, v6only=index in on) if index in unknown else listener
            for index, listener in enumerate(listeners)
        )


def _winners(
    ip: str, listeners: Sequence[Listener], system: System, device: str | None
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The positions of the winners, and of all that could get a connection to `ip`."""
    covering = tuple(
        index
        for index, listener in enumerate(listeners)
        if _places(listener).meets(Places.of(ip, True))
        and _device(listener.address, listener.device) in (None, device)
    )
    if not covering:
        return (), ()
    ranks = {index: _rank(listeners[index], system) for index in covering}
    highest = max(ranks.values())
    best = [index for index in covering if ranks[index] == highest]
    if system is System.LINUX:
        first = _group(listeners[best[0]])
        best = [index for index in best if _group(listeners[index]) == first]
    return tuple(best), covering


def _rank(listener: Listener, system: System) -> tuple[bool, bool]:
    """More specific first, then IPv4 sockets; Windows documents no order of the families.

    Linux also scores a matching device, but never gets to compare: of two sockets that may share
    an address and a device, each has SO_REUSEPORT, and the first of those in the order of the
    lookup is taken at once (`inet_lhash2_lookup`, and measured).
    """
    specific = not listener.address.is_wildcard
    inet = listener.address.version == 4 and not listener.mapped
    return specific, inet and system is not System.WINDOWS


def _group(listener: Listener) -> tuple[object, ...]:
    """Sockets that are alike in this share the connections (`inet_reuseport_add_sock`)."""
    v6only = listener.v6only if listener.address.ip == "::" else None
    return listener.address, listener.mapped, v6only, listener.device


def _places(listener: Listener) -> Places:
    return Places.of(listener.address.ip, listener.v6only is True)


def in_the_way(
    ip: str, listeners: Sequence[Listener], system: System, user: str | None = None
) -> tuple[Listener, ...]:
    """The listeners that make our bind of `ip` fail; all have the port we want.

    Our socket is IPv4, or IPv6 with V6ONLY; `ip` may be a wildcard. It has SO_REUSEADDR, on
    Windows SO_EXCLUSIVEADDRUSE. `user` is who we are; None, or a listener whose user is not
    known: the same user. Their options are not visible: on Windows the default is assumed.
    """
    ours = Socket(
        address=Address(ip=ip, port=listeners[0].address.port if listeners else 0),
        v6only=True,
        options=Options(
            reuse_address=system is not System.WINDOWS, exclusive=system is System.WINDOWS
        ),
        user=user or "",
    )
    return tuple(
        listener
        for listener in listeners
        if coexistence(system, _opened(listener, ours.user), ours) is not Coexistence.ALLOWED
    )


def _opened(listener: Listener, us: str) -> Socket:
    return Socket(
        address=listener.address,
        v6only=listener.v6only is True,
        options=Options(),
        user=(us and listener.user) or us,
        device=listener.device,
    )


def coexistence(system: System, first: Socket, second: Socket) -> Coexistence:
    """What the system says to `second` when `first` listens already."""
    here = Places.of(first.address.ip, first.v6only)
    there = Places.of(second.address.ip, second.v6only)
    if not here.meets(there):
        return Coexistence.ALLOWED
    if system is System.LINUX:
        return _on_linux(first, second)
    if system is System.MACOS:
        return _on_macos(first, second, here, there)
    same_user = first.user == second.user
    return on_windows(first.options, here, second.options, there, same_user)


def _on_linux(first: Socket, second: Socket) -> Coexistence:
    devices = {_device(socket.address, socket.device) for socket in (first, second)}
    apart = len(devices) == 2 and None not in devices
    both = first.options.reuse_port and second.options.reuse_port
    if apart or (both and first.user == second.user):
        return Coexistence.ALLOWED
    return Coexistence.IN_USE


def _on_macos(first: Socket, second: Socket, here: Places, there: Places) -> Coexistence:
    """`in_pcbbind` and `in6_pcbbind` of xnu; root may lay itself over everybody."""
    wildcards = here.ip is None and there.ip is None
    families = first.address.version, second.address.version
    if wildcards and families == (4, 6):
        return Coexistence.ALLOWED
    both = first.options.reuse_port and second.options.reuse_port
    if not wildcards and second.user not in (first.user, "root"):
        return Coexistence.IN_USE
    choosy = second.options.reuse_address or second.options.reuse_port
    same = here.ip == there.ip
    return Coexistence.ALLOWED if both or (choosy and not same) else Coexistence.IN_USE


def _device(address: Address, device: str | None) -> str | None:
    return device or zone_of(address.ip)

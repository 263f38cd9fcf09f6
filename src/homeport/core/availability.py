"""How free a port is for our server: judged from what was seen (research B7)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice

from homeport.core.address import LOOPBACK, WILDCARD, Address, ip_version
from homeport.core.bind_obstacles import blockers, remains, why_not
from homeport.core.facts import Listener, System
from homeport.core.obstacles import Level, Obstacle, ObstacleCode, PortView
from homeport.core.overlap import answer
from homeport.core.port_rules import PortRules
from homeport.core.ports import DEFAULT_PORT, HIGHEST_PORT, REFUSED_BY_BROWSERS

__all__ = [
    "Availability",
    "Level",
    "Obstacle",
    "ObstacleCode",
    "PortView",
    "availability",
    "suggestions",
]

AIRPLAY = (5000, 7000)
"""Where the AirPlay receiver of macOS listens."""

FAMILIAR = (*range(DEFAULT_PORT, DEFAULT_PORT + 10), 8080)
"""What people expect of a development server, less what other tools usually have (3000, 5000)."""

_OURS = -1
"""The inode of our future sockets: no system gives it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """The judgement for a server on `ips` (all of them) and `port`.

    `obstacles` are in the order of their levels, and of what explains them best. `harmless` is in
    the way of other programs only (what SO_REUSEADDR passes by), or of an IPv6 loopback that this
    computer does not have.
    """

    port: int
    ips: tuple[str, ...]
    obstacles: tuple[Obstacle, ...]
    harmless: tuple[Obstacle, ...] = ()

    @property
    def level(self) -> Level:
        """The highest level with no obstacle at it or below it."""
        lowest = min((obstacle.level for obstacle in self.obstacles), default=Level.STABLE + 1)
        return Level(lowest - 1)

    @property
    def bindable(self) -> bool:
        """Whether a server can be started there."""
        return self.level >= Level.BINDABLE


def availability(port: int, ips: tuple[str, ...], seen: PortView) -> Availability:
    """How free `port` is for a server that listens on all of `ips` (wildcards allowed)."""
    harmless: list[Obstacle] = []
    blocked: list[Obstacle] = []
    for ip in ips:
        found = why_not(port, ip, seen)
        (harmless if _missing_ipv6(found, ips) else blocked).extend(found)
        harmless += () if found else remains(ip, seen)
    return Availability(
        port=port,
        ips=ips,
        obstacles=(
            *_illegal(port, ips, seen),
            *_merged(blocked),
            *_merged(_shadows(port, ips, seen)),
            *_unstable(port, seen),
        ),
        harmless=_merged(harmless),
    )


def _illegal(port: int, ips: tuple[str, ...], seen: PortView) -> Iterator[Obstacle]:
    rules = seen.rules
    if not 1 <= port <= HIGHEST_PORT:
        yield Obstacle(level=Level.LEGAL, code=ObstacleCode.OUT_OF_RANGE)
    if port in REFUSED_BY_BROWSERS:
        yield Obstacle(level=Level.LEGAL, code=ObstacleCode.REFUSED_BY_BROWSERS)
    if port < rules.first_unprivileged and not rules.privileged:
        # in_pcbbind of xnu asks for the privilege for specific addresses only.
        asked = tuple(ip for ip in ips if seen.system is not System.MACOS or ip not in WILDCARD)
        if asked:
            limit = str(rules.first_unprivileged)
            code = ObstacleCode.PRIVILEGED
            yield Obstacle(level=Level.LEGAL, code=code, ips=asked, detail=limit)
    for excluded in rules.excluded:
        if port in excluded:
            code = ObstacleCode.EXCLUDED
            yield Obstacle(level=Level.LEGAL, code=code, detail=_span(excluded))
    if seen.system is System.MACOS and port in AIRPLAY:
        yield Obstacle(level=Level.LEGAL, code=ObstacleCode.AIRPLAY)


def _span(ports: range) -> str:
    return f"{ports[0]}–{ports[-1]}"


def _missing_ipv6(found: tuple[Obstacle, ...], ips: tuple[str, ...]) -> bool:
    """homeport listens on 127.0.0.1 alone then."""
    codes = [each.code for each in found if each.ips == (LOOPBACK[1],)]
    return codes == [ObstacleCode.NO_ADDRESS] and len(ips) > 1


def _merged(obstacles: Iterable[Obstacle]) -> tuple[Obstacle, ...]:
    """One of a kind, in the order of the codes."""
    found: dict[tuple[ObstacleCode, str], Obstacle] = {}
    for each in obstacles:
        known = found.setdefault((each.code, each.detail), each)
        found[each.code, each.detail] = replace(
            known,
            ips=tuple(dict.fromkeys((*known.ips, *each.ips))),
            listeners=tuple(dict.fromkeys((*known.listeners, *each.listeners))),
            remnants=tuple(dict.fromkeys((*known.remnants, *each.remnants))),
        )
    order = list(ObstacleCode)
    return tuple(sorted(found.values(), key=lambda each: order.index(each.code)))


def _shadows(port: int, ips: tuple[str, ...], seen: PortView) -> Iterator[Obstacle]:
    """Who would answer beside us, with us bound and those in the way of that gone."""
    if not seen.complete:
        yield Obstacle(level=Level.UNSHADOWED, code=ObstacleCode.UNREAD)
    gone = set(chain.from_iterable(blockers(port, ip, seen) for ip in ips))
    others = [each for each in seen.listeners if each not in gone]
    ours = [
        Listener(address=Address(ip=ip, port=port), v6only=True, user=seen.user, inode=_OURS)
        for ip in ips
    ]
    for target in _targets(ips, others):
        before = answer(target, others, seen.system).winners
        after = answer(target, [*others, *ours], seen.system).winners
        strangers = tuple(each for each in after if each.inode != _OURS)
        level, code = Level.UNSHADOWED, ObstacleCode.SHADOWED
        if not strangers:
            level, code = Level.NOT_SHADOWING, ObstacleCode.SHADOWS_OTHER
        if listeners := strangers or before:
            yield Obstacle(level=level, code=code, ips=(target,), listeners=listeners)


def _targets(ips: tuple[str, ...], others: Iterable[Listener]) -> tuple[str, ...]:
    """The addresses of the links we would print, and both that `localhost` may mean."""
    found: list[str] = []
    for ip in ips:
        version = ip_version(ip)
        if ip in WILDCARD:
            found.append(LOOPBACK[0] if version == 4 else LOOPBACK[1])
            theirs = (each.address for each in others if each.address.version == version)
            found += (address.ip for address in theirs if not address.is_wildcard)
        else:
            found.append(ip)
    return tuple(dict.fromkeys(found if set(LOOPBACK).isdisjoint(found) else (*LOOPBACK, *found)))


def _unstable(port: int, seen: PortView) -> Iterator[Obstacle]:
    rules = seen.rules
    if _is_ephemeral(port, rules):
        detail = _span(rules.ephemeral)
        yield Obstacle(level=Level.STABLE, code=ObstacleCode.EPHEMERAL, detail=detail)
    if seen.usual is not None:
        yield Obstacle(level=Level.STABLE, code=ObstacleCode.USUAL_PORT_OF, detail=seen.usual)


def _is_ephemeral(port: int, rules: PortRules) -> bool:
    return port in rules.ephemeral and not any(port in kept for kept in rules.reserved)


def suggestions(taken: set[int], rules: PortRules, count: int = 5) -> tuple[int, ...]:
    """Up to `count` ports to use instead: familiar ones first, then the next from 8000 up.

    `taken` are the ports on which something listens, whatever its address, and those that are
    not to be suggested for another reason (the usual ports of tools).
    """
    likely = dict.fromkeys((*FAMILIAR, *range(DEFAULT_PORT, HIGHEST_PORT + 1)))
    good = (
        port
        for port in likely
        if port not in taken
        and port not in REFUSED_BY_BROWSERS
        and not any(port in excluded for excluded in rules.excluded)
        and (rules.privileged or port >= rules.first_unprivileged)
        and not _is_ephemeral(port, rules)
    )
    return tuple(islice(good, count))

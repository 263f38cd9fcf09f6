"""Why a bind of an address fails, explained in the order of research B7."""

from collections.abc import Iterator

from homeport.core.address import ip_version
from homeport.core.facts import Listener, Remnant, RemnantKind, System
from homeport.core.obstacles import Level, Obstacle, ObstacleCode, PortView
from homeport.core.overlap import in_the_way
from homeport.core.overlap_tables import Places

_UNTRIED, _WENT_WELL = "untried", "went-well"


def _trial(port: int, ip: str, seen: PortView) -> str:
    """How the trial bind ended: one of the two above, or the error name as POSIX spells it.

    A refusal by the rules of the port says nothing of who holds it: the system looks at the rules
    first. They have obstacles of their own.
    """
    if seen.refused is None:
        return _UNTRIED
    error = dict(seen.refused).get(ip, _WENT_WELL).removeprefix("WSA")
    rules = seen.rules
    privileged = port < rules.first_unprivileged and not rules.privileged
    by_rule = privileged or any(port in excluded for excluded in rules.excluded)
    return _UNTRIED if error == "EACCES" and by_rule else error


def blockers(port: int, ip: str, seen: PortView) -> tuple[Listener, ...]:
    """By the rules; a trial bind that went well is believed where they do not know all."""
    found = in_the_way(ip, seen.listeners, seen.system, seen.user)
    if _trial(port, ip, seen) != _WENT_WELL:
        return found
    if seen.system is not System.LINUX:
        return ()
    return tuple(each for each in found if each.v6only is not None or each.address.ip != "::")


def why_not(port: int, ip: str, seen: PortView) -> tuple[Obstacle, ...]:
    """What explains it best; several when any of them may be it, none when `ip` is free."""
    trial = _trial(port, ip, seen)
    if trial in ("EADDRNOTAVAIL", "EAFNOSUPPORT"):
        return (_obstacle(ObstacleCode.NO_ADDRESS, ip),)
    if holding := blockers(port, ip, seen):
        foreign = all(each.address.version != ip_version(ip) for each in holding)
        code = ObstacleCode.OTHER_FAMILY if foreign else ObstacleCode.HELD
        return (_obstacle(code, ip, listeners=holding),)
    if trial == _WENT_WELL:
        return ()
    if trial != _UNTRIED:
        ours = Places.of(ip, True)
        sharing = tuple(each for each in seen.listeners if _taken(each).meets(ours))
        if sharing:
            return (_obstacle(ObstacleCode.OTHER_USER, ip, listeners=sharing),)
    if trial not in (_UNTRIED, "EADDRINUSE"):
        return (_obstacle(ObstacleCode.DENIED, ip, detail=trial),)
    return tuple(remains(ip, seen)) or _nothing_seen(ip, trial, seen.complete)


def _nothing_seen(ip: str, trial: str, complete: bool) -> tuple[Obstacle, ...]:
    if trial == _UNTRIED:
        return () if complete else (_obstacle(ObstacleCode.UNREAD, ip),)
    return (_obstacle(ObstacleCode.UNKNOWN, ip),)


def _obstacle(
    code: ObstacleCode,
    ip: str,
    *,
    listeners: tuple[Listener, ...] = (),
    remnants: tuple[Remnant, ...] = (),
    detail: str = "",
) -> Obstacle:
    return Obstacle(
        level=Level.BINDABLE,
        code=code,
        ips=(ip,),
        listeners=listeners,
        remnants=remnants,
        detail=detail,
    )


def _taken(listener: Listener) -> Places:
    return Places.of(listener.address.ip, listener.v6only is True)


_EXPLANATIONS = {
    RemnantKind.BOUND: ObstacleCode.BOUND_INACTIVE,
    RemnantKind.TIME_WAIT: ObstacleCode.TIME_WAIT,
    RemnantKind.LEFTOVER: ObstacleCode.LEFTOVER,
    RemnantKind.OUTGOING: ObstacleCode.OUTGOING,
}


def remains(ip: str, seen: PortView) -> Iterator[Obstacle]:
    """What is left on `ip`, an obstacle for each kind; harmless when the trial bind went well.

    The trial bind and our server reuse addresses (SO_REUSEADDR), as many servers do.
    """
    ours = Places.of(ip, True)
    near = [
        each
        for each in seen.remnants
        if Places.of(each.address.ip, each.v6only is True).meets(ours)
    ]
    for kind, code in _EXPLANATIONS.items():
        remnants = tuple(each for each in near if each.kind is kind)
        if remnants:
            yield _obstacle(code, ip, remnants=remnants)

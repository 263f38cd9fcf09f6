"""How free a port is → sentences: what was found, why, and what to type next."""

from collections.abc import Callable, Iterable
from math import ceil

from homeport.core.address import LOOPBACK, WILDCARD
from homeport.core.availability import Availability, Level, Obstacle, ObstacleCode
from homeport.core.facts import Remnant
from homeport.core.occupant_words import listens_on, title
from homeport.core.occupants import Occupant, occupants
from homeport.core.overlap import Answer
from homeport.core.words import holders_of, who_holds

_REUSING = "servers that set SO_REUSEADDR (homeport, uvicorn) can start now"


def headline(free: Availability) -> str:
    """The answer in one sentence: `Port 8000 is free: 127.0.0.1 and ::1 can both be had.`"""
    port = f"Port {free.port}"
    worst = _worst(free)
    if worst is None:
        return f"{port} is free: {_can_be_had(free)}."
    match worst.level:
        case Level.LEGAL:
            held = next((each for each in free.obstacles if each.listeners), None)
            also = f" It is also held: {_by_whom(held)}." if held else ""
            return f"{port} is no port for a server here: {because(worst)}.{also}"
        case Level.BINDABLE:
            state = "is held" if worst.listeners else "cannot be had now"
            if worst.code is ObstacleCode.UNREAD:
                state = "may be free or not"
            return f"{port} {state}: {because(worst)}."
        case _:
            return f"{port} can be bound, but {because(worst)}."


def _worst(free: Availability) -> Obstacle | None:
    """What the headline says. Of a dual-stack socket that it is one explains more."""
    return min(
        free.obstacles,
        key=lambda each: (each.level, each.code is not ObstacleCode.OTHER_FAMILY),
        default=None,
    )


def _says_no_more(each: Obstacle, worst: Obstacle | None) -> bool:
    """The same server again, for the other address."""
    return (
        worst is not None
        and each.code is ObstacleCode.HELD
        and worst.code is ObstacleCode.OTHER_FAMILY
        and set(each.listeners) <= set(worst.listeners)
    )


def _can_be_had(free: Availability) -> str:
    missing = {ip for each in free.harmless if _is_missing(each) for ip in each.ips}
    ips = [ip for ip in free.ips if ip not in missing]
    names = _listed(dict.fromkeys(map(_place, ips)))
    match len(ips):
        case 1:
            return f"{names} can be had"
        case 2:
            return f"{names} can both be had"
        case _:
            return f"{names} can all be had"


def _is_missing(each: Obstacle) -> bool:
    return each.code is ObstacleCode.NO_ADDRESS


def _place(ip: str) -> str:
    """An address as it is said; a wildcard in words."""
    return {WILDCARD[0]: "every IPv4 address", WILDCARD[1]: "every IPv6 address"}.get(ip, ip)


def _listed(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def because(obstacle: Obstacle) -> str:
    """The obstacle as half a sentence, to stand after `because` or a colon."""
    return _SAID[obstacle.code](obstacle)


def notes(free: Availability) -> tuple[str, ...]:
    """A sentence for every obstacle that the headline does not say, and for the harmless ones."""
    worst = _worst(free)
    rest = [each for each in free.obstacles if each is not worst and not _says_no_more(each, worst)]
    lines = [_sentence(each) for each in rest]
    lines += [_capital(_harmless(each)) + "." for each in free.harmless]
    return tuple(dict.fromkeys(lines))


def _sentence(each: Obstacle) -> str:
    """The name of a program stays as it is written."""
    text = because(each) + "."
    named = (ObstacleCode.HELD, ObstacleCode.OTHER_FAMILY, ObstacleCode.OTHER_USER)
    return text if each.code in named else _capital(text)


def _capital(text: str) -> str:
    return text if text.startswith("pid ") else text[:1].upper() + text[1:]


def _harmless(each: Obstacle) -> str:
    if _is_missing(each):
        return "this computer has no IPv6 loopback: a server would listen on IPv4 only"
    return f"{_left(each)}: {_REUSING}"


def next_steps(free: Availability) -> tuple[str, ...]:
    """The commands that help, the most harmless first; none when the port is free."""
    if free.level is Level.STABLE:
        return ()
    steps = ["another port:  homeport port"]
    codes = {each.code for each in free.obstacles}
    listeners = tuple(dict.fromkeys(one for each in free.obstacles for one in each.listeners))
    if holders_of(listeners):
        steps.append(f"to end it:  homeport stop {free.port}")
    elif listeners or codes & {ObstacleCode.UNKNOWN, ObstacleCode.UNREAD}:
        steps.append(f"to see its owner:  sudo ss -ltnp 'sport = :{free.port}'")
    if any(each.remnants for each in free.obstacles):
        steps.append(f"to see what is left:  ss -tanp 'sport = :{free.port}'")
    if ObstacleCode.PRIVILEGED in codes:
        steps.append("a port for every user:  homeport --port 8000")
    if ObstacleCode.EXCLUDED in codes:
        steps.append("to see what Windows excludes:  netsh int ipv4 show excludedportrange tcp")
    return tuple(steps)


def _by_whom(each: Obstacle) -> str:
    """`pid 12 (uvicorn main:app) listens on localhost`; several servers, one after the other."""
    servers = occupants(each.listeners)
    return ", ".join(f"{_who(one)} listens on {listens_on(one.listeners, ())}" for one in servers)


def _who(server: Occupant) -> str:
    """Its program and pid; of a hidden one at least whose it is and where it was started."""
    if server.holders:
        return title(server)
    origin = server.origin
    place = f"container {origin.container}" if origin.container else origin.unit
    return who_holds(server.listeners) + (f" ({place})" if place else "")


def _left(each: Obstacle) -> str:
    """What is left of a port without a listener."""
    first = each.remnants[0]
    owner = _owner(each.remnants)
    peer = f" {first.peer}" if first.peer else ""
    match each.code:
        case ObstacleCode.TIME_WAIT:
            return f"connections to it that were closed are remembered {_wait(each)} (TIME_WAIT)"
        case ObstacleCode.LEFTOVER:
            return f"a connection from{peer or ' elsewhere'} to a former server is open{owner}"
        case ObstacleCode.OUTGOING:
            return f"a connection to{peer or ' elsewhere'} has it as its source port{owner}"
        case _:
            return f"a socket is bound to it and does not listen{owner}"


def _owner(remnants: tuple[Remnant, ...]) -> str:
    for holder in (holder for each in remnants for holder in each.holders):
        return f", held by pid {holder.pid} ({holder.command or 'unknown command'})"
    user = next((each.user for each in remnants if each.user), None)
    return f", held by a process of user {user}" if user else ""


def _wait(each: Obstacle) -> str:
    """How long the slowest of them lasts."""
    known = [remnant.seconds for remnant in each.remnants if remnant.seconds is not None]
    return f"for {ceil(max(known))} s more" if known else "for up to a minute"


def _shadowed(each: Obstacle) -> str:
    names = " and ".join(each.ips)
    local = "" if set(LOOPBACK).isdisjoint(each.ips) else ", so localhost may reach it"
    return f"connections to {names} go to another server{local}: {_by_whom(each)}"


_SAID: dict[ObstacleCode, Callable[[Obstacle], str]] = {
    ObstacleCode.OUT_OF_RANGE: lambda _: "a TCP port is a number from 1 to 65535",
    ObstacleCode.REFUSED_BY_BROWSERS: lambda _: "browsers refuse to connect to it",
    ObstacleCode.PRIVILEGED: lambda each: f"ordinary users get {each.detail} and up",
    ObstacleCode.EXCLUDED: lambda each: f"the system keeps ports {each.detail} for itself",
    ObstacleCode.AIRPLAY: lambda _: (
        "the AirPlay receiver of macOS has it (System Settings, General, AirDrop & Handoff)"
    ),
    ObstacleCode.HELD: _by_whom,
    ObstacleCode.OTHER_FAMILY: lambda each: (
        f"{_by_whom(each)}, through an IPv6 socket that takes IPv4 too"
    ),
    ObstacleCode.OTHER_USER: lambda each: (
        f"{_by_whom(each)}, and the system does not let us share the port with it"
    ),
    ObstacleCode.BOUND_INACTIVE: lambda each: (
        f"{_left(each)}; it is in no list of listening sockets"
    ),
    ObstacleCode.TIME_WAIT: lambda each: f"{_left(each)}; it is free after that",
    ObstacleCode.LEFTOVER: lambda each: f"{_left(each)}; it is free when that is closed",
    ObstacleCode.OUTGOING: lambda each: f"{_left(each)}; it is free when that is closed",
    ObstacleCode.UNKNOWN: lambda _: (
        "the system says that it is in use, and shows you no socket that has it"
    ),
    ObstacleCode.DENIED: lambda each: (
        f"the system refuses {_listed(map(_place, each.ips))} with {each.detail}"
    ),
    ObstacleCode.NO_ADDRESS: lambda each: f"{_listed(each.ips)} is not an address of this computer",
    ObstacleCode.UNREAD: lambda _: "the listening sockets of this computer could not be read",
    ObstacleCode.SHADOWED: _shadowed,
    ObstacleCode.SHADOWS_OTHER: lambda each: (
        f"it would take connections to {_listed(each.ips)} from a server that gets them now: "
        + _by_whom(each)
    ),
    ObstacleCode.EPHEMERAL: lambda each: (
        f"the system gives ports {each.detail} to outgoing connections: "
        "one of those may have it at the next start"
    ),
    ObstacleCode.USUAL_PORT_OF: lambda each: f"it is the usual port of {each.detail}",
}


def who_answers(answer: Answer) -> str:
    """Who gets a connection to that address, and who listens there in vain."""
    if not answer.winners:
        return "nobody listens there" if answer.certain else "perhaps nobody"
    servers = occupants(answer.winners)
    names = " or ".join(map(_who, servers))
    said = names if answer.certain else f"probably {names}"
    if answer.certain and len(answer.winners) > 1:
        said += f": {len(answer.winners)} sockets share the connections"
    pids = {holder.pid for holder in holders_of(answer.winners)}
    for server in occupants(answer.shadowed):
        if pids.isdisjoint(holder.pid for holder in server.holders) or not server.holders:
            said += f"; not {_who(server)}, which listens on {listens_on(server.listeners, ())}"
    return said

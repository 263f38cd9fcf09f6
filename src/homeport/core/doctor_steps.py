"""The rungs of the ladder that are about who came from elsewhere; and all of them, in order."""

from homeport.core.devices import DeviceState
from homeport.core.doctor import Does, Examined, Note, Remedy, Rung, Says, State, Step
from homeport.core.doctor_here import (
    SHOWN,
    address,
    firewall,
    listening,
    neighbours,
    own_connection,
    some,
    step_of,
)
from homeport.core.evidence import PeerSeen
from homeport.core.share_words import clock
from homeport.core.shell_words import quoted


def steps(seen: Examined) -> tuple[Step, ...]:
    """All nine; those that cannot be judged for want of an earlier one are NOT_YET, and silent."""
    first = listening(seen)
    if not seen.spots:
        rest = (Step(rung=rung, state=State.NOT_YET) for rung in Rung if rung is not first.rung)
        return (first, *rest)
    return (
        first,
        address(seen),
        own_connection(seen),
        firewall(seen),
        neighbours(seen),
        arrived(seen),
        tls(seen),
        guard(seen),
        paired(seen),
    )


def arrived(seen: Examined) -> Step:
    """Did any connection come from elsewhere."""
    if not seen.peers:
        return step_of(Rung.ARRIVED, State.NOT_YET, [Note(Says.NOT_REACHED)])
    latest = sorted(seen.peers, key=lambda each: each.last, reverse=True)
    notes = [
        Note(Says.REACHED, (each.peer, clock(each.last, seen.time), _who(each, seen)))
        for each in latest[:SHOWN]
    ]
    if len(latest) > SHOWN:
        notes.append(Note(Says.MORE_PEERS, (str(len(latest) - SHOWN),)))
    return step_of(Rung.ARRIVED, State.GOOD, notes)


def _who(peer: PeerSeen, seen: Examined) -> str:
    """` (iPhone; 3 connections, 12 requests let in)`."""
    name = next((each.name for each in seen.devices if each.id == peer.device), None)
    counts = [_count(peer.connections, "connection")]
    counts += [f"{_count(peer.allowed, 'request')} let in"] if peer.allowed else []
    return f" ({'; '.join([*([name] if name else []), ', '.join(counts)])})"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def tls(seen: Examined) -> Step:
    """Did TLS start and fail."""
    if not any(spot.tls for spot in seen.spots):
        return step_of(Rung.TLS, State.GOOD, [Note(Says.NO_TLS)])
    failed = tls_failed(seen)
    notes = [
        Note(Says.TLS_FAILED, (each.peer, _count(times, "time"), reason))
        for each in failed[-SHOWN:]
        for reason, times in each.tls_failures
    ]
    if notes:
        trust = any(is_distrust(reason) for each in failed for reason, _ in each.tls_failures)
        remedies = [Remedy(Does.OPEN_THERE, (plain_url(seen),))] if trust else []
        return step_of(Rung.TLS, State.BAD, notes, remedies)
    if any(each.allowed for each in seen.peers):
        return step_of(Rung.TLS, State.GOOD, [Note(Says.TLS_WORKED)])
    return step_of(Rung.TLS, State.NOT_YET, [Note(Says.TLS_NOT_YET)])


def plain_url(seen: Examined) -> str:
    """What leads a device through trusting the certificate: the same address, over plain http."""
    return next(spot.url for spot in seen.spots if spot.tls).replace("https", "http", 1)


def is_distrust(reason: str) -> bool:
    """Whether a handshake ended because the other side does not trust the certificate.

    `reason` is OpenSSL's name of the alert (RFC 8446 section 6.2), `closed` or `timeout`. Some
    programs close the connection without a word.
    """
    return "UNKNOWN_CA" in reason or "CERTIFICATE" in reason or reason == "closed"


def tls_failed(seen: Examined) -> list[PeerSeen]:
    """Those whose handshakes failed, and of whom no request was let in."""
    return [each for each in seen.peers if each.tls_failures and not each.allowed]


def guard(seen: Examined) -> Step:
    """Did the guard refuse requests, and why."""
    if not seen.peers:
        return step_of(Rung.GUARD, State.NOT_YET, [Note(Says.GUARD_NOT_YET)])
    counts: dict[str, int] = {}
    for each in seen.peers:
        for rule, times in each.refused:
            counts[rule] = counts.get(rule, 0) + times
    if not counts:
        return step_of(Rung.GUARD, State.GOOD, [Note(Says.NONE_REFUSED)])
    notes = [
        Note(Says.REFUSED, (_count(times, "time"), rule)) for rule, times in sorted(counts.items())
    ]
    lines = [one.line for one in reversed(seen.turned_away) if one.line]
    notes += [Note(Says.REFUSED_PEER, (line,)) for line in dict.fromkeys(lines[:SHOWN])]
    if seen.share is None:  # at such a door only refusals are counted
        return step_of(Rung.GUARD, State.UNKNOWN, notes)
    return step_of(Rung.GUARD, State.BAD if refused_only(seen) else State.GOOD, notes)


def refused_only(seen: Examined) -> list[PeerSeen]:
    """Those who were refused, and of whom no request was let in."""
    return [each for each in seen.peers if each.refused and not each.allowed]


def paired(seen: Examined) -> Step:
    """Who was let in, and who waits."""
    if not seen.pairing:
        return step_of(Rung.PAIRED, State.GOOD, [Note(Says.NO_PAIRING)])
    inside = _in_state(seen, DeviceState.LET_IN)
    waiting = _in_state(seen, DeviceState.WAITING)
    out = _in_state(seen, DeviceState.REVOKED)
    notes = [Note(Says.LET_IN, (some(inside),))] if inside else []
    notes += [Note(Says.PUT_OUT, (some(out),))] if out else []
    notes += [Note(Says.WAITING, (some(waiting),))] if waiting else []
    commands = tuple(approvals(seen))
    remedies = [Remedy(Does.DO, commands)] if commands else []
    state = State.GOOD if inside and not waiting else State.NOT_YET
    return step_of(Rung.PAIRED, state, notes or [Note(Says.NOBODY_PAIRED)], remedies)


def approvals(seen: Examined) -> list[str]:
    """The commands that let in those who wait."""
    waiting = [each for each in seen.devices if each.state == DeviceState.WAITING.value]
    of = f"--of {quoted(seen.name)}"
    return [f"homeport devices approve {each.number or each.id} {of}" for each in waiting[:SHOWN]]


def _in_state(seen: Examined, state: DeviceState) -> list[str]:
    return [
        each.name + (f" at {each.address}" if each.address else "")
        for each in seen.devices
        if each.state == state.value
    ]

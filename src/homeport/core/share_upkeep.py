"""What several rules of a share need: the workers' copy, wrong guesses, knocks that are over."""

from collections.abc import Iterable
from dataclasses import replace

from homeport.core.deadline import Now
from homeport.core.devices import Devices, without
from homeport.core.mirror import Mirror
from homeport.core.pairing import Knock, Verdict
from homeport.core.share import Share, Sharing
from homeport.core.share_actions import Action, News, Passes, Record, Tell
from homeport.core.share_events import Wrong
from homeport.core.throttle import wrong
from homeport.core.visit_record import VisitRecord

EXPIRED = 256
"""How many dead tokens are remembered."""


def mirror_of(state: Sharing, now: Now) -> Mirror:
    """What the workers have to know."""
    devices = state.share.devices if state.share is not None else ()
    return Mirror(
        passes=tuple((each.token_hash, each.id) for each in devices if each.token_hash),
        expired=state.expired,
        waits=tuple(state.throttle.waits(now.mono).items()),
        all_blocked=state.throttle.all_blocked,
    )


def with_expired(expired: tuple[str, ...], devices: Devices) -> tuple[str, ...]:
    """The dead tokens, with those of `devices`."""
    hashes = tuple(each.token_hash for each in devices if each.token_hash is not None)
    return (*expired, *hashes)[-EXPIRED:]


def guessed(
    state: Sharing, event: Wrong, now: Now, rule: str = "token-wrong"
) -> tuple[Sharing, list[Action]]:
    """A wrong code or token: the peer has to wait; who is shut out by it is told once."""
    before, after = state.throttle, wrong(state.throttle, event.peer, now.mono, event.times)
    state = replace(state, throttle=after)
    actions: list[Action] = [Passes(mirror=mirror_of(state, now))]
    if after.blocks(event.peer, now.mono) and not before.blocks(event.peer, now.mono):
        actions.append(Tell(news=News.PEER_BLOCKED, peer=event.peer))
    if after.all_blocked and not before.all_blocked:
        actions.append(Tell(news=News.ALL_BLOCKED, peer=event.peer))
    return state, [*actions, record_of(now, event.peer, rule)]


def forget_knocks(share: Share, now: Now) -> tuple[Share, list[Action]]:
    """Without the knocks whose time is over."""
    return drop_knocks(share, (knock for knock in share.knocks if knock.deadline.passed(now)))


def drop_knocks(share: Share, knocks: Iterable[Knock]) -> tuple[Share, list[Action]]:
    """Without these knocks and the devices that are still behind them."""
    actions: list[Action] = []
    for knock in tuple(knocks):
        kept = tuple(each for each in share.knocks if each != knock)
        if knock.verdict is not Verdict.DENIED:
            device = next(each for each in share.devices if each.id == knock.device)
            actions.append(Tell(news=News.ASKS_NO_MORE, device=device))
        devices = without(share.devices, knock.device)
        share = replace(share, knocks=kept, devices=devices)
    return share, actions


def record_of(now: Now, peer: str | None, rule: str, device: str | None = None) -> Record:
    """A line for the visit log about a device or a guess."""
    return Record(visit=VisitRecord(time=now.wall, peer=peer, rule=rule, device=device))

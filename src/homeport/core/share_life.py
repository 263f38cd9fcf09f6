"""How a share begins, goes on, moves and ends: the rules behind the table of `core/sharing`."""

from dataclasses import replace

from homeport.core.deadline import Deadline, Now
from homeport.core.network_identity import Sameness, compare, learned
from homeport.core.pairing import Codes, Why
from homeport.core.share import EndReason, Opening, Phase, Share, Sharing
from homeport.core.share_actions import (
    Action,
    AnnounceName,
    News,
    OpenDoor,
    Passes,
    Prolong,
    ShutDoor,
    Tell,
    WakeAt,
    WithdrawName,
)
from homeport.core.share_events import (
    AddressesChanged,
    DoorFailed,
    DoorOpened,
    NewCode,
    Open,
    Renew,
    Tick,
)
from homeport.core.share_network import Look, sight
from homeport.core.share_upkeep import drop_knocks, forget_knocks, mirror_of, with_expired
from homeport.core.throttle import with_new_code

Result = tuple[Sharing, list[Action]]

SEEK = 15.0
"""Seconds a network may be out of sight."""
OFTEN = 1.0
"""Seconds between two looks at the clocks while something is shared: the wall clock may jump."""


def open_first(state: Sharing, event: Open, now: Now) -> Result:
    """A share begins."""
    share = Share(
        place=event.place,
        terms=event.terms,
        identity=event.identity,
        deadline=Deadline.after(event.terms.seconds, now),
        name=event.name,
        codes=Codes().renewed(event.code_hash, now) if event.terms.pairing else Codes(),
    )
    state = replace(state, throttle=with_new_code(state.throttle))
    return _open_door(state, share, now)


def _open_door(state: Sharing, share: Share, now: Now) -> Result:
    state = replace(state, phase=Phase.OPENING, share=share)
    return state, [
        Passes(mirror=mirror_of(state, now)),
        _wake(share, now),
        OpenDoor(place=share.place, terms=share.terms, until=share.deadline.wall),
    ]


def open_again(state: Sharing, share: Share, event: Open, now: Now) -> Result:
    """The same once more goes on longer, with a new code; anything else takes its place."""
    same = (event.place, event.terms.pairing, event.terms.tls) == (
        share.place,
        share.terms.pairing,
        share.terms.tls,
    )
    network = compare(share.identity, event.identity)
    known = network in (Sameness.SAME, Sameness.LIKELY)
    if not (same and known and state.phase is Phase.OPEN):
        state, ended = end(state, share, EndReason.REPLACED, now)
        state, begun = open_first(state, event, now)
        return state, [*ended, *begun]
    renewed = replace(share, identity=learned(share.identity, event.identity))
    state, actions = renew(state, renewed, Renew(seconds=event.terms.seconds), now)
    assert state.share is not None
    state, code = new_code(state, state.share, NewCode(code_hash=event.code_hash), now)
    return state, [*actions, *code]


def door_opened(state: Sharing, share: Share, event: DoorOpened, now: Now) -> Result:
    """Now it can be told."""
    news = {Opening.NEW: News.OPENED, Opening.MOVED: News.MOVED, Opening.BACK: News.BACK}
    tell = _tell(share, news[share.opens])
    if share.codes.current is not None:
        tell = replace(tell, code_hash=share.codes.current.hash)
    actions: list[Action] = []
    if share.name is not None:
        actions.append(AnnounceName(name=share.name, place=share.place, tls=share.terms.tls))
    return replace(state, phase=Phase.OPEN), [*actions, tell]


def door_failed(state: Sharing, share: Share, event: DoorFailed, now: Now) -> Result:
    """The system refused: there is nothing to share."""
    return end(state, share, EndReason.NOT_OPENED, now, event.detail)


def renew(state: Sharing, share: Share, event: Renew, now: Now) -> Result:
    """It ends so many seconds from now instead."""
    deadline = Deadline.after(event.seconds, now)
    share = replace(share, deadline=deadline)
    actions: list[Action] = [_tell(share, News.RENEWED), _wake(share, now)]
    if state.phase is not Phase.SEEKING:
        actions.insert(0, Prolong(until=deadline.wall))
    return replace(state, share=share), actions


def new_code(state: Sharing, share: Share, event: NewCode, now: Now) -> Result:
    """Asked for at this computer, so pairing is free again for those who did not guess."""
    if not share.terms.pairing:
        return state, []
    share = replace(share, codes=share.codes.renewed(event.code_hash, now))
    state = replace(state, share=share, throttle=with_new_code(state.throttle))
    tell = replace(_tell(share, News.CODE), code_hash=event.code_hash)
    return state, [Passes(mirror=mirror_of(state, now)), tell]


def tick(state: Sharing, share: Share, event: Tick, now: Now) -> Result:
    """What is over by the clock: the search, knocks, the code."""
    if state.phase is Phase.SEEKING and now.mono >= share.seek_until:
        return end(state, share, share.lost, now)
    share, actions = forget_knocks(share, now)
    code = share.codes.current
    if code is not None and code.deadline.passed(now):
        share = replace(share, codes=share.codes.ended(Why.EXPIRED))
        actions.append(_tell(share, News.CODE_OVER))
    return replace(state, share=share), [*actions, _wake(share, now)]


def look(state: Sharing, share: Share, event: AddressesChanged, now: Now) -> Result:
    """The network has changed, or is looked at again."""
    seeking = state.phase is Phase.SEEKING
    seen = sight(share, event.interfaces, event.identity, seeking=seeking)
    if seen.look is Look.OVER:
        return end(state, share, seen.reason, now)
    if seen.look is Look.LOST and seeking:
        return replace(state, share=replace(share, lost=seen.reason)), []
    if seen.look is Look.LOST:
        return lose(state, share, seen.reason, now)
    assert event.identity is not None
    share = replace(share, identity=learned(share.identity, event.identity))
    if seen.look is Look.MOVED:
        return _move(state, share, seen.ip, event.code_hash, now)
    if not seeking:
        return replace(state, share=share), []
    return _open_door(state, replace(share, opens=Opening.BACK), now)


def _move(state: Sharing, share: Share, ip: str, code_hash: str, now: Now) -> Result:
    """Another address of the same network. Pages of the old one are dead, the devices are not."""
    shut = _shut(state, share, None)
    share, over = drop_knocks(share, share.knocks)
    share = replace(
        share,
        place=replace(share.place, ip=ip),
        opens=Opening.MOVED,
        moved_from=share.place.ip,
        codes=share.codes.renewed(code_hash, now) if share.terms.pairing else share.codes,
    )
    state, opening = _open_door(state, share, now)
    return state, [*shut, *over, *opening]


def lose(state: Sharing, share: Share, reason: EndReason, now: Now) -> Result:
    """The network is out of sight: the door is shut until it is back."""
    share_lost = replace(share, seek_until=now.mono + SEEK, lost=reason)
    tell = replace(_tell(share, News.SEEKING), reason=reason)
    shut = _shut(state, share, None)
    return replace(state, phase=Phase.SEEKING, share=share_lost), [*shut, tell]


def end(state: Sharing, share: Share, reason: EndReason, now: Now, detail: str = "") -> Result:
    """The door is shut, then all tokens are dead, then it is told."""
    shut = _shut(state, share, reason)
    expired = with_expired(state.expired, share.devices)
    state = replace(state, phase=Phase.CLOSED, share=None, expired=expired)
    tell = replace(_tell(share, News.ENDED), reason=reason, detail=detail)
    return state, [*shut, Passes(mirror=mirror_of(state, now)), tell]


def _shut(state: Sharing, share: Share, ends: EndReason | None) -> list[Action]:
    actions: list[Action] = []
    if state.phase is not Phase.SEEKING:
        actions.append(ShutDoor(place=share.place, ends=ends))
    if state.phase is Phase.OPEN and share.name is not None:
        actions.append(WithdrawName())
    return actions


def _tell(share: Share, news: News) -> Tell:
    return Tell(
        news=news,
        place=share.place,
        terms=share.terms,
        until=share.deadline.wall,
        moved_from=share.moved_from,
    )


def _wake(share: Share, now: Now) -> WakeAt:
    return WakeAt(time=now.mono + min(share.deadline.left(now), OFTEN))

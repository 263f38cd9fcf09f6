"""How a device is let in: by a one-time code, by a knock and the person's yes, by a token.

Each rule takes the share that is on (the door may be shut for a moment) and gives the next state
and the actions, in order. Whether a *token* is valid is not asked here: the workers judge that by
the `Mirror`, so a device that was let in never waits for what others guess.
"""

from dataclasses import replace

from homeport.core.deadline import Deadline, Now
from homeport.core.device_kind import SCRIPT, DeviceKind, device_kind
from homeport.core.devices import (
    Device,
    Devices,
    DeviceState,
    PairedBy,
    put,
    unique_name,
    with_room,
)
from homeport.core.durations import LONGEST
from homeport.core.pairing import (
    KNOCK_SECONDS,
    Knock,
    NotNow,
    Verdict,
    Why,
    by_ticket,
    free_number,
    may_knock,
    of_peer,
)
from homeport.core.plain import plain
from homeport.core.secret_hash import hashed
from homeport.core.share import Share, Sharing
from homeport.core.share_actions import (
    Action,
    Admitted,
    Answer,
    Knocked,
    News,
    Passes,
    Refused,
    StillWaiting,
    Tell,
)
from homeport.core.share_events import AskIn, MakeToken, Poll, Redeem, Wrong
from homeport.core.share_upkeep import drop_knocks, forget_knocks, guessed, mirror_of, record_of

Result = tuple[Sharing, list[Action]]

LONGEST_NAME = 40
FULL = 60.0
"""Seconds after which to try again when there are too many devices."""


def redeem(state: Sharing, share: Share, event: Redeem, now: Now) -> Result:
    """A one-time link: let in, or told what is wrong with the code."""
    wait = state.throttle.wait(event.peer, now.mono)
    if not share.terms.pairing or wait:
        return _refuse(state, event.request, Why.BLOCKED if wait else Why.GONE, wait)
    why = share.codes.judge(event.code_hash, now)
    if why is Why.WRONG:
        state, actions = guessed(state, Wrong(peer=event.peer), now, rule="code-wrong")
        wait = state.throttle.wait(event.peer, now.mono)
        return state, [*actions, _no(event.request, Why.WRONG, wait)]
    if why is not None:
        record = record_of(now, event.peer, f"code-{why.value}")
        return state, [record, _no(event.request, why)]
    room = with_room(share.devices)
    if room is None:
        return _refuse(state, event.request, Why.BLOCKED, FULL)
    state, device = _new(state, room, device_kind(event.agent), event.peer, now)
    share = replace(share, codes=share.codes.ended(Why.USED), devices=room)
    return _admit(state, share, device, PairedBy.CODE, event, now)


def ask_in(state: Sharing, share: Share, event: AskIn, now: Now) -> Result:
    """A knock: the visitor gets a number to show, the person is asked."""
    wait = state.throttle.wait(event.peer, now.mono)
    if not share.terms.pairing or wait:
        return _refuse(state, event.request, Why.BLOCKED if wait else Why.GONE, wait)
    share, actions = forget_knocks(share, now)
    refusal = may_knock(share.knocks, event.peer, now)
    if refusal is None:
        share, over = drop_knocks(share, of_peer(share.knocks, event.peer))
        actions += over
    room = with_room(share.devices)
    if refusal is not None or room is None:
        refusal = refusal or NotNow(why=Why.BLOCKED, seconds=FULL)
        no = _no(event.request, refusal.why, refusal.seconds)
        return replace(state, share=share), [*actions, no]
    number = free_number(share.knocks, event.number)
    state, device = _new(state, room, device_kind(event.agent), event.peer, now)
    device = replace(device, number=number)
    knock = Knock(
        ticket_hash=event.ticket_hash,
        number=number,
        peer=event.peer,
        device=device.id,
        since=now.mono,
        deadline=Deadline.after(KNOCK_SECONDS, now),
    )
    share = replace(share, devices=put(room, device), knocks=(*share.knocks, knock))
    asks = Tell(news=News.ASKS, device=device)
    answer = Answer(request=event.request, answer=Knocked(number=number))
    return replace(state, share=share), [*actions, answer, asks]


def poll(state: Sharing, share: Share, event: Poll, now: Now) -> Result:
    """The page of a visitor asks; an approved one gets its token now."""
    knock = by_ticket(share.knocks, event.ticket_hash, event.peer)
    if knock is None:
        return _refuse(state, event.request, Why.GONE)
    if knock.deadline.passed(now):
        return _refuse(state, event.request, Why.EXPIRED)
    if knock.verdict is Verdict.NONE:
        return state, [Answer(request=event.request, answer=StillWaiting())]
    if knock.verdict is Verdict.DENIED:
        return _refuse(state, event.request, Why.DENIED, knock.deadline.left(now))
    device = next(each for each in share.devices if each.id == knock.device)
    share = replace(share, knocks=tuple(each for each in share.knocks if each != knock))
    return _admit(state, share, device, PairedBy.APPROVAL, event, now)


def make_token(state: Sharing, share: Share, event: MakeToken, now: Now) -> Result:
    """A token for a script, asked for at this computer."""
    room = with_room(share.devices)
    if room is None or not share.terms.pairing:
        full = room is None and share.terms.pairing
        return _refuse(state, event.request, Why.BLOCKED if full else Why.GONE, FULL * full)
    state, device = _new(state, room, DeviceKind(name=SCRIPT), None, now)
    name = plain(event.name)[:LONGEST_NAME].strip()
    device = replace(device, name=unique_name(room, name or SCRIPT))
    return _admit(state, replace(share, devices=room), device, PairedBy.TOKEN, event, now)


def _admit(
    state: Sharing,
    share: Share,
    device: Device,
    by: PairedBy,
    event: Redeem | Poll | MakeToken,
    now: Now,
) -> Result:
    device = replace(
        device,
        state=DeviceState.LET_IN,
        paired_by=by,
        token_hash=hashed(event.token),
        number=None,
        last_seen=now.wall,
    )
    state = replace(state, share=replace(share, devices=put(share.devices, device)))
    admitted = Admitted(device=device.id, token=event.token, seconds=LONGEST)
    rule = "token" if by is PairedBy.TOKEN else "let-in"
    return state, [
        Passes(mirror=mirror_of(state, now)),  # before the visitor can come back with its token
        Answer(request=event.request, answer=admitted),
        Tell(news=News.LET_IN, device=device),
        record_of(now, device.address, rule, device.id),
    ]


def _new(
    state: Sharing, room: Devices, kind: DeviceKind, peer: str | None, now: Now
) -> tuple[Sharing, Device]:
    device = Device(
        id=f"d{state.made + 1}",
        name=unique_name(room, kind.name),
        kind=kind,
        address=peer,
        state=DeviceState.WAITING,
        first_seen=now.wall,
        last_seen=now.wall,
    )
    return replace(state, made=state.made + 1), device


def _no(request: str, why: Why, seconds: float = 0.0) -> Answer:
    return Answer(request=request, answer=Refused(why=why, retry_after=seconds))


def _refuse(state: Sharing, request: str, why: Why, seconds: float = 0.0) -> Result:
    return state, [_no(request, why, seconds)]

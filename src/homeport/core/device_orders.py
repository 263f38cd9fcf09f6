"""What the person at the computer says about devices, and what the workers saw of them."""

from dataclasses import replace

from homeport.core.deadline import Now
from homeport.core.devices import (
    Device,
    Devices,
    DeviceState,
    in_state,
    named,
    put,
    seen,
    without,
)
from homeport.core.pairing import Verdict
from homeport.core.share import Share, Sharing
from homeport.core.share_actions import Action, Answer, CutDevice, Done, News, Passes, Tell, Unclear
from homeport.core.share_events import Approve, Deny, Revoke, Seen
from homeport.core.share_upkeep import forget_knocks, mirror_of, record_of, with_expired

Result = tuple[Sharing, list[Action]]


def judge(state: Sharing, share: Share, event: Approve | Deny, now: Now) -> Result:
    """The person's answer to a knock. A denied device leaves the list, its page is told."""
    share, over = forget_knocks(share, now)
    open_ids = {knock.device for knock in share.knocks if knock.verdict is Verdict.NONE}
    waiting = tuple(each for each in share.devices if each.id in open_ids)
    found = named(waiting, event.which, strangers=True)
    device = _one(found)
    if device is None:
        no = _unclear(event.request, event.which, found, waiting)
        return replace(state, share=share), [*over, no]
    verdict = Verdict.APPROVED if isinstance(event, Approve) else Verdict.DENIED
    knocks = tuple(
        knock.answered(verdict, now) if knock.device == device.id else knock
        for knock in share.knocks
    )
    share = replace(share, knocks=knocks)
    done = Answer(request=event.request, answer=Done(device=device))
    if verdict is Verdict.APPROVED:
        return replace(state, share=share), [*over, done]
    share = replace(share, devices=without(share.devices, device.id))
    told = Tell(news=News.DENIED, device=device)
    record = record_of(now, device.address, "denied", device.id)
    return replace(state, share=share), [*over, done, told, record]


def revoke(state: Sharing, share: Share, event: Revoke, now: Now) -> Result:
    """Put a device out: its token is dead and its connections are cut."""
    let_in = in_state(share.devices, DeviceState.LET_IN)
    found = named(let_in, event.which)
    device = _one(found)
    if device is None:
        return state, [_unclear(event.request, event.which, found, let_in)]
    state = replace(state, expired=with_expired(state.expired, (device,)))
    out = replace(device, state=DeviceState.REVOKED, token_hash=None)
    state = replace(state, share=replace(share, devices=put(share.devices, out)))
    return state, [
        Passes(mirror=mirror_of(state, now)),
        CutDevice(device=out.id),
        Answer(request=event.request, answer=Done(device=out)),
        Tell(news=News.REVOKED, device=out),
        record_of(now, out.address, "revoked", out.id),
    ]


def note(state: Sharing, share: Share, event: Seen, now: Now) -> Result:
    """A device was there; one that is known no more is not missed."""
    devices = tuple(
        seen(each, peer=event.peer, requests=event.requests, at=event.at)
        if each.id == event.device
        else each
        for each in share.devices
    )
    return replace(state, share=replace(share, devices=devices)), []


def _unclear(request: str, which: str, found: Devices, candidates: Devices) -> Answer:
    return Answer(request=request, answer=Unclear(which=which, found=found, candidates=candidates))


def _one(devices: Devices) -> Device | None:
    return devices[0] if len(devices) == 1 else None

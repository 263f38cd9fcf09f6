"""The life of a share, as one table: `step(state, event, now) -> (state, actions)`.

A server has at most one share: one address of one interface, for a time, open to everybody there or
(as a rule) to devices that were let in. What follows from the table:

* the first of the wall and the monotonic deadline ends it, and a computer that slept looks at its
  network again before it goes on;
* the door is shut before anything else is done about an end, and no token survives the share;
* what is told as open is open: `OpenDoor` comes last, and news follow `DoorOpened`;
* a lost address shuts the door at once; for a few seconds the same network may come back, with the
  same address or another one. Devices stay let in; a new address needs a new link;
* in doubt the network is another one, and the share ends.

Nothing survives the server. What comes too late (a poll after the end) is answered so.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from homeport.core import admission, device_orders, share_life
from homeport.core.deadline import Now
from homeport.core.pairing import Why
from homeport.core.share import EndReason, Phase, Share, Sharing
from homeport.core.share_actions import Action, Answer, Refused, Unclear
from homeport.core.share_events import (
    AddressesChanged,
    Approve,
    AskIn,
    Deny,
    DoorFailed,
    DoorOpened,
    Event,
    MakeToken,
    NewCode,
    Open,
    Poll,
    Redeem,
    Renew,
    Revoke,
    Seen,
    Stop,
    Tick,
    Unshare,
    Wrong,
)
from homeport.core.share_upkeep import guessed

Result = tuple[Sharing, list[Action]]

SLEPT = 5.0
"""Seconds by which the clocks may part between two events before it counts as sleep."""


def step(state: Sharing, event: Event, now: Now) -> Result:
    """The next state and what to do, in order. Expiry and sleep come before the event."""
    share, actions = state.share, list[Action]()
    slept = state.last is not None and now.slept_since(state.last) > SLEPT
    if share is not None and share.deadline.passed(now):
        state, actions = share_life.end(state, share, EndReason.EXPIRED, now)
    elif share is not None and slept and state.phase is not Phase.SEEKING:
        state, actions = share_life.lose(state, share, EndReason.NETWORK_UNSURE, now)
    state, more = _handle(state, event, now)
    last = None if state.share is None else now
    return replace(state, last=last), [*actions, *more]


def _handle(state: Sharing, event: Event, now: Now) -> Result:
    if state.share is None:
        return CLOSED[type(event)](state, event, now)
    return TABLE[state.phase][type(event)](state, state.share, event, now)


def _unshare(state: Sharing, share: Share, event: Unshare, now: Now) -> Result:
    return share_life.end(state, share, EndReason.UNSHARED, now)


def _stop(state: Sharing, share: Share, event: Stop, now: Now) -> Result:
    return share_life.end(state, share, EndReason.SERVER_STOPPED, now)


def _wrong(state: Sharing, share: Share, event: Wrong, now: Now) -> Result:
    return guessed(state, event, now)


def _gone(state: Sharing, event: Redeem | AskIn | Poll | MakeToken, now: Now) -> Result:
    return state, [Answer(request=event.request, answer=Refused(why=Why.GONE))]


def _no_door(state: Sharing, share: Share, event: Redeem | AskIn | Poll, now: Now) -> Result:
    return _gone(state, event, now)


def _nobody(state: Sharing, event: Approve | Deny | Revoke, now: Now) -> Result:
    nobody = Unclear(which=event.which, found=(), candidates=())
    return state, [Answer(request=event.request, answer=nobody)]


def _nothing(state: Sharing, event: Event, now: Now) -> Result:
    return state, []


def _late(state: Sharing, share: Share, event: DoorOpened | DoorFailed, now: Now) -> Result:
    return state, []


Rule = Callable[[Sharing, Share, Any, Now], Result]
ClosedRule = Callable[[Sharing, Any, Now], Result]

_ON: dict[type[Event], Rule] = {
    Open: share_life.open_again,
    DoorOpened: _late,
    DoorFailed: _late,
    Renew: share_life.renew,
    NewCode: share_life.new_code,
    Redeem: _no_door,
    AskIn: _no_door,
    Poll: _no_door,
    Approve: device_orders.judge,
    Deny: device_orders.judge,
    Revoke: device_orders.revoke,
    MakeToken: admission.make_token,
    Wrong: _wrong,
    Seen: device_orders.note,
    Tick: share_life.tick,
    AddressesChanged: share_life.look,
    Unshare: _unshare,
    Stop: _stop,
}

TABLE: dict[Phase, dict[type[Event], Rule]] = {
    Phase.OPENING: {
        **_ON,
        DoorOpened: share_life.door_opened,
        DoorFailed: share_life.door_failed,
    },
    Phase.OPEN: {
        **_ON,
        Redeem: admission.redeem,
        AskIn: admission.ask_in,
        Poll: admission.poll,
    },
    Phase.SEEKING: _ON,
}
"""What happens in which phase; visitors get through only while the door is open."""

CLOSED: dict[type[Event], ClosedRule] = {
    **dict.fromkeys(_ON, _nothing),
    Open: share_life.open_first,
    Redeem: _gone,
    AskIn: _gone,
    Poll: _gone,
    MakeToken: _gone,
    Approve: _nobody,
    Deny: _nobody,
    Revoke: _nobody,
}
"""What happens while nothing is shared."""

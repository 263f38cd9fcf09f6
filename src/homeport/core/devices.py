"""The devices of a share: who asked, who was let in and how, who was put out again."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from homeport.core.device_kind import DeviceKind

MOST = 64
"""Devices a share has at most; those that were put out make room first."""


class DeviceState(Enum):
    """Where a device is."""

    WAITING = "waiting"
    LET_IN = "let in"
    REVOKED = "revoked"


class PairedBy(Enum):
    """How a device got its token."""

    CODE = "code"
    APPROVAL = "approval"
    TOKEN = "token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device by its id (`d3`, never used twice). `name` is unique among those of the share.

    Times are seconds since the epoch; `address` is the last one it was seen at, None before that.
    `token_hash` is None while it waits. `number` is what the visitor's screen shows.
    """

    id: str
    name: str
    kind: DeviceKind
    address: str | None
    state: DeviceState
    first_seen: float
    last_seen: float
    requests: int = 0
    paired_by: PairedBy | None = None
    token_hash: str | None = None
    number: int | None = None


Devices = tuple[Device, ...]


def unique_name(devices: Devices, wanted: str) -> str:
    """`wanted`, or `wanted 2` and so on when there is one already, whatever became of it."""
    taken = {device.name.casefold() for device in devices}
    name, count = wanted, 1
    while name.casefold() in taken:
        count += 1
        name = f"{wanted} {count}"
    return name


def with_room(devices: Devices) -> Devices | None:
    """`devices` with room for one more, None when all of them are in use."""
    while len(devices) >= MOST:
        out = next((each for each in devices if each.state is DeviceState.REVOKED), None)
        if out is None:
            return None
        devices = without(devices, out.id)
    return devices


def put(devices: Devices, device: Device) -> Devices:
    """`device` in the place of the one with its id, or as the last."""
    if any(each.id == device.id for each in devices):
        return tuple(device if each.id == device.id else each for each in devices)
    return (*devices, device)


def without(devices: Devices, device_id: str) -> Devices:
    """All but one."""
    return tuple(each for each in devices if each.id != device_id)


def in_state(devices: Devices, state: DeviceState) -> Devices:
    """Those that are waiting, let in, revoked."""
    return tuple(each for each in devices if each.state is state)


def named(devices: Devices, which: str, *, strangers: bool = False) -> Devices:
    """Those a person can mean: by id, by the number on its screen, by name, by the name's start.

    The first of these ways that finds any counts; one device is an answer, several are a question.
    `strangers`: whoever came first has the plain name, so it means all that begin with it.
    """
    which = which.strip().casefold()
    ways: tuple[Callable[[Device], bool], ...] = (
        lambda each: each.id == which,
        lambda each: each.number is not None and f"{each.number:04}" == which,
        lambda each: not strangers and each.name.casefold() == which,
        lambda each: bool(which) and each.name.casefold().startswith(which),
    )
    for way in ways:
        if found := tuple(each for each in devices if way(each)):
            return found
    return ()


def seen(device: Device, *, peer: str, requests: int, at: float) -> Device:
    """The same after more requests; a report that comes late does not set it back."""
    later = at >= device.last_seen
    return replace(
        device,
        address=peer if later else device.address,
        last_seen=max(at, device.last_seen),
        requests=device.requests + requests,
    )

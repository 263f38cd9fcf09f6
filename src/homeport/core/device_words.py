"""What is told about the devices of a share: sentences, a table, facts, refusals."""

from collections.abc import Sequence
from typing import Any

from homeport.core.devices import Device, Devices, DeviceState, PairedBy
from homeport.core.errors import NothingThereError, UsageError
from homeport.core.pairing import Why
from homeport.core.share_actions import News, Refused, Unclear
from homeport.core.words import since

_BY = {
    PairedBy.CODE: "by the code",
    PairedBy.APPROVAL: "with your yes",
    PairedBy.TOKEN: "a token for scripts",
}
HEADER = ("id", "device", "address", "state", "paired", "first seen", "last seen", "requests")


def lines(news: News, device: Device) -> tuple[str, ...]:
    """What the terminal says about one device."""
    who = described(device)
    match news:
        case News.ASKS:
            return (_asks(device), *how_to_answer(device.name, _number(device)))
        case News.ASKS_NO_MORE:
            return (f"{who} does not ask any more.",)
        case News.DENIED:
            return (f"Not let in: {who}.",)
        case News.REVOKED:
            return (f"Put out: {who}. Its token is dead and its connections are cut.",)
        case _:
            by = f", {_BY[device.paired_by]}" if device.paired_by is not None else ""
            return (f"Let in: {who}{by}.", f"put out:  homeport devices revoke {device.id}")


def question(device: Device) -> tuple[str, ...]:
    """As `lines` of ASKS, for a terminal where a key answers."""
    seen = f"if you see {_number(device)} on it"
    return (_asks(device), f"y  let it in, {seen}    n  do not")


def asks_too(device: Device, before: Device) -> str:
    """A second device, while the question about `before` is shown."""
    asks = f"{described(device)} asks too ({_number(device)})"
    return f"{asks}; {before.name} ({_number(before)}) is first."


def agreed(device: Device) -> str:
    """The key `y` was taken: the device gets in as soon as its page asks again."""
    return f"yes to {device.name} ({_number(device)})"


def how_to_answer(name: str, number: str) -> tuple[str, str]:
    """The commands for one that waits."""
    return (
        f"let {name} in, if you see {number} on it:  homeport devices approve {number}",
        f"or not:  homeport devices deny {number}",
    )


def _asks(device: Device) -> str:
    return f"{described(device)} asks to be let in and shows {_number(device)}."


def described(device: Device) -> str:
    """`iPhone 2 (Safari) at 192.168.1.34`."""
    program = f" ({device.kind.program})" if device.kind.program else ""
    return f"{device.name}{program}" + (f" at {device.address}" if device.address else "")


def rows(devices: Devices, now: float) -> tuple[tuple[str, ...], ...]:
    """For `homeport devices`, below `HEADER`: who waits first, then who was let in."""
    order = tuple(DeviceState)
    ordered = sorted(devices, key=lambda each: (order.index(each.state), each.first_seen))
    return tuple(_row(each, now) for each in ordered)


def _row(device: Device, now: float) -> tuple[str, ...]:
    program = f" ({device.kind.program})" if device.kind.program else ""
    waits = f", shows {_number(device)}" if device.number is not None else ""
    return (
        device.id,
        device.name + program,
        device.address or "not seen yet",
        device.state.value + waits,
        _BY[device.paired_by] if device.paired_by is not None else "",
        since(device.first_seen, now),
        since(device.last_seen, now),
        str(device.requests),
    )


def facts(device: Device) -> dict[str, Any]:
    """For JSON: everything but the token's hash."""
    return {
        "id": device.id,
        "name": device.name,
        "kind": device.kind.name,
        "program": device.kind.program,
        "address": device.address,
        "state": device.state.value,
        "paired_by": device.paired_by.value if device.paired_by is not None else None,
        "number": _number(device) if device.number is not None else None,
        "first_seen": round(device.first_seen, 3),
        "last_seen": round(device.last_seen, 3),
        "requests": device.requests,
    }


def not_meant(unclear: Unclear, verb: str) -> UsageError | NothingThereError:
    """No device, or several, for `homeport devices VERB WHICH`."""
    known = [each.id for each in unclear.candidates]
    found = unclear.found or unclear.candidates
    steps = tuple(f"{described(each)}:  homeport devices {verb} {each.id}" for each in found)
    if unclear.found:
        return UsageError(
            f"{unclear.which!r} can mean {_listed(unclear.found)}.",
            code="several-devices",
            next_steps=steps,
            facts={"which": unclear.which, "devices": known},
        )
    there = f"There are {_listed(unclear.candidates)}" if found else "There is none"
    return NothingThereError(
        f"No device to {verb} is {unclear.which!r}. {there}.",
        code="no-such-device",
        next_steps=steps or ("every device:  homeport devices",),
        facts={"which": unclear.which, "devices": known},
    )


def no_token(refused: Refused) -> NothingThereError | UsageError:
    """`homeport token` when there is nothing that a token would open."""
    if refused.why is Why.BLOCKED:
        return UsageError(
            "There are as many devices as a share can have.",
            code="too-many-devices",
            next_steps=("put one out first:  homeport devices revoke ID",),
        )
    return NothingThereError(
        "No share that asks for a token is on.",
        code="not-shared",
        next_steps=("share first:  homeport share",),
    )


def _number(device: Device) -> str:
    return "" if device.number is None else f"{device.number:04}"


def _listed(devices: Sequence[Device]) -> str:
    return ", ".join(f"{each.name} ({each.id})" for each in devices)

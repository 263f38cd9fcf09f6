from dataclasses import replace

from homeport.core.device_kind import DeviceKind
from homeport.core.devices import (
    MOST,
    Device,
    DeviceState,
    in_state,
    named,
    put,
    seen,
    unique_name,
    with_room,
    without,
)


def device(number: int, name: str = "", state: DeviceState = DeviceState.LET_IN) -> Device:
    return Device(
        id=f"d{number}",
        name=name or f"iPhone {number}",
        kind=DeviceKind(name="iPhone"),
        address="192.168.1.34",
        state=state,
        first_seen=100.0,
        last_seen=100.0,
    )


ONE, TWO = device(1, "iPhone"), device(2, "iPad")


def test_a_name_is_used_once() -> None:
    assert unique_name((), "iPhone") == "iPhone"
    assert unique_name((device(1, "IPHONE"), device(2, "iPhone 2")), "iPhone") == "iPhone 3"


def test_a_device_is_put_in_its_own_place() -> None:
    renamed = replace(ONE, name="phone")
    assert put((ONE, TWO), renamed) == (renamed, TWO)
    assert put((ONE,), TWO) == (ONE, TWO)
    assert without((ONE, TWO), "d1") == (TWO,)
    assert in_state((ONE, TWO), DeviceState.WAITING) == ()


def test_those_that_were_put_out_make_room() -> None:
    full = tuple(device(number) for number in range(MOST))
    assert with_room(full[1:]) == full[1:]
    assert with_room(full) is None
    out = device(7, state=DeviceState.REVOKED)
    room = with_room(put(full, out))
    assert room is not None
    assert len(room) == MOST - 1
    assert out not in room


def test_a_device_is_meant_by_id_number_name_or_the_start_of_its_name() -> None:
    waiting = replace(TWO, number=7)
    both = (ONE, waiting)
    assert named(both, "D1") == (ONE,)
    assert named(both, "0007") == (waiting,)
    assert named(both, " ipad ") == (waiting,)
    assert named(both, "iph") == (ONE,)
    assert named(both, "i") == both
    assert named(both, "") == named(both, "7") == named(both, "x") == ()


def test_a_name_that_is_whole_beats_one_that_only_begins_so() -> None:
    assert named((device(2, "iPhone 2"), ONE), "iphone") == (ONE,)


def test_a_late_report_does_not_set_a_device_back() -> None:
    later = seen(ONE, peer="192.168.1.40", requests=3, at=200.0)
    assert (later.address, later.last_seen, later.requests) == ("192.168.1.40", 200.0, 3)
    late = seen(later, peer="192.168.1.34", requests=2, at=150.0)
    assert (late.address, late.last_seen, late.requests) == ("192.168.1.40", 200.0, 5)

import itertools
from dataclasses import replace

import pytest

from homeport.core.network_identity import (
    NetworkIdentity,
    Sameness,
    compare,
    is_regained,
    learned,
)

HOME = NetworkIdentity(
    interface="wlan0",
    prefix="192.168.1.0/24",
    gateway="192.168.1.1",
    gateway_mac="aa:bb:cc:00:00:01",
)
NO_MAC = replace(HOME, gateway_mac=None)
NO_ROUTER = replace(NO_MAC, gateway=None)


@pytest.mark.parametrize(
    ("before", "now", "sameness"),
    [
        (HOME, HOME, Sameness.SAME),
        (HOME, replace(HOME, gateway_mac="AA:BB:CC:00:00:01"), Sameness.SAME),
        (HOME, NO_MAC, Sameness.LIKELY),
        (NO_MAC, HOME, Sameness.LIKELY),
        (NO_MAC, NO_MAC, Sameness.LIKELY),
        (NO_ROUTER, NO_ROUTER, Sameness.LIKELY),
        (HOME, NO_ROUTER, Sameness.UNKNOWN),
        (NO_ROUTER, HOME, Sameness.UNKNOWN),
        (HOME, replace(HOME, prefix=None), Sameness.UNKNOWN),
        (replace(NO_ROUTER, prefix=None), replace(NO_ROUTER, prefix=None), Sameness.UNKNOWN),
        (HOME, replace(HOME, gateway_mac="aa:bb:cc:00:00:02"), Sameness.DIFFERENT),
        (HOME, replace(HOME, gateway="192.168.1.254"), Sameness.DIFFERENT),
        (HOME, replace(HOME, prefix="192.168.2.0/24"), Sameness.DIFFERENT),
        (HOME, replace(HOME, interface="eth0"), Sameness.DIFFERENT),
    ],
)
def test_two_sightings_are_compared(
    before: NetworkIdentity, now: NetworkIdentity, sameness: Sameness
) -> None:
    assert compare(before, now) is sameness


def test_what_comes_back_has_to_prove_as_much_as_is_known() -> None:
    assert is_regained(HOME, HOME)
    assert not is_regained(HOME, NO_MAC)
    assert is_regained(NO_MAC, NO_MAC)
    assert is_regained(NO_MAC, HOME)
    assert not is_regained(NO_ROUTER, NO_ROUTER)
    assert not is_regained(HOME, replace(HOME, gateway_mac="aa:bb:cc:00:00:02"))


def test_a_hardware_address_is_learned_and_never_forgotten() -> None:
    assert learned(NO_MAC, HOME) == HOME
    assert learned(HOME, NO_MAC) == HOME
    assert learned(NO_MAC, NO_MAC) == NO_MAC


def test_no_contradiction_is_ever_taken_for_the_same_network() -> None:
    values = [
        NetworkIdentity(interface="wlan0", prefix=prefix, gateway=gateway, gateway_mac=mac)
        for prefix in (None, "p", "q")
        for gateway in (None, "g", "h")
        for mac in (None, "m", "n")
    ]
    for one, other in itertools.product(values, values):
        contradiction = any(
            a and b and a != b
            for a, b in (
                (one.prefix, other.prefix),
                (one.gateway, other.gateway),
                (one.gateway_mac, other.gateway_mac),
            )
        )
        assert (compare(one, other) is Sameness.DIFFERENT) is contradiction
        assert compare(one, other) is compare(other, one)
        if is_regained(one, other):
            assert one.gateway and one.gateway == other.gateway

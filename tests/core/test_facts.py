import pytest

from homeport.core.address import Address
from homeport.core.facts import Listener


def covers(listening: str, ip: str, *, v6only: bool | None = None) -> bool:
    address = Address(ip=listening, port=8000)
    return Listener(address=address, v6only=v6only, user=None).covers(ip)


@pytest.mark.parametrize("ip", ["127.0.0.1", "::1", "fe80::1%eth0"])
def test_a_listener_covers_its_own_address_and_no_other(ip: str) -> None:
    assert covers(ip, ip)
    assert not covers(ip, "127.0.0.2")
    assert not covers(ip, "::2")


def test_the_ipv4_wildcard_covers_ipv4_only() -> None:
    assert covers("0.0.0.0", "192.168.1.20")
    assert not covers("0.0.0.0", "::1")


@pytest.mark.parametrize("v6only", [None, False, True])
def test_the_ipv6_wildcard_covers_every_ipv6_address(v6only: bool | None) -> None:
    assert covers("::", "fd00::1", v6only=v6only)


@pytest.mark.parametrize(("v6only", "covered"), [(False, True), (None, True), (True, False)])
def test_the_ipv6_wildcard_may_cover_ipv4_unless_it_says_it_does_not(
    v6only: bool | None, covered: bool
) -> None:
    assert covers("::", "127.0.0.1", v6only=v6only) is covered

"""Which names a certificate of ours bears, and which it never may."""

import pytest

from homeport.core.certificate_names import (
    Names,
    names_of_loopback,
    names_of_open,
    names_of_share,
    permitted,
)


def test_a_loopback_listener_has_the_names_of_this_computer() -> None:
    here = ("127.0.0.1", "::1")
    assert names_of_loopback("shop") == Names(("localhost", "shop.localhost"), here)
    assert names_of_loopback(None) == Names(("localhost",), here)
    assert names_of_loopback(None, "127.0.0.5").ips == (*here, "127.0.0.5")


def test_a_shared_address_has_its_local_name_and_nothing_of_this_computer() -> None:
    assert names_of_share("shop", "192.168.1.20") == Names(("shop.local",), ("192.168.1.20",))
    assert names_of_share(None, "192.168.1.20") == Names((), ("192.168.1.20",))


def test_an_open_listener_is_reached_by_all_its_addresses() -> None:
    names = names_of_open("shop", ("192.168.1.20", "127.0.0.1", "203.0.113.9"))
    assert names.dns == ("localhost", "shop.localhost")
    assert names.ips == ("127.0.0.1", "::1", "192.168.1.20", "203.0.113.9")
    assert permitted(names)[1] == ("203.0.113.9",)


@pytest.mark.parametrize("name", ["localhost", "a.localhost", "a.b.local", "local"])
def test_names_under_localhost_and_local_may_be_signed(name: str) -> None:
    assert permitted(Names((name,))) == (Names((name,)), ())


@pytest.mark.parametrize("name", ["example.com", "notlocal", "a.local.com", "notlocalhost", ""])
def test_no_other_name_may_be_signed(name: str) -> None:
    assert permitted(Names((name,))) == (Names(), (name,))


@pytest.mark.parametrize(
    "ip",
    [
        *("127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1"),
        *("169.254.1.1", "100.64.0.1", "::1", "fd00::1", "fe80::1"),
    ],
)
def test_private_addresses_may_be_signed(ip: str) -> None:
    assert permitted(Names((), (ip,))) == (Names((), (ip,)), ())


@pytest.mark.parametrize(
    "ip",
    [
        *("8.8.8.8", "172.15.255.255", "172.32.0.0", "100.128.0.0", "192.169.0.1", "0.0.0.0"),
        *("::", "::2", "2001:db8::1", "::ffff:192.168.0.1", "fe80::1%eth0", "shop", "1.2.3"),
    ],
)
def test_no_other_address_may_be_signed(ip: str) -> None:
    assert permitted(Names((), (ip,))) == (Names(), (ip,))

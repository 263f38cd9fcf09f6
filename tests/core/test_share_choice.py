from typing import Any

import pytest

from homeport.core.address import Interface, InterfaceKind
from homeport.core.errors import BindError, ExitCode, HomeportError, UsageError
from homeport.core.share_choice import Caution, Choice, choose
from homeport.core.share_refusals import still_open
from tests.core.people import interface

LOCAL = ("127.0.0.1", "::1")
LO = interface("lo", InterfaceKind.LOOPBACK, "127.0.0.1/8", "10.9.9.9/32", "::1/128")
WLAN = interface(
    "wlan0", InterfaceKind.WIFI, "192.168.1.20/24", "fe80::2/64", "2001:db8::20/64", gateways=(4, 6)
)
ETH = interface("eth0", InterfaceKind.ETHERNET, "10.0.0.5/16")
TUN = interface("tun0", InterfaceKind.VPN, "10.8.0.2/24", gateways=(4,))
DOCKER = interface("docker0", InterfaceKind.CONTAINER, "172.17.0.1/16")
WSL = interface("eth1", InterfaceKind.WSL, "172.20.0.2/20")
OTHER = interface("dummy0", InterfaceKind.OTHER, "10.5.0.1/24")
ALL = (LO, WLAN, ETH, TUN, DOCKER, WSL, OTHER)


def chosen(on: str | None, *interfaces: Interface) -> tuple[str, str]:
    choice = choose(on, interfaces or ALL, LOCAL)
    return choice.interface, choice.ip


def refused(
    on: str | None, *interfaces: Interface, listening: tuple[str, ...] = LOCAL
) -> HomeportError:
    with pytest.raises(HomeportError) as refusal:
        choose(on, interfaces, listening)
    return refusal.value


def test_the_one_with_the_default_route_is_meant() -> None:
    assert choose(None, ALL, LOCAL) == Choice(
        interface="wlan0",
        kind=InterfaceKind.WIFI,
        ip="192.168.1.20",
        network="192.168.1.0/24",
    )


def test_without_a_default_route_the_only_one_is_meant() -> None:
    assert chosen(None, LO, ETH, TUN, DOCKER, WSL, OTHER) == ("eth0", "10.0.0.5")


@pytest.mark.parametrize("state", [{"up": False}, {"running": False}])
def test_what_is_off_or_has_no_link_does_not_count(state: dict[str, Any]) -> None:
    off = interface("wlan0", InterfaceKind.WIFI, "192.168.1.20/24", gateways=(4,), **state)
    assert chosen(None, off, ETH) == ("eth0", "10.0.0.5")
    error = refused("wlan0", off, ETH)
    assert isinstance(error, BindError)
    assert error.code == "interface-not-usable"
    assert refused("192.168.1.20", off).code == "interface-not-usable"


def test_two_equally_good_ones_are_listed_with_the_command_for_each() -> None:
    second = interface("eth0", InterfaceKind.ETHERNET, "10.0.0.5/16", gateways=(4,))
    error = refused(None, WLAN, second)
    assert isinstance(error, UsageError)
    assert error.code == "several-networks"
    assert [step.split(":  ")[1] for step in error.next_steps] == [
        "homeport share --on 192.168.1.20",
        "homeport share --on 10.0.0.5",
    ]


def test_two_addresses_of_one_interface_are_a_question_too() -> None:
    both = interface("eth0", InterfaceKind.ETHERNET, "10.0.0.5/16", "10.0.0.6/16")
    assert refused(None, both).code == refused("eth0", both).code == "several-networks"
    assert chosen("10.0.0.6", both) == ("eth0", "10.0.0.6")


def test_nothing_to_share_says_what_was_seen() -> None:
    linkless = interface("eth0", InterfaceKind.ETHERNET, "169.254.3.4/16")
    off = interface("wlan0", InterfaceKind.WIFI, up=False)
    bare = interface("eth2", InterfaceKind.ETHERNET, "10.1.1.1/24", running=False)
    error = refused(None, LO, TUN, DOCKER, linkless, off, bare)
    assert isinstance(error, BindError)
    assert error.code == "no-network"
    assert "tun0 (VPN, 10.8.0.2)" in error.message
    assert "wlan0 (Wi-Fi, off, no address)" in error.message
    assert "eth2 (Ethernet, no link, 10.1.1.1)" in error.message
    assert "Seen: no network interface." in refused(None).message


@pytest.mark.parametrize(
    ("on", "caution"),
    [
        ("tun0", Caution.VPN),
        ("docker0", Caution.CONTAINERS),
        ("eth1", Caution.WSL),
        ("10.8.0.2", Caution.VPN),
    ],
)
def test_what_is_never_guessed_can_be_named_and_comes_with_a_word(
    on: str, caution: Caution
) -> None:
    assert choose(on, ALL, LOCAL).cautions == (caution,)


def test_ipv6_only_by_its_address_and_with_a_word_when_it_is_public() -> None:
    public = interface("wlan0", InterfaceKind.WIFI, "192.168.1.20/24", "2a01:4f8::20/64")
    choice = choose("2A01:4f8:0::20", (public,), LOCAL)
    assert (choice.ip, choice.network) == ("2a01:4f8::20", "2a01:4f8::/64")
    assert choice.cautions == (Caution.GLOBAL_IPV6,)
    assert choose("wlan0", (public,), LOCAL).ip == "192.168.1.20"
    private = interface("wlan0", InterfaceKind.WIFI, "fd00::20/64", "fe80::1/64")
    assert choose("fd00::20", (private,), LOCAL).cautions == ()
    error = refused("wlan0", private)
    assert error.message == "Network interface wlan0 has no IPv4 address that others can use."
    assert error.next_steps[0].endswith("homeport share --on fd00::20")
    assert len(error.next_steps) == 2, "no link-local address is offered"


def test_a_public_ipv4_address_comes_with_a_word() -> None:
    server = interface("eth0", InterfaceKind.ETHERNET, "8.8.8.8/24", gateways=(4,))
    assert choose(None, (server,), LOCAL).cautions == (Caution.PUBLIC_IPV4,)


@pytest.mark.parametrize("on", ["lo", "127.0.0.1", "::1", "0.0.0.0", "::", "10.9.9.9"])
def test_loopback_and_every_network_at_once_are_no_network(on: str) -> None:
    assert refused(on, *ALL).code == "not-a-network"


@pytest.mark.parametrize("on", ["fe80::2", "169.254.3.4", "::ffff:192.168.1.20"])
def test_an_address_that_no_browser_opens_is_refused(on: str) -> None:
    assert refused(on, *ALL).code == "unusable-address"


@pytest.mark.parametrize("on", ["wlan9", "192.168.1.99", "WLAN0", ""])
def test_what_is_not_here_is_refused_with_what_is(on: str) -> None:
    error = refused(on, *ALL)
    assert error.code == "no-such-interface"
    assert "wlan0 (Wi-Fi, 192.168.1.20, 2001:db8::20)" in error.message
    assert "Seen: no network interface." in refused(on).message


def test_a_server_open_to_all_has_nothing_to_share() -> None:
    off = interface("eth5", InterfaceKind.ETHERNET, "10.7.0.1/16", up=False)
    for on in (None, "wlan0", "192.168.1.20"):
        error = refused(on, *ALL, off, listening=("0.0.0.0", "::"))
        assert error.code == "already-open"
        assert "wlan0 (192.168.1.0/24)" in error.message
        assert "eth5" not in error.message
        assert "lo (" not in error.message
        assert " 0.0.0.0" not in str(error), "not even mentioned"
    assert "any network this computer joins" in refused(None, LO, listening=("0.0.0.0",)).message


def test_an_address_that_is_open_already_is_not_shared() -> None:
    error = refused("wlan0", *ALL, listening=("192.168.1.20",))
    assert error.code == "already-open"
    assert "192.168.1.0/24" in error.message
    assert refused("2001:db8::20", *ALL, listening=("0.0.0.0", "::")).code == "already-open"
    assert choose("2001:db8::20", ALL, ("0.0.0.0",)).ip == "2001:db8::20"


def test_every_refusal_says_what_to_type_next() -> None:
    asked = [(None, ()), ("x", ALL), ("lo", ALL), ("fe80::2", ALL), ("wlan0", (WLAN,))]
    for on, interfaces in asked:
        error = refused(on, *interfaces, listening=("192.168.1.20",))
        assert "homeport share" in str(error) or "homeport reach" in str(error)


def test_an_address_that_stays_open_is_told_with_who_to_ask_about_it() -> None:
    error = still_open("http://10.0.0.5:8000", 8000, "shop")
    assert (error.code, error.exit_code) == ("still-open", ExitCode.BUG)
    assert "http://10.0.0.5:8000" in error.message
    assert [step.partition(":  ")[2] for step in error.next_steps] == [
        "homeport port 8000",
        "homeport stop shop",
    ]

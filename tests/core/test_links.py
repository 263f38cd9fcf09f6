import pytest

from homeport.core.address import Interface, InterfaceKind
from homeport.core.links import Link, links, needs_interfaces


def interface(name: str, kind: InterfaceKind, *addresses: str, up: bool = True) -> Interface:
    return Interface(name=name, kind=kind, up=up, addresses=addresses)


LO = interface("lo", InterfaceKind.LOOPBACK, "127.0.0.1/8", "::1/128", "10.255.255.254/32")
WIFI = interface("wlan0", InterfaceKind.WIFI, "192.168.1.20/24", "fd00::20/64", "fe80::20/64")
VPN = interface("tun0", InterfaceKind.VPN, "10.8.0.2/24")
UNPLUGGED = interface("eth0", InterfaceKind.ETHERNET, "172.16.0.9/16", up=False)
HERE = (LO, WIFI, VPN, UNPLUGGED)
COMPUTER = "programs on this computer"


def urls(*ips: str) -> list[str]:
    return [link.url for link in links(ips, 8000, HERE)]


def test_both_loopback_addresses_are_one_link_by_name_and_two_by_family() -> None:
    assert links(("127.0.0.1", "::1"), 8000, ()) == (
        Link(url="http://localhost:8000", audience=COMPUTER),
        Link(url="http://127.0.0.1:8000", audience="the same, IPv4"),
        Link(url="http://[::1]:8000", audience="the same, IPv6"),
    )


@pytest.mark.parametrize(
    ("ip", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("::1", "http://[::1]:8000"),
        ("127.0.0.2", "http://127.0.0.2:8000"),
    ],
)
def test_one_loopback_address_is_never_called_localhost(ip: str, url: str) -> None:
    assert links((ip,), 8000, ()) == (Link(url=url, audience=COMPUTER),)


def test_the_name_is_a_link_for_browsers_after_localhost() -> None:
    found = links(("127.0.0.1", "::1"), 8000, (), "https", "pay.shop")
    assert found[0].url == "https://localhost:8000"
    assert found[1] == Link(
        url="https://pay.shop.localhost:8000",
        audience="in a browser; keeps cookies apart from other apps",
        in_browsers=True,
    )
    assert not any(link.in_browsers for link in (found[0], *found[2:]))


@pytest.mark.parametrize("ip", ["127.0.0.1", "::1", "0.0.0.0", "192.168.1.20"])
def test_without_both_loopback_addresses_the_name_is_no_link(ip: str) -> None:
    assert not any("shop" in link.url for link in links((ip,), 8000, HERE, "http", "shop"))


def test_an_unusual_loopback_address_comes_after_the_usual_ones() -> None:
    assert urls("127.0.0.2", "127.0.0.1", "::1") == [
        "http://localhost:8000",
        "http://127.0.0.1:8000",
        "http://[::1]:8000",
        "http://127.0.0.2:8000",
    ]


def test_wildcards_become_the_addresses_of_this_computer() -> None:
    assert urls("0.0.0.0", "::") == [
        "http://localhost:8000",
        "http://127.0.0.1:8000",
        "http://[::1]:8000",
        "http://192.168.1.20:8000",
        "http://[fd00::20]:8000",
        "http://10.8.0.2:8000",
    ]


@pytest.mark.parametrize(
    ("wildcard", "found"),
    [
        ("0.0.0.0", ["http://127.0.0.1:8000", "http://192.168.1.20:8000", "http://10.8.0.2:8000"]),
        ("::", ["http://[::1]:8000", "http://[fd00::20]:8000"]),
    ],
)
def test_a_wildcard_of_one_family_leads_to_addresses_of_that_family(
    wildcard: str, found: list[str]
) -> None:
    assert urls(wildcard) == found


def test_a_network_link_names_its_interface_and_who_can_try() -> None:
    (link,) = links(("192.168.1.20",), 80, HERE)
    assert link.url == "http://192.168.1.20:80"
    assert link.interface == "wlan0"
    assert "192.168.1.0/24" in link.audience
    assert "firewall not checked" in link.audience


def test_loopback_links_come_first_and_name_no_interface() -> None:
    found = links(("10.8.0.2", "127.0.0.1"), 8000, HERE)
    assert [(link.url, link.interface) for link in found] == [
        ("http://127.0.0.1:8000", None),
        ("http://10.8.0.2:8000", "tun0"),
    ]


@pytest.mark.parametrize("ip", ["0.0.0.0", "::"])
def test_a_wildcard_is_never_a_link_even_without_interfaces(ip: str) -> None:
    assert all(
        f"//{ip}:" not in link.url and "[::]" not in link.url for link in links((ip,), 1, ())
    )


@pytest.mark.parametrize("ip", ["172.16.0.9", "10.255.255.254", "192.0.2.1"])
def test_an_address_that_was_bound_has_a_link(ip: str) -> None:
    assert urls(ip) == [f"http://{ip}:8000"]


@pytest.mark.parametrize(
    ("ips", "needed"),
    [
        (("127.0.0.1", "::1", "127.9.9.9"), False),
        (("127.0.0.1", "192.168.1.20"), True),
        (("0.0.0.0",), True),
        (("::",), True),
    ],
)
def test_interfaces_are_read_only_when_more_than_loopback_is_bound(
    ips: tuple[str, ...], needed: bool
) -> None:
    assert needs_interfaces(ips) is needed

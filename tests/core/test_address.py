import pytest

from homeport.core.address import (
    Address,
    Interface,
    InterfaceKind,
    ip_version,
    is_ip,
    is_link_local,
    is_loopback,
    network_of,
)

WRITTEN = ["127.0.0.1:80", "0.0.0.0:0", "[::1]:8000", "[::]:65535", "[fe80::1%eth0]:8000"]


@pytest.mark.parametrize("text", WRITTEN)
def test_an_address_is_written_as_it_is_read(text: str) -> None:
    assert str(Address.parse(text)) == text


@pytest.mark.parametrize("text", WRITTEN)
def test_a_url_is_an_address_with_a_scheme(text: str) -> None:
    assert Address.parse(text).url() == f"http://{text}"
    assert Address.parse(text).url("https") == f"https://{text}"


@pytest.mark.parametrize(
    "text",
    [
        *("", ":", "80", "127.0.0.1", "127.0.0.1:", ":80", "[::1]", "[]:80", "[::1:80", "::1]:80"),
        *("127.0.0.1:http", "127.0.0.1:-1", "127.0.0.1:65536", "127.0.0.1:٨٠", "127.0.0.1: 80"),
        *("::1:80", "[127.0.0.1]:80", "localhost:80", "127.1:80", "127.0.0.01:80", "1:2:80"),
    ],
)
def test_anything_else_is_no_address(text: str) -> None:
    with pytest.raises(ValueError):
        Address.parse(text)


def test_brackets_are_for_ipv6_only_and_the_error_says_so() -> None:
    with pytest.raises(ValueError, match="brackets are for IPv6"):
        Address.parse("[127.0.0.1]:80")
    with pytest.raises(ValueError, match="IPv6 needs them"):
        Address.parse("::1:80")


def test_an_address_knows_its_family() -> None:
    assert Address.parse("[::ffff:127.0.0.1]:80").version == 6
    assert Address.parse("127.0.0.1:80").version == ip_version("0.0.0.0") == 4


@pytest.mark.parametrize("ip", ["127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"])
def test_loopback_is_the_whole_of_127_and_one_address_of_ipv6(ip: str) -> None:
    assert is_loopback(ip)
    assert Address(ip=ip, port=80).is_loopback


@pytest.mark.parametrize("ip", ["0.0.0.0", "::", "128.0.0.1", "::2", "::ffff:10.0.0.1", "fe80::1"])
def test_other_addresses_are_not_loopback(ip: str) -> None:
    assert not is_loopback(ip)
    assert not Address(ip=ip, port=80).is_loopback


@pytest.mark.parametrize(("ip", "wild"), [("0.0.0.0", True), ("::", True), ("::1", False)])
def test_a_wildcard_stands_for_every_address(ip: str, wild: bool) -> None:
    assert Address(ip=ip, port=80).is_wildcard is wild


@pytest.mark.parametrize(
    ("ip", "needs_zone"),
    [("fe80::1", True), ("fe80::1%eth0", True), ("169.254.1.1", True), ("fd00::1", False)],
)
def test_link_local_addresses_are_recognised(ip: str, needs_zone: bool) -> None:
    assert is_link_local(ip) is needs_zone


@pytest.mark.parametrize("text", ["127.0.0.1", "::1", "fe80::1%eth0"])
def test_an_ip_is_an_ip(text: str) -> None:
    assert is_ip(text)


@pytest.mark.parametrize("text", ["", "localhost", "127.1", "010.0.0.1", "1", "[::1]", "1.1.1.1/8"])
def test_short_octal_and_decorated_forms_are_no_ip(text: str) -> None:
    assert not is_ip(text)


def test_a_network_is_its_address_without_the_host_part() -> None:
    assert network_of("192.168.1.20/24") == "192.168.1.0/24"
    assert network_of("fd00::20/64") == "fd00::/64"


def test_an_interface_gives_its_addresses_without_the_prefix() -> None:
    lo = Interface(
        name="lo", kind=InterfaceKind.LOOPBACK, up=True, addresses=("127.0.0.1/8", "::1/128")
    )
    assert lo.ips == ("127.0.0.1", "::1")

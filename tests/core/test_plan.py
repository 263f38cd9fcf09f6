from dataclasses import replace

import pytest

from homeport.core.address import Interface, InterfaceKind
from homeport.core.errors import BindError, HomeportError, UsageError
from homeport.core.options import Source, merge
from homeport.core.plan import BindPlan, ServeRequest, Target, needs_interfaces, plan

WIFI = Interface(
    name="wlan0",
    kind=InterfaceKind.WIFI,
    up=True,
    addresses=("192.168.1.20/24", "fd00::20/64", "fe80::20/64"),
)
DOWN = Interface(name="eth0", kind=InterfaceKind.ETHERNET, up=False, addresses=())
INTERFACES = (WIFI, DOWN)


def planned(*hosts: str, port: int | None = None, force_port: bool = False) -> BindPlan:
    request = ServeRequest(hosts=hosts, port=port, port_origin="--port")
    return plan(replace(request, force_port=True) if force_port else request, INTERFACES)


def ips(*hosts: str) -> list[str]:
    return [target.ip for target in planned(*hosts).targets]


def test_localhost_means_both_loopback_addresses_of_which_ipv6_may_be_missing() -> None:
    both = (Target(ip="127.0.0.1"), Target(ip="::1", optional=True))
    assert planned("localhost").targets == both


def test_all_means_both_wildcards_of_which_ipv6_may_be_missing() -> None:
    assert planned("all").targets == (Target(ip="0.0.0.0"), Target(ip="::", optional=True))


@pytest.mark.parametrize("ip", ["127.0.0.1", "::1", "0.0.0.0", "::", "10.9.8.7"])
def test_an_address_means_exactly_that_one_and_it_must_be_had(ip: str) -> None:
    assert planned(ip).targets == (Target(ip=ip),)


@pytest.mark.parametrize("ip", ["fe80::1", "fe80::1%wlan0", "::ffff:127.0.0.1"])
def test_an_address_that_no_link_can_lead_to_is_refused(ip: str) -> None:
    with pytest.raises(UsageError, match="no client can open a link"):
        planned(ip)


def test_an_interface_means_its_addresses_but_not_the_link_local_ones() -> None:
    assert planned("wlan0").targets == (Target(ip="192.168.1.20"), Target(ip="fd00::20"))


def test_an_interface_without_an_address_is_refused_and_said_to_be_down() -> None:
    with pytest.raises(BindError, match="eth0 has no address to listen on and is down"):
        planned("eth0")


def test_an_interface_with_only_a_link_local_address_is_refused() -> None:
    lonely = Interface(
        name="usb0", kind=InterfaceKind.OTHER, up=True, addresses=("169.254.3.4/16", "fe80::3/64")
    )
    request = ServeRequest(hosts=("usb0",), port=None, port_origin="--port")
    with pytest.raises(BindError, match=r"usb0 has no address to listen on\."):
        plan(request, (WIFI, lonely))


@pytest.mark.parametrize(
    "host", ["wlan1", "127.1", "0177.0.0.1", "example.org", "[::1]", "Localhost"]
)
def test_what_is_neither_word_nor_address_nor_interface_is_refused(host: str) -> None:
    with pytest.raises(
        UsageError, match="neither an IP address nor a network interface"
    ) as refusal:
        planned(host)
    assert refusal.value.facts["interfaces"] == ["wlan0", "eth0"]


def test_hosts_add_up_in_the_order_they_were_given() -> None:
    assert ips("wlan0", "localhost") == ["192.168.1.20", "fd00::20", "127.0.0.1", "::1"]


def test_the_same_address_is_bound_once_however_it_is_spelled() -> None:
    assert ips("::1", "0:0:0:0:0:0:0:1", "127.0.0.1", "localhost") == ["::1", "127.0.0.1"]


def test_a_wildcard_stands_for_the_addresses_of_its_family_only() -> None:
    assert ips("localhost", "0.0.0.0", "wlan0") == ["::1", "0.0.0.0", "fd00::20"]
    assert ips("::", "localhost") == ["::", "127.0.0.1"]
    assert ips("all", "localhost", "wlan0") == ["0.0.0.0", "::"]


@pytest.mark.parametrize("hosts", [("::1", "localhost"), ("localhost", "::1"), ("all", "::")])
def test_an_address_that_is_also_given_literally_must_be_had(hosts: tuple[str, ...]) -> None:
    last = planned(*hosts).targets
    assert not any(target.optional for target in last)


@pytest.mark.parametrize("nothing", ["", ",", " , ", (), []])
def test_asking_for_no_host_never_binds_nothing(nothing: object) -> None:
    try:
        hosts = merge((Source({"host": nothing}, {"host": "HOMEPORT_HOST"}),)).host
        targets = planned(*hosts).targets
    except HomeportError as refusal:
        assert isinstance(refusal, UsageError)
    else:
        assert targets


def test_without_a_wish_the_port_is_still_to_be_chosen() -> None:
    unasked = planned("localhost")
    assert not unasked.asked
    assert unasked.ports == ()


@pytest.mark.parametrize("port", [0, 80, 8000, 65535])
def test_only_the_port_that_was_asked_for_is_tried(port: int) -> None:
    asked = planned("localhost", port=port)
    assert asked.asked
    assert asked.ports == (port,)


@pytest.mark.parametrize("port", [-1, 65536, 10**18])
def test_a_number_that_is_no_port_is_refused_with_its_origin(port: int) -> None:
    with pytest.raises(UsageError, match=f"--port is {port}, but a TCP port"):
        planned("localhost", port=port)


def test_a_port_that_browsers_refuse_needs_to_be_forced() -> None:
    with pytest.raises(UsageError, match="browsers refuse") as refusal:
        planned("localhost", port=6000)
    assert any("--force-port" in step for step in refusal.value.next_steps)
    assert planned("localhost", port=6000, force_port=True).ports == (6000,)


def test_force_does_not_make_a_port_of_any_number() -> None:
    with pytest.raises(UsageError):
        planned("localhost", port=70000, force_port=True)


@pytest.mark.parametrize(
    ("hosts", "needed"),
    [
        (("localhost", "all", "::1", "fe80::1%eth0"), False),
        (("localhost", "wlan0"), True),
        (("wlan0", "localhost"), True),
    ],
)
def test_interfaces_are_read_only_for_a_host_that_might_be_one(
    hosts: tuple[str, ...], needed: bool
) -> None:
    assert needs_interfaces(hosts) is needed

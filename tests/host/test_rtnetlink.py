"""Recorded on Linux 6.18 (recorded/netlink.txt), and networks that are made for the test."""

import socket
import time
from pathlib import Path

import pytest

from homeport import host
from homeport.core.address import Interface, InterfaceKind
from homeport.host import rtnetlink
from homeport.host.rtnetlink import (
    Gateway,
    Place,
    interfaces,
    parse_address,
    parse_link,
    parse_network_route,
    parse_route,
)
from tests.host.damaged import damaged_bytes
from tests.host.own_network import DEADLINE, own_network, run
from tests.host.recordings import recorded

QUESTIONS = {18: "link", 22: "addr", 26: "route"}


def kernel(protocol: int, kind: int, body: bytes) -> list[bytes]:
    assert (protocol, len(body)) == (socket.NETLINK_ROUTE, {18: 16, 22: 8, 26: 12}[kind])
    return recorded(QUESTIONS[kind])


def test_interfaces_are_put_together_without_the_port_of_a_bridge(tmp_path: Path) -> None:
    lo, bridge, end, tunnel = interfaces(kernel, tmp_path)
    assert lo == Interface(
        name="lo",
        kind=InterfaceKind.LOOPBACK,
        up=True,
        running=True,
        addresses=("127.0.0.1/8", "::1/128"),
    )
    assert (bridge.name, bridge.kind, bridge.addresses, bridge.gateways) == (
        "br0",
        InterfaceKind.CONTAINER,
        ("10.1.0.1/24",),
        (4,),
    )
    assert (end.name, end.up, end.running, end.gateways) == ("vb", True, True, (4, 6))
    assert end.addresses[:2] == ("10.2.0.1/24", "fd02::1/64")
    assert end.addresses[2].startswith("fe80::")
    assert (tunnel.name, tunnel.kind, tunnel.up, tunnel.running, tunnel.addresses) == (
        "tun5",
        InterfaceKind.VPN,
        False,
        False,
        ("10.9.0.6/32",),
    )


def test_a_port_with_an_address_of_its_own_is_kept(tmp_path: Path) -> None:
    def with_address(protocol: int, kind: int, body: bytes) -> list[bytes]:
        answers = kernel(protocol, kind, body)
        port = 4
        old = recorded("addr")[2]
        return [*answers, old[:4] + bytes([port]) + old[5:]] if kind == 22 else answers

    names = [one.name for one in interfaces(with_address, tmp_path)]
    assert names == ["lo", "br0", "vb", "va", "tun5"]


def test_of_a_point_to_point_link_the_own_end_counts() -> None:
    assert parse_address(recorded("addr")[3]) == Place(number=5, address="10.9.0.6/32")


def test_an_address_that_another_device_has_is_left_out() -> None:
    payload = recorded("addr")[0]
    assert parse_address(payload) == Place(number=1, address="127.0.0.1/8")
    assert parse_address(payload.replace(b"\x80\0\0\0\x14", b"\x88\0\0\0\x14")) is None
    assert parse_address(payload[:2] + b"\x88" + payload[3:]) is None


def test_default_routes_with_one_and_with_several_paths() -> None:
    one, several, *_ = recorded("route")
    assert parse_route(one) == [Gateway(number=3, version=4)]
    assert set(parse_route(several)) == {Gateway(number=3, version=4), Gateway(number=2, version=4)}


def test_routes_that_lead_nowhere_or_are_of_other_tables_do_not_count() -> None:
    one = recorded("route")[0]
    assert parse_route(one[:7] + b"\x07" + one[8:]) == []  # unreachable
    assert parse_route(one.replace(b"\xfe\0\0\0", b"\x64\0\0\0")) == []
    assert parse_route(one[:1] + b"\x08" + one[2:]) == []
    assert parse_route(b"\x07" + one[1:]) == []


def test_garbage_raises_nothing() -> None:
    for data in damaged_bytes(recorded("link"), seed=8):
        parse_link(data)
    for data in damaged_bytes(recorded("addr"), seed=9):
        parse_address(data)
    for data in damaged_bytes(recorded("route"), seed=10):
        parse_route(data)
        parse_network_route(data)


def test_a_link_without_a_name_is_none() -> None:
    assert parse_link(recorded("link")[0][:16]) is None


def test_a_path_without_a_length_ends_the_paths() -> None:
    several = recorded("route")[1]
    assert parse_route(several.replace(b"\x10\0\0\0\x03", b"\0\0\0\0\x03")) == []


def test_running_needs_a_link_and_a_state_that_is_no_less() -> None:
    payload = recorded("link")[2]
    state = b"\x05\0\x10\0"

    def running(payload: bytes) -> bool:
        link = parse_link(payload)
        assert link
        assert link.up
        return link.running

    assert running(payload)
    assert running(payload.replace(state + b"\x06", state + b"\0"))
    assert not running(payload.replace(state + b"\x06", state + b"\x05"))
    assert not running(payload[:10] + b"\0" + payload[11:])


def test_where_netlink_is_refused_psutil_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> tuple[Interface, ...]:
        raise OSError

    monkeypatch.delenv("HOMEPORT_PLATFORM", raising=False)
    monkeypatch.setattr(rtnetlink, "interfaces", refused)
    assert any("127.0.0.1/8" in one.addresses for one in host.interfaces())


def named(name: str) -> Interface:
    [found] = [one for one in host.interfaces() if one.name == name]
    return found


def until_running(name: str) -> Interface:
    """The kernel needs a moment to say that a new link is there."""
    end = time.monotonic() + DEADLINE
    while not (found := named(name)).running and time.monotonic() < end:
        pass
    return found


@own_network
def test_a_made_up_computer_is_seen_as_it_is() -> None:
    run("ip link add docker7 type bridge")
    run("ip addr add 10.88.0.1/24 dev docker7")
    run("ip link add wlan7 type veth peer name far")
    run("ip link add port type veth peer name guest")
    run("ip link set port master docker7")
    for name in ("docker7", "wlan7", "far", "port", "guest"):
        run(f"ip link set {name} up")
    run("ip addr add 10.77.0.1/24 dev wlan7")
    run("ip addr add fd77::1/64 dev wlan7 nodad")
    run("ip route add default via 10.77.0.2")
    assert [one.name for one in host.interfaces() if one.name == "port"] == []
    wifi = until_running("wlan7")
    assert (wifi.kind, wifi.up, wifi.running, wifi.gateways) == (
        InterfaceKind.WIFI,
        True,
        True,
        (4,),
    )
    assert wifi.addresses[:2] == ("10.77.0.1/24", "fd77::1/64")
    assert until_running("docker7").kind is InterfaceKind.CONTAINER
    run("ip link set far down")
    assert (named("wlan7").up, named("wlan7").running) == (True, False)
    run("ip link set wlan7 down")
    assert (named("wlan7").up, named("wlan7").running, named("wlan7").gateways) == (
        False,
        False,
        (),
    )
    run("ip link set guest down")
    end = time.monotonic() + DEADLINE
    while named("docker7").running and time.monotonic() < end:
        pass
    assert not named("docker7").running


@own_network
def test_ipv6_alone_has_its_own_gateway() -> None:
    run("ip link add eth7 type veth peer name far")
    run("ip link set eth7 up")
    run("ip link set far up")
    run("ip addr add fd78::1/64 dev eth7 nodad")
    run("ip -6 route add default via fd78::2")
    assert named("eth7").gateways == (6,)
    assert named("eth7").kind is InterfaceKind.ETHERNET


@own_network
def test_a_more_specific_route_is_a_detour_of_the_network() -> None:
    run("ip link add wlan7 type veth peer name far")
    run("ip link set wlan7 up")
    run("ip link set far up")
    run("ip addr add 10.77.0.1/24 dev wlan7")
    run("ip addr add fd77::1/64 dev wlan7 nodad")
    run("ip addr add 10.9.0.1/24 dev far")
    run("ip route add 10.77.0.9/32 dev wlan7")
    run("ip route add 10.99.0.0/16 via 10.77.0.2")
    assert named("wlan7").detours == ()
    run("ip route add 10.77.0.0/25 via 10.9.0.2")
    run("ip route add blackhole 10.77.0.128/25")
    run("ip route add 10.77.0.200/32 dev far")
    run("ip route add blackhole fd77::/96")
    found = {"10.77.0.0/25", "10.77.0.128/25", "10.77.0.200/32", "fd77::/96"}
    assert set(named("wlan7").detours) == found
    assert named("far").detours == ()

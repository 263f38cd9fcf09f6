"""Who can reach a server on a made-up computer; the truth of it is in host/test_reach_is_true."""

from dataclasses import replace

import pytest

from homeport.core.address import Address, InterfaceKind
from homeport.core.audience import AudienceKind, Finding, ReasonCode, Verdict
from homeport.core.facts import System
from homeport.core.firewall import Firewall
from homeport.core.reach import reach
from homeport.core.ruleset import Chain, Ruleset
from tests.core.reach_scene import CABLE, DOCKER, LO, READ, TAILNET, WIFI, facts, listener, look, of

NO, UNKNOWN, YES = Verdict
SELF, USERS, CONTAINERS, NETWORK, VPN, INTERNET = AudienceKind
ALL = listener("0.0.0.0")
LAN = listener("192.168.1.20")
LOOPBACK = listener("127.0.0.1")
CLOSED = Firewall(
    rules=Ruleset(chains=(Chain(family="inet", table="t", name="in", hook="input", drops=True),))
)


def codes(finding: Finding) -> list[ReasonCode]:
    return [link.code for link in finding.reasons]


def test_loopback_is_for_this_computer_without_any_firewall() -> None:
    found = look(LOOPBACK, listener("::1", v6only=True), interfaces=(LO, WIFI, DOCKER, TAILNET))
    here = of(found, SELF)
    assert (here.verdict, here.addresses) == (YES, ("127.0.0.1", "::1"))
    assert of(found, USERS).verdict is YES
    for kind in (NETWORK, CONTAINERS, VPN, INTERNET):
        finding = of(found, kind)
        assert (finding.verdict, finding.addresses) == (NO, ())
        assert codes(finding)[0] is ReasonCode.LOOPBACK_ONLY
        assert finding.reasons[0].about == "127.0.0.1 and ::1"


def test_a_reach_is_about_one_port() -> None:
    other = replace(ALL, address=Address(ip="0.0.0.0", port=9000))
    for listeners in ((), (ALL, other)):
        with pytest.raises(ValueError, match="one port"):
            reach(listeners, facts())


def test_listeners_need_not_be_in_the_facts() -> None:
    """A drawing asks what would be."""
    found = reach((ALL,), facts())
    assert of(found, NETWORK).verdict is YES


def test_all_addresses_are_open_to_every_network_that_is_there() -> None:
    found = look(ALL, interfaces=(LO, WIFI, CABLE, DOCKER, TAILNET))
    for kind, name, ip in (
        (NETWORK, "wlan0", "192.168.1.20"),
        (NETWORK, "eth0", "10.1.0.5"),
        (CONTAINERS, "docker0", "172.17.0.1"),
        (VPN, "tailscale0", "100.101.1.2"),
    ):
        finding = of(found, kind, name)
        assert (finding.verdict, finding.addresses) == (YES, (ip,))
        assert codes(finding) == [ReasonCode.LISTENING, ReasonCode.FILTER_EMPTY]


def test_the_audience_is_named_with_its_networks() -> None:
    audience = of(look(ALL), NETWORK).audience
    assert audience.networks == ("192.168.1.0/24", "fd77::/64")
    assert audience.medium is InterfaceKind.WIFI


def test_only_a_link_local_address_counts_when_there_is_no_other() -> None:
    bare = replace(WIFI, addresses=("fe80::1/64",))
    finding = of(look(listener("::", v6only=True), interfaces=(LO, bare)), NETWORK)
    assert (finding.verdict, finding.addresses) == (YES, ("fe80::1",))
    assert finding.audience.networks == ("fe80::/64",)
    assert of(look(ALL, interfaces=(LO, bare)), NETWORK).verdict is NO


def test_an_interface_without_addresses_is_nobody() -> None:
    found = look(ALL, interfaces=(LO, replace(CABLE, addresses=())))
    assert [one.audience.kind for one in found.findings] == [SELF, USERS, INTERNET]


def test_another_server_may_have_taken_the_address() -> None:
    found = look(ALL, others=(LOOPBACK,))
    assert of(found, SELF).addresses == ("192.168.1.20",)
    shadowed = look(ALL, others=(LOOPBACK, LAN))
    assert of(shadowed, SELF).verdict is NO
    assert codes(of(shadowed, NETWORK)) == [ReasonCode.SHADOWED]


def test_a_shared_address_is_not_certain() -> None:
    twin = replace(ALL, inode=7)
    finding = of(look(ALL, others=(twin,)), NETWORK)
    assert (finding.verdict, codes(finding)[0]) == (UNKNOWN, ReasonCode.SHARED_PORT)


def test_v6only_must_be_known_where_it_matters() -> None:
    finding = of(look(listener("::")), SELF)
    assert (finding.verdict, finding.addresses) == (YES, ("::1",))
    cable = of(look(listener("::"), interfaces=(LO, CABLE)), NETWORK)
    assert (cable.verdict, codes(cable)[0]) == (UNKNOWN, ReasonCode.V6ONLY_UNKNOWN)


def test_where_the_system_promises_nothing_the_winner_is_not_known() -> None:
    twin = replace(LAN, inode=7)
    finding = of(look(LAN, others=(twin,), system=System.WINDOWS), NETWORK)
    assert codes(finding)[0] is ReasonCode.WINNER_UNKNOWN


def test_an_interface_that_is_not_there_lets_nobody_in() -> None:
    for change, code in (
        ({"up": False}, ReasonCode.INTERFACE_DOWN),
        ({"running": False}, ReasonCode.NO_LINK),
    ):
        found = look(ALL, interfaces=(LO, replace(WIFI, **change)))  # type: ignore[arg-type]
        assert (of(found, NETWORK).verdict, codes(of(found, NETWORK))[-1]) == (NO, code)
        assert codes(of(found, INTERNET)) == [ReasonCode.NO_NETWORK]


def test_a_neighbour_may_send_packets_for_another_interface() -> None:
    found = look(LAN, interfaces=(LO, WIFI, CABLE, DOCKER))
    cable, docker = of(found, NETWORK, "eth0"), of(found, CONTAINERS)
    assert (cable.verdict, codes(cable)[1]) == (UNKNOWN, ReasonCode.OTHER_INTERFACE)
    assert (docker.verdict, docker.addresses) == (UNKNOWN, ("192.168.1.20",))
    six = look(listener("fd77::1", v6only=True), interfaces=(LO, WIFI, DOCKER))
    assert of(six, CONTAINERS).verdict is UNKNOWN


def test_a_bridge_that_leads_to_a_router_is_a_network() -> None:
    bridge = replace(DOCKER, name="br0", gateways=(4,))
    found = look(ALL, interfaces=(LO, bridge))
    assert of(found, NETWORK, "br0").verdict is YES
    assert of(found, INTERNET).addresses == ("172.17.0.1",)


def test_route_localnet_lets_loopback_addresses_in() -> None:
    specific = (LOOPBACK, listener("127.0.0.9"), listener("::1", v6only=True))
    open_ = replace(READ, route_localnet=("wlan0",))
    finding = of(look(*specific, interfaces=(LO, WIFI, CABLE), firewall=open_), NETWORK, "wlan0")
    assert (finding.verdict, finding.addresses) == (UNKNOWN, ("127.0.0.1", "127.0.0.9"))
    assert codes(finding)[1] is ReasonCode.ROUTE_LOCALNET
    closed = replace(CLOSED, route_localnet=("wlan0",))
    assert of(look(LOOPBACK, firewall=closed), NETWORK).verdict is NO


def test_an_address_that_no_interface_has_any_more() -> None:
    found = look(listener("192.168.9.9"))
    for kind in (SELF, NETWORK, INTERNET):
        assert (of(found, kind).verdict, codes(of(found, kind))[1]) == (
            UNKNOWN,
            ReasonCode.ADDRESS_GONE,
        )


def test_a_device_bound_listener_is_for_that_device() -> None:
    found = look(listener("0.0.0.0", device="wlan0"), interfaces=(LO, WIFI, CABLE))
    assert of(found, NETWORK, "wlan0").verdict is YES
    assert of(found, NETWORK, "eth0").verdict is NO
    assert of(found, SELF).addresses == ("192.168.1.20",)
    down = look(listener("0.0.0.0", device="wlan0"), interfaces=(LO, replace(WIFI, up=False)))
    assert codes(of(down, SELF)) == [ReasonCode.LISTENING, ReasonCode.INTERFACE_DOWN]
    assert of(down, SELF).verdict is UNKNOWN


@pytest.mark.parametrize(
    ("system", "ip", "change", "verdict"),
    [
        (System.LINUX, "192.168.1.20", {"up": False}, YES),
        (System.MACOS, "192.168.1.20", {"up": False}, UNKNOWN),
        (System.LINUX, "fd77::1", {"up": False}, UNKNOWN),
        (System.LINUX, "192.168.1.20", {"running": False}, YES),
        (System.LINUX, "fd77::1", {"running": False}, UNKNOWN),
    ],
)
def test_own_addresses_of_an_interface_without_a_network(
    system: System, ip: str, change: dict[str, bool], verdict: Verdict
) -> None:
    interfaces = (LO, replace(WIFI, **change))  # type: ignore[arg-type]
    found = look(listener(ip, v6only=":" in ip), interfaces=interfaces, system=system)
    assert of(found, SELF).verdict is verdict


def test_without_loopback_nothing_here_connects() -> None:
    down = look(ALL, interfaces=(replace(LO, up=False), WIFI))
    assert (of(down, SELF).verdict, of(down, NETWORK).verdict) == (NO, YES)
    unlisted = look(LOOPBACK, interfaces=())
    assert of(unlisted, SELF).addresses == ("127.0.0.1",)


def test_further_loopback_addresses_and_those_of_lo() -> None:
    lo = replace(LO, addresses=(*LO.addresses, "10.9.9.9/32", "fe80::9/64"))
    assert of(look(listener("127.0.0.9")), SELF).addresses == ("127.0.0.9",)
    found = look(listener("10.9.9.9"), interfaces=(lo, WIFI))
    assert codes(of(found, NETWORK))[1] is ReasonCode.OTHER_INTERFACE
    assert of(look(listener("fe80::9"), interfaces=(lo, WIFI)), NETWORK).verdict is NO


def test_a_loopback_address_on_another_interface_is_no_way_in() -> None:
    odd = replace(CABLE, addresses=("127.0.1.1/32", "10.1.0.5/16"))
    assert of(look(listener("127.0.1.1"), interfaces=(LO, odd)), NETWORK).verdict is NO

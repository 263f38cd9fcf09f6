"""The links after listening: the firewall, the answers, the router."""

import ipaddress
from dataclasses import replace

import pytest

from homeport.core.address import Address, Interface
from homeport.core.audience import AudienceKind, Finding, ReasonCode, Verdict
from homeport.core.facts import Listener
from homeport.core.firewall import Firewall, FirewallHint, FrontEnd
from homeport.core.ruleset import Chain, Field, Go, Kind, Ruleset, Test
from tests.core.reach_scene import CABLE, DOCKER, LO, READ, TAILNET, WIFI, listener, look, of

NO, UNKNOWN, YES = Verdict
SELF, USERS, CONTAINERS, NETWORK, VPN, INTERNET = AudienceKind
ALL = listener("0.0.0.0")
CLOSED = Firewall(
    rules=Ruleset(chains=(Chain(family="inet", table="t", name="in", hook="input", drops=True),))
)


def codes(finding: Finding) -> list[ReasonCode]:
    return [link.code for link in finding.reasons]


@pytest.mark.parametrize(
    ("firewall", "code", "about"),
    [
        (Firewall(why_unreadable="why"), ReasonCode.FILTER_UNREAD, "why"),
        (
            Firewall(hints=(FirewallHint(front_end=FrontEnd.UFW, on=True, denies=True),)),
            ReasonCode.FRONT_END_DENIES,
            "ufw",
        ),
        (
            Firewall(hints=(FirewallHint(front_end=FrontEnd.FIREWALLD, on=True),)),
            ReasonCode.FRONT_END_ON,
            "firewalld",
        ),
        (
            Firewall(hints=(FirewallHint(front_end=FrontEnd.UFW, on=False, denies=True),)),
            ReasonCode.FILTER_UNREAD,
            "",
        ),
        (replace(READ, uninterpreted=("x", "y")), ReasonCode.FILTER_UNREAD, "x and y"),
        (Firewall(rules=Ruleset(broken=True)), ReasonCode.FILTER_UNCLEAR, ""),
        (replace(READ, other_routing=True), ReasonCode.OTHER_ROUTING, ""),
    ],
)
def test_what_was_not_read_of_the_firewall_is_a_doubt(
    firewall: Firewall, code: ReasonCode, about: str
) -> None:
    finding = of(look(ALL, firewall=firewall), NETWORK)
    last = finding.reasons[-1]
    assert (finding.verdict, last.code, last.about) == (UNKNOWN, code, about)
    assert firewall.rules_readable is (firewall.rules is not None and not firewall.uninterpreted)


def test_rules_that_were_read_decide() -> None:
    found = look(ALL, firewall=CLOSED)
    for kind in (SELF, NETWORK, INTERNET):
        assert of(found, kind).verdict is NO
        assert ReasonCode.FILTER_DROPS in codes(of(found, kind))


def test_a_neighbour_may_come_by_its_link_local_address() -> None:
    """Only fd77::/64 is dropped: a phone may use fe80:: to connect to fd77::1 too."""
    there = int.from_bytes(bytes.fromhex("fd77") + bytes(14), "big")
    spans = ((there, there + 2**64),)
    drop = (Test(field=Field.SOURCE, spans=spans), Go(kind=Kind.DROP))
    chain = Chain(family="ip6", table="t", name="in", hook="input", rules=(drop,))
    one = look(listener("fd77::1"), firewall=Firewall(rules=Ruleset(chains=(chain,))))
    assert codes(of(one, NETWORK)) == [ReasonCode.LISTENING, ReasonCode.FILTER_DEPENDS]
    both = replace(chain, rules=(*chain.rules, (Go(kind=Kind.DROP),)))
    all_ = look(listener("fd77::1"), firewall=Firewall(rules=Ruleset(chains=(both,))))
    assert of(all_, NETWORK).verdict is NO


def test_a_part_of_the_network_may_be_led_elsewhere() -> None:
    led = replace(WIFI, detours=("192.168.1.128/25", "2001:db8::/96"))
    finding = of(look(ALL, interfaces=(LO, led)), NETWORK)
    assert (finding.verdict, codes(finding)[-1]) == (UNKNOWN, ReasonCode.DETOUR)
    six = replace(WIFI, detours=("2001:db8::/96",))
    assert of(look(ALL, interfaces=(LO, six)), NETWORK).verdict is YES


def test_two_interfaces_of_one_network_may_mix_up_the_answers() -> None:
    cable = replace(CABLE, addresses=("192.168.1.21/24",))
    found = look(ALL, interfaces=(LO, WIFI, cable))
    assert codes(of(found, NETWORK, "wlan0"))[-1] is ReasonCode.SAME_NETWORK
    down = look(ALL, interfaces=(LO, WIFI, replace(cable, up=False)))
    assert of(down, NETWORK, "wlan0").verdict is YES


@pytest.mark.parametrize(
    ("interface", "code"),
    [
        (WIFI, ReasonCode.ROUTER_PRIVATE),
        (CABLE, ReasonCode.NO_DEFAULT_ROUTE),
        (replace(WIFI, addresses=("8.8.8.8/24",)), ReasonCode.ROUTER_GLOBAL),
    ],
)
def test_what_a_router_lets_in_cannot_be_read(interface: Interface, code: ReasonCode) -> None:
    finding = of(look(ALL, interfaces=(LO, interface)), INTERNET)
    assert (finding.verdict, codes(finding)[-1]) == (UNKNOWN, code)


def test_the_networks_of_others_are_not_the_internet() -> None:
    found = look(listener("172.17.0.1"), interfaces=(LO, DOCKER))
    assert (of(found, CONTAINERS).verdict, of(found, INTERNET).verdict) == (YES, NO)


@pytest.mark.parametrize(
    ("addresses", "name", "verdict"),
    [
        (("10.0.0.9/32",), "10.0.0.0/8", Verdict.UNKNOWN),
        (("100.64.3.3/32",), "100.64.0.0/10", Verdict.NO),
        (("10.0.0.9/32", "10.5.0.1/24"), "10.5.0.0/24", Verdict.UNKNOWN),
    ],
)
def test_peers_of_a_single_address_may_come_from_anywhere(
    addresses: tuple[str, ...], name: str, verdict: Verdict
) -> None:
    network = ipaddress.ip_network(name)
    span = int(network.network_address), int(network.broadcast_address)
    drop = (Test(field=Field.SOURCE, spans=(span,)), Go(kind=Kind.DROP))
    chain = Chain(family="ip", table="t", name="in", hook="input", rules=(drop,))
    vpn = replace(TAILNET, addresses=addresses)
    rules = Firewall(rules=Ruleset(chains=(chain,)))
    assert of(look(ALL, interfaces=(LO, vpn), firewall=rules), VPN).verdict is verdict


def test_the_links_are_about_listeners_of_this_port_only() -> None:
    elsewhere = Listener(address=Address(ip="127.0.0.1", port=9000), v6only=None, user="me")
    assert of(look(ALL, others=(elsewhere,)), SELF).addresses == ("127.0.0.1",)

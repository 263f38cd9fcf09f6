"""The reach table is true: every YES and NO compared with real connections in a LAN.

Each surrounding is set up once; all bindings listen at the same time, each on its own port.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from homeport.core.audience import AudienceKind, Finding, ReasonCode, Verdict
from homeport.core.facts import Facts
from homeport.core.reach import reach
from tests.host.lan import HOME_IPS, Lan, lan, needs_namespaces, rules
from tests.host.lan_values import Binding, Place

pytestmark = needs_namespaces

V4 = ("0.0.0.0", False)
BINDINGS = {
    8000 + number: binding
    for number, binding in enumerate(
        (
            Binding("127.0.0.1", (("127.0.0.1", False),)),
            Binding("::1", (("::1", True),)),
            Binding("both loopbacks", (("127.0.0.1", False), ("::1", True))),
            Binding("one LAN address", (("10.77.0.1", False),)),
            Binding("one IPv6 LAN address", (("fd77::1", True),)),
            Binding("the address of the other network", (("10.78.0.1", False),)),
            Binding("the address of the bridge", (("10.88.0.1", False),)),
            Binding("0.0.0.0", (V4,)),
            Binding("[::] for IPv6 only", (("::", True),)),
            Binding("[::] for both", (("::", False),)),
            Binding("0.0.0.0 and [::]", (V4, ("::", True))),
            Binding("0.0.0.0 by wlan7", (V4,), device="wlan7"),
            Binding("0.0.0.0 by docker7", (V4,), device="docker7"),
            Binding("[::] by lo", (("::", False),), device="lo"),
            Binding("127.0.0.1 mapped", (("::ffff:127.0.0.1", False),)),
        )
    )
}
NEIGHBOURS = "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept"
INPUT = "type filter hook input priority 0; policy"
FAR = {ReasonCode.OTHER_INTERFACE, ReasonCode.ROUTER_PRIVATE, ReasonCode.NO_DEFAULT_ROUTE}
"""What is never known: whether a neighbour sends packets through us, what a router passes on."""


@dataclass(frozen=True)
class Surrounding:
    """Commands run at home (an `ip ...` of another place is `place:ip ...`).

    `doubts` are the reasons for UNKNOWN that it may give beside those of FAR; each must turn up.
    """

    name: str
    commands: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    doubts: frozenset[ReasonCode] = frozenset()

    def set_up(self, where: Lan) -> None:
        for command in self.commands:
            place, _, words = command.partition(":")
            if words.startswith("ip "):
                where.ip(place, words.removeprefix("ip "))
            else:
                where.inside(place, *words.split())
        if self.rules:
            where.inside("home", *rules(*self.rules))


def chain(policy: str, *lines: str) -> tuple[str, ...]:
    return (f"chain in {{ {INPUT} {policy};", *lines, "}")


SURROUNDINGS = (
    Surrounding("no firewall"),
    Surrounding("drop on wlan7", rules=chain("accept", "iifname wlan7 tcp dport 8000-8050 drop")),
    Surrounding("reject on eth7", rules=chain("accept", "iif eth7 tcp dport >= 8000 reject")),
    Surrounding(
        "reject of IPv4",
        rules=chain("accept", "meta nfproto ipv4 iifname { wlan7, docker7 } reject"),
    ),
    Surrounding("drop of another port", rules=chain("accept", "tcp dport { 22, 80 } drop")),
    Surrounding(
        "deny by default, one network let in",
        rules=(
            "set friends { type ipv4_addr; flags interval; elements = { 10.77.0.0/24 }; }",
            "chain servers {",
            "tcp dport { 8000-8020 } ip saddr @friends accept",
            "iifname wlan7 ip6 saddr fd77::/64 tcp dport 8000-8020 accept",
            "}",
            *chain(
                "drop",
                "ct state vmap { established : accept, related : accept, invalid : drop }",
                "iif lo accept",
                NEIGHBOURS,
                "jump servers",
            ),
        ),
        # A router that passes on may use its own address, which the rules let in.
        doubts=frozenset({ReasonCode.FILTER_DEPENDS}),
    ),
    Surrounding(
        "deny by default without neighbour discovery",
        rules=chain(
            "drop",
            "ct state established accept",
            "iif lo accept",
            "tcp dport 8000-8020 accept",
        ),
        doubts=frozenset({ReasonCode.FILTER_NEIGHBOURS}),
    ),
    Surrounding(
        "nothing but new connections let in",
        rules=chain("drop", NEIGHBOURS, "iif lo accept", "ct state new accept"),
        doubts=frozenset({ReasonCode.FILTER_REPLIES}),
    ),
    Surrounding(
        "one device let in",
        rules=chain("drop", NEIGHBOURS, "ip saddr 10.77.0.2 accept", "iif lo accept"),
        doubts=frozenset({ReasonCode.FILTER_DEPENDS}),
    ),
    Surrounding(
        "a limit",
        rules=chain("accept", "iifname wlan7 tcp dport 8000-8020 limit rate over 9000/second drop"),
        doubts=frozenset({ReasonCode.FILTER_UNCLEAR}),
    ),
    Surrounding(
        "no answers",
        rules=(
            "chain out { type filter hook output priority 0;",
            "oif wlan7 tcp sport 8000-8020 drop",
            "}",
        ),
        doubts=frozenset({ReasonCode.FILTER_REPLIES}),
    ),
    Surrounding("drop on lo", rules=chain("accept", "iif lo tcp dport 8000-8020 drop")),
    # An interface that is down has no IPv6 address any more; without a link it may be tentative.
    Surrounding(
        "wlan7 down",
        ("home:ip link set wlan7 down",),
        doubts=frozenset({ReasonCode.ADDRESS_GONE, ReasonCode.INTERFACE_DOWN}),
    ),
    Surrounding(
        "no link on wlan7",
        ("phone:ip link set wlan0 down",),
        doubts=frozenset({ReasonCode.NO_LINK}),
    ),
    Surrounding("eth7 down", ("home:ip link set eth7 down",)),
    Surrounding("lo down", ("home:ip link set lo down",)),
    Surrounding(
        "route_localnet",
        (
            "home:sysctl -qw net.ipv4.conf.wlan7.route_localnet=1",
            "home:sysctl -qw net.ipv4.conf.docker7.route_localnet=1",
        ),
        doubts=frozenset({ReasonCode.ROUTE_LOCALNET}),
    ),
    Surrounding(
        "route_localnet with a rule against it",
        ("home:sysctl -qw net.ipv4.conf.wlan7.route_localnet=1",),
        rules=(
            "chain pre { type filter hook prerouting priority raw;",
            "iif != lo ip daddr 127.0.0.0/8 drop",
            "}",
        ),
    ),
    Surrounding(
        "port 80 sent on",
        rules=(
            "chain nat { type nat hook prerouting priority dstnat;",
            "tcp dport 80 redirect to :8007",
            "}",
            *chain("accept", "iif wlan7 tcp dport 8000-8020 drop"),
        ),
        doubts=frozenset({ReasonCode.FILTER_REWRITES}),
    ),
    Surrounding(
        "routing rules",
        ("home:ip rule add pref 99 to 10.99.0.0/16 lookup main",),
        doubts=frozenset({ReasonCode.OTHER_ROUTING}),
    ),
)


@pytest.fixture(scope="module")
def there() -> Iterator[Lan]:
    with lan() as made:
        yield made


@pytest.fixture
def quiet(there: Lan) -> Iterator[Lan]:
    """As it was built, with all bindings in place."""
    yield there
    there.restore()


@pytest.fixture(scope="module", autouse=True)
def servers(there: Lan) -> None:
    there.agents["home"]("listen", BINDINGS)


def place_of(finding: Finding) -> str:
    """Where in the LAN an audience lives."""
    by_interface = {"wlan7": "phone", "eth7": "router", "docker7": "container"}
    if finding.audience.kind is AudienceKind.INTERNET:
        return "office"
    return by_interface.get(finding.audience.interface or "", "home")


def findings(facts: Facts) -> Iterator[tuple[int, Finding]]:
    for port in BINDINGS:
        ours = [one for one in facts.listeners if one.address.port == port]
        for finding in reach(ours, facts).findings:
            yield port, finding


def promises(table: list[tuple[int, Finding]]) -> dict[str, dict[Place, bool]]:
    """For each place what to try there; True where it must connect."""
    wanted: dict[str, dict[Place, bool]] = {}
    for port, finding in table:
        tries = wanted.setdefault(place_of(finding), {})
        for ip in (*HOME_IPS, *finding.addresses):
            tries.setdefault((ip, port), False)
        if finding.verdict is Verdict.YES:
            tries.update({(ip, port): True for ip in finding.addresses})
    return wanted


def try_all(where: Lan, wanted: dict[str, dict[Place, bool]]) -> dict[str, set[Place]]:
    """What really connects, tried from everywhere at the same time."""
    zones = {"phone": "wlan0", "container": "eth0", "router": "in", "office": "eth0", "home": "lo"}
    where.agents["home"]("forget")
    for place, tries in wanted.items():
        where.agents[place].ask("connect", tries, zones[place])
    connected = {place: where.agents[place].answer() for place in wanted}
    where.agents["home"]("drain")
    return connected


@pytest.mark.parametrize("surrounding", SURROUNDINGS, ids=lambda one: one.name)
def test_no_yes_fails_and_no_no_connects(surrounding: Surrounding, quiet: Lan) -> None:
    surrounding.set_up(quiet)
    table = list(findings(quiet.agents["home"]("facts")))
    connected = try_all(quiet, promises(table))
    doubts = set()
    for port, finding in table:
        said = BINDINGS[port].name, finding
        places = connected[place_of(finding)]
        match finding.verdict:
            case Verdict.YES:
                assert finding.addresses, said
                assert {(ip, port) for ip in finding.addresses} <= places, said
            case Verdict.NO:
                assert not [place for place in places if place[1] == port], said
            case Verdict.UNKNOWN:
                codes = {one.code for one in finding.reasons if one.verdict is Verdict.UNKNOWN}
                assert codes, said
                assert codes <= FAR | surrounding.doubts, said
                doubts |= codes
    assert doubts >= surrounding.doubts
    verdicts = Counter(finding.verdict for _, finding in table)
    assert min(verdicts[Verdict.YES], verdicts[Verdict.NO]) >= 10, verdicts


def test_what_is_not_known_may_really_happen(quiet: Lan) -> None:
    """The UNKNOWN of these two is needed: a NO would be wrong."""
    by_other_interface, loopback_only = ("10.78.0.1", 8005), ("127.0.0.1", 8000)
    phone = quiet.agents["phone"]
    tries = {by_other_interface: True, loopback_only: False}
    assert phone("connect", tries, "wlan0") == {by_other_interface}
    quiet.inside("home", "sysctl", "-qw", "net.ipv4.conf.wlan7.route_localnet=1")
    assert phone("connect", {loopback_only: True}, "wlan0") == {loopback_only}


def test_a_user_without_rights_is_promised_nothing_about_the_firewall(quiet: Lan) -> None:
    """The rules are there, and must not be taken for none."""
    quiet.inside("home", *rules(*chain("accept", "iifname wlan7 drop")))
    table = list(findings(quiet.agents["nobody"]("facts")))
    outside = [one for _, one in table if place_of(one) != "home"]
    assert {one.verdict for one in outside} == {Verdict.NO, Verdict.UNKNOWN}
    for finding in outside:
        if finding.verdict is Verdict.UNKNOWN:
            assert ReasonCode.FILTER_UNREAD in {one.code for one in finding.reasons}
    refused = {one.reasons[0].code for one in outside if one.verdict is Verdict.NO}
    assert refused <= {ReasonCode.LOOPBACK_ONLY, ReasonCode.NOT_LISTENING}

"""Random rulesets, loaded into a real kernel: no YES fails and no NO connects."""

import random
from collections import Counter
from collections.abc import Iterator

import pytest

from homeport.core.audience import Verdict
from tests.host.lan import Lan, lan, needs_namespaces, rules
from tests.host.test_reach_is_true import BINDINGS, findings, place_of, promises, try_all

pytestmark = needs_namespaces

SEED = 20261121
RULESETS = 12
CONDITIONS = """
tcp dport 8007 | tcp dport 8000-8010 | tcp dport != 8009 | tcp dport { 8003, 8007, 8010 }
tcp dport > 8006 | tcp sport 1-1000 | tcp flags syn | udp dport 8007 | limit rate 5/second
iifname wlan7 | iifname != eth7 | iifname { wlan7, docker7 } | iifname "wl*" | iif lo
ip saddr 10.77.0.0/24 | ip saddr 10.77.0.2 | ip saddr != 10.78.0.0/24 | ip saddr @friends
ip6 saddr fd77::/64 | ip6 saddr fe80::/10 | ip6 daddr fd77::1 | ip6 nexthdr tcp
ip daddr 10.77.0.1 | ip daddr { 10.77.0.1, 10.78.0.1 } | ip protocol tcp | fib daddr type local
meta l4proto tcp | meta l4proto { tcp, udp } | meta l4proto ipv6-icmp | meta mark 1
meta nfproto ipv4 | meta nfproto ipv6 | ct state new | ct state established,related
"""
CONDITION = [one.strip() for one in CONDITIONS.strip().replace("\n", "|").split("|")]
VERDICTS = ["accept", "drop", "reject", "return", "counter drop", "log accept"]
MAPS = [
    "ct state vmap { established : accept, invalid : drop }",
    "tcp dport vmap { 8003 : drop, 8007 : accept, 8009 : jump sub }",
    "iifname vmap { wlan7 : jump sub, eth7 : drop }",
]
NEIGHBOURS = "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept"


def some_rules(chance: random.Random, most: int, jumps: tuple[str, ...] = ()) -> list[str]:
    def rule() -> str:
        if jumps and chance.random() < 0.15:
            return chance.choice(MAPS)
        conditions = " ".join(chance.sample(CONDITION, chance.choice([1, 1, 2])))
        return f"{conditions} {chance.choice([*VERDICTS, *jumps])}"

    return [rule() for _ in range(chance.randint(1, most))]


def a_ruleset(chance: random.Random) -> tuple[str, ...]:
    hook = chance.choice(["input priority 0", "input priority 0", "prerouting priority -150"])
    return (
        "set friends { type ipv4_addr; flags interval; elements = { 10.77.0.0/24, 10.88.0.2 }; }",
        "chain sub {",
        *some_rules(chance, 2),
        "}",
        "chain main {",
        f"type filter hook {hook}; policy {chance.choice(['accept', 'drop'])};",
        *([NEIGHBOURS] if chance.random() < 0.7 else []),
        *(["ct state established accept"] if chance.random() < 0.5 else []),
        *some_rules(chance, 4, ("jump sub", "goto sub")),
        "}",
    )


@pytest.fixture(scope="module")
def there() -> Iterator[Lan]:
    with lan() as made:
        made.agents["home"]("listen", BINDINGS)
        yield made


def test_no_yes_fails_and_no_no_connects_whatever_the_rules(there: Lan) -> None:
    chance, seen, loaded = random.Random(SEED), Counter[Verdict](), 0
    while loaded < RULESETS:
        text = a_ruleset(chance)
        there.restore()
        try:
            there.inside("home", *rules(*text))
        except AssertionError:  # nft refuses conditions that contradict each other
            continue
        loaded += 1
        table = list(findings(there.agents["home"]("facts")))
        connected = try_all(there, promises(table))
        for port, finding in table:
            said = "\n".join(text), BINDINGS[port].name, finding
            places = connected[place_of(finding)]
            seen[finding.verdict] += 1
            if finding.verdict is Verdict.YES:
                assert {(ip, port) for ip in finding.addresses} <= places, said
            if finding.verdict is Verdict.NO:
                assert not [place for place in places if place[1] == port], said
    assert min(seen[Verdict.YES], seen[Verdict.NO]) > 10 * RULESETS, seen

"""The rules as nft prints them, and what they do with a visitor."""

from typing import Any

import pytest

from homeport.core.audience import ReasonCode
from homeport.core.packet_filter import admits
from tests.core.ruleset_scene import (
    ACCEPT,
    DROP,
    HERE,
    IIF,
    PHONE,
    PHONE6,
    PORT,
    SOURCE,
    STATE,
    Rule,
    code,
    match,
    ruleset,
)

LETS_IN, DROPS = ReasonCode.FILTER_LETS_IN, ReasonCode.FILTER_DROPS
DEPENDS, UNCLEAR = ReasonCode.FILTER_DEPENDS, ReasonCode.FILTER_UNCLEAR
REPLIES = ReasonCode.FILTER_REPLIES

# What a condition does before `drop`: matched (DROPS), not matched (LETS_IN), some or unclear.
CONDITIONS = [
    (match(PORT, 8000), DROPS),
    (match(PORT, 22), LETS_IN),
    (match(PORT, 8000, "!="), LETS_IN),
    (match(PORT, 22, "!="), DROPS),
    (match(PORT, {"set": [22, {"range": [7000, 9000]}]}), DROPS),
    (match(PORT, {"set": [{"elem": {"val": 8000, "comment": "x"}}]}), DROPS),
    (match(PORT, 1024, "<"), LETS_IN),
    (match(PORT, 8000, "<="), DROPS),
    (match(PORT, 1024, ">"), DROPS),
    (match(PORT, 8001, ">="), LETS_IN),
    (match(PORT, 1024, "~"), UNCLEAR),
    (match(PORT, {"set": [1, 2]}, "<"), UNCLEAR),
    (match(PORT, "http"), UNCLEAR),
    (match({"payload": {"protocol": "th", "field": "dport"}}, 8000), DROPS),
    (match({"payload": {"protocol": "tcp", "field": "sport"}}, 53), LETS_IN),
    (match({"payload": {"protocol": "tcp", "field": "sport"}}, 40000), DEPENDS),
    (match({"payload": {"protocol": "udp", "field": "dport"}}, 8000), LETS_IN),
    (match({"payload": {"protocol": "tcp", "field": "flags"}}, "syn"), UNCLEAR),
    (match({"payload": {"base": "th", "offset": 0, "len": 16}}, 1), UNCLEAR),
    (match({"&": [PORT, 1]}, 1), UNCLEAR),
    (match(SOURCE, {"prefix": {"addr": "192.168.0.0", "len": 16}}), DROPS),
    (match(SOURCE, {"prefix": {"addr": "10.0.0.0", "len": 8}}), LETS_IN),
    (match(SOURCE, "192.168.1.34"), DEPENDS),
    (match(SOURCE, {"range": ["192.168.1.0", "192.168.1.127"]}), DEPENDS),
    (match(SOURCE, {"range": ["192.168.1.0", "phone.example"]}), UNCLEAR),
    (match(SOURCE, "phone.example"), UNCLEAR),
    (match({"payload": {"protocol": "ip", "field": "daddr"}}, "192.168.1.20"), DROPS),
    (match({"payload": {"protocol": "ip6", "field": "saddr"}}, "::1", "!="), LETS_IN),
    (match({"payload": {"protocol": "ip", "field": "protocol"}}, "tcp"), DROPS),
    (match({"payload": {"protocol": "ip", "field": "protocol"}}, "icmp"), LETS_IN),
    (match({"meta": {"key": "l4proto"}}, {"set": ["tcp", "udp"]}), DROPS),
    (match({"meta": {"key": "l4proto"}}, 6), DROPS),
    (match({"meta": {"key": "l4proto"}}, "udp"), LETS_IN),
    (match({"meta": {"key": "nfproto"}}, "ipv4"), DROPS),
    (match({"meta": {"key": "nfproto"}}, "ipv6"), LETS_IN),
    (match({"meta": {"key": "protocol"}}, "ip"), DROPS),
    (match({"meta": {"key": "protocol"}}, 2048), UNCLEAR),
    (match(IIF, "wlan0"), DROPS),
    (match(IIF, "wl*"), DROPS),
    (match(IIF, "eth0"), LETS_IN),
    (match(IIF, "eth0", "!="), DROPS),
    (match(IIF, "wl\\*"), UNCLEAR),
    (match(IIF, "*"), UNCLEAR),
    (match(IIF, "eth0", "<"), UNCLEAR),
    (match({"meta": {"key": "iif"}}, 7), UNCLEAR),
    (match({"meta": {"key": "oifname"}}, "wlan0"), DEPENDS),
    (match({"meta": {"key": "mark"}}, 1), UNCLEAR),
    (match({"fib": {"result": "type", "flags": ["daddr"]}}, "local"), UNCLEAR),
    (match(STATE, ["established", "related"], "in"), REPLIES),
    (match(STATE, "new", "in"), DROPS),
    (match(STATE, "invalid", "in"), LETS_IN),
    (match({"ct": {"key": "state", "dir": "original"}}, "new"), UNCLEAR),
    ({"limit": {"rate": 5, "per": "second"}}, UNCLEAR),
    ({"counter": {"packets": 0, "bytes": 0}}, DROPS),
    ({"log": None}, DROPS),
    ({"mangle": {"key": {"meta": {"key": "mark"}}, "value": 1}}, DROPS),
    ({"xt": {"type": "match", "name": "comment"}}, DROPS),
    ({"xt": {"type": "match", "name": "conntrack"}}, UNCLEAR),
    ({"xt": None}, UNCLEAR),
    ({"something new": 1}, UNCLEAR),
    ({"continue": None}, LETS_IN),
    ({"return": None}, LETS_IN),
    ({"reject": None}, DROPS),
    ({"reject": {"type": "icmp", "expr": "port-unreachable"}}, DROPS),
    ({"reject": {"type": "icmpv6", "expr": "port-unreachable"}}, LETS_IN),
]


@pytest.mark.parametrize(("statement", "expected"), CONDITIONS, ids=str)
def test_a_condition_decides_over_the_drop_behind_it(
    statement: dict[str, Any], expected: ReasonCode
) -> None:
    assert code(ruleset([statement, DROP])) is expected


def test_a_reject_by_icmp_is_for_ipv4_only() -> None:
    """nft leaves out the condition that the message implies."""
    rule = [{"reject": {"type": "icmp", "expr": "port-unreachable"}}]
    assert code(ruleset(rule)) is DROPS
    assert code(ruleset(rule), PHONE6) is LETS_IN


def test_the_first_header_of_ipv6_need_not_be_tcp() -> None:
    header = {"payload": {"protocol": "ip6", "field": "nexthdr"}}
    assert code(ruleset([match(header, "tcp"), DROP]), PHONE6) is UNCLEAR
    assert code(ruleset([match(header, "udp"), DROP]), PHONE6) is LETS_IN
    assert code(ruleset([match(header, "udp", "!="), DROP]), PHONE6) is UNCLEAR


def test_the_policy_is_for_what_no_rule_decides() -> None:
    let_in = [match(PORT, 8000), ACCEPT]
    assert code(ruleset(let_in, policy="drop")) is LETS_IN
    assert code(ruleset([match(PORT, 22), ACCEPT], policy="drop")) is DROPS
    assert code(ruleset(policy="drop")) is DROPS


def test_the_reason_names_the_chain() -> None:
    assert admits(ruleset(policy="drop"), PHONE).about == "inet t c"


def test_every_chain_on_the_way_must_let_it_pass() -> None:
    early = {"family": "ip", "table": "r", "name": "pre", "hook": "prerouting", "prio": -300}
    both = ruleset([ACCEPT], more=({"chain": {**early, "type": "filter", "policy": "drop"}},))
    assert admits(both, PHONE).about == "ip r pre"
    assert code(both, PHONE6) is LETS_IN


def test_jump_comes_back_and_goto_does_not() -> None:
    chains: dict[str, list[Rule]] = {"sub": [[match(PORT, 22), ACCEPT], [{"return": None}]]}
    jump, goto = {"jump": {"target": "sub"}}, {"goto": {"target": "sub"}}
    assert code(ruleset([jump], [DROP], chains=chains)) is DROPS
    assert code(ruleset([goto], [DROP], chains=chains)) is LETS_IN
    assert code(ruleset([jump], [DROP], chains={"sub": [[ACCEPT]]})) is LETS_IN
    assert code(ruleset([{"jump": {"target": "gone"}}], [DROP])) is UNCLEAR


def test_a_loop_and_great_depth_are_not_followed_for_ever() -> None:
    loop: dict[str, list[Rule]] = {"a": [[{"jump": {"target": "a"}}]]}
    assert code(ruleset([{"jump": {"target": "a"}}], chains=loop)) is UNCLEAR
    deep = {f"c{n}": [[{"jump": {"target": f"c{n + 1}"}}]] for n in range(2000)}
    assert code(ruleset([{"jump": {"target": "c0"}}], chains=deep)) is UNCLEAR


def test_a_verdict_map_takes_one_branch() -> None:
    def by(key: Any, *pairs: list[Any]) -> Rule:
        return [{"vmap": {"key": key, "data": {"set": list(pairs)}}}]

    assert code(ruleset(by(PORT, [22, DROP], [8000, ACCEPT]), policy="drop")) is LETS_IN
    assert code(ruleset(by(PORT, [22, DROP]))) is LETS_IN
    assert code(ruleset(by(PORT, [8000, DROP], [80, ACCEPT]))) is DROPS
    assert code(ruleset(by(SOURCE, ["192.168.1.34", DROP]))) is DEPENDS
    assert code(ruleset(by(IIF, ["*", DROP], ["wlan0", ACCEPT]))) is UNCLEAR
    assert code(ruleset([{"vmap": {"key": PORT, "data": "@gone"}}])) is UNCLEAR


def named(**more: Any) -> dict[str, Any]:
    return {"set": {"family": "inet", "name": "s", "table": "t", "type": "ipv4_addr", **more}}


def test_a_named_set_counts_with_its_elements() -> None:
    rule = [match(SOURCE, "@s"), DROP]
    network = {"prefix": {"addr": "192.168.1.0", "len": 24}}
    assert code(ruleset(rule, more=(named(elem=[network]),))) is DROPS
    assert code(ruleset(rule, more=(named(),))) is LETS_IN
    assert code(ruleset(rule)) is UNCLEAR


def test_a_set_that_packets_change_is_not_known() -> None:
    rule = [match(SOURCE, "@s"), DROP]
    update = [{"set": {"op": "add", "elem": SOURCE, "set": "@s"}}]
    assert code(ruleset(rule, more=(named(timeout=60),))) is UNCLEAR
    assert code(ruleset(rule, more=(named(flags=["dynamic"]),))) is UNCLEAR
    assert code(ruleset(update, rule, more=(named(),))) is UNCLEAR


def test_a_table_with_flags_may_be_asleep() -> None:
    asleep = ({"table": {"family": "inet", "name": "t", "flags": "t"}},)
    assert code(ruleset(policy="drop", more=asleep)) is UNCLEAR


def test_without_connection_tracking_the_state_is_not_known() -> None:
    new = [match(STATE, "new", "in"), DROP]
    assert code(ruleset(new, [match(PORT, 22), {"notrack": None}])) is DEPENDS
    assert (
        code(ruleset(new, [match(PORT, 22), {"xt": {"type": "target", "name": "CT"}}])) is DEPENDS
    )


def test_the_rest_of_the_connection_must_pass_too() -> None:
    only_new = [match(STATE, "new", "in"), ACCEPT]
    assert code(ruleset(only_new, policy="drop")) is REPLIES
    assert code(ruleset(policy="drop", hook="output")) is REPLIES
    assert code(ruleset([match({"meta": {"key": "oif"}}, "eth0"), DROP], hook="output")) is LETS_IN


def test_ipv6_needs_neighbour_discovery() -> None:
    tcp = [match(PORT, 8000), ACCEPT]
    kind = {"payload": {"protocol": "icmpv6", "field": "type"}}
    found = {"set": ["nd-neighbor-solicit", 136]}
    lacking = ReasonCode.FILTER_NEIGHBOURS
    assert code(ruleset(tcp, policy="drop"), PHONE6) is lacking
    assert code(ruleset(tcp, [match(kind, found), ACCEPT], policy="drop"), PHONE6) is LETS_IN
    assert code(ruleset(tcp, [match(kind, 135), ACCEPT], policy="drop"), PHONE6) is lacking


def test_a_client_here_passes_the_way_out_and_the_way_in() -> None:
    assert code(ruleset([match(PORT, 8000), DROP], hook="output"), HERE) is DROPS
    assert code(ruleset([match(IIF, "lo"), DROP]), HERE) is DROPS
    assert code(ruleset([match(PORT, 22), DROP]), HERE) is LETS_IN


def test_address_translation_is_asked_about_the_first_packet_only() -> None:
    known = {"kind": "nat", "hook": "prerouting"}
    assert code(ruleset([match(STATE, "established", "in"), DROP], **known)) is LETS_IN  # type: ignore[arg-type]
    assert code(ruleset([match(PORT, 8000), {"redirect": {"port": 9000}}], **known)) is UNCLEAR  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({"redirect": {"port": 8000}}, ReasonCode.FILTER_REWRITES),
        ({"redirect": {"port": 9000}}, DROPS),
        ({"redirect": None}, ReasonCode.FILTER_REWRITES),
        ({"dnat": {"addr": "172.17.0.2", "port": 8000}}, DROPS),
        ({"dnat": {"addr": "192.168.1.20", "port": 8000}}, ReasonCode.FILTER_REWRITES),
        ({"dnat": {"addr": {"map": {}}}}, ReasonCode.FILTER_REWRITES),
        ({"xt": {"type": "target", "name": "DNAT"}}, ReasonCode.FILTER_REWRITES),
        ({"mangle": {"key": PORT, "value": 8000}}, ReasonCode.FILTER_REWRITES),
    ],
    ids=str,
)
def test_a_port_that_others_are_sent_to_is_never_a_no(
    statement: dict[str, Any], expected: ReasonCode
) -> None:
    rules = ruleset([match(PORT, 8000), DROP], [match(PORT, 80), statement])
    assert code(rules, own=("192.168.1.20",)) is expected


def test_the_reject_of_iptables_drops_and_its_log_does_not() -> None:
    assert code(ruleset([{"xt": {"type": "target", "name": "REJECT"}}])) is DROPS
    assert code(ruleset([{"xt": {"type": "target", "name": "LOG"}}, DROP])) is DROPS


@pytest.mark.parametrize("family", ["netdev", "bridge", "arp"])
def test_rules_below_ip_are_not_followed(family: str) -> None:
    assert code(ruleset([match(PORT, 22), DROP], family=family, hook="ingress")) in (
        UNCLEAR,
        LETS_IN,
    )
    assert code(ruleset([DROP], family=family, hook="input")) is UNCLEAR
    assert code(ruleset(family=family, hook="input")) is LETS_IN

"""Rulesets as nft prints them, and visitors to let in or not."""

import json
from typing import Any

from homeport.core.audience import ReasonCode
from homeport.core.nft_json import parse
from homeport.core.packet_filter import Visitor, admits
from homeport.core.ruleset import Ruleset

PHONE = Visitor(
    interface="wlan0", sources=("192.168.1.0/24",), destination="192.168.1.20", port=8000
)
PHONE6 = Visitor(interface="wlan0", sources=("fd77::/64",), destination="fd77::1", port=8000)
HERE = Visitor(
    interface="lo", sources=("127.0.0.1",), destination="127.0.0.1", port=8000, local=True
)
Rule = list[dict[str, Any]]

ACCEPT, DROP = {"accept": None}, {"drop": None}
PORT = {"payload": {"protocol": "tcp", "field": "dport"}}
SOURCE = {"payload": {"protocol": "ip", "field": "saddr"}}
STATE = {"ct": {"key": "state"}}
IIF = {"meta": {"key": "iifname"}}


def match(left: Any, right: Any, op: str = "==") -> dict[str, Any]:
    return {"match": {"op": op, "left": left, "right": right}}


def ruleset(
    *rules: Rule,
    policy: str = "accept",
    hook: str = "input",
    family: str = "inet",
    kind: str = "filter",
    chains: dict[str, list[Rule]] | None = None,
    more: tuple[dict[str, Any], ...] = (),
) -> Ruleset:
    """One table with one base chain, and `chains` to jump to."""
    common = {"family": family, "table": "t"}
    entries: list[dict[str, Any]] = [
        {"metainfo": {"version": "1.0.6"}},
        {"table": {"family": family, "name": "t"}},
        *more,
        {"chain": {**common, "name": "c", "type": kind, "hook": hook, "prio": 0, "policy": policy}},
    ]
    entries += [{"rule": {**common, "chain": "c", "expr": rule}} for rule in rules]
    for name, inside in (chains or {}).items():
        entries.append({"chain": {**common, "name": name}})
        entries += [{"rule": {**common, "chain": name, "expr": rule}} for rule in inside]
    return parse(json.dumps({"nftables": entries}))


def code(rules: Ruleset, visitor: Visitor = PHONE, own: tuple[str, ...] = ()) -> ReasonCode:
    return admits(rules, visitor, own).code

"""`nft -j list ruleset` → `Ruleset` (libnftables-json(5), and what nft 1.0.6 was seen to print).

That text leaves out conditions that a later part of a rule implies: `ip saddr` alone also means
"IPv4", and `reject with icmp` too. Table flags are printed wrongly by 1.0.6 (the name of the table
stands there), so any flag makes a table doubtful.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from homeport.core.nft_expressions import conditions, verdict
from homeport.core.ruleset import (
    Chain,
    Choice,
    Field,
    Go,
    Kind,
    Perhaps,
    Rewrite,
    Ruleset,
    Step,
    Test,
)

_HARMLESS = ("counter", "log", "comment")
_REWRITING = ("dnat", "redirect", "tproxy")
_XT_HARMLESS = ("LOG", "NFLOG", "comment")
_XT_ANYWHERE = ("DNAT", "REDIRECT", "TPROXY", "NETMAP")
_IPV4 = Test(field=Field.FAMILY, spans=((4, 4),))
_IPV6 = Test(field=Field.FAMILY, spans=((6, 6),))
_ANYTHING = Go(kind=Kind.ANYTHING)

Key = tuple[str, str, str]


def parse(text: str) -> Ruleset:
    """Read the whole ruleset. Never raises: text that is not a ruleset is `broken`."""
    try:
        entries = json.loads(text)["nftables"]
        return _ruleset([entry for entry in entries if "metainfo" not in entry])
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError):
        return Ruleset(broken=True)


def _ruleset(entries: list[Mapping[str, Any]]) -> Ruleset:
    rules = [entry["rule"] for entry in entries if "rule" in entry]
    statements = [statement for rule in rules for statement in rule.get("expr", [])]
    sets = _sets(entries, statements)
    doubtful = {_key(entry["table"]) for entry in entries if entry.get("table", {}).get("flags")}
    by_chain: dict[Key, list[tuple[Step, ...]]] = {}
    for rule in rules:
        found = sets.get(_key(rule, "table"), {})
        steps = _rule(rule.get("expr", []), found)
        by_chain.setdefault(_key(rule, "table", "chain"), []).append(steps)
    return Ruleset(
        chains=tuple(
            _chain(entry["chain"], by_chain, doubtful) for entry in entries if "chain" in entry
        ),
        rewrites=tuple(_rewrites(statements)),
        untracked=any("notrack" in one or _xt(one) == "CT" for one in statements),
    )


def _key(value: Mapping[str, Any], table: str = "name", chain: str = "") -> Key:
    return str(value["family"]), str(value[table]), str(value[chain]) if chain else ""


def _chain(
    chain: Mapping[str, Any],
    rules: Mapping[Key, list[tuple[Step, ...]]],
    doubtful: set[Key],
) -> Chain:
    family, table, name = _key(chain, "table", "name")
    return Chain(
        family=family,
        table=table,
        name=name,
        hook=None if chain.get("hook") is None else str(chain["hook"]),
        priority=int(chain.get("prio", 0)),
        nat=chain.get("type") == "nat",
        drops=chain.get("policy", "accept") != "accept",
        perhaps=(family, table, "") in doubtful,
        rules=tuple(rules.get((family, table, name), ())),
    )


def _sets(
    entries: Iterable[Mapping[str, Any]], statements: Iterable[Mapping[str, Any]]
) -> dict[Key, dict[str, Any]]:
    """The elements of the named sets and maps of each table, without those that packets change."""
    changing = {
        str(change.get("set", change.get("map", ""))).removeprefix("@")
        for statement in statements
        for change in (statement.get("set"), statement.get("map"), statement.get("meter"))
        if isinstance(change, Mapping)
    }
    found: dict[Key, dict[str, Any]] = {}
    for entry in entries:
        one = entry.get("set") or entry.get("map")
        if not one or one["name"] in changing or "timeout" in one:
            continue
        if not {"dynamic", "timeout"} & set(one.get("flags", ())):
            found.setdefault(_key(one, "table"), {})[one["name"]] = one.get("elem", [])
    return found


def _rule(expressions: Iterable[Mapping[str, Any]], sets: Mapping[str, Any]) -> tuple[Step, ...]:
    return tuple(step for one in expressions for step in _statement(one, sets))


def _statement(statement: Mapping[str, Any], sets: Mapping[str, Any]) -> tuple[Step, ...]:
    [(name, value)] = statement.items()
    if name in _HARMLESS or (name == "mangle" and _only_marks(value)):
        return ()
    if name == "match":
        return conditions(value["op"], value["left"], value["right"], sets)
    if name == "vmap":
        return (_choice(value, sets),)
    if name == "reject":
        return _reject(value or {})
    if name == "xt":
        return _foreign(value or {})
    if name in ("limit", "quota", "ct count", "set", "map", "meter", "notrack"):
        return (Perhaps(),)
    return (verdict(statement),)


def _only_marks(value: Mapping[str, Any]) -> bool:
    """`meta mark set 1`: a plain value in something that no test of ours understands."""
    return bool({"meta", "ct"} & set(value["key"])) and isinstance(value["value"], int | str)


def _reject(value: Mapping[str, Any]) -> tuple[Step, ...]:
    implied = {"icmp": (_IPV4,), "icmpv6": (_IPV6,)}.get(str(value.get("type")), ())
    return (*implied, Go(kind=Kind.DROP))


def _xt(statement: Mapping[str, Any]) -> str:
    """The name of an extension of iptables: nft shows no more of it."""
    value = statement.get("xt")
    return str(value.get("name")) if isinstance(value, Mapping) else ""


def _foreign(value: Mapping[str, Any]) -> tuple[Step, ...]:
    if value.get("name") in _XT_HARMLESS:
        return ()
    if value.get("type") == "match":
        return (Perhaps(),)
    return (Go(kind=Kind.DROP) if value.get("name") == "REJECT" else _ANYTHING,)


def _choice(value: Mapping[str, Any], sets: Mapping[str, Any]) -> Step:
    data = value["data"]
    pairs = data["set"] if isinstance(data, Mapping) else sets.get(str(data).removeprefix("@"))
    if pairs is None:
        return _ANYTHING
    return Choice(
        tuple((conditions("==", value["key"], key, sets), verdict(go)) for key, go in pairs)
    )


def _rewrites(statements: Iterable[Mapping[str, Any]]) -> Iterable[Rewrite]:
    for statement in statements:
        for name in _REWRITING:
            if name in statement:
                value = statement[name] or {}
                ip, port = value.get("addr"), value.get("port")
                yield Rewrite(
                    ip=ip if isinstance(ip, str) else None,
                    port=port if isinstance(port, int) else None,
                )
        mangled = statement.get("mangle")
        if _xt(statement) in _XT_ANYWHERE or (mangled and not _only_marks(mangled)):
            yield Rewrite(ip=None, port=None)

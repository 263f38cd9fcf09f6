"""The conditions and verdicts inside an nftables rule, from their JSON (libnftables-json(5))."""

import ipaddress
from collections.abc import Mapping
from typing import Any

from homeport.core.ruleset import Condition, Field, Go, Kind, Perhaps, Span, Test

_FIELDS = {
    ("meta", "iif"): Field.IIF,
    ("meta", "iifname"): Field.IIF,
    ("meta", "oif"): Field.OIF,
    ("meta", "oifname"): Field.OIF,
    ("meta", "nfproto"): Field.FAMILY,
    ("meta", "protocol"): Field.FAMILY,
    ("ip", "saddr"): Field.SOURCE,
    ("ip6", "saddr"): Field.SOURCE,
    ("ip", "daddr"): Field.DESTINATION,
    ("ip6", "daddr"): Field.DESTINATION,
    ("tcp", "sport"): Field.SPORT,
    ("th", "sport"): Field.SPORT,
    ("tcp", "dport"): Field.DPORT,
    ("th", "dport"): Field.DPORT,
    ("icmpv6", "type"): Field.ICMP_TYPE,
    ("ct", "state"): Field.STATE,
    ("meta", "l4proto"): Field.TRANSPORT,
    ("ip", "protocol"): Field.TRANSPORT,
    ("ip6", "nexthdr"): Field.TRANSPORT,
}
_NAMED = (Field.IIF, Field.OIF, Field.STATE, Field.TRANSPORT, Field.ICMP_TYPE)
_PORTS = (Field.SPORT, Field.DPORT)
_FAMILIES = {"ipv4": 4, "ip": 4, "ipv6": 6, "ip6": 6}
_IMPLIED = {
    "ip": (Field.FAMILY, 4),
    "ip6": (Field.FAMILY, 6),
    "tcp": (Field.TRANSPORT, "tcp"),
    "icmpv6": (Field.TRANSPORT, "ipv6-icmp"),
}
_OTHER_TRANSPORTS = ("udp", "udplite", "sctp", "dccp", "icmp", "igmp", "esp", "comp", "gre")
# The numbers and other names of what nft may also print by name (/etc/protocols, RFC 4861).
_NAMES: dict[Field, dict[Any, str]] = {
    Field.TRANSPORT: {6: "tcp", 58: "ipv6-icmp", "icmpv6": "ipv6-icmp", 17: "udp", 1: "icmp"},
    Field.ICMP_TYPE: {135: "nd-neighbor-solicit", 136: "nd-neighbor-advert"},
}
_LARGEST_PORT = 65535
_KINDS = {kind.value: kind for kind in Kind if kind is not Kind.ANYTHING}


def verdict(statement: Mapping[str, Any]) -> Go:
    """`{"accept": null}`, `{"jump": {"target": ...}}`; what is not known may do ANYTHING."""
    [(name, value)] = statement.items()
    kind = _KINDS.get(name, Kind.ANYTHING)
    target = str(value["target"]) if kind in (Kind.JUMP, Kind.GOTO) else ""
    return Go(kind=kind, target=target)


def conditions(op: str, left: Any, right: Any, sets: Mapping[str, Any]) -> tuple[Condition, ...]:
    """What `left op right` asks of a packet; `sets` are the named sets of the table."""
    [(kind, value)] = left.items()
    if kind == "payload":
        about = str(value.get("protocol")), str(value.get("field"))
    else:
        about = kind, str(value.get("key")) if isinstance(value, Mapping) else ""
    implied = _implied(about[0])
    values = _values(right, sets)
    field = _FIELDS.get(about)
    if field is None or values is None or (kind == "ct" and set(value) != {"key"}):
        return (*implied, Perhaps())
    found = _test(op, field, values)
    if about == ("ip6", "nexthdr") and isinstance(found, Test) and _may_come_later(found):
        return (*implied, Perhaps())
    return (*implied, found)


def _implied(protocol: str) -> tuple[Condition, ...]:
    """What a look into a header presumes: `ip saddr` is about IPv4 only."""
    if protocol in _OTHER_TRANSPORTS:
        return (Test(field=Field.TRANSPORT, names=(protocol,)),)
    if protocol not in _IMPLIED:
        return ()
    field, value = _IMPLIED[protocol]
    if isinstance(value, int):
        return (Test(field=field, spans=((value, value),)),)
    return (Test(field=field, names=(str(value),)),)


def _may_come_later(test: Test) -> bool:
    """The first header of IPv6 need not be the transport: others may come before it."""
    return test.negated or bool({"tcp", "ipv6-icmp"} & set(test.names))


def _values(right: Any, sets: Mapping[str, Any]) -> list[Any] | None:
    """The elements of a set of any shape, a single value as a list; None: not known."""
    if isinstance(right, str) and right.startswith("@"):
        right = sets.get(right[1:])
    if isinstance(right, Mapping) and "set" in right:
        right = right["set"]
    if right is None or isinstance(right, str) or not isinstance(right, list):
        return None if right is None else [right]
    return [
        one["elem"]["val"] if isinstance(one, Mapping) and "elem" in one else one for one in right
    ]


def _test(op: str, field: Field, values: list[Any]) -> Condition:
    if field in _NAMED:
        values = [_NAMES.get(field, {}).get(one, one) if _is_plain(one) else one for one in values]
        # "*" alone is the element that catches what no other does.
        known = all(isinstance(one, str) and "\\" not in one and one != "*" for one in values)
        if known and op in ("==", "!=", "in"):
            return Test(field=field, names=tuple(values), negated=op == "!=")
        return Perhaps()
    spans = [_span(field, value) for value in values]
    found = tuple(span for span in spans if span is not None)
    if len(found) < len(spans):
        return Perhaps()
    if op in ("==", "!=", "in"):
        return Test(field=field, spans=found, negated=op == "!=")
    return _compared(op, field, found) if field in _PORTS and len(found) == 1 else Perhaps()


def _is_plain(value: Any) -> bool:
    return isinstance(value, int | str)


def _compared(op: str, field: Field, spans: tuple[Span, ...]) -> Condition:
    [(first, last)] = spans
    wanted = {
        "<": (0, first - 1),
        "<=": (0, last),
        ">": (last + 1, _LARGEST_PORT),
        ">=": (first, _LARGEST_PORT),
    }.get(op)
    return Test(field=field, spans=(wanted,)) if wanted else Perhaps()


def _span(field: Field, value: Any) -> Span | None:
    """A number, an address, a range or a prefix; None: not understood."""
    if isinstance(value, Mapping) and "range" in value:
        first, last = (_number(field, one) for one in value["range"])
        return None if first is None or last is None else (first, last)
    if isinstance(value, Mapping) and "prefix" in value and field not in _PORTS:
        prefix = value["prefix"]
        network = ipaddress.ip_network(f"{prefix['addr']}/{prefix['len']}", strict=False)
        return int(network.network_address), int(network.broadcast_address)
    number = _number(field, value)
    return None if number is None else (number, number)


def _number(field: Field, value: Any) -> int | None:
    if field is Field.FAMILY:
        return _FAMILIES.get(value) if isinstance(value, str) else None
    if field in _PORTS:
        return value if isinstance(value, int) else None
    try:
        return int(ipaddress.ip_address(value)) if isinstance(value, str) else None
    except ValueError:  # a name of a host
        return None

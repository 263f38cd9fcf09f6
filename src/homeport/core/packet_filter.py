"""Whether a packet filter lets a connection in: a sound, three-valued walk through the rules.

The packets are abstract: the source is somewhere in a network, its port is any for a NO, and for a
YES one that systems give to clients (RFC 6056 section 2.1). So a rule may match some of them; then
both ways are followed. YES means that all of them pass all chains, NO that each is dropped by one.
What is not understood is followed both ways too: it can make a YES or NO into UNKNOWN, never the
reverse.

A TCP connection is three kinds of packets: the first (connection tracking says `new`), those after
it (`established`), and the answers. IPv6 also needs neighbour discovery (RFC 4861), which is ICMPv6
and passes the same chains; ARP does not. YES needs all of them. NO is only said about the first.
"""

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from homeport.core.audience import Reason, ReasonCode, Verdict
from homeport.core.packet_walk import Fate, Packet, Walker
from homeport.core.ruleset import Chain, Rewrite, Ruleset, Span

_IN = ("ingress", "prerouting", "input")
_OUT = ("output", "postrouting", "egress")
_ANY_PORT: Span = (0, 65535)
_USUAL_PORTS: Span = (32768, 65535)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who connects: from somewhere in `sources` (networks of one family), coming by `interface`.

    `local`: from this computer itself, so the packets also pass the outgoing chains.
    """

    interface: str
    sources: tuple[str, ...]
    destination: str
    port: int
    local: bool = False


def admits(rules: Ruleset, visitor: Visitor, own: Iterable[str] = ()) -> Reason:
    """Whether `rules` let `visitor` connect; `own` are the addresses of this computer.

    The reason's `about` is the chain that drops it. Programs in the kernel (eBPF, XDP), traffic
    control and IPsec policies are not part of the rules and are not seen.
    """
    if rules.broken:
        return _reason(ReasonCode.FILTER_UNCLEAR)
    first = _journey(visitor, "new", _ANY_PORT)
    fates, where = _walk(rules, first)
    if Fate.PASS not in fates:
        if any(_leads_here(rewrite, visitor.port, own) for rewrite in rules.rewrites):
            return _reason(ReasonCode.FILTER_REWRITES)
        return Reason(code=ReasonCode.FILTER_DROPS, verdict=Verdict.NO, about=where)
    fates, where = _walk(rules, _journey(visitor, "new", _USUAL_PORTS))
    if Fate.DROP in fates:
        unclear = Fate.UNCLEAR in fates
        code = ReasonCode.FILTER_UNCLEAR if unclear else ReasonCode.FILTER_DEPENDS
        return Reason(code=code, verdict=Verdict.UNKNOWN, about=where)
    later = _journey(visitor, "established", _USUAL_PORTS)
    for journey in (later, [_answered(packet, hooks) for packet, hooks in later]):
        fates, where = _walk(rules, journey)
        if Fate.DROP in fates:
            return Reason(code=ReasonCode.FILTER_REPLIES, verdict=Verdict.UNKNOWN, about=where)
    for journey in _neighbour_discovery(visitor):
        fates, where = _walk(rules, journey)
        if Fate.DROP in fates:
            return Reason(code=ReasonCode.FILTER_NEIGHBOURS, verdict=Verdict.UNKNOWN, about=where)
    return Reason(code=ReasonCode.FILTER_LETS_IN, verdict=Verdict.YES)


def _reason(code: ReasonCode) -> Reason:
    return Reason(code=code, verdict=Verdict.UNKNOWN)


def _leads_here(rewrite: Rewrite, port: int, own: Iterable[str]) -> bool:
    return rewrite.port in (None, port) and (rewrite.ip is None or rewrite.ip in own)


Journey = list[tuple[Packet, tuple[str, ...]]]
"""A packet and the hooks it passes; between two stations it may change its interface."""


def _journey(visitor: Visitor, state: str, sport: Span) -> Journey:
    destination = int(ipaddress.ip_address(visitor.destination))
    packet = Packet(
        family=6 if ":" in visitor.destination else 4,
        sources=tuple(map(_span_of, visitor.sources)),
        destinations=((destination, destination),),
        sport=sport,
        dport=(visitor.port, visitor.port),
        state=state,
        iif=visitor.interface,
    )
    leaving = replace(packet, iif=None, oif=visitor.interface)
    return [*([(leaving, _OUT)] if visitor.local else []), (packet, _IN)]


def _neighbour_discovery(visitor: Visitor) -> Iterator[Journey]:
    """Question and answer, both ways; the kernel does not track them (nf_conntrack_proto_icmpv6).

    They go between link-local or other addresses of the two, or to a multicast group of the link.
    """
    if visitor.local or ":" not in visitor.destination:
        return
    theirs = tuple(map(_span_of, (*visitor.sources, "fe80::/10")))
    ours = tuple(map(_span_of, (visitor.destination, "fe80::/10")))
    group = (_span_of("ff02::/16"),)
    for kind in ("nd-neighbor-solicit", "nd-neighbor-advert"):
        packet = Packet(
            family=6,
            sources=theirs,
            destinations=ours + group,
            sport=_ANY_PORT,
            dport=_ANY_PORT,
            state="untracked",
            transport="ipv6-icmp",
            icmp_type=kind,
            iif=visitor.interface,
        )
        leaving = replace(
            packet, sources=ours, destinations=theirs + group, iif=None, oif=visitor.interface
        )
        yield [(packet, _IN)]
        yield [(leaving, _OUT)]


def _answered(packet: Packet, hooks: tuple[str, ...]) -> tuple[Packet, tuple[str, ...]]:
    """The answer takes the same stations the other way."""
    answer = replace(
        packet,
        sources=packet.destinations,
        destinations=packet.sources,
        sport=packet.dport,
        dport=packet.sport,
        iif=packet.oif,
        oif=packet.iif,
    )
    return answer, _OUT if hooks == _IN else _IN


def _span_of(network: str) -> Span:
    found = ipaddress.ip_network(network)
    return int(found.network_address), int(found.broadcast_address)


def _walk(rules: Ruleset, journey: Journey) -> tuple[Fate, str]:
    """What all chains together may do, and the first that may drop.

    Each chain that lets a packet pass leaves it to the next one: a way in needs PASS from all.
    """
    passes, fates, where = True, Fate(0), ""
    for packet, hooks in journey:
        on_the_way = [chain for chain in rules.chains if chain.hook in hooks]
        for chain in sorted(on_the_way, key=lambda one: (hooks.index(str(one.hook)), one.priority)):
            if not _sees(chain, packet):
                continue
            found = Walker(rules, packet).base(chain)
            passes = passes and Fate.PASS in found
            fates |= found & (Fate.DROP | Fate.UNCLEAR)
            if Fate.DROP in found and not where:
                where = f"{chain.family} {chain.table} {chain.name}"
    return fates | (Fate.PASS if passes else Fate(0)), where


def _sees(chain: Chain, packet: Packet) -> bool:
    """Address translation is only asked about the first packet of a connection."""
    if chain.nat and packet.state != "new":
        return False
    return chain.family != ("ip6" if packet.family == 4 else "ip")

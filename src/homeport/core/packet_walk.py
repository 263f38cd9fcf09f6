"""One packet on its way through the chains of a ruleset: what may happen to it.

Where a rule may match, both ways are followed (see `core/packet_filter`).
"""

from dataclasses import dataclass, field
from enum import Flag, auto

from homeport.core.audience import Verdict
from homeport.core.ruleset import (
    Chain,
    Choice,
    Condition,
    Field,
    Go,
    Kind,
    Perhaps,
    Ruleset,
    Span,
    Step,
    Test,
)

_DEEPEST = 16  # NFT_JUMP_STACK_SIZE of the kernel


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """All packets of one kind: each field is what it may be. None: no such interface is known."""

    family: int
    sources: tuple[Span, ...]
    destinations: tuple[Span, ...]
    sport: Span
    dport: Span
    state: str
    transport: str = "tcp"
    icmp_type: str | None = None
    iif: str | None = None
    oif: str | None = None


class Fate(Flag):
    """What may happen to a packet: several at once. BACK: the end of the chain."""

    PASS = auto()
    DROP = auto()
    NEXT = auto()
    BACK = auto()
    UNCLEAR = auto()


ANY = Fate.PASS | Fate.DROP | Fate.NEXT | Fate.UNCLEAR


@dataclass(slots=True)
class Walker:
    """One packet on its way; what a chain does is found once."""

    rules: Ruleset
    packet: Packet
    seen: dict[tuple[str, str, str], Fate] = field(default_factory=dict)
    depth: int = 0

    def base(self, chain: Chain) -> Fate:
        """What a chain with a hook may do: PASS, DROP, UNCLEAR."""
        policy = Fate.DROP if chain.drops else Fate.PASS
        if chain.family not in ("ip", "ip6", "inet") or chain.hook in ("ingress", "egress"):
            # Below IP: its rules are about other things (Ethernet, ARP), and not followed.
            quiet = not chain.rules and not chain.drops
            return Fate.PASS if quiet else ANY & ~Fate.NEXT
        found = self.chain(chain)
        fates = found & ~Fate.BACK
        if Fate.BACK in found:
            fates |= policy
        return fates | (Fate.PASS | Fate.UNCLEAR if chain.perhaps else Fate(0))

    def chain(self, chain: Chain) -> Fate:
        """What a chain may do, its policy apart."""
        key = (chain.family, chain.table, chain.name)
        if key not in self.seen:
            # For a loop or more depth, which the kernel does not allow.
            self.seen[key] = ANY | Fate.BACK
            if self.depth < _DEEPEST:
                self.depth += 1
                self.seen[key] = self._rules(chain)
                self.depth -= 1
        return self.seen[key]

    def _rules(self, chain: Chain) -> Fate:
        fates = Fate(0)
        for rule in chain.rules:
            found = self._rule(rule, chain)
            fates |= found & ~Fate.NEXT
            if Fate.NEXT not in found:
                return fates
        return fates | Fate.BACK

    def _rule(self, rule: tuple[Step, ...], chain: Chain) -> Fate:
        fates = Fate(0)
        for step in rule:
            match step:
                case Go():
                    return fates | self._go(step, chain)
                case Choice():
                    return fates | self._choice(step, chain)
                case _:
                    holds, unclear = self._holds(step)
                    if holds is not Verdict.YES:
                        fates |= Fate.NEXT | unclear
                    if holds is Verdict.NO:
                        return fates
        return fates | Fate.NEXT

    def _choice(self, choice: Choice, chain: Chain) -> Fate:
        fates = Fate(0)
        for conditions, go in choice.branches:
            found = [self._holds(condition) for condition in conditions]
            holds = min((one for one, _ in found), default=Verdict.YES)
            if holds is not Verdict.NO:
                fates |= self._go(go, chain)
                for _, unclear in found:
                    fates |= unclear
            if holds is Verdict.YES:
                return fates
        return fates | Fate.NEXT

    def _go(self, go: Go, chain: Chain) -> Fate:
        match go.kind:
            case Kind.ACCEPT:
                return Fate.PASS
            case Kind.DROP:
                return Fate.DROP
            case Kind.CONTINUE:
                return Fate.NEXT
            case Kind.RETURN:
                return Fate.BACK
            case Kind.ANYTHING:
                return ANY
        found = self._target(go, chain)
        if go.kind is Kind.JUMP and Fate.BACK in found:
            return (found & ~Fate.BACK) | Fate.NEXT
        return found

    def _target(self, go: Go, chain: Chain) -> Fate:
        place = (chain.family, chain.table, go.target)
        for other in self.rules.chains:
            if (other.family, other.table, other.name) == place:
                return self.chain(other)
        return ANY | Fate.BACK

    def _holds(self, condition: Condition) -> tuple[Verdict, Fate]:
        """Whether all, some or none of the packets meet it; UNCLEAR when we cannot tell."""
        if isinstance(condition, Perhaps):
            return Verdict.UNKNOWN, Fate.UNCLEAR
        found = self._meets(condition)
        return (Verdict(2 - found) if condition.negated else found), Fate(0)

    def _meets(self, test: Test) -> Verdict:
        packet = self.packet
        match test.field:
            case Field.IIF:
                return _named(packet.iif, test.names)
            case Field.OIF:
                return _named(packet.oif, test.names)
            case Field.STATE:
                return _named(None if self.rules.untracked else packet.state, test.names)
            case Field.TRANSPORT:
                return _named(packet.transport, test.names)
            case Field.ICMP_TYPE:
                return _named(packet.icmp_type, test.names)
            case Field.FAMILY:
                spans: tuple[Span, ...] = ((packet.family, packet.family),)
            case Field.SOURCE:
                spans = packet.sources
            case Field.DESTINATION:
                spans = packet.destinations
            case Field.SPORT:
                spans = (packet.sport,)
            case _:
                spans = (packet.dport,)
        return _within(spans, test.spans)


def _named(name: str | None, wanted: tuple[str, ...]) -> Verdict:
    if name is None:
        return Verdict.UNKNOWN
    hit = any(name.startswith(one[:-1]) if one.endswith("*") else name == one for one in wanted)
    return Verdict.YES if hit else Verdict.NO


def _within(spans: tuple[Span, ...], wanted: tuple[Span, ...]) -> Verdict:
    """Whether all of `spans` lies in `wanted`, or none of it; two halves count as some."""
    if all(any(low <= first and last <= high for low, high in wanted) for first, last in spans):
        return Verdict.YES
    touched = any(first <= high and low <= last for first, last in spans for low, high in wanted)
    return Verdict.UNKNOWN if touched else Verdict.NO

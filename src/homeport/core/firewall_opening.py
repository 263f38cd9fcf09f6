"""What to type to let one network in through the firewall that was seen, and to close it again.

Only for a firewall that was seen. Where the rules themselves were read, a command is given only if
the walk through the rules with it (`core/packet_filter`) ends in a YES. Sources: ufw(8),
firewall-cmd(1) and firewalld.richlanguage(5), nft(8).
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, replace

from homeport.core.address import ip_version, network_of
from homeport.core.audience import Reason, Verdict
from homeport.core.firewall import Firewall, FrontEnd
from homeport.core.packet_filter import Visitor, admits
from homeport.core.ruleset import Chain, Field, Go, Kind, Ruleset, Step, Test
from homeport.core.shell_words import quoted

_MOST_CHAINS = 4
_OF_UFW = ("ip filter INPUT", "ip6 filter INPUT")
_LOOKS = {
    FrontEnd.UFW: "sudo ufw status verbose",
    FrontEnd.FIREWALLD: "sudo firewall-cmd --list-all-zones",
    FrontEnd.NFTABLES: "sudo nft list ruleset",
    FrontEnd.MACOS: "/usr/libexec/ApplicationFirewall/socketfilterfw --listapps",
    FrontEnd.WINDOWS: "netsh advfirewall show currentprofile",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Commands for a POSIX shell, in their order; `close` takes back what `open` does."""

    open: tuple[str, ...]
    close: tuple[str, ...]


def opening(
    reason: Reason,
    visitor: Visitor,
    firewall: Firewall,
    *,
    seconds: float | None = None,
    own: Iterable[str] = (),
) -> Opening | None:
    """What lets `visitor` in, of whom `reason` says that the firewall does not, or perhaps not.

    `seconds`: until when it is wanted, for front ends that can end it by themselves. None where
    nothing was seen that could be opened, or nothing is known that would open it.
    """
    if reason.verdict is Verdict.YES or not visitor.sources:
        return None
    source = network_of(visitor.sources[0])
    on = {hint.front_end for hint in firewall.hints if hint.on}
    if FrontEnd.UFW in on and reason.about in (FrontEnd.UFW.value, *_OF_UFW):
        return _ufw(source, visitor)
    if FrontEnd.FIREWALLD in on and FrontEnd.FIREWALLD.value in reason.about.split(" "):
        return _firewalld(source, visitor, seconds)
    if firewall.rules is None or firewall.uninterpreted:
        return None
    chains = _chains_to_open(firewall.rules, visitor, tuple(own))
    return _nft(chains, source, visitor) if chains else None


def how_to_look(firewall: Firewall) -> str:
    """The command that shows the rules to somebody who may read them."""
    on = [hint.front_end for hint in firewall.hints if hint.on is not False]
    if on:
        return _LOOKS[on[0]]
    legacy = "iptables (legacy)" in firewall.uninterpreted
    return "sudo iptables-legacy-save" if legacy else _LOOKS[FrontEnd.NFTABLES]


def _ufw(source: str, visitor: Visitor) -> Opening:
    rule = f"allow from {source} to {visitor.destination} port {visitor.port} proto tcp"
    return Opening(open=(f"sudo ufw {rule}",), close=(f"sudo ufw delete {rule}",))


def _firewalld(source: str, visitor: Visitor, seconds: float | None) -> Opening:
    """At runtime only: nothing of it is left after a reload of firewalld."""
    family = f"ipv{ip_version(visitor.destination)}"
    rule = (
        f'rule family="{family}" source address="{source}" '
        f'destination address="{visitor.destination}" '
        f'port port="{visitor.port}" protocol="tcp" accept'
    )
    name = quoted(visitor.interface)
    zone = (
        f'--zone="$(firewall-cmd --get-zone-of-interface={name} 2>/dev/null'
        ' || firewall-cmd --get-default-zone)"'
    )
    until = f" --timeout={max(int(seconds), 1)}" if seconds is not None else ""
    return Opening(
        open=(f"sudo firewall-cmd {zone} --add-rich-rule='{rule}'{until}",),
        close=(f"sudo firewall-cmd {zone} --remove-rich-rule='{rule}'",),
    )


def _chains_to_open(rules: Ruleset, visitor: Visitor, own: tuple[str, ...]) -> list[Chain]:
    """The chains that need a rule at their head, until all of them let the visitor in."""
    found: list[Chain] = []
    for _ in range(_MOST_CHAINS + 1):
        said = admits(rules, visitor, own)
        if said.verdict is Verdict.YES:
            return found
        named = [one for one in rules.chains if _name(one) == said.about]
        if not named or named[0].hook not in ("input", "prerouting"):
            break
        if any(_name(one) == said.about for one in found):
            break
        found += named[:1]
        rules = _with_rule(rules, named[0], visitor)
    return []


def _with_rule(rules: Ruleset, chain: Chain, visitor: Visitor) -> Ruleset:
    rule = _rule(visitor)
    chains = tuple(
        replace(one, rules=(rule, *one.rules)) if one is chain else one for one in rules.chains
    )
    return replace(rules, chains=chains)


def _rule(visitor: Visitor) -> tuple[Step, ...]:
    version = ip_version(visitor.destination)
    return (
        Test(field=Field.FAMILY, spans=((version, version),)),
        Test(field=Field.SOURCE, spans=(_span(visitor.sources[0]),)),
        Test(field=Field.DESTINATION, spans=(_span(visitor.destination),)),
        Test(field=Field.TRANSPORT, names=("tcp",)),
        Test(field=Field.DPORT, spans=((visitor.port, visitor.port),)),
        Go(kind=Kind.ACCEPT),
    )


def _span(text: str) -> tuple[int, int]:
    network = ipaddress.ip_network(text, strict=False)
    return int(network.network_address), int(network.broadcast_address)


def _name(chain: Chain) -> str:
    return f"{chain.family} {chain.table} {chain.name}"


def _nft(chains: list[Chain], source: str, visitor: Visitor) -> Opening:
    """The rule carries a comment, by which its handle is found again."""
    ip = "ip6" if ":" in visitor.destination else "ip"
    mark = f"homeport-{visitor.port}"
    match = f"{ip} saddr {source} {ip} daddr {visitor.destination} tcp dport {visitor.port}"
    opens, closes = [], []
    for chain in chains:
        place = " ".join(map(quoted, (chain.family, chain.table, chain.name)))
        opens.append(f"sudo nft insert rule {place} {match} accept comment {mark}")
        handle = (
            f"$(sudo nft -a list chain {place} | sed -n 's/.*\"{mark}\" # handle //p' | head -n 1)"
        )
        closes.append(f'sudo nft delete rule {place} handle "{handle}"')
    return Opening(open=tuple(opens), close=tuple(closes))

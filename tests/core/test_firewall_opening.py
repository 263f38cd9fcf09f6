"""Commands that open what was seen, and close it again."""

from dataclasses import replace

import pytest

from homeport.core.audience import Reason, ReasonCode, Verdict
from homeport.core.firewall import Firewall, FirewallHint, FrontEnd
from homeport.core.firewall_opening import how_to_look, opening
from homeport.core.packet_filter import Visitor, admits
from homeport.core.ruleset import Chain, Field, Go, Kind, Perhaps, Ruleset, Step, Test

FOUR = Visitor(
    interface="wlan0", sources=("192.168.1.0/24",), destination="192.168.1.20", port=8000
)
SIX = Visitor(interface="wlan0", sources=("fd77::/64",), destination="fd77::1", port=8000)
UNREAD = Reason(code=ReasonCode.FILTER_UNREAD, verdict=Verdict.UNKNOWN, about="needs root")
DROP = (Go(kind=Kind.DROP),)
ACCEPT_NEIGHBOURS = (
    Test(field=Field.TRANSPORT, names=("ipv6-icmp",)),
    Go(kind=Kind.ACCEPT),
)


def hint(front_end: FrontEnd, *, on: bool | None = True) -> FirewallHint:
    return FirewallHint(front_end=front_end, on=on)


def denies(about: str) -> Reason:
    return Reason(code=ReasonCode.FRONT_END_DENIES, verdict=Verdict.UNKNOWN, about=about)


def chain(*rules: tuple[Step, ...], **what: object) -> Chain:
    usual = {"family": "inet", "table": "test", "name": "in", "hook": "input", "rules": rules}
    return Chain(**(usual | what))  # type: ignore[arg-type]


def commands_for(*chains: Chain, visitor: Visitor = FOUR) -> tuple[tuple[str, ...], ...]:
    rules = Ruleset(chains=chains)
    found = opening(admits(rules, visitor), visitor, Firewall(rules=rules))
    return () if found is None else (found.open, found.close)


def test_ufw_takes_its_own_words() -> None:
    firewall = Firewall(hints=(hint(FrontEnd.UFW),))
    found = opening(denies("ufw"), FOUR, firewall)
    assert found is not None
    rule = "allow from 192.168.1.0/24 to 192.168.1.20 port 8000 proto tcp"
    assert found.open == (f"sudo ufw {rule}",)
    assert found.close == (f"sudo ufw delete {rule}",)


def test_rules_of_ufw_that_were_read_are_opened_by_ufw() -> None:
    drops = Reason(code=ReasonCode.FILTER_DROPS, verdict=Verdict.NO, about="ip filter INPUT")
    firewall = Firewall(hints=(hint(FrontEnd.UFW),), rules=Ruleset())
    found = opening(drops, FOUR, firewall)
    assert found is not None and found.open[0].startswith("sudo ufw allow ")


@pytest.mark.parametrize("about", ["firewalld", "inet firewalld filter_INPUT"])
def test_firewalld_is_opened_at_runtime_in_the_zone_of_the_interface(about: str) -> None:
    firewall = Firewall(hints=(hint(FrontEnd.FIREWALLD),))
    found = opening(denies(about), FOUR, firewall, seconds=1799.6)
    assert found is not None
    [command], [undo] = found.open, found.close
    assert "--get-zone-of-interface=wlan0" in command
    rule = (
        'rule family="ipv4" source address="192.168.1.0/24" '
        'destination address="192.168.1.20" port port="8000" protocol="tcp" accept'
    )
    assert command.endswith(f"--add-rich-rule='{rule}' --timeout=1799")
    assert undo.endswith(f"--remove-rich-rule='{rule}'")
    assert "--permanent" not in command


def test_firewalld_without_an_end_and_for_ipv6() -> None:
    firewall = Firewall(hints=(hint(FrontEnd.FIREWALLD),))
    found = opening(denies("firewalld"), SIX, firewall)
    assert found is not None
    assert 'family="ipv6"' in found.open[0]
    assert "--timeout" not in found.open[0]


def test_only_a_firewall_that_was_seen_is_opened() -> None:
    assert opening(UNREAD, FOUR, Firewall()) is None
    off = Firewall(hints=(hint(FrontEnd.UFW, on=False), hint(FrontEnd.FIREWALLD, on=False)))
    assert opening(denies("ufw"), FOUR, off) is None
    assert opening(denies("firewalld"), FOUR, off) is None
    lets_in = Reason(code=ReasonCode.FILTER_EMPTY, verdict=Verdict.YES)
    assert opening(lets_in, FOUR, Firewall(rules=Ruleset())) is None
    legacy = Firewall(rules=Ruleset(), uninterpreted=("iptables (legacy)",))
    assert opening(UNREAD, FOUR, legacy) is None


def test_nobody_to_let_in() -> None:
    firewall = Firewall(hints=(hint(FrontEnd.UFW),))
    assert opening(denies("ufw"), replace(FOUR, sources=()), firewall) is None


def test_a_rule_at_the_head_of_the_chain_that_drops() -> None:
    [command], [undo] = commands_for(chain(DROP))
    match = "ip saddr 192.168.1.0/24 ip daddr 192.168.1.20 tcp dport 8000"
    wanted = f"sudo nft insert rule inet test in {match} accept comment homeport-8000"
    assert command == wanted
    assert undo.startswith("sudo nft delete rule inet test in handle ")
    assert '"homeport-8000" # handle' in undo


def test_every_chain_that_drops_needs_one() -> None:
    opens, closes = commands_for(chain(DROP), chain(drops=True, name="later", priority=5))
    assert [text.split(" ")[6] for text in opens] == ["in", "later"]
    assert len(closes) == 2


def test_ipv6_is_let_in_by_its_own_words() -> None:
    [command], _ = commands_for(chain(ACCEPT_NEIGHBOURS, DROP), visitor=SIX)
    assert "ip6 saddr fd77::/64 ip6 daddr fd77::1 tcp" in command


def test_no_command_is_given_that_would_not_open_it() -> None:
    outgoing = chain(drops=True, name="out", hook="output")
    assert commands_for(chain(DROP), outgoing) == ()
    below = chain(DROP, family="netdev", hook="ingress")
    assert commands_for(below) == ()
    many = [chain(DROP, name=f"in{number}", priority=number) for number in range(6)]
    assert commands_for(*many) == ()
    asleep = chain((Perhaps(), *DROP), family="bridge", hook="input")
    assert commands_for(asleep) == ()
    broken = Ruleset(broken=True)
    assert opening(admits(broken, FOUR), FOUR, Firewall(rules=broken)) is None


def test_names_of_chains_are_only_words_for_the_shell() -> None:
    [command], [undo] = commands_for(chain(DROP, name="$(reboot)"))
    assert "'$(reboot)'" in command and "'$(reboot)'" in undo


def test_how_to_look_is_what_the_firewall_that_was_seen_has() -> None:
    assert how_to_look(Firewall()) == "sudo nft list ruleset"
    assert how_to_look(Firewall(hints=(hint(FrontEnd.UFW),))) == "sudo ufw status verbose"
    assert how_to_look(Firewall(hints=(hint(FrontEnd.UFW, on=False),))) == "sudo nft list ruleset"
    legacy = Firewall(uninterpreted=("iptables (legacy)",))
    assert how_to_look(legacy) == "sudo iptables-legacy-save"

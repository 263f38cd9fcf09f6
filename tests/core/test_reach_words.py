"""What is said about reach. Every code has words; no sentence claims more than was read."""

from dataclasses import replace

import pytest

from homeport.core.address import InterfaceKind
from homeport.core.audience import Asker, Audience, AudienceKind, Reason, ReasonCode, Verdict
from homeport.core.facts import Listener
from homeport.core.firewall import Firewall, FirewallHint, FrontEnd
from homeport.core.questions import questions
from homeport.core.reach import reach
from homeport.core.reach_words import audience, question, reason, short, ufw_commands, verdict, why
from tests.core.reach_scene import (
    CABLE,
    DOCKER,
    LO,
    READ,
    TAILNET,
    WIFI,
    facts,
    listener,
    look,
    of,
)

ALL = listener("0.0.0.0")
UFW = Firewall(hints=(FirewallHint(front_end=FrontEnd.UFW, on=True, denies=True),))
NEVER = ("secure", "nobody can", "blocked by your firewall", "//0.0.0.0")


@pytest.mark.parametrize("code", ReasonCode, ids=lambda code: code.value)
def test_every_reason_is_a_phrase_with_and_without_what_it_is_about(code: ReasonCode) -> None:
    for about in ("", "eth0"):
        text = reason(Reason(code=code, verdict=Verdict.UNKNOWN, about=about))
        assert text
        assert not text.endswith(".")
        assert "chain {}" not in text
        assert not any(word in text for word in NEVER)


def test_verdicts_are_words() -> None:
    assert [verdict(one) for one in Verdict] == ["no", "maybe", "yes"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Audience(kind=AudienceKind.SELF), "programs on this computer"),
        (Audience(kind=AudienceKind.USERS), "other users of this computer"),
        (
            Audience(
                kind=AudienceKind.CONTAINERS, interface="docker0", networks=("172.17.0.0/16",)
            ),
            "containers and VMs on docker0 (172.17.0.0/16)",
        ),
        (
            Audience(kind=AudienceKind.VPN, interface="wg0", networks=("10.8.0.0/24",)),
            "peers in the VPN wg0 (10.8.0.0/24)",
        ),
        (
            Audience(kind=AudienceKind.VPN, interface="ts0", networks=("fd7a:115c:a1e0::1/128",)),
            "peers in the tailnet ts0 (fd7a:115c:a1e0::1/128)",
        ),
        (
            Audience(
                kind=AudienceKind.NETWORK,
                interface="wlan0",
                networks=("192.168.1.0/24",),
                medium=InterfaceKind.WIFI,
            ),
            "devices on Wi-Fi wlan0 (192.168.1.0/24)",
        ),
        (
            Audience(kind=AudienceKind.NETWORK, interface="x0", medium=InterfaceKind.OTHER),
            "devices on x0",
        ),
        (
            Audience(kind=AudienceKind.INTERNET),
            "beyond the router (other networks, the internet)",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_audiences_are_named(value: Audience, words: str) -> None:
    assert audience(value) == words


def test_a_loopback_address_is_no_work_of_a_firewall() -> None:
    found = look(listener("127.0.0.1"), listener("::1", v6only=True))
    assert why(of(found, AudienceKind.NETWORK)) == (
        "it listens on 127.0.0.1 and ::1, not on a network address; "
        "this does not depend on a firewall"
    )


def test_a_yes_says_by_what_and_why() -> None:
    found = of(look(ALL), AudienceKind.NETWORK)
    assert why(found) == "by 192.168.1.20; no firewall rules are loaded"


@pytest.mark.parametrize(
    ("firewall", "interfaces", "text"),
    [
        (READ, (LO, WIFI), "this computer + Wi-Fi 192.168.1.0/24"),
        (
            Firewall(why_unreadable="why"),
            (LO, WIFI),
            "this computer + Wi-Fi 192.168.1.0/24 (firewall not checked)",
        ),
        (UFW, (LO, CABLE), "this computer + Ethernet 10.1.0.0/16 (ufw is on)"),
        (READ, (LO, DOCKER, TAILNET), "this computer + containers on docker0 + tailnet"),
        (
            READ,
            (LO, replace(TAILNET, name="wg0", addresses=("10.8.0.1/24",))),
            "this computer + VPN wg0",
        ),
        (
            READ,
            (LO, replace(CABLE, addresses=("8.8.8.8/24",), gateways=(4,))),
            "this computer + Ethernet 8.8.8.0/24 + the internet (maybe)",
        ),
        (
            READ,
            (LO, replace(CABLE, kind=InterfaceKind.OTHER)),
            "this computer + network 10.1.0.0/16",
        ),
        (
            replace(READ, other_routing=True),
            (LO, WIFI),
            "this computer + Wi-Fi 192.168.1.0/24 (maybe)",
        ),
    ],
)
def test_the_short_form_for_a_table(
    firewall: Firewall,
    interfaces: tuple,  # type: ignore[type-arg]
    text: str,
) -> None:
    assert short(look(ALL, firewall=firewall, interfaces=interfaces)) == text


def test_the_short_form_leaves_out_what_takes_an_effort() -> None:
    found = look(listener("192.168.1.20"), interfaces=(LO, WIFI, CABLE))
    assert short(found) == "this computer + Wi-Fi 192.168.1.0/24"
    loopback = listener("127.0.0.1")
    assert short(look(loopback)) == "this computer"
    warned = look(loopback, firewall=replace(READ, route_localnet=("wlan0",)))
    assert short(warned) == "this computer + Wi-Fi 192.168.1.0/24 (route_localnet is on)"
    assert short(look(ALL, others=(loopback, listener("192.168.1.20")))) == (
        "no address leads to it"
    )


def answers(*ours: Listener, others: tuple[Listener, ...] = (), **more: object) -> dict[Asker, str]:
    seen = facts(*ours, *others, **more)  # type: ignore[arg-type]
    return {one.asker: question(one) for one in questions(reach(ours, seen), seen)}


def test_the_founding_questions_are_answered_in_sentences() -> None:
    said = answers(listener("127.0.0.1"))
    assert said[Asker.BROWSER] == "A browser on this computer: yes, http://localhost:8000."
    assert said[Asker.PYTHON] == "A Python client on this computer: yes, http://127.0.0.1:8000."
    assert said[Asker.PHONE] == (
        "A phone on the same network: no; it listens on 127.0.0.1, not on a network address; "
        "this does not depend on a firewall."
    )


def test_a_maybe_says_why_and_what_to_try() -> None:
    assert answers(ALL, firewall=UFW)[Asker.PHONE] == (
        "A phone on the same network: maybe; ufw is on and refuses incoming connections by "
        "default; its rules need administrator rights to read. "
        "http://192.168.1.20:8000 is what to try."
    )


def test_half_a_localhost_is_said() -> None:
    half = answers(listener("127.0.0.1"), others=(listener("::1", v6only=True),))
    assert half[Asker.BROWSER].endswith(
        "yes, http://127.0.0.1:8000. Localhost:8000 is not certain: "
        "another server has one of its two addresses."
    )


def test_a_question_without_a_network_or_without_a_link() -> None:
    assert answers(ALL, interfaces=(LO,))[Asker.PHONE] == (
        "A phone on the same network: no. This computer is on no network that it could share."
    )
    bare = (LO, replace(WIFI, addresses=("fe80::1/64",)))
    said = answers(listener("::", v6only=True), interfaces=bare)[Asker.COMPUTER]
    assert said.startswith("Another computer: maybe. Only by a link-local address (fe80::)")


def test_a_program_here_is_let_in_also_when_the_rules_were_not_read_and_that_is_said() -> None:
    found = look(listener("127.0.0.1"), firewall=Firewall())
    assert why(of(found, AudienceKind.SELF)) == "by 127.0.0.1; firewall not checked"


def test_the_command_that_lets_a_network_in_by_ufw() -> None:
    found = look(ALL, listener("::", v6only=True), firewall=UFW)
    rule = "allow from 192.168.1.0/24 to 192.168.1.20 port 8000 proto tcp"
    six = "allow from fd77::/64 to fd77::1 port 8000 proto tcp"
    assert ufw_commands(of(found, AudienceKind.NETWORK), 8000) == (
        (f"sudo ufw {rule}", f"sudo ufw delete {rule}"),
        (f"sudo ufw {six}", f"sudo ufw delete {six}"),
    )


def test_no_command_where_ufw_is_not_the_doubt() -> None:
    assert ufw_commands(of(look(ALL), AudienceKind.NETWORK), 8000) == ()
    nets = Audience(kind=AudienceKind.NETWORK, networks=("fd77::/64",))
    odd = replace(of(look(ALL, firewall=UFW), AudienceKind.NETWORK), audience=nets)
    assert ufw_commands(odd, 8000) == ()

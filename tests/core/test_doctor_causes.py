"""What is likely, and what the doctor says to do."""

from dataclasses import replace

import pytest

from homeport.core.doctor import Does, Examined, OwnVisit, Says
from homeport.core.doctor_causes import diagnosis
from homeport.core.firewall_opening import Opening
from homeport.core.runs_in import Engine, RunsIn, WslNetwork
from tests.core.doctor_scene import (
    AT_HOME,
    CABLE,
    DENIES,
    DROPS,
    OPENED,
    SHARED,
    SPOT,
    TUNNEL,
    UNREAD,
    WLAN,
    came,
    device,
    neighbour,
    peer,
    share,
    spot,
)

OPENING = Opening(open=("open it",), close=("close it",))


def causes(seen: Examined) -> list[Says]:
    return [cause.note.says for cause in diagnosis(seen).causes]


def next_of(seen: Examined) -> Says:
    return diagnosis(seen).next.says


def test_when_nothing_arrived_the_device_is_likely_on_another_network() -> None:
    assert causes(SHARED) == [
        Says.CAUSE_OTHER_NETWORK,
        Says.CAUSE_ISOLATION,
        Says.CAUSE_VPN_THERE,
        Says.CAUSE_PERMISSION,
    ]
    assert next_of(SHARED) is Says.NEXT_TRY
    assert diagnosis(SHARED).next.about == ("192.168.1.0/24", "http://192.168.1.20:8000")
    assert not diagnosis(SHARED).hindered


def test_rules_that_were_not_read_come_later_unless_something_speaks_for_them() -> None:
    assert causes(spot(firewall=(UNREAD,)))[2] is Says.CAUSE_FIREWALL
    heard = (neighbour("192.168.1.34"),)
    for seen in (spot(firewall=(UNREAD,), neighbours=heard), spot(firewall=(DENIES,))):
        assert causes(seen)[0] is Says.CAUSE_FIREWALL
        assert next_of(seen) is Says.NEXT_LOOK_FIREWALL
    assert next_of(spot(firewall=(DENIES,), opening=OPENING)) is Says.NEXT_FIREWALL


def test_of_several_addresses_the_one_with_the_doubt_is_meant() -> None:
    other = replace(SPOT, name="eth0", firewall=(DENIES,), network="10.1.0.0/16", opening=OPENING)
    found = diagnosis(replace(OPENED, spots=(SPOT, other)))
    assert (found.next.says, found.next.about) == (Says.NEXT_FIREWALL, ("10.1.0.0/16",))


def test_an_address_that_changed_is_likelier_than_another_network() -> None:
    found = causes(share(moved_from="192.168.1.19"))
    assert found[:2] == [Says.CAUSE_OLD_ADDRESS, Says.CAUSE_OTHER_NETWORK]


def test_further_networks_and_tunnels_of_this_computer_are_named() -> None:
    found = causes(replace(SHARED, interfaces=(WLAN, CABLE, TUNNEL)))
    assert Says.CAUSE_SEVERAL in found
    assert Says.CAUSE_VPN_HERE in found
    quiet = causes(replace(spot(name="wg0"), interfaces=(WLAN, TUNNEL)))
    assert Says.CAUSE_VPN_HERE not in quiet


@pytest.mark.parametrize(
    ("engine", "command"),
    [
        (Engine.DOCKER, "docker run -p 8000:8000 "),
        (Engine.PODMAN, "podman run -p 8000:8000 "),
        (Engine.KUBERNETES, "kubectl port-forward "),
        (Engine.LXC, None),
    ],
)
def test_in_a_container_the_port_has_to_be_published(engine: Engine, command: str | None) -> None:
    seen = replace(SHARED, runs_in=RunsIn(container=engine, own_network=True))
    found = diagnosis(seen)
    assert found.causes[0].note.says is Says.CAUSE_CONTAINER
    assert found.next.says is Says.NEXT_CONTAINER
    commands = [text for each in found.causes[0].remedies for text in each.commands]
    assert [text.startswith(command or "") for text in commands] == [True] * bool(command)


def test_a_container_in_the_network_of_the_computer_is_no_cause() -> None:
    seen = replace(SHARED, runs_in=RunsIn(container=Engine.DOCKER, own_network=False))
    assert Says.CAUSE_CONTAINER not in causes(seen)


@pytest.mark.parametrize(
    ("network", "said", "program"),
    [
        (WslNetwork.NAT, Says.CAUSE_WSL_NAT, "netsh"),
        (WslNetwork.MIRRORED, Says.CAUSE_WSL_MIRRORED, "New-NetFirewallHyperVRule"),
        (WslNetwork.VIRTIO, Says.CAUSE_WSL_MIRRORED, "New-NetFirewallHyperVRule"),
        (WslNetwork.UNKNOWN, Says.CAUSE_WSL, None),
    ],
)
def test_in_wsl_windows_has_a_say(network: WslNetwork, said: Says, program: str | None) -> None:
    found = diagnosis(replace(SHARED, runs_in=RunsIn(wsl=2, wsl_network=network)))
    assert found.causes[0].note.says is said
    assert found.next.says is Says.NEXT_WSL
    assert [each.does for each in found.causes[0].remedies] == [Does.OPEN, Does.CLOSE] * bool(
        program
    )
    for text in [text for each in found.causes[0].remedies[:1] for text in each.commands]:
        assert program and text.startswith(program)
        assert "8000" in text


@pytest.mark.parametrize(
    ("seen", "wanted"),
    [
        (AT_HOME, Says.NEXT_SHARE),
        (share(phase="seeking"), Says.NEXT_WAIT),
        (spot(interface=None), Says.NEXT_SHARE_AGAIN),
        (spot(interface=replace(WLAN, up=False)), Says.NEXT_LINK_UP),
        (spot(interface=replace(WLAN, running=False)), Says.NEXT_LINK_UP),
        (spot(own_visit=OwnVisit(error="refused")), Says.NEXT_NO_ANSWER),
        (spot(firewall=(DROPS,)), Says.NEXT_LOOK_FIREWALL),
        (spot(firewall=(DROPS,), opening=OPENING), Says.NEXT_OPEN_FIREWALL),
    ],
)
def test_what_keeps_everybody_out_comes_first_and_needs_no_guesses(
    seen: Examined, wanted: Says
) -> None:
    for each in (seen, replace(seen, peers=(peer(allowed=1),))):
        found = diagnosis(each)
        assert found.next.says is wanted
        assert found.causes == ()
        assert found.hindered


def test_a_share_that_is_being_opened_is_waited_for() -> None:
    found = diagnosis(share(phase="opening"))
    assert found.next.says is Says.NEXT_WAIT
    assert not found.hindered


def test_a_device_that_was_let_in_is_proof() -> None:
    other = peer("192.168.1.35", refused=(("R2", 1),))
    found = diagnosis(came(peer(allowed=2), other))
    assert (found.next.says, found.next.about[0]) == (Says.NEXT_WORKS, "192.168.1.34")
    assert found.causes == ()
    assert not found.hindered


def test_at_an_open_door_arriving_is_all_that_is_known() -> None:
    found = diagnosis(replace(OPENED, peers=(peer(),)))
    assert found.next.says is Says.NEXT_ARRIVED
    assert not found.hindered


def test_who_waits_is_let_in_before_all_else() -> None:
    seen = came(peer(), devices=(device("waiting", number="0042"),))
    found = diagnosis(seen)
    assert found.next.about == ("homeport devices approve 0042 --of notes",)


@pytest.mark.parametrize(
    ("reason", "wanted"),
    [("TLSV1_ALERT_UNKNOWN_CA", Says.NEXT_TRUST), ("NO_SHARED_CIPHER", Says.NEXT_TLS)],
)
def test_a_handshake_that_failed(reason: str, wanted: Says) -> None:
    found = diagnosis(replace(spot(tls=True), peers=(peer(tls_failures=((reason, 1),)),)))
    assert found.next.says is wanted
    assert found.hindered


@pytest.mark.parametrize(("rule", "wanted"), [("R2", Says.NEXT_LINK), ("R4", Says.NEXT_REFUSED)])
def test_requests_that_were_refused(rule: str, wanted: Says) -> None:
    found = diagnosis(came(peer(refused=((rule, 1),))))
    assert found.next.says is wanted
    assert found.hindered


def test_who_got_here_and_was_asked_for_a_code_needs_a_link() -> None:
    found = diagnosis(came(peer()))
    assert found.next.says is Says.NEXT_PAIR
    assert not found.hindered


def test_where_no_code_is_asked_for_no_link_is_needed() -> None:
    found = diagnosis(replace(share(pairing=False), peers=(peer(),)))
    assert found.next.says is Says.NEXT_ARRIVED

"""Each rung of the doctor's ladder."""

from dataclasses import replace

import pytest

from homeport.core import doctor_here, doctor_steps
from homeport.core.address import InterfaceKind
from homeport.core.audience import Reason, ReasonCode, Verdict
from homeport.core.doctor import Does, Ended, OwnVisit, Remedy, Rung, Says, State
from homeport.core.firewall_opening import Opening
from homeport.core.neighbours import NeighbourState
from tests.core.doctor_scene import (
    AT_HOME,
    CABLE,
    DROPS,
    LETS_IN,
    OPENED,
    SHARED,
    SPOT,
    TUNNEL,
    UNREAD,
    WLAN,
    about,
    came,
    device,
    neighbour,
    peer,
    refusal,
    says,
    share,
    spot,
)

OPENING = Opening(open=("open it",), close=("close it",))


def test_the_ladder_has_all_rungs_in_their_order_whatever_was_seen() -> None:
    for seen in (SHARED, AT_HOME, OPENED):
        assert [step.rung for step in doctor_steps.steps(seen)] == list(Rung)


def test_what_is_not_listened_on_cannot_be_judged_further() -> None:
    first, *rest = doctor_steps.steps(AT_HOME)
    assert first.state is State.BAD
    assert {step.state for step in rest} == {State.NOT_YET}
    assert not any(step.notes for step in rest)


def test_nothing_is_shared() -> None:
    step = doctor_here.listening(AT_HOME)
    assert says(step) == [Says.ONLY_LOOPBACK]
    assert about(step, Says.ONLY_LOOPBACK) == ("127.0.0.1 and ::1",)
    assert step.remedies == (Remedy(Does.DO, ("homeport share notes",)),)


def test_how_the_last_share_ended_is_told() -> None:
    ended = Ended(line="No longer shared: its time is over.", at=AT_HOME.time - 3600)
    step = doctor_here.listening(replace(AT_HOME, ended=ended))
    assert says(step) == [Says.ONLY_LOOPBACK, Says.SHARE_ENDED]
    assert about(step, Says.SHARE_ENDED)[1] == ended.line


def test_a_wildcard_on_a_computer_without_a_network() -> None:
    step = doctor_here.listening(replace(AT_HOME, ips=("0.0.0.0",)))
    assert step.state is State.BAD
    assert says(step) == [Says.NO_NETWORK]


def test_a_share_is_told_with_its_links() -> None:
    assert about(doctor_here.listening(SHARED), Says.SHARED)[0] == "http://192.168.1.20:8000"
    step = doctor_here.listening(share(local_name="notes.local"))
    wanted = "http://192.168.1.20:8000 and http://notes.local:8000"
    assert about(step, Says.SHARED)[0] == wanted
    step = doctor_here.listening(share(local_name="notes.local", tls=True))
    assert about(step, Says.SHARED)[0].endswith("https://notes.local:8000")


def test_a_share_that_waits_for_its_network_is_closed() -> None:
    step = doctor_here.listening(share(phase="seeking"))
    assert (step.state, says(step)) == (State.BAD, [Says.SHARE_WAITS])


def test_a_share_that_is_being_opened_is_not_yet_there() -> None:
    step = doctor_here.listening(share(phase="opening"))
    assert (step.state, says(step)) == (State.NOT_YET, [Says.SHARE_OPENS])


def test_a_server_that_was_started_for_a_network() -> None:
    step = doctor_here.listening(OPENED)
    assert (step.state, says(step)) == (State.GOOD, [Says.OPEN_BY_HOST])


def test_the_address_is_that_of_an_interface_that_is_up() -> None:
    step = doctor_here.address(SHARED)
    assert step.state is State.GOOD
    wanted = ("192.168.1.20", "Wi-Fi wlan0", "192.168.1.0/24")
    assert about(step, Says.ADDRESS_HERE) == wanted
    other = doctor_here.address(spot(kind=InterfaceKind.OTHER))
    assert about(other, Says.ADDRESS_HERE)[1] == "wlan0"


def test_the_address_is_gone() -> None:
    step = doctor_here.address(spot(interface=None))
    assert (step.state, says(step)) == (State.BAD, [Says.ADDRESS_GONE])
    assert step.remedies == (Remedy(Does.DO, ("homeport share notes",)),)


def test_of_an_address_that_is_gone_nothing_more_is_said() -> None:
    seen = replace(spot(interface=None), interfaces=(WLAN, CABLE))
    for judge in (doctor_here.own_connection, doctor_here.firewall, doctor_here.neighbours):
        step = judge(seen)
        assert (step.state, step.notes) == (State.NOT_YET, ())
    assert Says.OTHER_NETWORKS not in says(doctor_here.address(seen))


def test_the_interface_is_down_or_has_no_link() -> None:
    step = doctor_here.address(spot(interface=replace(WLAN, up=False)))
    assert (step.state, says(step)) == (State.BAD, [Says.IS_DOWN])
    assert step.remedies == (Remedy(Does.DO, ("sudo ip link set wlan0 up",)),)
    step = doctor_here.address(spot(interface=replace(WLAN, running=False)))
    assert (step.state, says(step)) == (State.BAD, [Says.NO_LINK])


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (InterfaceKind.VPN, Says.IS_VPN),
        (InterfaceKind.CONTAINER, Says.IS_CONTAINERS),
        (InterfaceKind.WSL, Says.IS_WSL),
    ],
)
def test_networks_that_no_phone_is_on_are_named(kind: InterfaceKind, said: Says) -> None:
    assert said in says(doctor_here.address(spot(kind=kind)))


def test_an_address_that_changed_is_told() -> None:
    step = doctor_here.address(share(moved_from="192.168.1.19"))
    assert about(step, Says.MOVED) == ("192.168.1.20", "192.168.1.19")


def test_other_networks_of_this_computer_are_told_but_no_tunnels_and_dead_ends() -> None:
    only_v6 = replace(CABLE, name="eth2", addresses=("fd88::1/64",))
    unplugged = replace(CABLE, name="eth1", running=False)
    seen = replace(SHARED, interfaces=(WLAN, CABLE, TUNNEL, unplugged, only_v6))
    step = doctor_here.address(seen)
    assert about(step, Says.OTHER_NETWORKS) == ("eth0 (10.1.0.5)", "192.168.1.0/24")


def test_several_addresses_are_as_bad_as_the_worst() -> None:
    other = replace(SPOT, ip="10.1.0.5", name="eth0", interface=replace(CABLE, up=False))
    seen = replace(OPENED, spots=(SPOT, other))
    assert doctor_here.address(seen).state is State.BAD
    assert doctor_here.own_connection(seen).state is State.GOOD


def test_an_own_connection_is_answered_or_not() -> None:
    step = doctor_here.own_connection(SHARED)
    assert about(step, Says.ANSWERED_HERE) == ("http://192.168.1.20:8000", "401")
    step = doctor_here.own_connection(spot(own_visit=OwnVisit(error="refused")))
    assert (step.state, says(step)) == (State.BAD, [Says.NO_ANSWER_HERE])


def test_rules_that_let_devices_in_need_no_command() -> None:
    step = doctor_here.firewall(SHARED)
    assert (step.state, step.remedies) == (State.GOOD, ())
    assert about(step, Says.FIREWALL) == ("wlan0", "no firewall rules are loaded")


def test_rules_that_refuse_them_come_with_the_commands_to_open_and_to_close() -> None:
    step = doctor_here.firewall(spot(firewall=(DROPS,), opening=OPENING))
    assert step.state is State.BAD
    assert step.remedies == (Remedy(Does.OPEN, ("open it",)), Remedy(Does.CLOSE, ("close it",)))


def test_rules_that_cannot_be_opened_can_be_looked_at() -> None:
    step = doctor_here.firewall(spot(firewall=(DROPS,)))
    assert step.remedies == (Remedy(Does.LOOK, ("sudo nft list ruleset",)),)


def test_rules_that_were_not_read_are_unknown_and_can_be_looked_at() -> None:
    step = doctor_here.firewall(spot(firewall=(UNREAD,)))
    assert step.state is State.UNKNOWN
    assert step.remedies == (Remedy(Does.LOOK, ("sudo nft list ruleset",)),)
    step = doctor_here.firewall(spot(firewall=(UNREAD,), opening=OPENING))
    assert [each.does for each in step.remedies] == [Does.OPEN, Does.CLOSE, Does.LOOK]


def test_answers_that_may_go_astray_are_no_matter_of_the_rules() -> None:
    astray = Reason(code=ReasonCode.OTHER_ROUTING, verdict=Verdict.UNKNOWN)
    step = doctor_here.firewall(spot(firewall=(LETS_IN, astray)))
    assert (step.state, step.remedies) == (State.UNKNOWN, ())


def test_one_device_with_two_addresses_is_heard_once() -> None:
    heard = (
        neighbour("fe80::34", "02:00:00:00:00:34"),
        neighbour("192.168.1.34", "02:00:00:00:00:34"),
        neighbour("192.168.1.40", "02:00:00:00:00:40", NeighbourState.REACHABLE),
        neighbour("192.168.1.50"),
    )
    step = doctor_here.neighbours(spot(neighbours=heard))
    assert step.state is State.GOOD
    named = "192.168.1.34, 192.168.1.40, 192.168.1.50"
    assert about(step, Says.NEIGHBOURS) == ("wlan0", "3 devices", named)
    step = doctor_here.neighbours(spot(neighbours=heard[:1]))
    assert about(step, Says.NEIGHBOURS)[1] == "1 device"


def test_who_was_called_in_vain_is_not_heard() -> None:
    gone = tuple(neighbour(f"192.168.1.{n}", None, NeighbourState.FAILED) for n in range(30, 35))
    step = doctor_here.neighbours(spot(neighbours=gone))
    assert step.state is State.NOT_YET
    assert says(step) == [Says.NO_NEIGHBOURS, Says.CALLED_IN_VAIN]
    assert about(step, Says.CALLED_IN_VAIN)[0].endswith("192.168.1.32 and 2 more")


def test_a_system_that_does_not_tell_its_neighbours() -> None:
    step = doctor_here.neighbours(spot(neighbours=None))
    assert (step.state, says(step)) == (State.UNKNOWN, [Says.NEIGHBOURS_UNREAD])


def test_nothing_arrived() -> None:
    step = doctor_steps.arrived(SHARED)
    assert (step.state, says(step)) == (State.NOT_YET, [Says.NOT_REACHED])


def test_who_arrived_is_told_with_counts_the_latest_first() -> None:
    peers = [peer(f"192.168.1.{n}", last=SHARED.time - n) for n in (34, 33, 32, 31)]
    peers[3] = replace(peers[3], allowed=2, device="d1", connections=3)
    step = doctor_steps.arrived(came(*peers, devices=(device(id="d2"), device())))
    assert says(step) == [Says.REACHED] * 3 + [Says.MORE_PEERS]
    first = step.notes[0].about
    assert (first[0], first[2]) == (
        "192.168.1.31",
        " (iPhone; 3 connections, 2 requests let in)",
    )
    assert step.notes[1].about[2] == " (1 connection)"


def test_without_tls_there_is_nothing_to_fail() -> None:
    assert says(doctor_steps.tls(SHARED)) == [Says.NO_TLS]


@pytest.mark.parametrize(
    ("reason", "helps"),
    [
        ("TLSV1_ALERT_UNKNOWN_CA", True),
        ("SSLV3_ALERT_CERTIFICATE_UNKNOWN", True),
        ("closed", True),
        ("NO_SHARED_CIPHER", False),
    ],
)
def test_a_device_that_does_not_trust_the_certificate_is_led_there(
    reason: str, helps: bool
) -> None:
    seen = replace(spot(tls=True), peers=(peer(tls_failures=((reason, 2),)),))
    step = doctor_steps.tls(seen)
    assert step.state is State.BAD
    assert about(step, Says.TLS_FAILED) == ("192.168.1.34", "2 times", reason)
    wanted = (Remedy(Does.OPEN_THERE, ("http://192.168.1.20:8000",)),)
    assert step.remedies == (wanted if helps else ())


def test_tls_that_worked_in_the_end_is_good() -> None:
    seen = spot(tls=True)
    assert says(doctor_steps.tls(seen)) == [Says.TLS_NOT_YET]
    seen = replace(seen, peers=(peer(allowed=1, tls_failures=(("closed", 1),)),))
    step = doctor_steps.tls(seen)
    assert (step.state, says(step)) == (State.GOOD, [Says.TLS_WORKED])


def test_refusals_are_counted_by_rule_and_told_in_the_words_of_the_guard() -> None:
    seen = came(
        peer(refused=(("R0", 1), ("R2", 2))),
        peer("192.168.1.35", refused=(("R2", 1),)),
        turned_away=(refusal("one"), refusal("", rule="R0"), refusal("two"), refusal("two")),
    )
    step = doctor_steps.guard(seen)
    assert step.state is State.BAD
    assert [note.about for note in step.notes] == [
        ("1 time", "R0"),
        ("3 times", "R2"),
        ("two",),
        ("one",),
    ]


def test_refusals_of_a_device_that_was_let_in_are_told_and_no_obstacle() -> None:
    step = doctor_steps.guard(came(peer(refused=(("R2", 1),), allowed=3)))
    assert step.state is State.GOOD


def test_at_a_door_where_only_refusals_are_counted_they_prove_little() -> None:
    step = doctor_steps.guard(replace(OPENED, peers=(peer(refused=(("R2", 1),)),)))
    assert step.state is State.UNKNOWN


def test_nobody_was_refused() -> None:
    assert says(doctor_steps.guard(SHARED)) == [Says.GUARD_NOT_YET]
    assert says(doctor_steps.guard(came(peer()))) == [Says.NONE_REFUSED]


def test_where_no_code_is_asked_for() -> None:
    assert says(doctor_steps.paired(share(pairing=False))) == [Says.NO_PAIRING]
    assert says(doctor_steps.paired(OPENED)) == [Says.NO_PAIRING]


def test_devices_are_told_by_their_state() -> None:
    assert says(doctor_steps.paired(SHARED)) == [Says.NOBODY_PAIRED]
    seen = replace(SHARED, devices=(device(), device("revoked", id="d2", address=None)))
    step = doctor_steps.paired(seen)
    assert (step.state, says(step)) == (State.GOOD, [Says.LET_IN, Says.PUT_OUT])
    assert about(step, Says.LET_IN) == ("iPhone at 192.168.1.34",)
    assert about(step, Says.PUT_OUT) == ("iPhone",)


def test_a_device_that_waits_comes_with_the_command_that_lets_it_in() -> None:
    seen = replace(SHARED, devices=(device("waiting", number="0042"),))
    step = doctor_steps.paired(seen)
    assert (step.state, says(step)) == (State.NOT_YET, [Says.WAITING])
    assert step.remedies == (Remedy(Does.DO, ("homeport devices approve 0042 --of notes",)),)

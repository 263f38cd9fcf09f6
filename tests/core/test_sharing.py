"""How a share begins, goes on, moves and ends."""

from dataclasses import replace
from typing import get_args

import pytest

from homeport.core import sharing
from homeport.core.address import Interface
from homeport.core.mirror import TokenState
from homeport.core.network_identity import NetworkIdentity
from homeport.core.pairing import Why
from homeport.core.secret_hash import hashed
from homeport.core.share import EndReason, Phase, Terms
from homeport.core.share_actions import (
    Action,
    Admitted,
    AnnounceName,
    News,
    OpenDoor,
    Passes,
    Prolong,
    Refused,
    ShutDoor,
    Tell,
    WakeAt,
    WithdrawName,
)
from homeport.core.share_events import (
    DoorFailed,
    DoorOpened,
    Event,
    NewCode,
    Renew,
    Seen,
    Stop,
    Tick,
    Unshare,
    Wrong,
)
from homeport.core.share_life import SEEK
from tests.core.share_story import HOME, LAPTOP, LO, PHONE, PLACE, WLAN, Story, with_addresses

MOVED_TO = with_addresses("192.168.1.27/24")


def kinds(actions: list[Action]) -> list[type]:
    return [type(action) for action in actions]


def opened() -> Story:
    story = Story()
    story.open()
    return story


def test_a_share_is_told_only_when_the_door_is_open() -> None:
    story = Story()
    story.open(door=False)
    assert kinds(story.actions) == [Passes, WakeAt, OpenDoor]
    assert story.of(OpenDoor) == [OpenDoor(place=PLACE, terms=Terms(), until=story.now.wall + 1800)]
    story.tell(DoorOpened())
    assert story.at(Phase.OPEN)
    assert kinds(story.actions) == [AnnounceName, Tell]
    (tell,) = story.of(Tell)
    assert (tell.news, tell.place, tell.until) == (News.OPENED, PLACE, story.now.wall + 1800)
    assert tell.code_hash == hashed("code-1")


def test_a_door_that_cannot_be_opened_is_the_end() -> None:
    story = Story()
    story.open(door=False)
    story.tell(DoorFailed(detail="address in use"))
    assert story.at(Phase.CLOSED)
    (tell,) = story.of(Tell)
    assert (tell.reason, tell.detail) == (EndReason.NOT_OPENED, "address in use")
    assert not story.of(WithdrawName), "nothing was announced"


def test_without_a_name_nothing_is_announced() -> None:
    story = Story()
    story.open(name=None)
    assert kinds(story.actions) == [Tell]
    story.tell(Unshare())
    assert kinds(story.actions) == [ShutDoor, Passes, Tell]


def test_it_ends_when_its_time_is_over() -> None:
    story = opened()
    story.later(1799.5)
    story.tell(Tick())
    assert story.of(WakeAt) == [WakeAt(time=story.now.mono + 0.5)]
    story.later(0.5)
    story.tell(Tick())
    assert kinds(story.actions) == [ShutDoor, WithdrawName, Passes, Tell]
    assert story.of(ShutDoor)[0].ends is EndReason.EXPIRED
    assert story.of(Tell)[0].reason is EndReason.EXPIRED
    assert story.state.share is None


def test_a_wall_clock_that_jumps_forty_minutes_ends_it() -> None:
    story = opened()
    story.later(1, asleep=2400)
    story.tell(Tick())
    assert story.of(Tell)[0].reason is EndReason.EXPIRED


def test_a_wall_clock_that_is_set_back_does_not_prolong_it() -> None:
    story = opened()
    story.later(1, asleep=-7200)
    story.tell(Tick())
    assert story.at(Phase.OPEN)
    story.later(1799)
    story.tell(Tick())
    assert story.at(Phase.CLOSED)


def test_a_visitor_who_comes_before_the_tick_does_not_get_in_after_the_end() -> None:
    story = Story()
    code = story.open(terms=Terms(seconds=60))
    story.later(60)
    assert story.redeem(code) == Refused(why=Why.GONE)
    assert kinds(story.actions)[0] is ShutDoor


def test_while_shared_the_clocks_are_looked_at_every_second() -> None:
    story = opened()
    for _ in range(5):
        story.later(1)
        story.tell(Tick())
        assert story.of(WakeAt) == [WakeAt(time=story.now.mono + 1)]


@pytest.mark.parametrize(
    ("event", "reason"),
    [(Unshare(), EndReason.UNSHARED), (Stop(), EndReason.SERVER_STOPPED)],
)
@pytest.mark.parametrize("phase", [Phase.OPENING, Phase.OPEN, Phase.SEEKING])
def test_it_ends_when_asked_whatever_it_does(phase: Phase, event: Event, reason: EndReason) -> None:
    story = Story()
    story.open(door=phase is not Phase.OPENING)
    if phase is Phase.SEEKING:
        story.look(LO, replace(WLAN, running=False))
    story.tell(event)
    assert story.at(Phase.CLOSED)
    assert (ShutDoor in kinds(story.actions)) is (phase is not Phase.SEEKING)
    assert story.of(Tell)[-1].reason is reason


def test_at_the_end_every_token_is_dead_and_known_as_such() -> None:
    story = Story()
    admitted = story.redeem(story.open())
    assert isinstance(admitted, Admitted)
    story.tell(Unshare())
    mirror = story.mirror().mirror
    assert mirror.passes == ()
    assert mirror.look(admitted.token) == (TokenState.EXPIRED, None)
    story.open()
    assert story.mirror is not None
    story.tell(NewCode(code_hash="x"))
    assert story.mirror().mirror.look(admitted.token) == (TokenState.EXPIRED, None)


def test_it_is_prolonged_from_now_on() -> None:
    story = opened()
    story.later(1000)
    story.tell(Renew(seconds=1800))
    until = story.now.wall + 1800
    assert story.of(Prolong) == [Prolong(until=until)]
    assert [(each.news, each.until) for each in story.of(Tell)] == [(News.RENEWED, until)]
    story.later(1799)
    story.tell(Tick())
    assert story.at(Phase.OPEN)


def test_a_door_that_is_shut_for_a_moment_learns_its_end_when_it_opens() -> None:
    story = opened()
    story.look(LO, replace(WLAN, running=False))
    story.tell(Renew(seconds=3600))
    assert not story.of(Prolong)
    story.look()
    assert story.of(OpenDoor)[0].until == story.now.wall + 3600


def test_share_again_goes_on_with_a_new_code_and_the_same_devices() -> None:
    story = Story()
    admitted = story.redeem(story.open())
    assert isinstance(admitted, Admitted)
    story.later(600)
    code = story.open(door=False, terms=Terms(seconds=3600))
    assert story.at(Phase.OPEN)
    assert kinds(story.actions) == [Prolong, Tell, WakeAt, Passes, Tell]
    assert story.of(Tell)[-1].code_hash == hashed(code)
    assert story.mirror().mirror.look(admitted.token) == (TokenState.VALID, "d1")
    assert isinstance(story.redeem(code, LAPTOP), Admitted)


@pytest.mark.parametrize(
    "other",
    [
        {"place": replace(PLACE, ip="192.168.1.21")},
        {"place": replace(PLACE, interface="eth0")},
        {"terms": Terms(pairing=False)},
        {"terms": Terms(tls=True)},
        {"identity": replace(HOME, gateway_mac="aa:bb:cc:00:00:02")},
        {"identity": replace(HOME, gateway=None)},
    ],
)
def test_another_share_takes_the_place_of_the_first(other: dict[str, object]) -> None:
    story = Story()
    admitted = story.redeem(story.open())
    assert isinstance(admitted, Admitted)
    story.open(door=False, **other)  # type: ignore[arg-type]
    assert kinds(story.actions) == [
        *(ShutDoor, WithdrawName, Passes, Tell),
        *(Passes, WakeAt, OpenDoor),
    ]
    assert story.of(Tell)[0].reason is EndReason.REPLACED
    assert story.share.devices == ()
    assert story.mirror().mirror.look(admitted.token)[0] is TokenState.EXPIRED


def test_a_share_that_is_still_opening_is_taken_over_by_the_next() -> None:
    story = Story()
    story.open(door=False)
    story.open(door=False)
    assert kinds(story.actions)[0] is ShutDoor
    assert story.at(Phase.OPENING)


def test_a_code_is_told_to_be_too_old_once() -> None:
    story = opened()
    told = 0
    for _ in range(200):
        story.later(1)
        story.tell(Tick())
        told += story.news.count(News.CODE_OVER)
    assert told == 1


def test_a_new_code_on_demand() -> None:
    story = opened()
    old = "code-1"
    story.tell(NewCode(code_hash=hashed("new")))
    assert [(each.news, each.code_hash) for each in story.of(Tell)] == [(News.CODE, hashed("new"))]
    assert story.redeem(old) == Refused(why=Why.EXPIRED)
    assert isinstance(story.redeem("new"), Admitted)


def test_a_share_without_pairing_has_no_code() -> None:
    story = Story()
    story.open(terms=Terms(pairing=False))
    assert story.of(Tell)[0].code_hash is None
    assert story.tell(NewCode(code_hash="x")) == []
    story.look(LO, MOVED_TO)
    story.tell(DoorOpened())
    assert story.of(Tell)[0].code_hash is None


# the network


def test_a_network_that_looks_as_before_changes_nothing() -> None:
    story = opened()
    assert story.look() == []
    assert story.look(identity=replace(HOME, gateway_mac=None)) == []
    assert story.at(Phase.OPEN)


def test_a_hardware_address_seen_later_counts_from_then_on() -> None:
    story = Story()
    story.open(identity=replace(HOME, gateway_mac=None))
    assert story.look() == []
    assert story.share.identity == HOME
    story.look(identity=replace(HOME, gateway_mac="aa:bb:cc:00:00:09"))
    assert story.of(Tell)[0].reason is EndReason.OTHER_NETWORK


@pytest.mark.parametrize(
    ("interfaces", "identity", "reason"),
    [
        ((LO,), HOME, EndReason.INTERFACE_GONE),
        ((LO, replace(WLAN, up=False)), HOME, EndReason.INTERFACE_DOWN),
        ((WLAN,), replace(HOME, gateway="192.168.1.254"), EndReason.OTHER_NETWORK),
        ((WLAN,), replace(HOME, gateway_mac="aa:bb:cc:00:00:02"), EndReason.OTHER_NETWORK),
        ((WLAN,), replace(HOME, prefix="192.168.7.0/24"), EndReason.OTHER_NETWORK),
    ],
)
@pytest.mark.parametrize("seeking", [False, True])
def test_another_network_is_the_end_at_once(
    seeking: bool,
    interfaces: tuple[Interface, ...],
    identity: NetworkIdentity,
    reason: EndReason,
) -> None:
    story = opened()
    if seeking:
        story.look(LO, replace(WLAN, running=False))
    story.look(*interfaces, identity=identity)
    assert story.at(Phase.CLOSED)
    assert story.of(Tell)[-1].reason is reason


LOST = [
    ((replace(WLAN, running=False),), HOME, EndReason.INTERFACE_DOWN),
    ((with_addresses(),), None, EndReason.ADDRESS_GONE),
    ((with_addresses("10.0.0.7/8", "fe80::2/64"),), HOME, EndReason.ADDRESS_GONE),
    (
        (with_addresses("169.254.3.4/16"),),
        replace(HOME, prefix="169.254.0.0/16", gateway=None),
        EndReason.ADDRESS_GONE,
    ),
    ((WLAN,), replace(HOME, gateway=None, gateway_mac=None), EndReason.NETWORK_UNSURE),
]


@pytest.mark.parametrize(("interfaces", "identity", "reason"), LOST)
def test_what_is_out_of_sight_is_shut_at_once_and_ends_if_it_stays_away(
    interfaces: tuple[Interface, ...], identity: NetworkIdentity | None, reason: EndReason
) -> None:
    story = opened()
    story.look(*interfaces, identity=identity)
    assert kinds(story.actions) == [ShutDoor, WithdrawName, Tell]
    assert story.of(ShutDoor)[0].ends is None
    assert (story.news, story.of(Tell)[0].reason) == ([News.SEEKING], reason)
    story.later(SEEK - 1)
    assert story.look(*interfaces, identity=identity) == []
    story.tell(Tick())
    assert story.at(Phase.SEEKING)
    story.later(1)
    story.tell(Tick())
    assert story.at(Phase.CLOSED)
    assert story.of(Tell)[0].reason is reason
    assert not story.of(ShutDoor), "it was shut already"


def test_the_latest_sighting_is_the_reason_that_is_told() -> None:
    story = opened()
    story.look(LO, replace(WLAN, running=False))
    story.look(identity=replace(HOME, gateway=None, gateway_mac=None))
    story.later(SEEK)
    story.tell(Tick())
    assert story.of(Tell)[0].reason is EndReason.NETWORK_UNSURE


def test_the_same_network_and_address_come_back() -> None:
    story = Story()
    admitted = story.redeem(story.open())
    assert isinstance(admitted, Admitted)
    story.look(LO, replace(WLAN, running=False))
    story.look()
    assert kinds(story.actions) == [Passes, WakeAt, OpenDoor]
    assert story.mirror().mirror.look(admitted.token) == (TokenState.VALID, "d1")
    story.tell(DoorOpened())
    assert kinds(story.actions) == [AnnounceName, Tell]
    assert story.news == [News.BACK]


def test_what_comes_back_has_to_prove_more_than_an_address_range() -> None:
    story = opened()
    story.look(LO, replace(WLAN, running=False))
    assert story.look(identity=replace(HOME, gateway_mac=None)) == []
    assert story.at(Phase.SEEKING)
    story.look()
    assert story.at(Phase.OPENING)


def test_an_address_changes_in_two_steps() -> None:
    story = opened()
    story.look(LO, with_addresses(), identity=None)
    story.later(2)
    story.look(LO, MOVED_TO, code="for the new one")
    assert kinds(story.actions) == [Passes, WakeAt, OpenDoor]
    assert story.of(OpenDoor)[0].place == replace(PLACE, ip="192.168.1.27")
    story.tell(DoorOpened())
    (tell,) = story.of(Tell)
    assert (tell.news, tell.moved_from) == (News.MOVED, "192.168.1.20")
    assert tell.code_hash == hashed("for the new one")


def test_an_address_changes_at_once_and_tokens_stay() -> None:
    story = Story()
    code = story.open()
    admitted = story.let_in()
    story.knock(LAPTOP)
    story.look(LO, MOVED_TO, code="for the new one")
    assert kinds(story.actions) == [ShutDoor, WithdrawName, Tell, Passes, WakeAt, OpenDoor]
    assert story.of(ShutDoor)[0].place == PLACE
    assert story.news == [News.ASKS_NO_MORE], "its page is of the old address"
    assert story.mirror().mirror.look(admitted.token) == (TokenState.VALID, "d1")
    story.tell(DoorOpened())
    assert story.redeem(code) == Refused(why=Why.EXPIRED)
    assert isinstance(story.redeem("for the new one"), Admitted)


def test_after_sleep_the_network_is_looked_at_before_anyone_gets_in() -> None:
    story = Story()
    code = story.open()
    story.later(1, asleep=60)
    assert story.redeem(code) == Refused(why=Why.GONE)
    assert kinds(story.actions)[:3] == [ShutDoor, WithdrawName, Tell]
    assert story.at(Phase.SEEKING)
    assert story.look(identity=replace(HOME, gateway_mac=None)) == []
    story.look()
    story.tell(DoorOpened())
    assert isinstance(story.redeem(code), Admitted)


def test_sleep_while_the_network_is_out_of_sight_does_not_start_the_search_anew() -> None:
    story = opened()
    story.look(LO, replace(WLAN, running=False))
    story.later(SEEK, asleep=60)
    story.tell(Tick())
    assert story.at(Phase.CLOSED)


def test_a_clock_that_is_only_corrected_is_no_sleep() -> None:
    story = opened()
    for _ in range(20):
        story.later(1, asleep=4)
        story.tell(Tick())
        assert story.at(Phase.OPEN)


def test_a_late_word_about_the_door_means_nothing() -> None:
    story = opened()
    assert story.tell(DoorOpened()) == []
    assert story.tell(DoorFailed(detail="late")) == []
    story.tell(Unshare())
    assert story.tell(DoorOpened()) == []


def test_without_a_share_nothing_happens() -> None:
    story = Story()
    for event in (
        *(Tick(), Unshare(), Stop(), Renew(seconds=5), NewCode(code_hash="x")),
        *(DoorOpened(), DoorFailed(detail=""), Wrong(peer=PHONE)),
        Seen(device="d1", peer=PHONE, requests=1, at=0.0),
    ):
        assert story.tell(event) == []
    assert story.look() == []
    assert story.state == Story().state


def test_the_table_knows_every_event_in_every_phase() -> None:
    events = {each for group in get_args(Event) for each in (get_args(group) or (group,))}
    assert set(sharing.TABLE) == set(Phase) - {Phase.CLOSED}
    assert all(set(rules) == events for rules in sharing.TABLE.values())
    assert set(sharing.CLOSED) == events

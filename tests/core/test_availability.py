from dataclasses import replace

import pytest

from homeport.core.address import LOOPBACK, WILDCARD
from homeport.core.availability import Availability, Level, Obstacle, ObstacleCode, suggestions
from homeport.core.facts import RemnantKind, System
from tests.core.port_views import LAN4, LAN6, RULES, USED, judged, left, listening


def codes(free: Availability) -> list[ObstacleCode]:
    return [each.code for each in free.obstacles]


def only(free: Availability) -> Obstacle:
    (found,) = free.obstacles
    return found


@pytest.mark.parametrize("refused", [None, {}])
def test_a_port_that_nothing_touches_is_good_at_every_level(refused: dict[str, str]) -> None:
    free = judged(refused=refused)
    assert (free.obstacles, free.harmless) == ((), ())
    assert (free.level, free.bindable) == (Level.STABLE, True)
    assert (free.port, free.ips) == (8000, LOOPBACK)


# --- legal -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("port", "code"),
    [
        (0, ObstacleCode.OUT_OF_RANGE),
        (65536, ObstacleCode.OUT_OF_RANGE),
        (6000, ObstacleCode.REFUSED_BY_BROWSERS),
        (80, ObstacleCode.PRIVILEGED),
    ],
)
def test_a_port_that_cannot_be_meant_is_not_even_legal(port: int, code: ObstacleCode) -> None:
    free = judged(port=port)
    assert code in codes(free)
    assert (free.level, free.bindable) == (Level.NONE, False)


def test_privileged_ports_are_for_the_privileged() -> None:
    assert judged(port=80, rules=replace(RULES, privileged=True)).level is Level.STABLE
    assert judged(port=80, rules=replace(RULES, first_unprivileged=80)).level is Level.STABLE
    assert judged(port=80).obstacles[0].detail == "1024"


def test_on_macos_a_wildcard_needs_no_privilege() -> None:
    assert judged(port=80, ips=WILDCARD, system=System.MACOS).level is Level.STABLE
    asked = judged(port=80, ips=("0.0.0.0", "::1"), system=System.MACOS)
    assert only(asked).ips == ("::1",)


def test_a_range_that_the_system_excludes() -> None:
    rules = replace(RULES, excluded=(range(7990, 8010),))
    free = judged(rules=rules, system=System.WINDOWS, refused=dict.fromkeys(LOOPBACK, "WSAEACCES"))
    assert codes(free) == [ObstacleCode.EXCLUDED]
    assert only(free).detail == "7990–8009"
    assert judged(port=8010, rules=rules, system=System.WINDOWS).bindable


def test_airplay_has_its_ports_on_macos_only() -> None:
    assert codes(judged(port=7000, system=System.MACOS)) == [ObstacleCode.AIRPLAY]
    assert judged(port=7000).level is Level.STABLE


# --- bindable ----------------------------------------------------------------------------------


def test_a_listener_in_the_way_is_named_with_all_addresses_it_takes() -> None:
    dual = listening("::", v6only=False)
    found = only(judged(dual, ips=("::1", LAN6), refused={"::1": USED, LAN6: USED}))
    assert (found.code, found.level) == (ObstacleCode.HELD, Level.BINDABLE)
    assert (found.ips, found.listeners) == (("::1", LAN6), (dual,))


def test_a_held_port_is_held_whether_or_not_a_bind_was_tried() -> None:
    for refused in (None, {"127.0.0.1": USED}):
        free = judged(listening("0.0.0.0"), refused=refused)
        assert codes(free) == [ObstacleCode.HELD]
        assert (free.level, only(free).ips) == (Level.LEGAL, ("127.0.0.1",))


def test_an_ipv6_socket_that_takes_ipv4_is_said_to_be_one() -> None:
    dual = listening("::", v6only=False)
    free = judged(dual, ips=("127.0.0.1",), refused={"127.0.0.1": USED})
    assert codes(free) == [ObstacleCode.OTHER_FAMILY]
    both = judged(dual, refused=dict.fromkeys(LOOPBACK, USED))
    assert codes(both) == [ObstacleCode.HELD, ObstacleCode.OTHER_FAMILY]


def test_a_bind_that_went_well_settles_what_v6only_could_not() -> None:
    unknown = listening("::", v6only=None)
    assert codes(judged(unknown, ips=("127.0.0.1",))) == [
        ObstacleCode.OTHER_FAMILY,
    ]
    tried = judged(unknown, ips=("127.0.0.1",), refused={})
    assert ObstacleCode.OTHER_FAMILY not in codes(tried)


def test_the_table_of_linux_is_believed_more_than_a_lucky_bind() -> None:
    assert judged(listening("127.0.0.1"), refused={}).bindable is False
    assert judged(listening("127.0.0.1"), refused={}, system=System.WINDOWS).bindable


def test_a_socket_that_does_not_share_with_us() -> None:
    wild = listening("0.0.0.0")
    free = judged(wild, system=System.WINDOWS, user="ada", refused={"127.0.0.1": "WSAEACCES"})
    assert codes(free)[0] is ObstacleCode.OTHER_USER
    assert free.obstacles[0].listeners == (wild,)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (RemnantKind.BOUND, ObstacleCode.BOUND_INACTIVE),
        (RemnantKind.TIME_WAIT, ObstacleCode.TIME_WAIT),
        (RemnantKind.LEFTOVER, ObstacleCode.LEFTOVER),
        (RemnantKind.OUTGOING, ObstacleCode.OUTGOING),
    ],
)
def test_in_use_without_a_listener_has_its_true_reason(
    kind: RemnantKind, code: ObstacleCode
) -> None:
    what = left(kind)
    for refused in (None, {"127.0.0.1": USED}):
        found = only(judged(what, refused=refused))
        assert (found.code, found.ips, found.remnants) == (code, ("127.0.0.1",), (what,))
    passed = judged(what, refused={})
    assert passed.level is Level.STABLE
    assert [each.code for each in passed.harmless] == [code]


def test_when_several_things_are_left_all_are_named_in_order() -> None:
    free = judged(
        left(RemnantKind.OUTGOING),
        left(RemnantKind.TIME_WAIT),
        left(RemnantKind.TIME_WAIT, peer=None),
        left(RemnantKind.BOUND, "::", v6only=False),
        refused=dict.fromkeys(LOOPBACK, USED),
    )
    assert codes(free) == [
        ObstacleCode.BOUND_INACTIVE,
        ObstacleCode.TIME_WAIT,
        ObstacleCode.OUTGOING,
    ]
    assert [each.ips for each in free.obstacles] == [LOOPBACK, ("127.0.0.1",), ("127.0.0.1",)]
    assert len(free.obstacles[1].remnants) == 2


def test_what_is_left_elsewhere_is_no_reason() -> None:
    free = judged(left(RemnantKind.OUTGOING, LAN4), refused={"127.0.0.1": USED})
    assert codes(free) == [ObstacleCode.UNKNOWN]


def test_the_system_may_refuse_for_its_own_reasons() -> None:
    found = only(judged(refused={"127.0.0.1": "EPERM"}))
    assert (found.code, found.detail) == (ObstacleCode.DENIED, "EPERM")
    root = judged(port=80, rules=replace(RULES, privileged=True), refused={"::1": "EACCES"})
    assert codes(root) == [ObstacleCode.DENIED]


def test_a_refusal_by_privilege_hides_no_holder() -> None:
    free = judged(
        listening("0.0.0.0", user="root"), port=80, refused=dict.fromkeys(LOOPBACK, "EACCES")
    )
    assert codes(free) == [ObstacleCode.PRIVILEGED, ObstacleCode.HELD]


def test_an_address_that_is_not_there() -> None:
    assert codes(judged(ips=(LAN4,), refused={LAN4: "EADDRNOTAVAIL"})) == [ObstacleCode.NO_ADDRESS]
    alone = judged(ips=("::1",), refused={"::1": "EADDRNOTAVAIL"})
    assert alone.bindable is False


def test_without_ipv6_the_ipv4_loopback_is_enough() -> None:
    free = judged(refused={"::1": "EAFNOSUPPORT"})
    assert free.level is Level.STABLE
    assert [each.code for each in free.harmless] == [ObstacleCode.NO_ADDRESS]


def test_what_was_not_read_is_not_called_free() -> None:
    blind = judged(complete=False)
    assert codes(blind) == [ObstacleCode.UNREAD, ObstacleCode.UNREAD]
    assert blind.bindable is False
    tried = judged(complete=False, refused={})
    assert (tried.bindable, tried.level) == (True, Level.BINDABLE)
    assert codes(judged(complete=False, refused={"::1": USED}))[0] is ObstacleCode.UNKNOWN


# --- who would answer --------------------------------------------------------------------------


def test_localhost_must_not_be_split() -> None:
    other = listening("::1")
    free = judged(other, ips=("127.0.0.1",))
    assert (free.level, only(free).code) == (Level.BINDABLE, ObstacleCode.SHADOWED)
    assert (only(free).ips, only(free).listeners) == (("::1",), (other,))
    assert judged(other, ips=(LAN4,)).level is Level.STABLE


def test_on_macos_a_wildcard_server_can_be_shadowed() -> None:
    other = listening("127.0.0.1")
    free = judged(other, listening(LAN4, user="bob"), ips=WILDCARD, system=System.MACOS)
    assert codes(free) == [ObstacleCode.SHADOWED]
    assert only(free).ips == ("127.0.0.1", LAN4)


@pytest.mark.parametrize("system", [System.MACOS, System.WINDOWS])
def test_taking_the_connections_of_another_is_an_obstacle(system: System) -> None:
    other = listening("0.0.0.0")
    free = judged(other, system=system, refused={})
    assert (free.level, only(free).code) == (Level.UNSHADOWED, ObstacleCode.SHADOWS_OTHER)
    assert (only(free).ips, only(free).listeners) == (("127.0.0.1",), (other,))


def test_who_is_in_the_way_is_not_blamed_twice() -> None:
    assert codes(judged(listening("::1"), listening("127.0.0.1"))) == [ObstacleCode.HELD]


# --- stable ------------------------------------------------------------------------------------


def test_ports_of_outgoing_connections_come_and_go() -> None:
    free = judged(port=45000)
    assert (free.level, only(free).code) == (Level.NOT_SHADOWING, ObstacleCode.EPHEMERAL)
    assert only(free).detail == "32768–60999"
    kept = replace(RULES, reserved=(range(45000, 45001),))
    assert judged(port=45000, rules=kept).level is Level.STABLE
    assert judged(port=45001, rules=kept).level is Level.NOT_SHADOWING


def test_the_usual_port_of_another_tool() -> None:
    found = only(judged(port=5432, usual="PostgreSQL"))
    assert (found.level, found.detail) == (Level.STABLE, "PostgreSQL")


# --- what to use instead -----------------------------------------------------------------------


def test_the_ports_next_to_the_default_are_suggested_first() -> None:
    assert suggestions(set(), RULES) == (8000, 8001, 8002, 8003, 8004)
    assert suggestions({8000, 8002}, RULES, 2) == (8001, 8003)


def test_then_another_familiar_one_and_then_the_next() -> None:
    taken = set(range(8000, 8010))
    assert suggestions(taken, RULES) == (8080, 8010, 8011, 8012, 8013)


def test_only_good_ports_are_suggested() -> None:
    taken = set(range(8000, 10079))
    rules = replace(RULES, excluded=(range(10081, 10090),), ephemeral=range(10091, 65536))
    assert suggestions(taken, rules) == (10079, 10090)
    strict = replace(RULES, first_unprivileged=8003)
    assert suggestions(set(), strict, 1) == (8003,)
    assert suggestions(set(), replace(strict, privileged=True), 1) == (8000,)

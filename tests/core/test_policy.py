"""Every row of the guard's tables, and what their columns cannot hold."""

import json
from dataclasses import replace

import pytest

from homeport.core.policy import (
    Allow,
    Ask,
    Decision,
    Deny,
    DoorKind,
    Drop,
    Fault,
    Policy,
    Visit,
    admits,
    decide,
)
from tests.core.guard_rows import ALL, PHONE, Row

HERE = Policy(kind=DoorKind.LOOPBACK, ip="127.0.0.1", port=8000, name="myapp")
SHARE = Policy(
    kind=DoorKind.SHARED,
    ip="192.168.1.20",
    port=8000,
    name="myapp",
    network="192.168.1.0/24",
    pairing=True,
)
EXPECTED: dict[type, str] = {Allow: "allow", Deny: "deny", Ask: "challenge", Drop: "drop"}


def host(value: str, **more: object) -> Visit:
    return Visit(method="GET", hosts=(value.encode(),), peer="127.0.0.1").replaced(**more)


def fault(decision: Decision) -> Fault:
    assert isinstance(decision, Deny), decision
    return decision.fault


@pytest.mark.parametrize("row", ALL, ids=lambda row: row.id)
def test_every_row_of_the_tables_is_decided_as_written(row: Row) -> None:
    decision = decide(row.visit, row.policy)
    assert EXPECTED[type(decision)] == row.expect, (row.why, decision)


def test_ids_are_unique_and_no_row_is_lost() -> None:
    assert len({row.id for row in ALL}) == len(ALL) > 200


@pytest.mark.parametrize(
    ("id_", "status", "rule"),
    [
        *(("L022", 421, "R2"), ("L054", 400, "R2"), ("L047", 400, "R2"), ("L049", 400, "R1")),
        *(("L051", 400, "R1"), ("L053", 400, "R1"), ("L093", 400, "R1"), ("L069", 403, "R3")),
        *(("L083", 403, "R3"), ("M043", 403, "R3"), ("M047", 403, "R3"), ("L074", 403, "R4")),
        *(("L088", 403, "R4"), ("M072", 403, "R4"), ("N013", 403, "R5"), ("N020", 403, "R6")),
        *(("M221", 403, "R6"), ("N016", 403, "R6"), ("M207", 403, "R6"), ("M209", 403, "R7")),
    ],
)
def test_a_refusal_names_its_rule_and_status(id_: str, status: int, rule: str) -> None:
    row = next(row for row in ALL if row.id == id_)
    denied = decide(row.visit, row.policy)
    assert isinstance(denied, Deny)
    assert (denied.status, denied.rule) == (status, rule)


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", None])
def test_a_loopback_door_is_for_this_computer(peer: str | None) -> None:
    assert decide(host("localhost", peer=peer), HERE) == Allow()


@pytest.mark.parametrize("peer", ["192.168.1.77", "::ffff:10.0.0.1", "fe80::1%eth0", "testclient"])
def test_a_loopback_door_drops_everyone_else(peer: str) -> None:
    assert decide(host("localhost", peer=peer), HERE) == Drop()


@pytest.mark.parametrize("peer", [PHONE, "192.168.1.20", f"::ffff:{PHONE}", None])
def test_a_share_asks_everyone_of_its_network_this_computer_too(peer: str | None) -> None:
    assert decide(host("192.168.1.20:8000", peer=peer), SHARE) == Ask()


@pytest.mark.parametrize(
    "peer", ["203.0.113.9", "172.17.0.2", "127.0.0.1", "fe80::1%eth0", "::1", "", "192.168.2.1"]
)
def test_a_share_drops_whoever_is_not_of_its_network(peer: str) -> None:
    assert decide(host("192.168.1.20:8000", peer=peer), SHARE) == Drop()


def test_a_share_of_an_ipv6_network_knows_no_zones() -> None:
    door = replace(SHARE, ip="fd00::20", network="fd00::/64")
    assert admits(door, "fd00::34")
    assert not admits(door, "fd00::34%eth1")
    assert decide(host("[fd00::20]:8000", peer="fd00::34"), door) == Ask()
    assert decide(host("[FD00::20]:8000", peer="fd00::34"), door) == Ask()


def test_an_open_door_takes_every_peer_and_the_address_it_came_to() -> None:
    door = Policy(kind=DoorKind.OPEN, ip="::", port=8000)
    came = host("192.168.1.20:8000", peer="203.0.113.9", arrived_at="::ffff:192.168.1.20")
    assert decide(came, door) == Allow()
    assert fault(decide(came.replaced(arrived_at="10.0.0.1"), door)) is Fault.FOREIGN_HOST
    assert fault(decide(came.replaced(arrived_at=None), door)) is Fault.FOREIGN_HOST
    assert fault(decide(host("[::]:8000", arrived_at="::"), door)) is Fault.FOREIGN_HOST


def test_a_server_that_reports_the_address_it_is_bound_to_gives_nothing_away() -> None:
    door = Policy(kind=DoorKind.OPEN, ip="0.0.0.0", port=8000)
    page = host("localhost:8000", arrived_at="0.0.0.0", origins=(b"http://0.0.0.0:8000",))
    assert fault(decide(page, door)) is Fault.FOREIGN_ORIGIN


def test_another_loopback_address_is_ours_when_it_was_asked_for() -> None:
    door = replace(HERE, ip="127.0.0.5")
    assert decide(host("127.0.0.5:8000"), door) == Allow()
    assert fault(decide(host("127.0.0.6:8000"), door)) is Fault.FOREIGN_HOST


def test_hosts_that_were_added_are_ours_with_their_port_or_any() -> None:
    door = replace(HERE, hosts=("shop.example", "api.example:8443"))
    assert decide(host("SHOP.example:1234"), door) == Allow()
    assert decide(host("api.example:8443"), door) == Allow()
    assert fault(decide(host("api.example:8000"), door)) is Fault.FOREIGN_HOST
    assert fault(decide(host("api.example"), door)) is Fault.FOREIGN_HOST
    assert fault(decide(host("sub.shop.example"), door)) is Fault.FOREIGN_HOST


def test_a_star_accepts_any_name_that_is_well_formed_and_means_something() -> None:
    door = Policy(kind=DoorKind.OPEN, ip="0.0.0.0", port=8000, hosts=("*",))
    assert decide(host("whatever.example:1"), door) == Allow()
    own = host("any.example", origins=(b"http://any.example",))
    assert decide(own, door) == Allow()
    assert fault(decide(host("user@shop.example"), door)) is Fault.BAD_HOST
    for unspecified in ("0.0.0.0:8000", "[::]:8000", "[0:0:0:0:0:0:0:0]", "[::0.0.0.0]"):
        assert fault(decide(host(unspecified), door)) is Fault.FOREIGN_HOST


def test_on_a_share_added_hosts_have_its_port_and_a_star_means_nothing() -> None:
    door = replace(SHARE, hosts=("shop.example", "api.example:9000", "*"))
    assert decide(host("shop.example:8000", peer=PHONE), door) == Ask()
    assert decide(host("api.example:9000", peer=PHONE), door) == Ask()
    for other in ("shop.example:9000", "api.example:8000", "any.example:8000"):
        assert fault(decide(host(other, peer=PHONE), door)) is Fault.FOREIGN_HOST


@pytest.mark.parametrize(("port", "tls"), [(80, False), (443, True)])
def test_the_port_of_the_scheme_may_be_left_out(port: int, tls: bool) -> None:
    door = replace(SHARE, port=port, tls=tls)
    assert decide(host("192.168.1.20", peer=PHONE), door) == Ask()
    assert decide(host(f"192.168.1.20:{port}", peer=PHONE), door) == Ask()
    assert fault(decide(host("192.168.1.20", peer=PHONE), replace(door, tls=not tls)))


def test_null_and_extensions_pass_when_they_are_listed() -> None:
    door = replace(HERE, origins=("null", "chrome-extension://abcd"))
    assert decide(host("localhost", origins=(b"null",)), door) == Allow()
    assert decide(host("localhost", origins=(b"chrome-extension://abcd",)), door) == Allow()


def test_an_origin_over_tls_is_https() -> None:
    door = replace(HERE, tls=True, strict_origins=True)
    assert decide(host("localhost:8000", origins=(b"https://localhost:8000",)), door) == Allow()
    denied = decide(host("localhost:8000", origins=(b"http://localhost:8000",)), door)
    assert fault(denied) is Fault.FOREIGN_ORIGIN


def test_a_share_without_pairing_asks_nobody_and_keeps_the_other_rules() -> None:
    door = replace(SHARE, pairing=False)
    row = next(row for row in ALL if row.id == "M209")
    assert decide(row.visit, door) == Allow()
    assert decide(host("192.168.1.20:8000", peer=PHONE, websocket=True), door) == Allow()
    assert decide(host("192.168.1.20:8000", peer="10.0.0.1"), door) == Drop()
    assert fault(decide(host("localhost:8000", peer=PHONE), door)) is Fault.FOREIGN_HOST


def test_two_lengths_are_refused_where_asgi_shows_them() -> None:
    assert fault(decide(host("localhost", two_lengths=True), HERE)) is Fault.TWO_LENGTHS


def test_an_absolute_target_is_shown_without_its_query() -> None:
    denied = decide(host("localhost", path="http://evil.example/?secret=1"), HERE)
    assert denied == Deny(Fault.TARGET, "http://evil.example/")


@pytest.mark.parametrize("policy", [HERE, replace(SHARE, until=1.5, hosts=("a", "b"), tls=True)])
def test_a_policy_survives_json(policy: Policy) -> None:
    assert Policy.from_json(json.loads(json.dumps(policy.to_json()))) == policy


def test_a_share_needs_an_address_and_a_network() -> None:
    for wrong in ({"network": None}, {"ip": "wlan0"}, {"network": "everywhere"}):
        with pytest.raises(ValueError):
            replace(SHARE, **wrong)

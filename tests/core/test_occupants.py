import pytest

from homeport.core.facts import Holder, Listener, Origin
from homeport.core.occupants import Occupant, occupants
from tests.core.people import SHOP, holder, listener, pids


def only(*listeners: Listener) -> Occupant:
    (occupant,) = occupants(listeners)
    return occupant


def test_both_families_of_one_process_are_one_server() -> None:
    server = holder(7, 1)
    occupant = only(listener("127.0.0.1:8000", server), listener("[::1]:8000", server))
    assert [str(each.address) for each in occupant.listeners] == ["127.0.0.1:8000", "[::1]:8000"]
    assert pids(occupant.holders) == [7]


def test_a_supervisor_and_its_reload_child_are_one_server() -> None:
    parent, child = holder(7, 3), holder(9, 7, 3, program="python")
    occupant = only(listener("127.0.0.1:8000", child, parent))
    assert occupant.supervisor is parent
    assert occupant.server is child
    assert occupant.program == "uvicorn"
    assert occupant.started == parent.started


@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize("program", ["uvicorn", "python (multiprocessing)"])
def test_a_child_with_a_socket_of_its_own_belongs_to_its_parent(swap: bool, program: str) -> None:
    child = holder(9, 7, 3, program=program)
    sockets = [listener("127.0.0.1:8000", holder(7, 3)), listener("[::1]:8000", child)]
    assert pids(only(*(reversed(sockets) if swap else sockets)).holders) == [7, 9]


@pytest.mark.parametrize("swap", [False, True])
def test_a_server_typed_in_an_editor_is_not_the_editor_that_forwards_its_port(swap: bool) -> None:
    editor, child = holder(7, 3, program="code"), holder(9, 8, 7, 3)
    sockets = [listener("[::1]:8000", editor), listener("127.0.0.1:8000", child)]
    assert len(occupants(reversed(sockets) if swap else sockets)) == 2


def test_prefork_workers_with_sockets_of_their_own_are_one_server() -> None:
    workers = [listener("0.0.0.0:8000", holder(pid, 5, 3)) for pid in (7, 8, 9)]
    assert pids(only(*workers).holders) == [7, 8, 9]


def test_servers_of_two_folders_that_share_an_address_are_two() -> None:
    one, other = holder(7, 3), holder(8, 3, folder="/home/ada/other")
    assert len(occupants([listener("0.0.0.0:8000", each) for each in (one, other)])) == 2
    adopted = [listener("0.0.0.0:8000", holder(pid, 1)) for pid in (7, 8)]
    assert len(occupants(adopted)) == 2


def test_a_later_socket_can_join_two_groups() -> None:
    one, other = holder(7, 3), holder(20, 4)
    sockets = (
        listener("127.0.0.1:8000", one),
        listener("127.0.0.2:8000", other),
        listener("127.0.0.3:8000", one, other),
    )
    assert len(only(*sockets).listeners) == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (holder(7, 3), holder(8, 4)),
        (holder(7, 3), holder(8, 3, command="another")),
        (holder(7, 3), holder(8, 3)),  # the same command twice, from one shell
        (holder(7, 1), holder(8, 1)),  # both were adopted by init
        (holder(7), holder(8)),
    ],
)
def test_strangers_on_the_two_loopback_addresses_are_two_servers(
    one: Holder, other: Holder
) -> None:
    found = occupants([listener("127.0.0.1:8000", one), listener("[::1]:8000", other)])
    assert [pids(each.holders) for each in found] == [[7], [8]]


def test_one_process_on_two_ports_is_two_rows_in_the_order_of_the_ports() -> None:
    found = occupants([listener(f"127.0.0.1:{port}", holder(7)) for port in (9000, 8000)])
    assert [each.port for each in found] == [8000, 9000]


def test_hidden_sockets_are_grouped_by_what_is_known_of_them() -> None:
    unit = Origin(unit="ssh.service")
    sockets = (
        listener("0.0.0.0:22", user="root", origin=unit),
        listener("[::]:22", user="root", origin=unit),
        listener("127.0.0.1:22", user="eve"),
        listener("127.0.0.2:22", holder(7)),
    )
    first, second, third = occupants(sockets)
    assert [str(each.address) for each in first.listeners] == ["0.0.0.0:22", "[::]:22"]
    assert (first.user, first.origin) == ("root", unit)
    assert (first.supervisor, first.server, first.project) == (None, None, None)
    assert (first.program, first.started) == (None, None)
    assert second.user == "eve"
    assert third.user == "ada"


def test_what_is_known_of_the_processes_is_known_of_the_server() -> None:
    parent = holder(7, origin=Origin(unit="shop.service"))
    child = holder(9, 7, project=SHOP)
    occupant = only(listener("127.0.0.1:8000", parent, child))
    assert occupant.project is SHOP
    assert occupant.origin.unit == "shop.service"
    assert occupant.user == "ada"


def test_unknown_start_times_leave_the_parent_first() -> None:
    child, parent = holder(7, 9, started=None), holder(9, started=None)
    assert pids(only(listener("127.0.0.1:8000", child, parent)).holders) == [9, 7]

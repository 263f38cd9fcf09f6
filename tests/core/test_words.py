from datetime import datetime, timedelta

import pytest

from homeport.core import words
from homeport.core.address import Address, Interface, InterfaceKind
from homeport.core.facts import Holder, Listener

NOON = datetime(2024, 5, 17, 12, 0, 0)
NOW = NOON.timestamp()


def holder(pid: int, *, started: float | None = None, command: str = "python -m x") -> Holder:
    return Holder(pid=pid, started=started, command=command, user="ada", folder="/srv/shop")


def listener(
    *holders: Holder, ip: str = "127.0.0.1", port: int = 8000, user: str | None = None
) -> Listener:
    return Listener(
        address=Address(ip=ip, port=port), v6only=None, user=user, holders=tuple(holders)
    )


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (
            InterfaceKind.WIFI,
            "x0 (Wi-Fi): devices on 10.1.0.0/16 can try; firewall not checked",
        ),
        (
            InterfaceKind.ETHERNET,
            "x0 (Ethernet): devices on 10.1.0.0/16 can try; firewall not checked",
        ),
        (InterfaceKind.OTHER, "x0: devices on 10.1.0.0/16 can try; firewall not checked"),
        (InterfaceKind.VPN, "x0 (VPN): VPN peers, 10.1.0.0/16"),
        (InterfaceKind.CONTAINER, "x0 (containers): containers and VMs here, 10.1.0.0/16"),
    ],
)
def test_who_may_come_through_an_interface(kind: InterfaceKind, sentence: str) -> None:
    interface = Interface(name="x0", kind=kind, up=True, addresses=("10.1.2.3/16",))
    assert words.devices_on(interface, "10.1.2.3/16") == sentence


def test_one_holder_is_named_with_its_command() -> None:
    assert words.who_holds((listener(holder(7)),)) == "pid 7 (python -m x)"


def test_of_several_holders_the_oldest_is_named_and_the_others_counted() -> None:
    child, parent = holder(5, started=NOW, command="child"), holder(9, started=NOW - 1)
    twice = (listener(child, parent), listener(child, parent, ip="::1"))
    assert words.who_holds(twice) == "pid 9 and 1 more (python -m x)"
    assert [h.pid for h in words.holders_of(twice)] == [9, 5]


def test_holders_of_the_same_age_are_in_the_order_of_their_numbers() -> None:
    both = (listener(holder(8, started=NOW)), listener(holder(3, started=NOW)))
    assert [h.pid for h in words.holders_of(both)] == [3, 8]


def test_an_unreadable_command_is_said_to_be_unknown() -> None:
    assert words.who_holds((listener(holder(7, command="")),)) == "pid 7 (unknown command)"


def test_holders_out_of_sight_are_not_said_to_be_nobody() -> None:
    assert words.who_holds((listener(),)) == "a process that is not visible to you"
    of_root = listener(user="root")
    assert words.who_holds((of_root,)) == "a process of user root that is not visible to you"


def test_a_server_in_our_shadow_is_named_with_its_addresses_once() -> None:
    other = listener(holder(7), ip="::1")
    assert words.shadowed((other, listener(holder(7), ip="::"), other)) == (
        "http://localhost:8000 may reach another server: "
        "[::1]:8000, [::]:8000 is held by pid 7 (python -m x)"
    )


def test_a_holder_is_described_in_a_line() -> None:
    (line,) = words.holder_lines((listener(holder(7, started=NOW - 60)),), NOW)
    assert line == "127.0.0.1:8000  pid 7  python -m x  in /srv/shop, user ada, since 11:59:00"


def test_what_is_not_known_of_a_holder_is_said() -> None:
    stranger = Holder(pid=7, started=None, command="", user=None, folder=None)
    assert words.holder_lines((listener(stranger),), NOW) == (
        "127.0.0.1:8000  pid 7  unknown command  in a folder not visible to you, user unknown",
    )


def test_a_socket_without_visible_holder_has_a_line_too() -> None:
    assert words.holder_lines((listener(), listener(ip="::1", user="root")), NOW) == (
        "127.0.0.1:8000  owner not visible to you",
        "[::1]:8000  owner not visible to you, user root",
    )


def test_the_same_line_is_not_said_twice() -> None:
    assert len(words.holder_lines((listener(holder(7)), listener(holder(7))), NOW)) == 1


def test_a_time_of_today_is_a_clock_and_an_earlier_one_a_date() -> None:
    assert words.since(NOW - 3 * 3600, NOW) == "09:00:00"
    yesterday = (NOON - timedelta(hours=13)).timestamp()
    assert words.since(yesterday, NOW) == "2024-05-16 23:00"
    assert words.since((NOON.replace(year=2023)).timestamp(), NOW) == "2023-05-17 12:00"


def test_why_a_save_changes_nothing_is_said_in_one_line() -> None:
    assert words.not_loaded_again((), ()) == ""
    same, unused = ("main.py",), ("a.py", "b.py", "c.py", "d.py", "e.py")
    assert words.not_loaded_again(same, ()).endswith("again: main.py: the same bytes as before")
    assert words.not_loaded_again(same, unused) == (
        "saved, not loaded again: main.py: the same bytes as before; "
        "a.py, b.py, c.py and 2 more: not used by the app"
    )

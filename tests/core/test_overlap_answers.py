from dataclasses import replace

import pytest

from homeport.core.address import Address
from homeport.core.facts import Listener, System
from homeport.core.overlap import Answer, answer

LINUX, MACOS, WINDOWS = System.LINUX, System.MACOS, System.WINDOWS
LAN4, LAN6 = "192.168.1.20", "fd00::20"


def listening(text: str, **facts: object) -> Listener:
    v6only = not text.endswith(" dual") if ":" in text else None
    found = Listener(
        address=Address(ip=text.removesuffix(" dual"), port=8000), v6only=v6only, user="ada"
    )
    return replace(found, **facts)  # type: ignore[arg-type]


def who(ip: str, *listeners: Listener, system: System = LINUX, by: str | None = None) -> Answer:
    return answer(ip, listeners, system, by)


def test_nobody_answers_where_nobody_listens() -> None:
    assert who("127.0.0.1") == Answer(ip="127.0.0.1", winners=(), shadowed=(), certain=True)
    assert who("127.0.0.1", listening("::1"), listening("::")).winners == ()


@pytest.mark.parametrize("system", System)
def test_the_more_specific_socket_answers(system: System) -> None:
    wild, exact = listening(":: dual"), listening("::1")
    found = who("::1", wild, exact, system=system)
    assert (found.winners, found.shadowed, found.certain) == ((exact,), (wild,), True)
    assert who("127.0.0.1", wild, exact, system=system).winners == (wild,)


@pytest.mark.parametrize("system", [LINUX, MACOS])
def test_an_ipv4_socket_comes_before_an_ipv6_one(system: System) -> None:
    four, six = listening("0.0.0.0"), listening(":: dual")
    assert who(LAN4, six, four, system=system).winners == (four,)
    assert who(LAN6, six, four, system=system).winners == (six,)
    mapped, real = listening("127.0.0.1", mapped=True), listening("127.0.0.1")
    assert who("127.0.0.1", mapped, real, system=system).shadowed == (mapped,)


def test_windows_promises_no_order_of_the_families() -> None:
    four, six = listening("0.0.0.0"), listening(":: dual")
    found = who(LAN4, six, four, system=WINDOWS)
    assert (found.winners, found.certain) == ((six, four), False)


def test_on_linux_equal_sockets_share_the_connections() -> None:
    pair = listening("127.0.0.1", inode=1), listening("127.0.0.1", inode=2)
    assert who("127.0.0.1", *pair) == Answer(
        ip="127.0.0.1", winners=pair, shadowed=(), certain=True
    )


@pytest.mark.parametrize("system", [MACOS, WINDOWS])
def test_elsewhere_it_is_not_known_which_of_equal_sockets_answers(system: System) -> None:
    pair = listening("127.0.0.1", inode=1), listening("127.0.0.1", inode=2)
    found = who("127.0.0.1", *pair, system=system)
    assert (found.winners, found.certain) == (pair, False)


def test_of_a_dual_and_an_ipv6_wildcard_the_first_in_the_lookup_answers() -> None:
    dual, only = listening(":: dual"), listening("::")
    assert who("::1", dual, only).winners == (dual,)
    assert who("::1", only, dual).winners == (only,)
    assert who("127.0.0.1", only, dual) == Answer(
        ip="127.0.0.1", winners=(dual,), shadowed=(), certain=True
    )


def test_an_unknown_v6only_is_said_when_it_matters() -> None:
    unknown = listening("::", v6only=None)
    found = who("127.0.0.1", unknown)
    assert (found.winners, found.certain) == ((unknown,), False)
    assert who("::1", unknown).certain
    assert who("127.0.0.1", unknown, listening("127.0.0.1")).certain
    twins = unknown, replace(unknown, inode=2)
    assert who("::1", *twins).certain is False
    assert who("::1", *twins, listening("::1")).certain


def test_a_device_bound_socket_takes_what_comes_in_there() -> None:
    home, lan = listening("0.0.0.0", device="lo"), listening("0.0.0.0", device="eth0")
    assert who("127.0.0.1", home, lan).winners == (home,)
    assert who(LAN4, home, lan, by="eth0").winners == (lan,)
    assert who(LAN4, home, lan, by="eth1").winners == ()
    assert who("127.0.0.1", home, lan, by="eth0").winners == (lan,)


def test_without_the_interface_a_device_bound_socket_makes_it_uncertain() -> None:
    lan = listening("0.0.0.0", device="eth0")
    found = who(LAN4, lan)
    assert (found.winners, found.certain) == ((), False)
    everywhere = listening("0.0.0.0")
    assert who(LAN4, lan, everywhere).certain is False
    assert who(LAN4, everywhere).certain


def test_loopback_on_macos_has_its_own_name() -> None:
    home = listening("127.0.0.1", device="lo0")
    assert who("127.0.0.1", home, system=MACOS).winners == (home,)


def test_a_link_local_address_is_answered_in_its_zone() -> None:
    here = listening("fe80::1%eth0")
    assert who("fe80::1%eth0", here).winners == (here,)
    assert who("fe80::1%eth1", here).winners == ()
    assert who("fe80::1", here).certain is False


def test_a_question_may_be_written_in_any_form() -> None:
    loopback = listening("127.0.0.1")
    assert who("::ffff:7f00:1", loopback).winners == (loopback,)
    assert who("0:0::1", listening("::1")).winners != ()

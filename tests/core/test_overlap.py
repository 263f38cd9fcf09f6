from dataclasses import replace

import pytest

from homeport.core.address import Address
from homeport.core.facts import Listener, System
from homeport.core.overlap import (
    Coexistence,
    Options,
    Socket,
    coexistence,
    in_the_way,
)

LINUX, MACOS, WINDOWS = System.LINUX, System.MACOS, System.WINDOWS
LAN4, LAN6 = "192.168.1.20", "fd00::20"
PLAIN = Options()
REUSE = Options(reuse_address=True)
SHARE = Options(reuse_port=True)
EXCLUSIVE = Options(exclusive=True)


def address(text: str) -> Address:
    """An IP, with `dual` behind `::` for one that takes IPv4 too."""
    return Address(ip=text.removesuffix(" dual"), port=8000)


def opened(text: str, options: Options = PLAIN, user: str = "ada", device: str = "") -> Socket:
    return Socket(
        address=address(text),
        v6only=not text.endswith(" dual"),
        options=options,
        user=user,
        device=device or None,
    )


def listening(text: str, **facts: object) -> Listener:
    v6only = not text.endswith(" dual") if ":" in text else None
    found = Listener(address=address(text), v6only=v6only, user="ada")
    return replace(found, **facts)  # type: ignore[arg-type]


# --- who may be second -------------------------------------------------------------------------


@pytest.mark.parametrize("system", System)
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("127.0.0.1", "127.0.0.2"),
        ("127.0.0.1", "::1"),
        ("127.0.0.1", "::"),
        ("0.0.0.0", "::"),
        ("::", LAN4),
        (LAN6, "::1"),
        ("::ffff:127.0.0.1", "::1"),
    ],
)
def test_sockets_without_a_common_address_live_together(
    system: System, first: str, second: str
) -> None:
    there = opened(second, EXCLUSIVE, user="bob")
    assert coexistence(system, opened(first), there) is Coexistence.ALLOWED
    assert coexistence(system, there, opened(first)) is Coexistence.ALLOWED


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "0.0.0.0"),
        ("127.0.0.1", ":: dual"),
        ("0.0.0.0", ":: dual"),
        ("::1", ":: dual"),
        ("::1", "0:0:0:0:0:0:0:1"),
        ("::", ":: dual"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("::ffff:7f00:1", "0.0.0.0"),
    ],
)
def test_on_linux_only_shared_ports_of_one_user_may_overlap(first: str, second: str) -> None:
    for one, other in ((first, second), (second, first)):
        for options in (PLAIN, REUSE):
            there = opened(other, options)
            assert coexistence(LINUX, opened(one, REUSE), there) is Coexistence.IN_USE
        assert coexistence(LINUX, opened(one, SHARE), opened(other)) is Coexistence.IN_USE
        sharing = opened(other, SHARE)
        assert coexistence(LINUX, opened(one, SHARE), sharing) is Coexistence.ALLOWED
        stranger = opened(one, SHARE, user="bob")
        assert coexistence(LINUX, stranger, sharing) is Coexistence.IN_USE


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("lo", "eth0", Coexistence.ALLOWED),
        ("lo", "lo", Coexistence.IN_USE),
        ("lo", "", Coexistence.IN_USE),
        ("", "", Coexistence.IN_USE),
    ],
)
def test_on_linux_two_devices_are_two_worlds(
    first: str, second: str, expected: Coexistence
) -> None:
    there = opened("127.0.0.1", device=second)
    assert coexistence(LINUX, opened("0.0.0.0", device=first), there) is expected


def test_a_zone_is_a_device() -> None:
    first, other = opened("fe80::1%eth0"), opened("fe80::1%eth1")
    assert coexistence(LINUX, first, other) is Coexistence.ALLOWED
    assert coexistence(LINUX, first, first) is Coexistence.IN_USE


ALLOWED, IN_USE = Coexistence.ALLOWED, Coexistence.IN_USE


@pytest.mark.parametrize(
    ("first", "second", "plain", "reusing"),
    [
        ("0.0.0.0", "127.0.0.1", IN_USE, ALLOWED),
        ("127.0.0.1", "0.0.0.0", IN_USE, ALLOWED),
        (":: dual", "127.0.0.1", IN_USE, ALLOWED),
        (":: dual", "::1", IN_USE, ALLOWED),
        ("127.0.0.1", ":: dual", IN_USE, ALLOWED),
        ("0.0.0.0", ":: dual", ALLOWED, ALLOWED),
        (":: dual", "0.0.0.0", IN_USE, IN_USE),
        (":: dual", "::", IN_USE, IN_USE),
        ("127.0.0.1", "127.0.0.1", IN_USE, IN_USE),
        ("0.0.0.0", "0.0.0.0", IN_USE, IN_USE),
    ],
)
def test_on_macos_the_options_of_the_second_decide(
    first: str, second: str, plain: Coexistence, reusing: Coexistence
) -> None:
    assert coexistence(MACOS, opened(first, REUSE), opened(second)) is plain
    assert coexistence(MACOS, opened(first), opened(second, REUSE)) is reusing
    assert coexistence(MACOS, opened(first, SHARE), opened(second, SHARE)) is ALLOWED


def test_on_macos_another_user_may_not_lay_a_socket_over_ours_but_root_may() -> None:
    first = opened("0.0.0.0", REUSE)
    assert coexistence(MACOS, first, opened("127.0.0.1", REUSE, "bob")) is IN_USE
    assert coexistence(MACOS, first, opened("127.0.0.1", REUSE, "root")) is ALLOWED
    assert coexistence(MACOS, first, opened("0.0.0.0", REUSE, "root")) is IN_USE


# Microsoft's tables: one line for each first socket; the columns are the second one.
COLUMNS = [(place, options) for options in (PLAIN, REUSE, EXCLUSIVE) for place in ("0.0.0.0", LAN4)]
LETTERS = {
    "ok": Coexistence.ALLOWED,
    "use": Coexistence.IN_USE,
    "acc": Coexistence.ACCESS_DENIED,
    "any": Coexistence.UNDEFINED,
}


@pytest.mark.parametrize(
    ("place", "options", "same_user", "other_user"),
    [
        ("0.0.0.0", PLAIN, "use ok acc ok use ok", "use acc acc acc use acc"),
        (LAN4, PLAIN, "ok use ok acc use use", "ok use ok acc use use"),
        ("0.0.0.0", REUSE, "use ok any any use ok", "use acc any any use acc"),
        (LAN4, REUSE, "ok use any any use use", "ok use any any use use"),
        ("0.0.0.0", EXCLUSIVE, "use acc acc acc use acc", "use acc acc acc use acc"),
        (LAN4, EXCLUSIVE, "ok use ok acc use use", "ok use ok acc use use"),
    ],
)
def test_on_windows_the_tables_of_microsoft_hold(
    place: str, options: Options, same_user: str, other_user: str
) -> None:
    first = opened(place, options)
    for user, row in (("ada", same_user), ("bob", other_user)):
        for (where, how), expected in zip(COLUMNS, row.split(), strict=True):
            found = coexistence(WINDOWS, first, opened(where, how, user))
            assert (where, how, found) == (where, how, LETTERS[expected])


# --- what makes our bind fail ------------------------------------------------------------------

EVERYONE = tuple(map(listening, ("127.0.0.1", "0.0.0.0", LAN4, "::1", "::", ":: dual", LAN6)))


@pytest.mark.parametrize(
    ("system", "ip", "expected"),
    [
        (LINUX, "127.0.0.1", ["127.0.0.1", "0.0.0.0", ":: dual"]),
        (LINUX, "::1", ["::1", "::", ":: dual"]),
        (LINUX, "0.0.0.0", ["127.0.0.1", "0.0.0.0", LAN4, ":: dual"]),
        (LINUX, "::", ["::1", "::", ":: dual", LAN6]),
        (MACOS, "127.0.0.1", ["127.0.0.1"]),
        (MACOS, "::1", ["::1"]),
        (MACOS, "0.0.0.0", ["0.0.0.0", ":: dual"]),
        (MACOS, "::", ["::", ":: dual"]),
        (WINDOWS, "127.0.0.1", ["127.0.0.1"]),
        (WINDOWS, "::1", ["::1"]),
        (WINDOWS, "0.0.0.0", ["127.0.0.1", "0.0.0.0", LAN4, ":: dual"]),
        (WINDOWS, "::", ["::1", "::", ":: dual", LAN6]),
    ],
)
def test_in_the_way_of_our_own_socket(system: System, ip: str, expected: list[str]) -> None:
    assert in_the_way(ip, EVERYONE, system, "ada") == tuple(map(listening, expected))
    assert in_the_way(ip, EVERYONE, system) == tuple(map(listening, expected))
    assert in_the_way(ip, (), system) == ()


@pytest.mark.parametrize("system", [MACOS, WINDOWS])
def test_a_wildcard_of_another_user_is_in_the_way_too(system: System) -> None:
    wild = listening("0.0.0.0", user="bob")
    assert in_the_way("127.0.0.1", (wild,), system, "ada") == (wild,)
    assert in_the_way("127.0.0.1", (replace(wild, user=None),), system, "ada") == ()


def test_a_device_bound_socket_is_in_the_way_on_linux() -> None:
    lan = listening("0.0.0.0", device="eth0")
    assert in_the_way("127.0.0.1", (lan,), LINUX) == (lan,)

"""Random sets of listeners: the rules against a model that enumerates instead of reasoning."""

import itertools
import random
from collections.abc import Iterator

import pytest

from homeport.core.address import Address
from homeport.core.facts import Listener, System
from homeport.core.overlap import answer, in_the_way

LAN4, LAN6 = "192.168.1.20", "fd00::20"
IPV4 = ("127.0.0.1", "127.0.0.2", LAN4, "some other IPv4 address")
IPV6 = ("::1", LAN6, "some other IPv6 address")
ASKED = ("127.0.0.1", "127.0.0.2", LAN4, "::1", LAN6)
PLACES = (*ASKED, "0.0.0.0", "::")
DEVICES = (None, None, None, "lo", "eth0")
ROUNDS = 400


def random_listeners(dice: random.Random, devices: tuple[str | None, ...]) -> tuple[Listener, ...]:
    def one(inode: int) -> Listener:
        ip = dice.choice(PLACES)
        return Listener(
            address=Address(ip=ip, port=8000),
            v6only=dice.choice((True, False, None)) if ip == "::" else None,
            user="ada",
            device=dice.choice(devices),
            mapped=ip in IPV4 and dice.random() < 0.2,
            inode=inode,
        )

    return tuple(map(one, range(dice.randrange(6))))


def all_addresses(listener: Listener, v6only: bool) -> set[str]:
    """Every address it takes, one by one."""
    match listener.address.ip:
        case "0.0.0.0":
            return set(IPV4)
        case "::":
            return set(IPV6) if v6only else {*IPV4, *IPV6}
        case ip:
            return {ip}


def possible_v6only(listeners: tuple[Listener, ...]) -> Iterator[tuple[bool, ...]]:
    """Every way to fill in what is not known."""
    ways = [
        (True, False) if each.address.ip == "::" and each.v6only is None else (bool(each.v6only),)
        for each in listeners
    ]
    return itertools.product(*ways)


def possible_devices(ip: str, by: str | None) -> tuple[str | None, ...]:
    if by is not None:
        return (by,)
    return ("lo",) if ip in ("127.0.0.1", "127.0.0.2", "::1") else ("lo", "eth0", "eth1")


def looked_up(
    ip: str, listeners: tuple[Listener, ...], v6only: tuple[bool, ...], device: str | None
) -> frozenset[int]:
    """As the kernel walks: the list of the address, then the list of the wildcards.

    IPv4 sockets are put at the head of a list. The first that fits ends the search; it stands for
    all of its reuse group.
    """
    for wildcards in (False, True):
        for head in (True, False):
            for each, only in zip(listeners, v6only, strict=True):
                inet = each.address.version == 4 and not each.mapped
                fits = ip in all_addresses(each, only) and each.device in (None, device)
                if fits and inet is head and each.address.is_wildcard is wildcards:
                    return frozenset(
                        other.inode or 0
                        for other, its in zip(listeners, v6only, strict=True)
                        if (other.address, other.mapped, other.device, its)
                        == (each.address, each.mapped, each.device, only)
                    )
    return frozenset()


@pytest.mark.parametrize("seed", range(5))
def test_the_winner_is_the_one_that_the_kernel_would_find(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(ROUNDS):
        listeners = random_listeners(dice, DEVICES)
        ip, by = dice.choice(ASKED), dice.choice((None, None, "lo", "eth0"))
        possible = {
            looked_up(ip, listeners, v6only, device)
            for v6only in possible_v6only(listeners)
            for device in possible_devices(ip, by)
        }
        found = answer(ip, listeners, System.LINUX, by)
        told = (seed, ip, by, listeners, found)
        assert found.certain is (len(possible) == 1), told
        assert {each.inode or 0 for each in found.winners} in possible, told
        assert set(found.winners).isdisjoint(found.shadowed), told


def bound_as(listener: Listener) -> set[tuple[int, str]]:
    """What a macOS socket is in the tables of the two families."""
    ip = listener.address.ip
    if ip == "::":
        return {(6, "any"), (4, "any")} if listener.v6only is not True else {(6, "any")}
    version = 4 if ip in IPV4 or ip == "0.0.0.0" else 6
    return {(version, "any" if listener.address.is_wildcard else ip)}


def blocks(system: System, ip: str, listener: Listener) -> bool:
    ours = {"0.0.0.0": set(IPV4), "::": set(IPV6)}.get(ip, {ip})
    common = ours & all_addresses(listener, listener.v6only is True)
    wild = ip in ("0.0.0.0", "::")
    match system:
        case System.LINUX:
            return bool(common)
        case System.MACOS:
            entry = (6 if ":" in ip else 4, "any" if wild else ip)
            return entry in bound_as(listener)
        case System.WINDOWS:
            return bool(common) if wild else listener.address.ip == ip


@pytest.mark.parametrize("system", System)
def test_what_is_in_the_way_has_an_address_in_common_with_us(system: System) -> None:
    seed = 7
    dice = random.Random(seed)
    for _ in range(ROUNDS):
        listeners = random_listeners(dice, (None,))
        ip = dice.choice(PLACES)
        expected = tuple(each for each in listeners if blocks(system, ip, each))
        assert in_the_way(ip, listeners, system) == expected, (seed, ip, listeners)

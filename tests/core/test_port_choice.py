import random
from dataclasses import replace

import pytest

from homeport.core.port_choice import OWN_PORTS, RECENT, choose
from homeport.core.port_claims import MOST_CLAIMS, Claim, Owner, home_of, settle
from homeport.core.port_rules import PortRules
from homeport.core.ports import REFUSED_BY_BROWSERS
from homeport.core.well_known import NEVER_PROBED, usual

LINUX = PortRules(first_unprivileged=1024, privileged=False, ephemeral=range(32768, 61000))
NOW = 1_800_000_000.0
SHOP = Owner("/home/ada/shop", "shop")
BLOG = Owner("/home/ada/blog", "blog")
TREE = Owner("/home/ada/shop-pay", "pay.shop")

Claims = tuple[Claim, ...]


def start(
    owner: Owner, claims: Claims, now: float = NOW, busy: frozenset[int] = frozenset()
) -> tuple[int, Claims]:
    """The port that `owner` gets when `busy` cannot be had, and what is remembered then."""
    port = next(p for p in choose(owner, claims, LINUX, now).ports if p not in busy)
    return port, settle(owner, claims, port, now)


def test_the_first_server_of_all_gets_8000_and_gets_it_again() -> None:
    port, claims = start(SHOP, ())
    assert port == 8000
    assert start(SHOP, claims, NOW + 1e7) == (8000, settle(SHOP, claims, 8000, NOW + 1e7))
    assert choose(SHOP, claims, LINUX, NOW).home == home_of(SHOP, claims) == 8000
    assert home_of(BLOG, claims) is None


def test_who_comes_later_gets_a_port_of_its_own_though_8000_is_free() -> None:
    _, claims = start(SHOP, ())
    choice = choose(BLOG, claims, LINUX, NOW)
    assert 8000 not in choice.ports
    assert (choice.home, choice.kept_for, choice.is_lost) == (8000, SHOP, False)
    port, claims = start(BLOG, claims)
    assert port in OWN_PORTS
    assert start(SHOP, claims)[0] == 8000
    assert start(BLOG, claims)[0] == port


def test_a_worktree_and_another_name_in_the_same_folder_have_ports_of_their_own() -> None:
    _, claims = start(SHOP, ())
    ports = {8000}
    for owner in (TREE, Owner(SHOP.project, "api"), Owner(TREE.project, "shop")):
        port, claims = start(owner, claims)
        ports.add(port)
    assert len(ports) == 4


def test_own_ports_are_the_same_again_when_all_is_forgotten() -> None:
    busy = frozenset({8000})
    assert start(BLOG, (), busy=busy)[0] == start(BLOG, (), busy=busy)[0]
    assert start(BLOG, (), busy=busy)[0] != start(SHOP, (), busy=busy)[0]


def test_while_the_home_is_busy_the_same_other_port_is_used_and_then_the_home_again() -> None:
    _, claims = start(SHOP, ())
    away, claims = start(SHOP, claims, busy=frozenset({8000}))
    assert away in OWN_PORTS
    assert choose(BLOG, claims, LINUX, NOW).ports.count(away) == 0
    assert start(SHOP, claims, busy=frozenset({8000}))[0] == away
    assert start(SHOP, claims)[0] == 8000


def test_8000_that_nobody_used_for_a_month_goes_to_who_comes_and_its_old_owner_is_told() -> None:
    _, claims = start(SHOP, ())
    later = NOW + RECENT + 1
    port, claims = start(BLOG, claims, later)
    assert port == 8000
    choice = choose(SHOP, claims, LINUX, later)
    assert (choice.home, choice.kept_for, choice.is_lost) == (8000, BLOG, True)
    assert home_of(SHOP, claims) is None
    assert 8000 not in choice.ports
    port, claims = start(SHOP, claims, later)
    assert choose(SHOP, claims, LINUX, later) == choose(SHOP, claims, LINUX, later)._replace(
        home=port, kept_for=None, is_lost=False
    )
    assert start(BLOG, claims, later)[0] == 8000


def test_a_clock_that_was_wrong_keeps_nothing_for_ever() -> None:
    _, claims = start(SHOP, (), NOW + 1e9)
    assert start(BLOG, claims, NOW)[0] == 8000


def test_an_instead_that_another_has_now_is_not_tried() -> None:
    claims: Claims = (Claim(SHOP, 8000, NOW, instead=8300), Claim(BLOG, 8300, NOW))
    assert 8300 not in choose(SHOP, claims, LINUX, NOW).ports
    claims = settle(BLOG, (Claim(SHOP, 8000, NOW, instead=8300),), 8300, NOW)
    assert {claim.instead for claim in claims} == {None}


def test_a_start_within_the_hour_changes_nothing_that_is_remembered() -> None:
    _, claims = start(SHOP, ())
    assert settle(SHOP, claims, 8000, NOW + 3599) == claims
    assert settle(SHOP, claims, 8000, NOW + 3601) != claims


def test_what_was_not_used_for_longest_is_forgotten() -> None:
    claims: Claims = ()
    for number in range(MOST_CLAIMS + 50):
        claims = settle(Owner("/p", f"n{number}"), claims, 20000 + number, NOW + number)
    assert len(claims) == MOST_CLAIMS
    assert min(claim.port for claim in claims) == 20050


@pytest.mark.parametrize(
    "rules",
    [
        LINUX,
        replace(LINUX, ephemeral=range(8200, 65536)),
        replace(LINUX, first_unprivileged=9000),
        replace(LINUX, excluded=(range(8100, 8400), range(9000, 9900))),
    ],
)
def test_own_ports_are_fit_for_servers(rules: PortRules) -> None:
    generator = random.Random(6)
    for _ in range(50):
        owner = Owner(f"/home/{generator.random()}", "app")
        own = [port for port in choose(owner, (), rules, NOW).ports if port != 8000]
        assert own and len(set(own)) == len(own)
        for port in own:
            assert port in OWN_PORTS and port not in rules.ephemeral
            assert port not in REFUSED_BY_BROWSERS | NEVER_PROBED and usual(port) is None
            assert port >= rules.first_unprivileged
            assert not any(port in each for each in rules.excluded)


def test_where_all_ports_are_ephemeral_one_of_them_is_better_than_none() -> None:
    everything = replace(LINUX, ephemeral=range(1024, 65536))
    assert len(choose(SHOP, (), everything, NOW).ports) > 50


def test_a_name_of_any_characters_has_a_port() -> None:
    assert choose(Owner("/\udcff\ud800", "☃"), (), LINUX, NOW).ports[0] == 8000


@pytest.mark.parametrize("seed", range(40))
def test_no_port_is_ever_that_of_two_and_homes_stay(seed: int) -> None:
    """Projects come and go at random, ports are busy at random, months pass at random."""
    generator = random.Random(seed)
    owners = [Owner(f"/home/ada/{n}", "app") for n in range(generator.choice([3, 60, 150]))]
    claims: Claims = ()
    now, homes = NOW, dict[Owner, int]()
    for _ in range(300):
        now += generator.choice([0.0, 60.0, 86400.0])
        owner = generator.choice(owners)
        busy = frozenset(generator.sample(OWN_PORTS, 300)) | (
            {8000} if generator.random() < 0.2 else set()
        )
        others = {
            port
            for claim in claims
            if claim.owner != owner and claim.went_to is None
            for port in (claim.port, claim.instead)
        }
        choice = choose(owner, claims, LINUX, now)
        port, claims = start(owner, claims, now, busy)
        lost = {claim.owner for claim in claims if claim.went_to is not None}
        assert port not in others or port == 8000  # which may go to another after a month
        if port not in busy and owner in homes and choice.kept_for is None:
            assert port == homes[owner] or homes[owner] in busy
        held = [claim.port for claim in claims if claim.went_to is None]
        held += [claim.instead for claim in claims if claim.instead and claim.went_to is None]
        assert len(held) == len(set(held))
        homes = {c.owner: c.port for c in claims if c.owner not in lost}

import random

import pytest

from homeport.core.local_name import LONGEST_LABEL, MOST_TRIES, NoName, candidate, label, local
from homeport.core.local_name_words import contested, no_local_name, renamed


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("shop", "shop"),
        ("Shop", "shop"),
        ("feature.shop", "shop-feature"),
        ("feature/new_login.shop", "shop-feature-new-login"),
        ("..shop.", "shop"),
        ("größe", "gr-e"),
        ("日本", "homeport"),
        ("", "homeport"),
        ("-a--b-", "a-b"),
        ("x" * 100, "x" * 61),
        ("b" * 30 + "." + "a" * 60, "a" * 60),
    ],
)
def test_a_name_becomes_one_label_with_the_server_first(name: str, wanted: str) -> None:
    assert label(name) == wanted


def test_every_name_gives_a_label_that_dns_takes() -> None:
    chance = random.Random(20261121)
    for _ in range(3000):
        name = "".join(chance.choice("aZ0-._/ é\0") for _ in range(chance.randrange(90)))
        made = candidate(label(name), MOST_TRIES)
        assert 0 < len(made) <= LONGEST_LABEL
        assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
        assert not made.startswith("-")
        assert label(label(name)) == label(name)


def test_the_first_candidate_is_the_label_itself() -> None:
    assert [local(candidate("shop", number)) for number in (1, 2)] == ["shop.local", "shop-2.local"]


@pytest.mark.parametrize("reason", NoName)
def test_every_reason_has_words(reason: NoName) -> None:
    assert no_local_name(reason).startswith("no .local name: ")


def test_another_name_and_a_rival_are_told() -> None:
    assert "shop-2.local" in renamed("shop.local", "shop-2.local")
    assert contested("shop.local", "10.0.0.9", kept=True) != contested(
        "shop.local", "10.0.0.9", kept=False
    )

import random
import re

import pytest

from homeport.core.facts import Project
from homeport.core.server_name import LONGEST_LABEL, choose, given, numbered

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")  # RFC 1123 section 2.1
ODD = "abzAZ09-_./\\ :@~\t\néßİ中\U0001f600\udc80\0"


def project(name: str, branch: str | None = None, worktree: str | None = None) -> Project:
    return Project(name=name, folder="/home/ada/shop", branch=branch, worktree=worktree)


def is_fine(name: str) -> bool:
    labels = name.split(".")
    return len(labels) <= 2 and all(
        LABEL.fullmatch(label) and len(label) <= 63 and "--" not in label for label in labels
    )


def test_what_was_said_beats_the_project_and_the_project_its_folder() -> None:
    shop = project("Shop")
    assert choose("api", shop, "/src/x") == "api"
    assert choose(None, shop, "/src/x") == "shop"
    assert choose(None, None, "/src/My Shop/") == "my-shop"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("shop_api", "shop-api"),
        ("@ada/shop", "ada-shop"),
        ("Café  Noir!", "caf-noir"),
        ("--x--", "x"),
        ("中文", "app"),
        ("", "app"),
        ("2024", "app-2024"),
        ("2024-11", "app-2024-11"),
        ("a" * 80, "a" * 63),
        ("1" * 80, "app-" + "1" * 59),
        ("a" * 62 + "_b", "a" * 62),
    ],
)
def test_any_text_becomes_a_label(text: str, name: str) -> None:
    assert choose(None, project(text), "/x") == name


def test_the_root_of_the_file_system_has_no_name() -> None:
    assert choose(None, None, "/") == "app"


def test_a_linked_worktree_is_called_by_its_branch_too() -> None:
    assert choose(None, project("shop", "feature/login", "wt"), "/x") == "feature-login.shop"
    assert choose(None, project("shop", None, "wt-2"), "/x") == "wt-2.shop"
    assert choose(None, project("shop", "中", "wt"), "/x") == "worktree.shop"
    assert choose(None, project("shop", "main"), "/x") == "shop"


def test_a_name_that_every_worktree_has_gets_the_branch_one_of_this_start_does_not() -> None:
    here = project("x", "login", "wt")
    assert choose("shop", here, "/x", in_project=True) == "login.shop"
    assert choose("shop", here, "/x") == "shop"
    assert choose("my.shop", here, "/x", in_project=True) == "my.shop"
    assert choose("shop", project("x"), "/x", in_project=True) == "shop"


@pytest.mark.parametrize("text", ["shop", "shop-2", "a", "login.shop", "1.shop", "a" * 63, "2a"])
def test_a_name_is_taken_as_it_is(text: str) -> None:
    assert given(text) == text
    assert given(f" {text.upper()} ") == text


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "-a", "a-", "a--b", "xn--caf-dma", "a_b", "a b", "a/b", "..", "a.", ".a"),
        *("a.b.c", "a" * 64, "8000", "80-80", "a.80", "é", "ａ", "a\0", "a\nb", "../a", "٣a"),
    ],
)
def test_a_name_that_is_none_is_refused(text: str) -> None:
    assert given(text) is None


def test_every_derived_name_could_have_been_given() -> None:
    chance = random.Random(5)

    def odd() -> str:
        return "".join(chance.choices(ODD, k=chance.randrange(90)))

    for _ in range(3000):
        branch, worktree = chance.choice([(None, None), (odd(), odd()), (None, odd())])
        name = choose(None, project(odd(), branch, worktree), odd())
        assert is_fine(name), name
        assert given(name) == name


def test_servers_of_one_name_are_numbered_within_a_label() -> None:
    names = list(numbered("shop"))
    assert names[:3] == ["shop", "shop-2", "shop-3"]
    assert len(names) == len(set(names)) == 1000
    assert list(numbered("login.shop"))[1] == "login.shop-2"
    for name in (*numbered("a" * 63), *numbered("b." + "a" * 59 + "-" + "b" * 3)):
        assert is_fine(name), name


def test_the_longest_label_is_that_of_the_domain_name_system() -> None:
    assert LONGEST_LABEL == 63

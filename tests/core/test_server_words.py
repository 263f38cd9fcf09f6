import pytest

from homeport.core import server_words as words
from homeport.core.entry import Entry, Foreign
from homeport.core.errors import ExitCode, NameTakenError

NOW = 1_800_000_000.0
SHOP = Entry(
    name="shop",
    instance="ab" * 16,
    urls=("http://localhost:8000", "http://127.0.0.1:8000"),
    addresses=("127.0.0.1:8000",),
    pid=7,
    started=NOW - 60,
    start_ticks=None,
    boot=None,
    project="/home/ada/shop",
    app="main",
    socket="/run/shop.sock",
)


def taken(project: str, found: Entry | Foreign | None = SHOP) -> NameTakenError:
    return words.name_taken("shop", project, found, NOW)


def test_the_second_in_a_folder_is_told_since_when_and_where_and_what_can_be_done() -> None:
    refusal = taken("/home/ada/shop")
    assert refusal.message.startswith("shop already serves this folder since ")
    assert refusal.message.endswith(" at http://localhost:8000 (main).")
    assert refusal.next_steps[0].endswith("homeport --restart")
    assert refusal.next_steps[1].endswith("homeport --name shop-2")
    assert refusal.facts["same_folder"] is True
    assert refusal.facts["urls"] == list(SHOP.urls)
    assert refusal.exit_code is ExitCode.NAME_TAKEN


def test_a_program_is_told_in_words_of_a_program() -> None:
    refusal = words.in_a_program(taken("/home/ada/shop"))
    assert (refusal.message, refusal.code) == (taken("/home/ada/shop").message, "name-taken")
    assert refusal.facts == taken("/home/ada/shop").facts
    assert refusal.next_steps[0].endswith('name="shop-2"')
    assert not any(" --" in step for step in refusal.next_steps)


def test_in_another_folder_the_server_is_not_to_be_replaced() -> None:
    refusal = taken("/home/ada/other")
    assert "/home/ada/shop" in refusal.message
    assert not any("--restart" in step for step in refusal.next_steps)
    assert refusal.facts["same_folder"] is False


@pytest.mark.parametrize(
    ("found", "said"),
    [(Foreign(name="shop", version="2.1"), "version 2.1"), (None, "cannot read")],
)
def test_what_is_not_understood_is_not_described(found: Foreign | None, said: str) -> None:
    refusal = taken("/home/ada/shop", found)
    assert said in refusal.message
    assert refusal.next_steps[0].endswith("homeport --name shop-2")


def test_an_entry_plays_no_tricks_in_the_terminal() -> None:
    tricky = SHOP._replace(app="\x1b[2J\n", urls=(), project="/x\x1b")
    assert "\x1b" not in taken("/x\x1b", tricky).message + taken("/y", tricky).message
    assert "no address" in taken("/y", tricky).message


def test_an_older_server_that_cannot_hand_over_has_to_be_stopped() -> None:
    assert words.cannot_hand_over("shop", 8000).next_steps[0].endswith("homeport stop 8000")
    assert words.cannot_hand_over("shop", None).next_steps[0].endswith("homeport ls")


def test_what_becomes_of_the_other_server_is_one_line() -> None:
    assert "pid 7" in words.still_there("shop", 7)
    assert words.goes_on("shop", "http://x").endswith("at http://x")

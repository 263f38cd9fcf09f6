import pytest

from homeport.core import registry_words as words
from homeport.core.entry import Foreign
from homeport.core.errors import HomeportError, UsageError
from tests.core.test_entry import SHOP


def test_a_server_that_is_not_registered_says_why_in_one_line() -> None:
    assert words.not_registered("No space left on device") == (
        "Other programs cannot find this server by name: No space left on device."
    )
    refusal = words.bad_folder("/run/x", "open-to-others", "755")
    said = words.not_registered(refusal.message, refusal.next_steps)
    assert said.endswith(
        "wanted is 700) (look for files that are not yours, then:  chmod 700 /run/x)."
    )
    assert "\n" not in said


def test_each_fault_of_a_folder_names_the_folder_and_the_way_out() -> None:
    for fault, step in (
        ("not-a-folder", "mv /run/x"),
        ("not-yours", "XDG_RUNTIME_DIR="),
        ("open-to-others", "chmod 700 /run/x"),
    ):
        refusal = words.bad_folder("/run/x", fault, "755")  # type: ignore[arg-type]
        assert isinstance(refusal, UsageError)
        assert "/run/x" in refusal.message
        assert step in refusal.next_steps[-1]
        assert refusal.facts["fault"] == fault


def test_who_is_not_found_is_told_who_runs() -> None:
    bare = SHOP._replace(name="bare", urls=())
    refusal = words.nothing_found("shup", [SHOP, bare])
    assert "'shup'" in refusal.message
    assert refusal.next_steps[:3] == (
        "these run:",
        "  shop  http://localhost:8000  /home/ada/shop",
        "  bare  no address  /home/ada/shop",
    )
    assert refusal.facts["running"] == ["shop", "bare"]


def test_when_none_runs_the_next_command_starts_one() -> None:
    assert words.nothing_found("x", []).next_steps[0].endswith("homeport APP --name NAME")


@pytest.mark.parametrize(
    "refusal",
    [
        words.no_home(),
        words.unusable_folder("/x", "Permission denied"),
        words.registry_busy("/x"),
        words.other_version(Foreign(name="shop", version="2.0")),
        words.server_gone("shop"),
        words.no_answer(SHOP, 5),
        words.no_answer(SHOP._replace(addresses=()), 5),
        words.not_understood("one line", "x" * 1000),
        words.unknown_word("x" * 1000, ["who"]),
        words.too_many_clients(),
    ],
)
def test_every_refusal_is_short_and_leads_on(refusal: HomeportError) -> None:
    assert len(refusal.message) < 220
    assert refusal.code
    assert refusal.next_steps

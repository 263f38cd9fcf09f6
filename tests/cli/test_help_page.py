"""What people read fits an 80-column terminal: help texts, and the links in tables."""

import tomllib

import pytest

from homeport.ui.cli.arguments import help_text
from homeport.ui.cli.commands import LOOKING, help_of
from homeport.ui.cli.help_page import fitted
from homeport.ui.cli.page import columns
from tests.cli.command import ended
from tests.cli.named import User

TEXTS = {name: help_of(name) for name in LOOKING} | {
    "--help": help_text(all_of_it=False),
    "--help all": help_text(all_of_it=True),
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("room", [80, 100])
def test_every_help_text_fits_and_loses_no_word(name: str, room: int) -> None:
    shown = fitted(TEXTS[name], room)
    assert max(map(len, shown.splitlines())) <= room
    assert shown.split() == TEXTS[name].split()


def test_an_example_of_a_file_can_be_copied_from_the_page() -> None:
    lines = fitted(TEXTS["up"], 80).splitlines()
    table = tomllib.loads("\n".join(line for line in lines if line[:2] == "  " and "=" in line))
    assert set(table) == {"api", "jobs", "web"}


def test_what_fits_stays_as_it_is() -> None:
    text = "homeport x     does it\n\nOne,\ntwo.\n\n  --json   a\n"
    assert fitted(text, 80) == text


def test_a_text_goes_below_a_label_that_leaves_it_no_room() -> None:
    text = f"homeport {'x' * 30}     does much\n  --at A   {'to be wrapped ' * 3}\n"
    assert fitted(text, 44).splitlines() == [
        f"homeport {'x' * 30}",
        "    does much",
        "  --at A   to be wrapped to be wrapped to be",
        "           wrapped",
    ]


def test_the_command_line_is_asked_in_80_columns(shop: User) -> None:
    for words in (("--help", "all"), ("up", "--help")):
        end = ended(shop.folder, *words, env={"COLUMNS": "80"})
        assert end.code == 0 and max(map(len, end.out.splitlines())) <= 80


def test_links_and_names_stay_whole_while_other_columns_have_words_to_wrap() -> None:
    row = ("8000", "shop-api", "homeport (pid 1) at http://localhost:8000", "this computer only")
    text = "\n".join(columns([row], 60)[0])
    assert "http://localhost:8000" in text and "shop-api" in text
    assert max(map(len, text.splitlines())) <= 60
    assert max(map(len, columns([row], 30)[0])) <= 30, "else words are broken too"

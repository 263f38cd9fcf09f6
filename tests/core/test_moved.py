import pytest

from homeport.core.moved import (
    Moved,
    NextTime,
    Why,
    memory_lost,
    memory_of_other_version,
    moved,
    not_remembered,
    sentence,
)
from homeport.core.port_choice import Choice
from homeport.core.port_claims import Owner
from tests.core.test_words import holder, listener

BLOG = Owner("/home/ada/blog", "blog")
BY = (listener(holder(7)),)


def test_a_server_at_home_has_nothing_to_tell() -> None:
    assert moved(Choice((8000,), 8000), 8000, (), NextTime.HERE) is None


@pytest.mark.parametrize(
    ("choice", "next_time", "said"),
    [
        (
            Choice((), 8000),
            NextTime.BACK,
            "port 8000 is in use by pid 7 (python -m x); using 8417 until it is free again",
        ),
        (
            Choice((), 8000),
            NextTime.HERE,
            "port 8000 is in use by pid 7 (python -m x); using 8417, and the same next time",
        ),
        (
            Choice((), 8000, BLOG),
            NextTime.HERE,
            "port 8000 is kept for blog (/home/ada/blog); using 8417, and the same next time",
        ),
        (
            Choice((), 8000, BLOG, is_lost=True),
            NextTime.UNKNOWN,
            "port 8000 went to blog (/home/ada/blog) meanwhile; using 8417",
        ),
    ],
)
def test_why_it_is_elsewhere_and_what_will_be_next_time(
    choice: Choice, next_time: NextTime, said: str
) -> None:
    found = moved(choice, 8417, BY, next_time)
    assert found is not None
    assert sentence(found) == said


def test_who_holds_a_port_may_be_out_of_sight() -> None:
    told = Moved(wanted=8000, port=8417, why=Why.BUSY, next_time=NextTime.UNKNOWN)
    assert sentence(told) == "port 8000 is in use; using 8417"
    told = Moved(wanted=8000, port=8417, why=Why.KEPT, next_time=NextTime.UNKNOWN)
    assert "another project" in sentence(told)


def test_a_name_from_a_file_plays_no_tricks_in_the_terminal() -> None:
    other = Owner("/x\x1b[31m\n/y", "a\u202eb")
    told = Moved(wanted=8000, port=8417, why=Why.KEPT, next_time=NextTime.HERE, other=other)
    assert not {"\x1b", "\n", "\u202e"} & set(sentence(told))


def test_programs_get_it_as_facts() -> None:
    told = moved(Choice((), 8000, BLOG), 8417, BY, NextTime.HERE)
    assert told is not None
    assert told.to_json() == {
        "wanted": 8000,
        "why": "kept",
        "next_time": "here",
        "other": {"project": "/home/ada/blog", "name": "blog"},
    }
    told = moved(Choice((), 8000), 8417, BY, NextTime.BACK)
    assert told is not None
    assert (told.to_json()["why"], told.to_json()["other"]) == ("busy", None)


def test_troubles_of_the_memory_are_one_line_with_the_path() -> None:
    assert (
        not_remembered("Read-only.") == "The port is not remembered for the next time: Read-only."
    )
    assert "/s/ports.json is now /s/ports.json.bad" in memory_lost(
        "/s/ports.json", "/s/ports.json.bad"
    )
    assert "/s/ports.json has the format 2.0" in memory_of_other_version("/s/ports.json", "2.0")

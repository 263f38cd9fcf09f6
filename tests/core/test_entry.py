import json
from typing import Any

import pytest

from homeport.core.entry import LARGEST, Entry, Foreign, entry_of, read_entry

SHOP = Entry(
    name="shop",
    instance="00" * 16,
    urls=("http://localhost:8000", "http://127.0.0.1:8000"),
    addresses=("127.0.0.1:8000", "[::1]:8000"),
    pid=7,
    started=1790000000.5,
    start_ticks=12,
    boot="b",
    project="/home/ada/shop",
    app="main",
    socket="/run/homeport/shop.sock",
)


def written(**other: object) -> str:
    return json.dumps(SHOP.to_json() | other)


def without(key: str) -> str:
    data = SHOP.to_json()
    del data[key]
    return json.dumps(data)


def test_what_is_written_is_read_again() -> None:
    assert read_entry(written(), "shop") == SHOP


def test_what_a_later_minor_version_adds_is_ignored() -> None:
    text = written(version="1.7", shared={"until": 1}, mood="good")
    assert read_entry(text, "shop") == SHOP


def test_what_the_system_does_not_say_may_be_missing() -> None:
    text = written(start_ticks=None, boot=None, started=5)
    found = read_entry(text, "shop")
    assert isinstance(found, Entry)
    assert (found.start_ticks, found.boot, found.started) == (None, None, 5)


@pytest.mark.parametrize("version", ["2.0", "0.9", "10.0", "2"])
def test_another_major_version_is_told_and_not_read(version: str) -> None:
    text = json.dumps({"version": version, "name": "shop"})
    assert read_entry(text, "shop") == Foreign(name="shop", version=version)


_WRONG: dict[str, tuple[object, ...]] = {
    "name": ("shop-2", 1, None),
    "version": (None, 1.0, "", "x.1", ".1"),
    "pid": (0, -1, "7", True, 7.0, None),
    "urls": ("http://x", [1], None, {}),
    "addresses": (None, [None]),
    "instance": ("", 1, None),
    "started": ("now", None, True),
    "start_ticks": ("1", 1.5, True),
    "boot": (1,),
    "project": (None,),
    "app": ([],),
    "socket": ("",),
}


@pytest.mark.parametrize(
    ("key", "value"), [(key, value) for key, values in _WRONG.items() for value in values]
)
def test_a_field_of_the_wrong_kind_makes_it_garbage(key: str, value: Any) -> None:
    assert read_entry(written(**{key: value}), "shop") is None


@pytest.mark.parametrize("key", ["version", "name", "pid", "urls", "socket", "started"])
def test_a_missing_field_makes_it_garbage(key: str) -> None:
    assert read_entry(without(key), "shop") is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "1", '"shop"', "[" * 100_000, "9" * 5000, "\0", "{}"]
)
def test_garbage_is_no_entry(text: str) -> None:
    assert read_entry(text, "shop") is None


def test_what_is_too_long_is_not_even_parsed() -> None:
    assert read_entry(written(app="x" * LARGEST), "shop") is None


def test_the_ports_are_those_of_the_addresses() -> None:
    assert SHOP.ports == {8000}
    odd = entry_of(
        SHOP.to_json() | {"addresses": ["x", "y:" + "9" * 5000, "[::1]:90"], "urls": []}, "shop"
    )
    assert isinstance(odd, Entry)
    assert odd.ports == {90}


def test_who_does_not_listen_any_more_is_the_same_server_without_a_place() -> None:
    left = SHOP.not_listening()
    assert (left.ports, left.urls, left.instance) == (frozenset(), (), SHOP.instance)

import json
import re

import pytest

from homeport.core.access import Visit, json_lines, text_lines

ITEMS: Visit = ("127.0.0.1:51034", "GET", "/items?q=1", "1.1", 200)
GONE: Visit = ("[::1]:51035", "POST", '/"quoted"', "1.1", 410)


def test_a_visit_is_a_line_for_people() -> None:
    assert text_lines([ITEMS], "12:01:33", colour=False) == [
        "  12:01:33  200  GET /items?q=1  127.0.0.1:51034\n"
    ]


def test_colours_change_nothing_but_the_looks() -> None:
    plain = text_lines([ITEMS, GONE], "12:01:33", colour=False)
    coloured = text_lines([ITEMS, GONE], "12:01:33", colour=True)
    assert [re.sub(r"\x1b\[\d+m", "", line) for line in coloured] == plain
    assert all(line.count("\x1b[0m") == line.count("\x1b[") / 2 for line in coloured)


def colour_of(status: int) -> str:
    (line,) = text_lines([("::1", "GET", "/", "1.1", status)], "", colour=True)
    found = re.search(rf"\x1b\[(\d+)m{status}\x1b", line)
    assert found
    return found[1]


def test_success_trouble_and_failure_look_different() -> None:
    green, yellow, red = "32", "33", "31"
    assert [colour_of(status) for status in (204, 404, 500)] == [green, yellow, red]


@pytest.mark.parametrize("status", [0, 999])
def test_a_status_beyond_the_book_has_no_colour(status: int) -> None:
    assert colour_of(status) == "0"


def test_a_visit_is_a_json_object_on_a_line_for_programs() -> None:
    first, second = json_lines([ITEMS, GONE], 1700000000.12345)
    assert json.loads(first) == {
        "event": "request",
        "time": 1700000000.123,
        "client": "127.0.0.1:51034",
        "method": "GET",
        "path": "/items?q=1",
        "status": 200,
    }
    assert json.loads(second)["path"] == '/"quoted"'
    assert first.count("\n") == second.count("\n") == 1
    assert second.endswith("\n")


def test_of_our_own_pages_no_secret_is_written_and_no_polling() -> None:
    link: Visit = ("10.0.0.2:1", "GET", "/.well-known/homeport/pair?code=SECRET", "1.1", 303)
    waits: Visit = ("10.0.0.2:1", "GET", "/.well-known/homeport/wait?ticket=SECRET", "1.1", 200)
    assert text_lines([link, waits], "12:01:33", colour=False) == [
        "  12:01:33  303  GET /.well-known/homeport/pair  10.0.0.2:1\n"
    ]
    (line,) = json_lines([waits, link], 0.0)
    assert json.loads(line)["path"] == "/.well-known/homeport/pair"


def test_no_visits_are_no_lines() -> None:
    assert text_lines([], "", colour=True) == json_lines([], 0.0) == []

import json

from homeport.core.visit_record import LONGEST, VisitRecord, log_line


def record(**fields: str) -> VisitRecord:
    return VisitRecord(time=1_790_000_000.25, peer="192.168.1.34", rule="R2", **fields)  # type: ignore[arg-type]


def test_a_line_says_who_when_and_by_which_rule() -> None:
    visit = VisitRecord(
        time=1_790_000_000.25,
        peer="192.168.1.34",
        rule="R2",
        device="d1",
        method="GET",
        path="/items",
        status=421,
    )
    assert json.loads(log_line(visit)) == {
        "time": "2026-09-21T14:13:20.250Z",
        "peer": "192.168.1.34",
        "device": "d1",
        "rule": "R2",
        "method": "GET",
        "path": "/items",
        "status": 421,
    }


def test_what_is_not_known_is_left_out() -> None:
    line = log_line(VisitRecord(time=0.0, peer=None, rule="R0"))
    assert json.loads(line) == {"time": "1970-01-01T00:00:00.000Z", "rule": "R0"}


def test_no_query_string_gets_into_the_log() -> None:
    for path in ("/pair?code=SECRET", "/a#SECRET", "/a?b#SECRET", "?SECRET"):
        assert "SECRET" not in log_line(record(path=path))


def test_nothing_ends_a_line_early_or_reaches_a_terminal() -> None:
    line = log_line(record(path='/a\n{"rule": "R6"}\r\x1b[31m\u2028\udcff', method="GET\n"))
    assert line.count("\n") == 1
    assert line.endswith("\n")
    assert line.isascii()
    assert "\\u001b" not in line
    json.loads(line)


def test_an_endless_path_is_cut() -> None:
    assert len(json.loads(log_line(record(path="/" + "a" * 9999)))["path"]) == LONGEST

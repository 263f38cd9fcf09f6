import json

import pytest

from homeport.core.failure import Failure, FailureKind, Frame, short_traceback


def own(line: int, function: str = "<module>", source: str = "import shop") -> Frame:
    return Frame(file="main.py", line=line, function=function, source=source, own=True)


def library(line: int) -> Frame:
    return Frame(file="lib.py", line=line, function="call", source="return f()", own=False)


def places(frames: tuple[Frame, ...]) -> list[str]:
    lines = short_traceback(frames, "")
    return [line.partition(" in ")[0] for line in lines if not line.startswith("  ")]


def test_a_failure_survives_the_way_through_json() -> None:
    failure = Failure(
        kind=FailureKind.FACTORY,
        summary="create_app() raised.",
        error="ValueError: no",
        frames=(own(1), library(2)),
        full="Traceback …",
        next_steps=("homeport main:app",),
    )
    assert Failure.from_json(json.loads(json.dumps(failure.to_json()))) == failure


def test_only_the_first_three_kinds_blame_the_command_line() -> None:
    blamed = {kind for kind in FailureKind if kind.names_no_app}
    assert blamed == {
        FailureKind.MODULE_MISSING,
        FailureKind.ATTRIBUTE_MISSING,
        FailureKind.NOT_ASGI,
    }


def test_a_frame_is_shown_with_its_place_and_its_source() -> None:
    assert short_traceback((own(3, "load", "shop.open()"),), "KeyError: 'x'") == [
        "main.py:3 in load",
        "  shop.open()",
        "KeyError: 'x'",
    ]


@pytest.mark.parametrize("function", ["", "<module>"])
def test_a_frame_outside_any_function_names_none(function: str) -> None:
    assert short_traceback((own(3, function, ""),), "") == ["main.py:3"]


def test_library_frames_between_own_ones_are_left_out() -> None:
    frames = (library(1), own(2), library(3), library(4), library(5), own(6))
    assert places(frames) == ["main.py:2", "main.py:6"]


def test_below_the_last_own_frame_the_last_two_of_the_library_are_shown() -> None:
    frames = (library(1), own(2), library(3), library(4), library(5))
    assert places(frames) == [
        "main.py:2",
        "… 1 library frame not shown",
        "lib.py:4",
        "lib.py:5",
    ]


def test_the_number_of_frames_not_shown_is_said() -> None:
    frames = tuple(library(line) for line in range(4))
    assert places(frames) == ["… 2 library frames not shown", "lib.py:2", "lib.py:3"]


def test_endless_recursion_is_folded_in_the_middle() -> None:
    frames = tuple(own(line) for line in range(1, 1001))
    assert places(frames) == [
        *(f"main.py:{line}" for line in range(1, 7)),
        "… 988 more frames not shown",
        *(f"main.py:{line}" for line in range(995, 1001)),
    ]


def test_a_traceback_a_person_can_read_is_not_folded() -> None:
    frames = tuple(own(line) for line in range(1, 13))
    assert places(frames) == [f"main.py:{line}" for line in range(1, 13)]


def test_an_error_of_several_lines_stays_in_lines() -> None:
    assert short_traceback((), "ValidationError: 2\n  a\n  b") == [
        "ValidationError: 2",
        "  a",
        "  b",
    ]


def test_the_caret_under_a_syntax_error_is_a_line_of_its_own_below_the_source() -> None:
    lines = short_traceback((own(1, "", "x = (\n    ^"),), "SyntaxError: '(' was never closed")
    assert lines == ["main.py:1", "  x = (", "      ^", "SyntaxError: '(' was never closed"]


def test_without_frames_the_error_is_all_there_is() -> None:
    assert short_traceback((), "SystemExit: 3") == ["SystemExit: 3"]

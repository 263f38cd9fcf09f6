"""The same line is told once in a while, and no more than a few lines at all."""

from homeport.engine.sparing import MOST, WINDOW, Sparing


def test_the_same_line_is_told_once_in_a_window() -> None:
    sparing = Sparing()
    told = [sparing.may_tell("a", now) for now in (100.0, 101.0, 100.0 + WINDOW)]
    assert told == [True, False, True]
    assert sparing.take_left_out() == 1
    assert sparing.take_left_out() == 0


def test_of_many_lines_the_first_are_told() -> None:
    sparing = Sparing()
    told = [sparing.may_tell(f"line {number}", 100.0) for number in range(MOST + 5)]
    assert told == [True] * MOST + [False] * 5
    assert sparing.take_left_out() == 5

import random

from homeport.core.deadline import Deadline, Now

START = Now(wall=1000.0, mono=50.0)


def test_both_clocks_running_together_end_together() -> None:
    end = Deadline.after(30, START)
    assert end == Deadline(wall=1030.0, mono=80.0)
    assert end.left(Now(wall=1010.0, mono=60.0)) == 20
    assert not end.passed(Now(wall=1029.9, mono=79.9))
    assert end.passed(Now(wall=1030.0, mono=80.0))


def test_a_wall_clock_that_jumps_forward_ends_it() -> None:
    assert Deadline.after(1800, START).passed(Now(wall=1000.0 + 2400, mono=51.0))


def test_a_wall_clock_that_is_set_back_does_not_prolong_it() -> None:
    end = Deadline.after(1800, START)
    assert end.left(Now(wall=-5000.0, mono=1849.0)) == 1
    assert end.passed(Now(wall=-5000.0, mono=1850.0))


def test_it_has_passed_exactly_when_nothing_is_left() -> None:
    dice = random.Random(5)
    for _ in range(5000):
        end = Deadline(wall=dice.randrange(20), mono=dice.randrange(20))
        now = Now(wall=dice.randrange(20), mono=dice.randrange(20))
        assert end.passed(now) is (end.left(now) == 0)


def test_sleep_is_what_only_the_wall_clock_counts() -> None:
    assert Now(wall=1040.0, mono=60.0).slept_since(START) == 30
    assert Now(wall=1010.0, mono=60.0).slept_since(START) == 0
    assert Now(wall=900.0, mono=60.0).slept_since(START) < 0

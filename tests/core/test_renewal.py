"""When a certificate is made anew."""

from homeport.core.renewal import LOOK, LOOK_AT_ADDRESSES, patience, renew_at

DAY = 86400.0


def test_a_third_of_its_life_is_left_when_it_is_renewed() -> None:
    assert renew_at(1000.0, 1000.0 + 15 * DAY) == 1000.0 + 10 * DAY


def test_the_clock_is_looked_at_now_and_then_for_computers_sleep() -> None:
    assert patience(0.0, 10 * DAY, all_addresses=False) == LOOK
    assert patience(0.0, 10 * DAY, all_addresses=True) == LOOK_AT_ADDRESSES
    assert patience(0.0, 5.0, all_addresses=True) == 5.0


def test_what_is_late_is_not_done_in_a_circle() -> None:
    assert patience(100.0, 5.0, all_addresses=False) == 1.0

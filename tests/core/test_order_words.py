"""What is said when a running server is asked for something and it cannot be, and what to type."""

import pytest

from homeport.core import bind_refusals, order_words
from homeport.core.errors import HomeportError
from tests.core.test_server_words import SHOP

REFUSALS = [
    (order_words.other_instance("shop"), "server-replaced", 5, "shop was replaced"),
    (order_words.cannot_reload("shop"), "cannot-reload", 2, "an app object of a script"),
    (order_words.cannot_restart("shop", is_managed=False), "cannot-restart", 2, "the script can"),
    (order_words.cannot_restart("shop", is_managed=True), "cannot-restart", 2, "the manager can"),
    (order_words.stopping("shop"), "server-stopping", 5, "being stopped"),
    (order_words.no_outcome("shop", 3, "answer"), "not-ready", 5, "did not answer within 3 s"),
    (order_words.not_back("shop"), "not-back", 5, "did not come back"),
    (order_words.not_gone(SHOP, 12.5), "still-there", 6, "still there after 12.5 s"),
    (order_words.nothing_runs(), "nothing-there", 5, "No homeport server"),
    (order_words.all_needs_yes(3), "needs-yes", 6, "stops 3 servers"),
    (order_words.all_declined(), "declined", 6, "Nothing was stopped"),
    (order_words.name_or_all(), "bad-flag", 2, "one of them only"),
    (order_words.no_log("shop"), "no-log", 5, "called 'shop'"),
    (order_words.log_in_terminal("shop", 7), "log-in-terminal", 5, "(pid 7)"),
    (order_words.bad_ready_fd("9" * 99, "too far"), "bad-ready-fd", 2, f"{'9' * 40}: too far"),
    (order_words.killed_at_start(9), "killed", 1, "by signal 9"),
    (order_words.shells("tcsh"), "bad-flag", 2, "'tcsh'"),
    (bind_refusals.no_free_port(range(8100, 8103)), "no-free-port", 4, "from 8100 to 8102"),
    (bind_refusals.no_free_port(()), "no-free-port", 4, "has no port that is free"),
]


@pytest.mark.parametrize(("error", "code", "exit_code", "says"), REFUSALS)
def test_each_refusal_has_its_code_and_says_what_is_the_matter(
    error: HomeportError, code: str, exit_code: int, says: str
) -> None:
    assert (error.code, error.exit_code) == (code, exit_code)
    assert says in error.message
    assert error.next_steps or code == "declined"


def test_that_no_log_is_kept_is_one_sentence() -> None:
    assert order_words.no_log_kept("the disk is full.").endswith("nowhere: the disk is full.")

from homeport.core.deadline import Deadline, Now
from homeport.core.pairing import (
    CODE_SECONDS,
    KNOCK_AGAIN,
    KNOCK_SECONDS,
    SPENT,
    WAITING,
    Codes,
    Knock,
    NotNow,
    Verdict,
    Why,
    by_ticket,
    free_number,
    may_knock,
    of_peer,
)

START = Now(wall=1000.0, mono=10.0)


def later(seconds: float) -> Now:
    return Now(wall=START.wall + seconds, mono=START.mono + seconds)


def knock(number: int, peer: str = "", verdict: Verdict = Verdict.NONE) -> Knock:
    return Knock(
        ticket_hash=f"ticket {number}",
        number=number,
        peer=peer or f"peer {number}",
        device=f"d{number}",
        since=START.mono,
        deadline=Deadline.after(KNOCK_SECONDS, START),
        verdict=verdict,
    )


def test_a_code_is_good_for_two_minutes() -> None:
    codes = Codes().renewed("a", START)
    assert codes.judge("a", later(CODE_SECONDS - 1)) is None
    assert codes.judge("a", later(CODE_SECONDS)) is Why.EXPIRED
    assert codes.judge("b", START) is Why.WRONG
    assert Codes().judge("a", START) is Why.WRONG


def test_a_code_that_was_good_once_is_told_from_a_guess() -> None:
    used = Codes().renewed("a", START).ended(Why.USED)
    assert used.judge("a", START) is Why.USED
    replaced = used.renewed("b", START).renewed("c", START)
    assert [replaced.judge(each, START) for each in "abc"] == [Why.USED, Why.EXPIRED, None]
    assert used.ended(Why.EXPIRED) == used


def test_dead_codes_are_remembered_for_a_while_only() -> None:
    codes = Codes()
    for number in range(SPENT * 2):
        codes = codes.renewed(str(number), START)
    assert len(codes.spent) == SPENT
    assert codes.judge("0", START) is Why.WRONG


def test_a_peer_knocks_once_and_again_when_its_page_was_loaded_anew() -> None:
    waiting = (knock(1, "a"),)
    assert may_knock((), "a", START) is None
    assert may_knock(waiting, "b", START) is None
    assert may_knock(waiting, "a", later(1)) == NotNow(why=Why.BLOCKED, seconds=KNOCK_AGAIN - 1)
    assert may_knock(waiting, "a", later(KNOCK_AGAIN)) is None


def test_a_peer_that_was_denied_has_to_wait_until_that_is_forgotten() -> None:
    denied = (knock(1, "a", Verdict.DENIED),)
    assert may_knock(denied, "a", later(20)) == NotNow(why=Why.DENIED, seconds=100)


def test_only_so_many_wait_and_those_with_an_answer_do_not_count() -> None:
    full = tuple(knock(number) for number in range(WAITING))
    assert may_knock(full, "new", later(50)) == NotNow(why=Why.BLOCKED, seconds=70)
    answered = (full[0].answered(Verdict.APPROVED, START), *full[1:])
    assert may_knock(answered, "new", later(50)) is None


def test_an_answer_gives_the_page_time_to_fetch_it() -> None:
    answered = knock(1).answered(Verdict.APPROVED, later(100))
    assert answered.verdict is Verdict.APPROVED
    assert answered.deadline.left(later(100)) == KNOCK_SECONDS


def test_no_two_screens_show_the_same_number() -> None:
    assert free_number((), 412) == 412
    assert free_number((), 123_456) == 3456
    assert free_number((knock(412), knock(413)), 412) == 414
    assert free_number((knock(9999),), 9999) == 0


def test_a_ticket_is_good_only_where_it_was_given_out() -> None:
    knocks = (knock(1, "a"), knock(2, "b"))
    assert by_ticket(knocks, "ticket 2", "b") == knocks[1]
    assert by_ticket(knocks, "ticket 2", "a") is None
    assert by_ticket(knocks, "ticket 3", "a") is None
    assert of_peer(knocks, "a") == knocks[:1]

"""How devices get in and out: codes, knocks, tokens, wrong guesses."""

import pytest

from homeport.core.admission import LONGEST_NAME
from homeport.core.devices import MOST, DeviceState, PairedBy
from homeport.core.durations import LONGEST
from homeport.core.mirror import TokenState
from homeport.core.pairing import KNOCK_AGAIN, KNOCK_SECONDS, WAITING, Why
from homeport.core.secret_hash import hashed
from homeport.core.share import Phase, Terms
from homeport.core.share_actions import (
    Admitted,
    Answer,
    CutDevice,
    Done,
    Knocked,
    News,
    Passes,
    Refused,
    StillWaiting,
    Tell,
    Unclear,
)
from homeport.core.share_events import (
    Approve,
    Deny,
    MakeToken,
    NewCode,
    Poll,
    Revoke,
    Seen,
    Tick,
    Unshare,
    Wrong,
)
from homeport.core.share_upkeep import EXPIRED
from homeport.core.throttle import BLOCKED, OVERALL, PER_PEER
from tests.core.share_story import LAPTOP, PHONE, TABLET, Story


def shared() -> tuple[Story, str]:
    story = Story()
    return story, story.open()


def token(story: Story, name: str = "ci") -> Admitted | Refused:
    story.tell(MakeToken(name=name, token=story.fresh("token"), request="t"))
    answer = story.answer()
    assert isinstance(answer, Admitted | Refused)
    return answer


def test_the_one_time_link_lets_one_device_in() -> None:
    story, code = shared()
    admitted = story.redeem(code)
    assert admitted == Admitted(device="d1", token="token-2", seconds=LONGEST)
    assert [type(action) for action in story.actions][:2] == [Passes, Answer], "workers know first"
    device = story.device("d1")
    assert (device.name, device.state, device.paired_by, device.address) == (
        "iPhone",
        DeviceState.LET_IN,
        PairedBy.CODE,
        PHONE,
    )
    assert story.news == [News.LET_IN]
    assert story.rules == ["let-in"]
    assert story.redeem(code) == Refused(why=Why.USED)
    assert story.rules == ["code-used"]


def test_nothing_that_is_kept_would_let_anyone_in() -> None:
    story, code = shared()
    admitted = story.redeem(code)
    ticket, _ = story.knock(TABLET)
    assert isinstance(admitted, Admitted)
    kept = repr(story.state)
    assert not any(f"'{secret}'" in kept for secret in (code, admitted.token, ticket))


def test_dead_codes_are_no_guesses_but_wrong_ones_are() -> None:
    story, code = shared()
    story.later(120)
    assert story.redeem(code) == Refused(why=Why.EXPIRED)
    assert story.redeem(code) == Refused(why=Why.EXPIRED)
    assert story.redeem("guess") == Refused(why=Why.WRONG, retry_after=1.0)
    assert story.rules == ["code-wrong"]
    story.tell(NewCode(code_hash=hashed("right")))
    assert story.redeem("right") == Refused(why=Why.BLOCKED, retry_after=1.0)
    story.later(1)
    assert isinstance(story.redeem("right"), Admitted), "being blocked has not cost the code"


def test_a_share_for_everybody_lets_nobody_in_one_by_one() -> None:
    story = Story()
    code = story.open(terms=Terms(pairing=False))
    assert story.redeem(code) == Refused(why=Why.GONE)
    assert story.knock()[1] == Refused(why=Why.GONE)
    assert token(story) == Refused(why=Why.GONE)


def test_a_knock_is_answered_by_the_number_on_both_screens() -> None:
    story, _ = shared()
    ticket, answer = story.knock(number=412)
    assert answer == Knocked(number=412)
    (tell,) = story.of(Tell)
    assert tell.news is News.ASKS
    assert tell.device is not None
    assert (tell.device.number, tell.device.state) == (412, DeviceState.WAITING)
    assert story.poll(ticket) == StillWaiting()
    story.tell(Approve(which="0412", request="a"))
    assert isinstance(story.answer(), Done)
    admitted = story.poll(ticket)
    assert isinstance(admitted, Admitted)
    assert story.mirror().mirror.look(admitted.token) == (TokenState.VALID, "d1")
    assert story.device("d1").paired_by is PairedBy.APPROVAL
    assert story.device("d1").number is None
    assert story.news == [News.LET_IN]
    assert story.poll(ticket) == Refused(why=Why.GONE), "a ticket is good once"


@pytest.mark.parametrize("which", ["0412", "d1", "iphone", "iPh"])
def test_a_knock_is_approved_by_number_id_or_name(which: str) -> None:
    story, _ = shared()
    ticket, _ = story.knock(number=412)
    story.tell(Approve(which=which, request="a"))
    assert isinstance(story.poll(ticket), Admitted)


def test_a_name_that_several_have_is_a_question() -> None:
    story, _ = shared()
    story.knock(PHONE)
    story.knock(TABLET)
    story.tell(Approve(which="iph", request="a"))
    answer = story.answer()
    assert isinstance(answer, Unclear)
    assert [each.id for each in answer.found] == ["d1", "d2"]
    story.tell(Deny(which="9999", request="a"))
    answer = story.answer()
    assert isinstance(answer, Unclear)
    assert answer.found == ()
    assert len(answer.candidates) == 2


def test_two_that_knock_never_show_the_same_number() -> None:
    story, _ = shared()
    assert story.knock(PHONE, 412)[1] == Knocked(number=412)
    assert story.knock(TABLET, 412)[1] == Knocked(number=413)


def test_a_ticket_is_good_only_at_the_address_that_knocked() -> None:
    story, _ = shared()
    ticket, _ = story.knock(PHONE)
    story.tell(Approve(which="d1", request="a"))
    assert story.poll(ticket, TABLET) == Refused(why=Why.GONE)
    assert isinstance(story.poll(ticket, PHONE), Admitted)


def test_a_denied_visitor_is_told_and_cannot_ask_again_at_once() -> None:
    story, _ = shared()
    ticket, _ = story.knock(number=412)
    story.later(10)
    story.tell(Deny(which="412".zfill(4), request="a"))
    assert story.news == [News.DENIED]
    assert story.rules == ["denied"]
    assert story.share.devices == ()
    assert story.poll(ticket) == Refused(why=Why.DENIED, retry_after=KNOCK_SECONDS)
    assert story.knock()[1] == Refused(why=Why.DENIED, retry_after=KNOCK_SECONDS)
    story.tell(Approve(which="d1", request="a"))
    assert isinstance(story.answer(), Unclear), "it has its answer"
    story.later(KNOCK_SECONDS)
    story.tell(Tick())
    assert story.news == [News.CODE_OVER], "the code, not the device: that one was told of"
    assert isinstance(story.knock()[1], Knocked)


def test_a_page_that_is_loaded_again_gets_a_number_of_its_own() -> None:
    story, _ = shared()
    first, _ = story.knock(number=412)
    assert story.knock(number=7)[1] == Refused(why=Why.BLOCKED, retry_after=KNOCK_AGAIN)
    story.later(KNOCK_AGAIN)
    second, answer = story.knock(number=7)
    assert answer == Knocked(number=7)
    assert story.news == [News.ASKS_NO_MORE, News.ASKS]
    assert [each.number for each in story.share.devices] == [7]
    assert story.poll(first) == Refused(why=Why.GONE)
    story.tell(Approve(which="0412", request="a"))
    assert isinstance(story.answer(), Unclear), "yes to a number that is no longer shown"
    assert story.poll(second) == StillWaiting()


def test_only_so_many_visitors_wait() -> None:
    story, _ = shared()
    for number in range(WAITING):
        assert isinstance(story.knock(f"192.168.1.{100 + number}")[1], Knocked)
    assert story.knock()[1] == Refused(why=Why.BLOCKED, retry_after=KNOCK_SECONDS)
    story.later(KNOCK_SECONDS)
    assert isinstance(story.knock()[1], Knocked), "those were forgotten"
    assert story.news == [News.ASKS_NO_MORE] * WAITING + [News.ASKS]


def test_a_knock_nobody_answers_is_forgotten() -> None:
    story, _ = shared()
    ticket, _ = story.knock()
    story.later(KNOCK_SECONDS)
    assert story.poll(ticket) == Refused(why=Why.EXPIRED)
    story.tell(Approve(which="d1", request="a"))
    assert story.of(Answer) == [
        Answer(request="a", answer=Unclear(which="d1", found=(), candidates=()))
    ]
    assert story.poll(ticket) == Refused(why=Why.GONE)
    assert story.share.devices == ()


def test_an_approved_visitor_has_two_more_minutes_to_fetch_its_token() -> None:
    story, _ = shared()
    ticket, _ = story.knock()
    story.later(KNOCK_SECONDS - 1)
    story.tell(Approve(which="d1", request="a"))
    story.later(KNOCK_SECONDS - 1)
    assert isinstance(story.poll(ticket), Admitted)
    ticket, _ = story.knock(TABLET)
    story.tell(Approve(which="d2", request="a"))
    story.later(KNOCK_SECONDS)
    story.tell(Tick())
    assert News.ASKS_NO_MORE in story.news, "it went away; nothing of it stays"
    assert [each.id for each in story.share.devices] == ["d1"]


def test_a_script_gets_a_token_with_a_name() -> None:
    story, _ = shared()
    admitted = token(story, "ci\x1b[31m\n " + "x" * 99)
    assert isinstance(admitted, Admitted)
    device = story.device("d1")
    assert len(device.name) <= LONGEST_NAME
    assert device.name.startswith("ci ")
    assert device.name.isprintable()
    assert (device.address, device.paired_by) == (None, PairedBy.TOKEN)
    assert story.rules == ["token"]
    assert story.mirror().mirror.look(admitted.token) == (TokenState.VALID, "d1")
    token(story, "  ")
    token(story, "")
    assert [each.name for each in story.share.devices][1:] == ["script", "script 2"]


def test_a_revoked_device_is_cut_and_its_token_dead_but_no_guess() -> None:
    story, code = shared()
    admitted = story.redeem(code)
    assert isinstance(admitted, Admitted)
    story.tell(Revoke(which="iphone", request="a"))
    assert story.of(CutDevice) == [CutDevice(device="d1")]
    assert [type(action) for action in story.actions][:2] == [Passes, CutDevice]
    assert story.mirror().mirror.look(admitted.token) == (TokenState.EXPIRED, None)
    assert story.device("d1").state is DeviceState.REVOKED
    assert (story.news, story.rules) == ([News.REVOKED], ["revoked"])
    story.tell(Revoke(which="d1", request="a"))
    assert isinstance(story.answer(), Unclear), "it is out already"


def test_one_device_out_leaves_the_others_in() -> None:
    story, code = shared()
    phone, tablet = story.redeem(code), story.let_in(TABLET)
    assert isinstance(phone, Admitted)
    story.tell(Revoke(which="d1", request="a"))
    assert story.mirror().mirror.look(tablet.token) == (TokenState.VALID, "d2")
    assert story.device("d2").name == "iPhone 2"


def test_what_workers_saw_is_added_up() -> None:
    story, code = shared()
    story.redeem(code)
    story.tell(Seen(device="d1", peer=TABLET, requests=4, at=story.now.wall + 9))
    story.tell(Seen(device="d9", peer=TABLET, requests=4, at=story.now.wall + 9))
    device = story.device("d1")
    assert (device.requests, device.address, device.last_seen) == (4, TABLET, story.now.wall + 9)
    assert len(story.share.devices) == 1


def test_a_share_that_is_full_says_so_and_keeps_the_code() -> None:
    story, _ = shared()
    for _ in range(MOST):
        assert isinstance(token(story), Admitted)
    assert token(story) == Refused(why=Why.BLOCKED, retry_after=60.0)
    assert story.knock()[1] == Refused(why=Why.BLOCKED, retry_after=60.0)
    assert story.redeem("code-1") == Refused(why=Why.BLOCKED, retry_after=60.0)
    story.tell(Revoke(which="d5", request="a"))
    assert isinstance(story.redeem("code-1"), Admitted)
    assert len(story.share.devices) == MOST


def test_dead_tokens_are_remembered_but_not_for_ever() -> None:
    story, _ = shared()
    for _ in range(EXPIRED + 20):
        admitted = token(story)
        assert isinstance(admitted, Admitted)
        story.tell(Revoke(which=admitted.device, request="a"))
    assert len(story.state.expired) == EXPIRED
    assert isinstance(admitted, Admitted)
    assert hashed(admitted.token) in story.state.expired


# guessing


def test_a_guesser_is_slowed_then_blocked_and_told_of_once() -> None:
    story, _ = shared()
    told = []
    for _ in range(PER_PEER + 5):
        story.tell(Wrong(peer=LAPTOP))
        told += story.news
    assert told == [News.PEER_BLOCKED]
    assert story.mirror().mirror.wait(LAPTOP, story.now.mono) == BLOCKED
    assert story.rules == ["token-wrong"]
    assert story.redeem("code-1", LAPTOP) == Refused(why=Why.BLOCKED, retry_after=BLOCKED)
    assert story.knock(LAPTOP)[1] == Refused(why=Why.BLOCKED, retry_after=BLOCKED)
    assert isinstance(story.redeem("code-1", PHONE), Admitted), "others are not affected"


def test_many_guessers_shut_pairing_but_never_a_device() -> None:
    story, code = shared()
    admitted = story.redeem(code)
    assert isinstance(admitted, Admitted)
    told = []
    for number in range(OVERALL + 10):
        story.tell(Wrong(peer=f"10.0.0.{number}"))
        told += story.news
    assert told == [News.ALL_BLOCKED]
    mirror = story.mirror().mirror
    assert mirror.all_blocked
    assert mirror.look(admitted.token) == (TokenState.VALID, "d1")
    assert story.knock(TABLET)[1] == Refused(why=Why.BLOCKED, retry_after=BLOCKED)
    story.tell(NewCode(code_hash=hashed("new")))
    assert not story.mirror().mirror.all_blocked
    assert isinstance(story.redeem("new", TABLET), Admitted)


def test_a_device_behind_the_address_of_a_guesser_stays_in() -> None:
    story, code = shared()
    admitted = story.redeem(code, LAPTOP)
    assert isinstance(admitted, Admitted)
    story.tell(Wrong(peer=LAPTOP, times=50))
    assert story.mirror().mirror.look(admitted.token) == (TokenState.VALID, "d1")


def test_ending_and_sharing_again_does_not_free_a_guesser() -> None:
    story, _ = shared()
    story.tell(Wrong(peer=LAPTOP, times=PER_PEER))
    story.tell(Unshare())
    code = story.open()
    assert story.redeem(code, LAPTOP) == Refused(why=Why.BLOCKED, retry_after=BLOCKED)


def test_after_the_end_everyone_is_told_that_it_is_gone() -> None:
    story, code = shared()
    ticket, _ = story.knock()
    story.tell(Unshare())
    assert story.at(Phase.CLOSED)
    assert story.redeem(code) == Refused(why=Why.GONE)
    assert story.poll(ticket) == Refused(why=Why.GONE)
    assert story.knock()[1] == Refused(why=Why.GONE)
    assert token(story) == Refused(why=Why.GONE)
    for order in (Approve, Deny, Revoke):
        story.tell(order(which="d1", request="a"))
        assert story.answer() == Unclear(which="d1", found=(), candidates=())


def test_a_page_of_the_share_before_gets_nothing_from_this_one() -> None:
    story, _ = shared()
    ticket, _ = story.knock()
    story.open(terms=Terms(tls=True))
    story.tell(Poll(ticket_hash=hashed(ticket), peer=PHONE, token="t", request="p"))
    assert story.answer() == Refused(why=Why.GONE)

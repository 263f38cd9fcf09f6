from dataclasses import replace

import pytest

from homeport.core.doorbell import PAUSE, Doorbell
from homeport.core.share_actions import News, Tell
from tests.core.test_device_words import WAITS

FIRST = WAITS
SECOND = replace(WAITS, id="d2", name="Pixel", number=7035)


def after(*news: tuple[News, object], now: float = 0.0) -> Doorbell:
    bell = Doorbell()
    for which, device in news:
        bell = bell.heard(Tell(news=which, device=device), now)  # type: ignore[arg-type]
    return bell


def test_the_first_that_asks_is_the_one_that_is_shown() -> None:
    bell = after((News.ASKS, FIRST), (News.ASKS, SECOND))
    assert bell.shown == FIRST
    assert bell.waiting == (FIRST, SECOND)
    assert Doorbell().shown is None


def test_a_key_means_what_is_shown_once_it_could_be_read() -> None:
    bell = after((News.ASKS, FIRST), now=50.0)
    assert bell.meant(50.0 + PAUSE / 2) is None
    assert bell.meant(50.0 + PAUSE) == FIRST
    assert bell.heard(Tell(news=News.ASKS, device=SECOND), 90.0).meant(90.0) == FIRST


@pytest.mark.parametrize(
    "answer", [News.ASKS_NO_MORE, News.LET_IN, News.DENIED, News.REVOKED], ids=lambda one: one.value
)
def test_after_an_answer_the_next_has_to_be_shown_first(answer: News) -> None:
    bell = after((News.ASKS, FIRST), (News.ASKS, SECOND))
    bell = bell.heard(Tell(news=answer, device=FIRST), 80.0)
    assert bell.meant(80.0) is None
    assert bell.meant(80.0 + PAUSE) == SECOND


def test_who_gives_up_behind_the_first_changes_nothing_for_it() -> None:
    bell = after((News.ASKS, FIRST), (News.ASKS, SECOND)).without("d2", 80.0)
    assert bell.waiting == (FIRST,)
    assert bell.meant(80.0) == FIRST


def test_with_the_share_all_questions_end() -> None:
    assert after((News.ASKS, FIRST), (News.ENDED, None)) == Doorbell()


def test_other_news_are_no_answer() -> None:
    bell = after((News.ASKS, FIRST), (News.RENEWED, None), (News.CODE, SECOND))
    assert bell.waiting == (FIRST,)

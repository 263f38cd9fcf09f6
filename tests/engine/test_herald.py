"""News is told in order, and a new version not before the old one has let go."""

import pytest

from homeport.core.events import Announce, News
from homeport.engine.herald import PATIENCE, Herald

RELOADED = Announce(news=News.RELOADED)
RELOADING = Announce(news=News.RELOADING)


class Told:
    def __init__(self) -> None:
        self.news: list[tuple[News, float]] = []
        self.herald = Herald(lambda announce, began: self.news.append((announce.news, began)))


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.mark.parametrize("news", News)
def test_without_an_old_worker_all_is_told_at_once(told: Told, news: News) -> None:
    told.herald.announce(Announce(news=news), 1.0, 5.0)
    assert told.news == [(news, 1.0)]


@pytest.mark.parametrize("news", [News.READY, News.RELOADED])
def test_a_new_version_is_told_when_the_old_one_has_let_go(told: Told, news: News) -> None:
    told.herald.retired(1)
    told.herald.announce(Announce(news=news), 1.0, 5.0)
    assert told.news == []
    told.herald.released(1)
    assert told.news == [(news, 1.0)]
    assert told.herald.due is None


def test_every_old_worker_has_to_let_go(told: Told) -> None:
    told.herald.retired(1)
    told.herald.retired(2)
    told.herald.announce(RELOADED, 1.0, 5.0)
    told.herald.released(2)
    assert told.news == []
    told.herald.released(1)
    assert told.news == [(News.RELOADED, 1.0)]


def test_an_old_worker_that_hangs_is_not_waited_for_long(told: Told) -> None:
    told.herald.retired(1)
    told.herald.announce(RELOADED, 1.0, 5.0)
    assert told.herald.due == 5.0 + PATIENCE
    told.herald.take(5.0 + PATIENCE / 2)
    assert told.news == []
    told.herald.take(5.0 + PATIENCE)
    assert told.news == [(News.RELOADED, 1.0)]
    told.herald.take(9.0)
    told.herald.released(1)
    assert told.news == [(News.RELOADED, 1.0)]


def test_other_news_comes_after_what_was_kept_back(told: Told) -> None:
    told.herald.retired(1)
    told.herald.announce(RELOADED, 1.0, 5.0)
    told.herald.announce(RELOADING, 6.0, 6.0)
    assert told.news == [(News.RELOADED, 1.0), (News.RELOADING, 6.0)]
    told.herald.released(1)
    assert len(told.news) == 2

"""How far a server is, made of the news."""

import pytest

from homeport.core.events import Announce, News
from homeport.core.failure import Failure, FailureKind
from homeport.core.progress import Progress, after

BROKEN = Failure(kind=FailureKind.IMPORT, summary="main cannot be imported.")


def told(*news: Announce) -> Progress:
    progress = Progress()
    for each in news:
        progress = after(progress, each, 0.5)
    return progress


READY = Announce(news=News.READY)
RELOADING = Announce(news=News.RELOADING, reasons=("r",))
RELOADED = Announce(news=News.RELOADED)
STILL = Announce(news=News.FAILED, failure=BROKEN, still_serving=True)
FAILED = Announce(news=News.FAILED, failure=BROKEN)
CRASHED = Announce(news=News.CRASHED, failure=BROKEN)


def test_it_begins_starting() -> None:
    assert (told().phase, told().settled) == ("starting", 0)


@pytest.mark.parametrize(
    ("news", "phase", "asked", "settled", "failed"),
    [
        ((READY,), "serving", 0, 0, False),
        ((READY, RELOADING), "serving", 1, 0, False),
        ((READY, RELOADING, RELOADED), "serving", 1, 1, False),
        ((READY, RELOADING, STILL), "serving", 1, 1, True),
        ((READY, RELOADING, STILL, RELOADING), "serving", 2, 1, True),
        ((READY, RELOADING, STILL, RELOADING, RELOADED), "serving", 2, 2, False),
        ((READY, RELOADING, RELOADING, RELOADED), "serving", 2, 2, False),
        ((FAILED,), "failed", 0, 0, True),
        ((FAILED, RELOADING), "starting", 1, 0, True),
        ((FAILED, RELOADING, READY), "serving", 1, 1, False),
        ((READY, CRASHED), "starting", 0, 0, True),
        ((READY, CRASHED, RELOADED), "serving", 0, 0, False),
        ((READY, Announce(news=News.STOPPING)), "stopping", 0, 0, False),
        ((READY, Announce(news=News.STOPPED)), "stopping", 0, 0, False),
    ],
)
def test_after_the_news(
    news: tuple[Announce, ...], phase: str, asked: int, settled: int, failed: bool
) -> None:
    progress = told(*news)
    assert (progress.phase, progress.asked, progress.settled) == (phase, asked, settled)
    assert (progress.failure is not None) is failed


def test_as_json_the_failure_can_be_read_back() -> None:
    data = told(READY, RELOADING, STILL).to_json()
    assert Failure.from_json(data["failure"]) == BROKEN
    assert data["took"] == 0.5
    assert told().to_json()["failure"] is None

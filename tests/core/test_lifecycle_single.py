"""Apps of which only one may be alive: import the new one, end the old one, start the new one."""

from homeport.core.errors import ExitCode
from homeport.core.events import Announce, Finish, Give, Kill, News, Retire, Spawn, Start, WakeAt
from homeport.core.state import Phase
from tests.core.lifecycle_story import (
    BROKEN,
    BROKEN_AGAIN,
    OVERTIME,
    Story,
    kills,
    news,
    retires,
    spawns,
    starts,
    told,
)


def serving() -> Story:
    story = Story()
    story.begin()
    story.imported(1)
    story.ready(1)
    return story


def test_the_first_one_starts_at_once() -> None:
    story = Story()
    story.begin()
    assert story.imported(1) == [Start(worker=1)]
    assert story.ready(1) == [Give(worker=1), Announce(news=News.READY)]


def test_the_old_one_goes_on_while_the_new_one_imports_and_ends_before_it_starts() -> None:
    story = serving()
    story.save()
    assert story.imported(2) == [Retire(worker=1), WakeAt(time=story.now + OVERTIME)]
    assert story.state.phase is Phase.STARTING
    assert story.exits(1) == [Start(worker=2)]
    assert story.ready(2) == [
        Give(worker=2),
        Announce(news=News.RELOADED, reasons=("main.py",)),
    ]


def test_an_import_that_fails_changes_nothing() -> None:
    story = serving()
    story.save()
    assert told(actions := story.fails(2), News.FAILED).still_serving
    assert not retires(actions)
    assert story.state.phase is Phase.SERVING
    story.save()
    assert story.state.phase.value == "reloading"


def test_a_startup_that_fails_when_the_old_one_is_gone_is_explained_by_a_page() -> None:
    story = serving()
    story.save()
    story.imported(2)
    story.exits(1)
    actions = story.fails(2, BROKEN_AGAIN)
    assert not told(actions, News.FAILED).still_serving
    assert spawns(actions) == [Spawn(worker=3, failure=BROKEN_AGAIN)]
    assert story.ready(3) == [Give(worker=3)]


def test_a_fix_starts_when_the_failed_one_is_gone_and_the_page_stays_until_then() -> None:
    story = serving()
    story.save()
    story.imported(2)
    story.exits(1)
    story.fails(2, BROKEN)
    story.ready(3)
    story.save()
    assert story.imported(4) == []  # the failed one may still hold what only one can have
    assert starts(story.exits(2)) == [Start(worker=4)]
    assert gives_then_retires(story) == [Give(worker=4), Retire(worker=3)]


def gives_then_retires(story: Story) -> list[object]:
    return [action for action in story.ready(4) if isinstance(action, Give | Retire)]


def test_a_save_while_the_old_one_leaves_starts_another_one_and_still_waits_for_all() -> None:
    story = serving()
    story.save()
    story.imported(2)
    assert kills(story.save()) == [Kill(worker=2)]
    assert story.imported(3) == []
    assert story.exits(1) == []
    assert story.exits(2) == [Start(worker=3)]


def test_the_old_one_is_killed_when_it_hangs_and_then_the_new_one_starts() -> None:
    story = serving()
    story.save()
    story.imported(2)
    assert story.after(OVERTIME).due() == [Kill(worker=1)]
    assert story.exits(1) == [Start(worker=2)]


def test_the_old_one_may_crash_before_it_is_told_to_leave() -> None:
    story = serving()
    story.save()
    assert news(story.exits(1)) == [News.CRASHED]
    assert story.imported(2) == [Start(worker=2)]


def test_one_that_dies_while_it_waits_is_explained() -> None:
    story = serving()
    story.save()
    story.imported(2)
    assert spawns(story.exits(2, BROKEN)) == [Spawn(worker=3, failure=BROKEN)]
    assert starts(story.exits(1)) == []


def test_stopping_while_one_waits_ends_both() -> None:
    story = serving()
    story.save()
    story.imported(2)
    assert kills(story.stop()) == [Kill(worker=2)]
    assert story.exits(2) == []
    assert story.exits(1)[-1] == Finish(exit_code=ExitCode.OK)


def test_late_news_of_an_import_mean_nothing() -> None:
    story = serving()
    story.save()
    story.save()
    assert story.imported(2) == []
    story.exits(2)
    assert story.imported(2) == []

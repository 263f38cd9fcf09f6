"""What happens when a worker that served, or the page in its place, is suddenly gone."""

import itertools

import pytest

from homeport.core.errors import ExitCode
from homeport.core.events import Announce, Finish, News, Retire, Spawn, WakeAt
from homeport.core.failure import Failure
from homeport.core.state import Phase
from tests.core.lifecycle_story import (
    BROKEN,
    DIED,
    NO_SUCH_NAME,
    OVERTIME,
    Story,
    ends,
    news,
    retires,
    spawns,
    told,
    wakes,
)


def test_a_crash_starts_a_new_worker_at_once() -> None:
    story = Story().serving()
    assert story.exits(1) == [Announce(news=News.CRASHED, failure=DIED), Spawn(worker=2)]
    assert news(story.ready(2)) == [News.RELOADED]


def test_crash_after_crash_the_pauses_grow_up_to_ten_seconds() -> None:
    story = Story().serving()
    pauses = []
    for worker in range(1, 10):
        crash = told(actions := story.exits(worker), News.CRASHED)
        pauses.append(crash.pause)
        assert wakes(actions) == ([story.now + crash.pause] if crash.pause else [])
        if crash.pause:
            assert not spawns(actions)
            assert story.after(crash.pause - 0.01).due() == []
            actions = story.after(0.011).due()
        assert spawns(actions) == [Spawn(worker=worker + 1)]
        story.ready(worker + 1)
    assert pauses == [0, 0.5, 1, 2, 4, 8, 10, 10, 10]


@pytest.mark.parametrize(("served", "pause"), [(29.9, 0.5), (30.1, 0.0)])
def test_a_crash_is_forgotten_after_half_a_minute_of_service(served: float, pause: float) -> None:
    story = Story().serving()
    story.exits(1)
    story.ready(2)
    assert told(story.after(served).exits(2), News.CRASHED).pause == pause


def test_a_crash_that_is_forgotten_starts_the_count_anew() -> None:
    story = Story().serving()
    for worker in (1, 2):
        story.exits(worker)
        story.after(1).due()
        story.ready(worker + 1)
    story.after(31).exits(3)
    story.ready(4)
    assert told(story.exits(4), News.CRASHED).pause == 0.5


def waiting_after_two_crashes(*, reload: bool = True) -> Story:
    story = Story(reload=reload).serving()
    story.exits(1)
    story.ready(2)
    story.exits(2)
    assert story.state.phase is Phase.WAITING
    return story


def test_a_save_ends_the_pause_after_a_crash() -> None:
    story = waiting_after_two_crashes()
    assert spawns(story.save()) == [Spawn(worker=3)]
    assert story.after(1).due() == []  # what it would have waited for has happened
    assert news(story.ready(3)) == [News.RELOADED]


def test_an_old_wake_does_not_shorten_a_new_pause() -> None:
    story = Story().serving()
    story.save()
    story.ready(2)  # a wake is set for worker 1, far from now
    story.exits(2)
    story.ready(3)
    story.exits(3)
    assert story.due() == []


def test_a_pause_that_ends_also_kills_whoever_should_be_gone() -> None:
    story = Story().serving()
    story.save()
    story.ready(2)
    story.exits(2)
    story.ready(3)
    story.exits(3)
    actions = story.after(OVERTIME).due()
    assert [type(action).__name__ for action in actions] == ["Kill", "Spawn"]


def test_a_crash_during_a_reload_waits_for_the_new_worker() -> None:
    story = Story().serving()
    story.save()
    assert story.exits(1) == [Announce(news=News.CRASHED, failure=DIED)]
    actions = story.ready(2)
    assert not retires(actions)
    assert news(actions) == [News.RELOADED]


def test_a_crash_during_a_reload_that_then_fails_is_explained_by_a_page() -> None:
    story = Story().serving()
    story.save()
    story.exits(1)
    actions = story.fails(2)
    assert not told(actions, News.FAILED).still_serving
    assert spawns(actions) == [Spawn(worker=3, failure=BROKEN)]


def test_a_restart_that_fails_after_good_service_is_explained_whatever_is_missing() -> None:
    story = Story().serving()
    story.exits(1)
    assert spawns(story.fails(2, NO_SUCH_NAME)) == [Spawn(worker=3, failure=NO_SUCH_NAME)]


def test_a_page_that_cannot_start_ends_a_server_that_never_served() -> None:
    story = Story()
    story.begin()
    story.fails(1)
    story.exits(1)
    assert ends(story.exits(2)) == [Finish(exit_code=ExitCode.APP)]


def test_a_page_that_cannot_start_makes_a_server_that_served_pause() -> None:
    story = Story().serving()
    story.exits(1)
    story.fails(2)
    assert spawns(actions := story.exits(3)) == []
    assert wakes(actions) == [story.now + 0.5]
    assert spawns(story.after(0.5).due()) == [Spawn(worker=4)]  # the app, not the page


def test_a_page_that_dies_makes_room_for_the_app() -> None:
    story = Story().explaining()
    assert spawns(story.exits(2)) == [Spawn(worker=3)]


def behind_an_older_page() -> Story:
    """A page is shown, the app is broken by a save, and the page of that does not start."""
    story = Story().serving()
    story.exits(1)
    story.fails(2)
    story.ready(3)
    story.save()
    story.fails(4)
    assert not told(story.exits(5), News.FAILED).still_serving
    return story


def test_a_page_that_does_not_start_leaves_the_older_one_where_it_is() -> None:
    story = behind_an_older_page()
    assert story.state.phase is Phase.SERVING
    assert retires(story.save()) == []
    assert retires(story.ready(6)) == [Retire(worker=3)]


def test_the_older_page_may_die_too() -> None:
    story = behind_an_older_page()
    assert told(story.exits(3), News.CRASHED).failure == DIED
    story.after(60).due()
    assert told(story.ready(6), News.RELOADED)


def test_before_the_app_ever_answered_a_second_page_that_does_not_start_ends_nothing() -> None:
    story = Story().explaining()
    story.save()
    story.fails(3)
    story.exits(4)
    assert story.state.phase is Phase.SERVING
    story.save()
    assert told(story.ready(5), News.READY)


def test_a_name_that_is_wrong_after_a_save_is_shown_like_any_other_failure() -> None:
    story = Story().explaining()
    story.save()
    assert spawns(story.fails(3, NO_SUCH_NAME))[0].failure == NO_SUCH_NAME


def test_ctrl_c_while_a_failed_first_start_leaves_is_the_first_one() -> None:
    story = Story(reload=False)
    story.begin()
    story.fails(1)
    assert story.after(5).stop() == []
    assert ends(story.exits(1)) == [Finish(exit_code=ExitCode.APP)]


@pytest.mark.parametrize("ready_first", [True, False])
def test_a_server_whose_every_worker_dies_does_not_spin(ready_first: bool) -> None:
    story = Story().serving()
    actions = story.exits(1)
    started, pages_allowed = 0, itertools.count()
    while story.now < 1060:
        while worker := next((spawn.worker for spawn in spawns(actions)), None):
            started += 1
            if ready_first and next(pages_allowed) % 2:
                story.ready(worker)
            actions = story.exits(worker)
        (pause,) = wakes(actions)
        assert pause > story.now
        story.now = pause
        actions = story.due()
    assert 10 < started < 30


@pytest.mark.parametrize(
    ("failure", "code"), [(BROKEN, ExitCode.APP), (NO_SUCH_NAME, ExitCode.USAGE)]
)
def test_without_reload_a_first_start_that_fails_is_the_end(
    failure: Failure, code: ExitCode
) -> None:
    story = Story(reload=False)
    story.begin()
    assert story.fails(1, failure) == [
        Announce(news=News.FAILED, failure=failure),
        WakeAt(time=story.now + OVERTIME),
    ]
    assert ends(story.exits(1)) == [Finish(exit_code=code)]


def test_without_reload_a_worker_that_dies_while_it_starts_ends_at_once() -> None:
    story = Story(reload=False)
    story.begin()
    assert story.exits(1) == [
        Announce(news=News.FAILED, failure=DIED),
        Finish(exit_code=ExitCode.APP),
    ]


def test_without_reload_a_crash_is_followed_by_new_starts_and_never_by_a_page() -> None:
    story = Story(reload=False).serving()
    assert spawns(story.exits(1)) == [Spawn(worker=2)]
    for worker, pause in ((2, 0.5), (3, 1.0), (4, 2.0)):
        actions = story.exits(worker)
        assert not told(actions, News.FAILED).still_serving
        assert wakes(actions) == [story.now + pause]
        assert spawns(story.after(pause).due()) == [Spawn(worker=worker + 1)]
    assert news(story.ready(5)) == [News.RELOADED]


def test_without_reload_a_broken_restart_by_hand_keeps_the_old_code() -> None:
    story = Story(reload=False).serving()
    story.save("r")
    assert told(story.fails(2), News.FAILED).still_serving


def test_an_app_object_is_served_once_and_never_again() -> None:
    """There is one worker, this very process, and no other way to get the app."""
    story = Story(reload=False, restarts=False).serving()
    assert story.save("r") == []
    assert news(story.exits(1)) == [News.CRASHED]
    assert story.state.exit_code is ExitCode.APP
    assert story.state.phase is Phase.STOPPED

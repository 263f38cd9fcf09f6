import pytest

from homeport.core.errors import ExitCode
from homeport.core.events import Announce, Begin, Finish, Give, Kill, News, Retire, Spawn, WakeAt
from homeport.core.state import Phase
from tests.core.lifecycle_story import (
    BROKEN,
    BROKEN_AGAIN,
    NO_SUCH_NAME,
    OVERTIME,
    Story,
    ends,
    gives,
    kills,
    news,
    retires,
    spawns,
    told,
    wakes,
)


def test_the_first_worker_gets_the_listeners_when_it_is_ready() -> None:
    story = Story()
    assert story.begin() == [Spawn(worker=1)]
    assert story.ready(1) == [Give(worker=1), Announce(news=News.READY)]
    assert story.state.phase is Phase.SERVING


def test_a_broken_first_start_is_explained_by_a_page() -> None:
    story = Story()
    story.begin()
    assert story.fails(1, BROKEN) == [
        Announce(news=News.FAILED, failure=BROKEN),
        Spawn(worker=2, failure=BROKEN),
        WakeAt(time=story.now + OVERTIME),
    ]
    assert story.exits(1) == []
    assert story.ready(2) == [Give(worker=2)]  # a page is no news: the failure was


def test_a_fix_replaces_the_page_and_is_the_first_ready() -> None:
    story = Story().explaining()
    assert story.save("main.py") == [
        Announce(news=News.RELOADING, reasons=("main.py",)),
        Spawn(worker=3),
    ]
    assert story.ready(3) == [
        Give(worker=3),
        Retire(worker=2),
        WakeAt(time=story.now + OVERTIME),
        Announce(news=News.READY, reasons=("main.py",)),
    ]


def test_a_save_that_is_still_broken_gets_a_page_of_its_own() -> None:
    story = Story().explaining()
    story.save()
    actions = story.fails(3, BROKEN_AGAIN)
    assert told(actions, News.FAILED) == Announce(news=News.FAILED, failure=BROKEN_AGAIN)
    assert spawns(actions) == [Spawn(worker=4, failure=BROKEN_AGAIN)]
    assert retires(story.ready(4)) == [Retire(worker=2)]


def test_a_worker_that_dies_while_it_starts_is_explained_too() -> None:
    story = Story()
    story.begin()
    assert spawns(story.exits(1, BROKEN)) == [Spawn(worker=2, failure=BROKEN)]


def test_a_name_that_names_no_app_ends_the_command_as_a_usage_error() -> None:
    story = Story()
    story.begin()
    actions = story.fails(1, NO_SUCH_NAME)
    assert news(actions) == [News.FAILED]
    assert not spawns(actions)
    assert story.exits(1) == [Finish(exit_code=ExitCode.USAGE)]


def test_a_name_that_vanishes_in_a_save_does_not_end_the_command() -> None:
    story = Story().serving()
    story.save()
    assert told(story.fails(2, NO_SUCH_NAME), News.FAILED).still_serving
    assert story.state.phase is Phase.SERVING


def test_a_save_starts_a_new_worker_and_the_old_one_goes_on_until_it_is_ready() -> None:
    story = Story().serving()
    assert story.save("a.py", "b.py") == [
        Announce(news=News.RELOADING, reasons=("a.py", "b.py")),
        Spawn(worker=2),
    ]
    assert story.ready(2) == [
        Give(worker=2),
        Retire(worker=1),
        WakeAt(time=story.now + OVERTIME),
        Announce(news=News.RELOADED, reasons=("a.py", "b.py")),
    ]
    assert story.exits(1) == []
    assert story.state.phase is Phase.SERVING


def test_a_broken_save_changes_nothing_for_clients() -> None:
    story = Story().serving()
    story.save()
    assert story.fails(2, BROKEN) == [
        Announce(news=News.FAILED, failure=BROKEN, still_serving=True),
        WakeAt(time=story.now + OVERTIME),
    ]
    assert story.exits(2) == []
    assert story.state.phase is Phase.SERVING
    assert spawns(story.save()) == [Spawn(worker=3)]
    assert told(story.ready(3), News.RELOADED)


def test_a_save_while_a_worker_starts_starts_another_one() -> None:
    story = Story().serving()
    story.save("a.py")
    assert story.save("b.py") == [
        Announce(news=News.RELOADING, reasons=("b.py",)),
        Kill(worker=2),
        Spawn(worker=3),
    ]
    assert story.ready(2) == []  # it was on its way while we killed it
    assert story.fails(2) == []
    assert gives(story.ready(3)) == [Give(worker=3)]
    assert story.exits(2) == []


def test_a_save_during_the_first_start_starts_another_one() -> None:
    story = Story()
    story.begin()
    assert [*kills(actions := story.save()), *spawns(actions)] == [Kill(worker=1), Spawn(worker=2)]
    assert told(story.ready(2), News.READY)


def test_a_restart_after_a_crash_is_not_blamed_on_the_last_save() -> None:
    story = Story().serving()
    story.save("main.py")
    story.ready(2)
    story.after(60).exits(2)
    assert told(story.ready(3), News.RELOADED).reasons == ()


def test_stopping_lets_the_worker_finish() -> None:
    story = Story().serving()
    assert story.stop() == [
        Announce(news=News.STOPPING, reasons=("SIGINT",)),
        Retire(worker=1),
        WakeAt(time=story.now + OVERTIME),
    ]
    assert story.exits(1) == [Announce(news=News.STOPPED), Finish(exit_code=ExitCode.OK)]
    assert story.state.phase is Phase.STOPPED


def test_stopping_waits_for_all_who_are_leaving() -> None:
    story = Story().serving()
    story.save()
    story.ready(2)
    story.save()
    actions = story.stop()
    assert kills(actions) == [Kill(worker=3)]  # a worker that only starts has nothing to finish
    assert retires(actions) == [Retire(worker=2)]
    assert story.exits(2) == story.exits(3) == []
    assert ends(story.exits(1)) == [Finish(exit_code=ExitCode.OK)]


def test_one_keystroke_that_arrives_twice_stops_once() -> None:
    story = Story().serving()
    story.stop()
    assert story.after(0.09).stop() == []
    assert ends(story.exits(1)) == [Finish(exit_code=ExitCode.OK)]


def test_asking_twice_to_stop_ends_everything_at_once() -> None:
    story = Story().serving()
    story.save()
    story.ready(2)
    story.stop()
    assert story.after(0.11).stop() == [Kill(worker=1), Kill(worker=2)]
    assert story.exits(1) == []
    assert ends(story.exits(2)) == [Finish(exit_code=ExitCode.INTERRUPTED)]


def test_stopping_while_nothing_runs_ends_at_once() -> None:
    story = Story().serving()
    story.exits(1)
    story.ready(2)
    story.exits(2)
    assert story.state.phase is Phase.WAITING
    assert story.stop() == [
        Announce(news=News.STOPPING, reasons=("SIGINT",)),
        Announce(news=News.STOPPED),
        Finish(exit_code=ExitCode.OK),
    ]


def test_a_save_while_stopping_or_stopped_changes_nothing() -> None:
    story = Story().serving()
    story.stop()
    assert story.save() == []
    story.exits(1)
    assert story.save() == story.after(9).stop() == story.due() == []


def test_a_worker_that_hangs_after_it_was_told_to_leave_is_killed_at_the_deadline() -> None:
    story = Story().serving()
    story.save()
    (deadline,) = wakes(story.ready(2))
    story.now = deadline - 0.01
    assert story.due() == []
    story.now = deadline
    assert story.due() == [Kill(worker=1)]
    assert story.exits(1) == story.after(1).due() == []


def test_a_worker_that_hangs_after_it_failed_is_killed_at_the_deadline() -> None:
    story = Story().serving()
    story.save()
    (story.now,) = wakes(story.fails(2))
    assert story.due() == [Kill(worker=2)]


def test_a_worker_that_hangs_while_stopping_is_killed_at_the_deadline() -> None:
    story = Story().serving()
    (story.now,) = wakes(story.stop())
    assert story.due() == [Kill(worker=1)]
    assert ends(story.exits(1)) == [Finish(exit_code=ExitCode.OK)]


@pytest.mark.parametrize("verb", ["ready", "fails", "exits"])
def test_news_of_a_worker_that_is_long_gone_mean_nothing(verb: str) -> None:
    story = Story().serving()
    story.save()
    story.ready(2)
    story.exits(1)
    before = story.state
    assert getattr(story, verb)(1) == []
    assert story.state == before


def test_what_the_table_does_not_list_is_a_bug_that_names_event_and_phase() -> None:
    story = Story().serving()
    with pytest.raises(AssertionError, match=r"Begin\(\) while serving"):
        story.tell(Begin())


def test_the_heir_of_a_server_that_answers_ends_when_it_does_not_start() -> None:
    story = Story(replaces=True)
    story.begin()
    actions = story.fails(1, BROKEN)
    assert not spawns(actions) and not gives(actions)
    assert Finish(exit_code=ExitCode.APP) in story.exits(1)


def test_once_it_has_served_a_broken_save_of_the_heir_changes_nothing() -> None:
    story = Story(replaces=True)
    story.begin()
    story.ready(1)
    story.save()
    story.fails(2, BROKEN)
    assert story.state.phase is Phase.SERVING

"""A server that does not wait for a fix, in the background or to replace another one."""

from homeport.core.errors import ExitCode
from homeport.core.events import (
    Action,
    Announce,
    Begin,
    Changed,
    Event,
    Exited,
    Failed,
    Finish,
    News,
    Ready,
    Spawn,
)
from homeport.core.failure import Failure, FailureKind
from homeport.core.lifecycle import step
from homeport.core.state import State

BROKEN = Failure(kind=FailureKind.IMPORT, summary="main cannot be imported.")
FIRST = State(reload=True, overtime=10.0, waits_for_fix=False)


def after(*events: Event) -> list[Action]:
    """What is done about the last one, and all before it happen."""
    state, actions = FIRST, list[Action]()
    for event in events:
        state, actions = step(state, event, 1.0)
    return actions


def test_a_first_start_that_fails_is_the_end_with_the_code_of_the_app() -> None:
    actions = after(Begin(), Failed(worker=1, failure=BROKEN), Exited(worker=1, failure=BROKEN))
    assert actions == [Finish(exit_code=ExitCode.APP)]
    actions = after(Begin(), Failed(worker=1, failure=BROKEN))
    assert not any(isinstance(action, Spawn) for action in actions)


def test_once_it_has_served_a_fix_is_waited_for() -> None:
    actions = after(
        Begin(),
        Ready(worker=1),
        Changed(reasons=("main.py",)),
        Failed(worker=2, failure=BROKEN),
    )
    told = [action for action in actions if isinstance(action, Announce)]
    assert [(each.news, each.still_serving) for each in told] == [(News.FAILED, True)]
    assert not any(isinstance(action, Finish) for action in actions)

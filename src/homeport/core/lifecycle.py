"""The life of a server, as one table: `step(state, event, now) -> (state, actions)`.

A *worker* is a process that has imported the app (or serves the page that shows why it could not
be imported). `current` holds the listeners, `upcoming` is being started, `leaving` finish what
they have. Rules that follow from the table:

* a new worker gets the listeners before the old one is told to leave, so someone always accepts;
* a new worker that fails changes nothing for clients;
* an app of which only one may be alive is imported first; then the old one is told to leave, and
  when it and all others are gone, the new one may start: nobody accepts for that time;
* a save while a worker is being started starts another one instead: the last save wins.

Events about workers that are no longer known are late and mean nothing.
"""

from collections.abc import Callable
from dataclasses import replace

from homeport.core.errors import ExitCode
from homeport.core.events import (
    Action,
    Announce,
    Begin,
    Changed,
    Due,
    Event,
    Exited,
    Failed,
    Finish,
    Give,
    Imported,
    Kill,
    News,
    Ready,
    Retire,
    Spawn,
    Start,
    StopAsked,
    WakeAt,
)
from homeport.core.failure import Failure
from homeport.core.state import Phase, State, Worker

Result = tuple[State, list[Action]]

STEADY = 30.0
"""Seconds of service after which an earlier crash is forgotten."""
LONGEST_PAUSE = 10.0
ONE_KEYSTROKE = 0.1


def pause_after(crashes: int) -> float:
    """Seconds to wait before the next start: none after the first crash, then growing."""
    return 0.0 if crashes < 2 else min(0.5 * 2 ** (crashes - 2), LONGEST_PAUSE)


def step(state: State, event: Event, now: float) -> Result:
    """The next state and what to do, in order. An unlisted pair of phase and event is a bug."""
    if isinstance(event, _OF_WORKER) and not state.knows(event.worker):
        return state, []
    if isinstance(event, _OF_WORKER) and state.is_leaving(event.worker):
        return _left(state, event.worker) if isinstance(event, Exited) else (state, [])
    rule = _TABLE[state.phase].get(type(event))
    if rule is None:
        raise AssertionError(f"no rule for {event} while {state.phase.value}")
    return rule(state, event, now)


def _left(state: State, number: int) -> Result:
    """A worker that was to leave is gone."""
    state = replace(state, leaving=tuple(e for e in state.leaving if e[0] != number))
    return _finish_if_alone(state) if state.phase is Phase.STOPPING else _start_if_alone(state)


def _spawn(state: State, *, failure: Failure | None = None) -> Result:
    """Start another worker; one that was being started is dropped."""
    state, actions = _drop_upcoming(state)
    number = state.spawned + 1
    upcoming = Worker(number=number, page=failure is not None)
    phase = Phase.STARTING if state.current is None else Phase.RELOADING
    state = replace(state, spawned=number, upcoming=upcoming, phase=phase)
    return state, [*actions, Spawn(worker=number, failure=failure)]


def _drop_upcoming(state: State) -> Result:
    if state.upcoming is None:
        return state, []
    number = state.upcoming.number
    leaving = (*state.leaving, (number, float("inf")))
    return replace(state, upcoming=None, leaving=leaving), [Kill(worker=number)]


def _begin(state: State, event: Event, now: float) -> Result:
    return _spawn(state)


def _changed(state: State, event: Event, now: float) -> Result:
    assert isinstance(event, Changed)
    if not state.restarts:
        return state, []
    told = Announce(news=News.RELOADING, reasons=event.reasons)
    state, actions = _spawn(replace(state, reasons=event.reasons))
    return state, [told, *actions]


def _imported(state: State, event: Event, now: float) -> Result:
    """Make room: the old app has to end before the new one may start. A page is no app."""
    assert state.upcoming is not None
    state = replace(state, upcoming=replace(state.upcoming, waits=True))
    actions: list[Action] = []
    if state.current is not None and not state.current.page:
        state, actions = _retire_current(state, now)
        state = replace(state, phase=Phase.STARTING)
    state, start = _start_if_alone(state)
    return state, [*actions, *start]


def _start_if_alone(state: State) -> Result:
    if state.upcoming is None or not state.upcoming.waits or state.leaving:
        return state, []
    number = state.upcoming.number
    state = replace(state, upcoming=replace(state.upcoming, waits=False))
    return state, [Start(worker=number)]


def _ready(state: State, event: Event, now: float) -> Result:
    """Hand the listeners to the new worker, then let the old one go."""
    new = state.upcoming
    assert isinstance(event, Ready) and new is not None
    actions: list[Action] = [Give(worker=new.number)]
    state, letting_go = _retire_current(state, now)
    actions += letting_go
    if not new.page:
        news = News.RELOADED if state.served else News.READY
        actions.append(Announce(news=news, reasons=state.reasons))
    state = replace(
        state,
        phase=Phase.SERVING,
        current=new,
        upcoming=None,
        reasons=(),
        served=state.served or not new.page,
        current_since=now,
    )
    return state, actions


def _failed(state: State, event: Event, now: float) -> Result:
    """The upcoming worker did not start: old code goes on, or the page explains, or the end."""
    assert isinstance(event, Failed) and state.upcoming is not None
    page_broken = state.upcoming.page
    deadline = now + state.overtime
    state = replace(state, upcoming=None, leaving=(*state.leaving, (event.worker, deadline)))
    state, actions = _without_upcoming(state, event.failure, now, page_broken=page_broken)
    return state, [*actions, WakeAt(time=deadline)]


def _exited(state: State, event: Event, now: float) -> Result:
    assert isinstance(event, Exited)
    if state.upcoming is not None and state.upcoming.number == event.worker:
        page_broken = state.upcoming.page
        state = replace(state, upcoming=None)
        return _without_upcoming(state, event.failure, now, page_broken=page_broken)
    return _crashed(replace(state, current=None), event.failure, now)


def _without_upcoming(state: State, failure: Failure, now: float, *, page_broken: bool) -> Result:
    still = state.current is not None and not state.current.page
    told = Announce(news=News.FAILED, failure=failure, still_serving=still)
    if still or (page_broken and state.current is not None):
        return replace(state, phase=Phase.SERVING), [told]
    hopeless = failure.kind.names_no_app or not state.reload or page_broken or state.replaces
    if not state.served and state.current is None and hopeless:
        code = ExitCode.USAGE if failure.kind.names_no_app else ExitCode.APP
        state, actions = _stop(replace(state, exit_code=code), now)
        return state, [told, *actions]
    if page_broken or not state.reload:
        state, actions = _pause(state, now)
    else:
        state, actions = _spawn(state, failure=failure)
    return state, [told, *actions]


def _crashed(state: State, failure: Failure, now: float) -> Result:
    """The worker that served is gone without being told to."""
    if not state.restarts:
        told = Announce(news=News.CRASHED, failure=failure)
        state, actions = _stop(replace(state, exit_code=ExitCode.APP), now)
        return state, [told, *actions]
    steady = now - state.current_since > STEADY
    state = replace(state, crashes=1 if steady else state.crashes + 1)
    pause = 0.0 if state.upcoming else pause_after(state.crashes)
    told = Announce(news=News.CRASHED, failure=failure, pause=pause)
    if state.upcoming is not None:
        return replace(state, phase=Phase.STARTING), [told]
    state, actions = _spawn(state) if not pause else _wait(state, now + pause)
    return state, [told, *actions]


def _pause(state: State, now: float) -> Result:
    state = replace(state, crashes=state.crashes + 1)
    return _wait(state, now + max(pause_after(state.crashes), 0.5))


def _wait(state: State, until: float) -> Result:
    return replace(state, phase=Phase.WAITING, restart_at=until), [WakeAt(time=until)]


def _due(state: State, event: Event, now: float) -> Result:
    """Kill the leavers that hang, and start again what was waiting for it."""
    kills: list[Action] = [Kill(worker=n) for n, deadline in state.leaving if deadline <= now]
    if state.phase is Phase.WAITING and state.restart_at <= now:
        state, actions = _spawn(state)
        return state, [*kills, *actions]
    return state, kills


def _retire_current(state: State, now: float) -> Result:
    if state.current is None:
        return state, []
    number, deadline = state.current.number, now + state.overtime
    state = replace(state, current=None, leaving=(*state.leaving, (number, deadline)))
    return state, [Retire(worker=number), WakeAt(time=deadline)]


def _stop(state: State, now: float) -> Result:
    """Let the current worker finish; one that was being started has nothing to finish."""
    state, actions = _drop_upcoming(state)
    state, letting_go = _retire_current(state, now)
    state, last = _finish_if_alone(replace(state, phase=Phase.STOPPING))
    return state, [*actions, *letting_go, *last]


def _stop_asked(state: State, event: Event, now: float) -> Result:
    assert isinstance(event, StopAsked)
    state, actions = _stop(replace(state, stop_asked_at=now), now)
    return state, [Announce(news=News.STOPPING, reasons=(event.reason,)), *actions]


def _stop_now(state: State, event: Event, now: float) -> Result:
    """Asked again: no more patience. (Wrappers such as `uv run` pass one Ctrl-C on twice.)"""
    if state.stop_asked_at is None:  # the app had failed and all were leaving anyway
        return replace(state, stop_asked_at=now), []
    if now - state.stop_asked_at < ONE_KEYSTROKE:
        return state, []
    kills: list[Action] = [Kill(worker=number) for number, _ in state.leaving]
    return replace(state, exit_code=ExitCode.INTERRUPTED), kills


def _finish_if_alone(state: State) -> Result:
    if state.leaving:
        return state, []
    finish: list[Action] = [Finish(exit_code=state.exit_code)]
    if state.exit_code in (ExitCode.OK, ExitCode.INTERRUPTED):  # else it never ran
        finish.insert(0, Announce(news=News.STOPPED))
    return replace(state, phase=Phase.STOPPED), finish


def _nothing(state: State, event: Event, now: float) -> Result:
    return state, []


Rule = Callable[[State, Event, float], Result]

_ALIVE: dict[type[Event], Rule] = {Changed: _changed, Due: _due, StopAsked: _stop_asked}
_OF_WORKER = Imported | Ready | Failed | Exited
_UPCOMING: dict[type[Event], Rule] = {
    Imported: _imported,
    Ready: _ready,
    Failed: _failed,
    Exited: _exited,
}

_TABLE: dict[Phase, dict[type[Event], Rule]] = {
    Phase.NEW: {Begin: _begin},
    Phase.STARTING: {**_ALIVE, **_UPCOMING},
    Phase.SERVING: {**_ALIVE, Exited: _exited},
    Phase.RELOADING: {**_ALIVE, **_UPCOMING},
    Phase.WAITING: _ALIVE,
    Phase.STOPPING: {Changed: _nothing, Due: _due, StopAsked: _stop_now},
    Phase.STOPPED: {Changed: _nothing, Due: _nothing, StopAsked: _nothing},
}

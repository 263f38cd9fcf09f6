"""Asking a running server to do something, and waiting for what becomes of it."""

import os
import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

from homeport.core import order_words, refusals
from homeport.core.entry import Entry
from homeport.core.errors import HomeportError, NothingThereError
from homeport.core.failure import Failure, short_traceback
from homeport.core.plain import plain, plain_line
from homeport.engine import control_client, registry
from homeport.engine.pinned import Pinned
from homeport.ui.cli.json_report import failure_told
from homeport.ui.cli.page import paint

PAUSE = 0.02
"""Seconds between two looks."""

_SECONDS = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)(s|m|h)?")
_UNIT = {None: 1, "s": 1, "m": 60, "h": 3600}

State = Mapping[str, Any]


def seconds(text: str, command: str) -> float:
    """The `--timeout` of a command: `30`, `0.5`, `30s`, `2m`. UsageError."""
    found = _SECONDS.fullmatch(text)
    if found is None:
        wanted = "a number of seconds, or a time such as 30s or 2m"
        raise refusals.not_a(text, "--timeout", wanted, command)
    return float(found[1]) * _UNIT[found[2]]


def order(entry: Entry, word: str) -> dict[str, Any]:
    """Ask for something of this very server. Raises what it refuses with."""
    return control_client.ask(entry, {"ask": word, "instance": entry.instance})


def state(entry: Entry) -> State:
    """How far it is. Raises NothingThereError when it is gone, or another has its place."""
    told = control_client.ask(entry, {"ask": "state"})
    if told.get("instance") != entry.instance:
        raise order_words.other_instance(entry.name)
    return told


def until_settled(entry: Entry, ticket: int, patience: float) -> State:
    """After a `reload`: how that ended. NothingThereError when it did not."""
    until = time.monotonic() + patience
    while True:
        told = state(entry)
        if told["settled"] >= ticket:
            return told
        if told["phase"] == "stopping":
            raise order_words.stopping(entry.name)
        if time.monotonic() >= until:
            raise order_words.no_outcome(entry.name, patience, "load the app again")
        time.sleep(PAUSE)


def until_back(entry: Entry, patience: float) -> tuple[Entry, State]:
    """After a `restart`: the new one, when its app answers or has failed to start."""
    until = time.monotonic() + patience
    with Pinned(entry) as process:
        while time.monotonic() < until:
            was_gone = process.is_gone(0)
            if (back := _again(entry)) is not None:
                told = state(back)
                if told["phase"] in ("serving", "failed"):
                    return back, told
            elif was_gone and process.is_sure:
                raise order_words.not_back(entry.name)
            time.sleep(PAUSE)
    raise order_words.no_outcome(entry.name, patience, "start again")


def _again(entry: Entry) -> Entry | None:
    """The same process as another instance."""
    living = registry.survey(os.environ).living
    same = (each for each in living if (each.pid, each.boot) == (entry.pid, entry.boot))
    return next((each for each in same if each.instance != entry.instance), None)


def until_ready(text: str, patience: float) -> tuple[Entry, State]:
    """The server of that name or port, from when it is there and its app answers.

    Raises NothingThereError when that does not come to be, HomeportError when it does not answer;
    the last state when the app fails.
    """
    until = time.monotonic() + patience
    while True:
        refused: HomeportError
        try:
            entry = registry.find(text)
            told = _state_or_older(entry)
            if told["phase"] == "serving":
                return entry, told
            refused = order_words.no_outcome(entry.name, patience, "get ready")
        except HomeportError as error:
            if not isinstance(error, NothingThereError) and error.code != "no-answer":
                raise
            refused, told = error, {}
        if time.monotonic() >= until:
            if told.get("phase") == "failed":
                return entry, told
            raise refused
        time.sleep(PAUSE)


def _state_or_older(entry: Entry) -> State:
    """An older homeport does not tell: that it is registered has to do."""
    try:
        return state(entry)
    except HomeportError as error:
        if error.code != "unknown-word":
            raise
        return {"phase": "serving", "took": None}


def failure_lines(told: State) -> Sequence[str]:
    """Why the app does not start."""
    failure = Failure.from_json(told["failure"])
    lines = [paint("31", plain(failure.summary))]
    lines += [f"  {plain_line(line)}" for line in short_traceback(failure.frames, failure.error)]
    return [*lines, *map(plain_line, failure.next_steps)]


def outcome(entry: Entry, told: State) -> dict[str, Any]:
    """For `--json`: the server, and the failure as the event `failed` has it."""
    data: dict[str, Any] = {
        "server": entry.name,
        "url": next(iter(entry.urls), None),
        "instance": entry.instance,
        "phase": told["phase"],
    }
    if told.get("failure") is None:
        return {**data, "failure": None}
    return {**data, "failure": failure_told(Failure.from_json(told["failure"]))}

"""Commands that ask a running server: which one is meant, and its answer."""

import os
from typing import Any

from homeport.core.entry import Entry
from homeport.core.errors import HomeportError, NothingThereError, UsageError
from homeport.core.nearest import nearest
from homeport.core.registry_words import no_answer
from homeport.engine import control_client, registry
from homeport.ui.cli.folders import own_project


def server(text: str | None, command: str) -> Entry:
    """The server of that name or port; without one the only one, or that of this project.

    `command` is what was typed, up to where the name belongs: `homeport devices --of`. Raises
    NothingThereError, UsageError when several can be meant.
    """
    if text is not None:
        return _named(text, command)
    seen = registry.survey(os.environ)
    running = seen.living
    if not running:
        if seen.silent:
            raise no_answer(seen.silent[0], registry.ANSWER_WITHIN)
        raise none_runs()
    mine = [entry for entry in running if entry.project == own_project()]
    found = mine if len(mine) == 1 else list(running)
    if len(found) > 1:
        raise several(found, command)
    return found[0]


def _named(text: str, command: str) -> Entry:
    try:
        return registry.find(text)
    except NothingThereError as error:
        names = error.facts["running"]
        assert isinstance(names, list)
        if not names:
            raise none_runs() from None
        near = nearest(text, names)
        meant = (f"did you mean {near}:  {command} {near}",) if near else ()
        error.next_steps = (*meant, *error.next_steps)
        raise


def none_runs() -> NothingThereError:
    """There is no server to ask."""
    return NothingThereError(
        "No homeport server of yours is running.",
        code="no-server",
        next_steps=("start one:  homeport APP", "every server here, of others too:  homeport ls"),
    )


def several(entries: list[Entry], command: str) -> UsageError:
    """One has to be named."""
    names = ", ".join(entry.name for entry in entries)
    return UsageError(
        f"Several servers are running: {names}. One has to be named.",
        code="several-servers",
        next_steps=tuple(
            f"{' '.join(entry.urls[:1])}:  {command} {entry.name}" for entry in entries
        ),
        facts={"names": [entry.name for entry in entries]},
    )


def ask(entry: Entry, word: str, **what: Any) -> dict[str, Any]:
    """One question. Raises what the server refuses with."""
    try:
        return control_client.ask(entry, {"ask": word, **what})
    except HomeportError as error:
        if error.code == "unknown-word":
            raise older(entry, word) from None
        raise


def older(entry: Entry, word: str) -> UsageError:
    """It was started by a homeport that did not have this yet."""
    port = min(entry.ports, default=entry.name)
    return UsageError(
        f"The server {entry.name} was started by an older homeport, which does not know {word!r}.",
        code="older-server",
        next_steps=(
            f"end it:  homeport stop {port}",
            "and start it again, in its folder:  homeport",
        ),
        facts={"name": entry.name, "word": word},
    )

"""Commands that ask a running server: which one is meant, and its answer."""

from typing import Any

from homeport.core import registry_words
from homeport.core.entry import Entry
from homeport.core.errors import UsageError
from homeport.engine import control_client, registry
from homeport.ui.cli.folders import own_project


def server(text: str | None) -> Entry:
    """The server of that name or port; without one the only one, or that of this project.

    Raises NothingThereError, UsageError when several can be meant.
    """
    if text is not None:
        return registry.find(text)
    running = registry.entries()
    if not running:
        raise registry_words.nothing_found("", ())
    mine = [entry for entry in running if entry.project == own_project()]
    found = mine if len(mine) == 1 else list(running)
    if len(found) > 1:
        raise several(found)
    return found[0]


def several(entries: list[Entry]) -> UsageError:
    """One has to be named."""
    names = ", ".join(entry.name for entry in entries)
    return UsageError(
        f"Several servers are running: {names}. One has to be named.",
        code="several-servers",
        next_steps=tuple(f"{entry.name}:  {' '.join(entry.urls[:1])}" for entry in entries),
        facts={"names": [entry.name for entry in entries]},
    )


def ask(entry: Entry, word: str, **what: Any) -> dict[str, Any]:
    """One question. Raises what the server refuses with."""
    return control_client.ask(entry, {"ask": word, **what})

"""Waiting until a server that is known by name answers, and where it is then."""

import os
import time
from collections.abc import Mapping

from homeport.core import up_refusals
from homeport.core.errors import HomeportError, NothingThereError
from homeport.core.lookup import Found, Source
from homeport.engine import control_client, find, registry
from homeport.engine.listening_of import answers

PAUSE = 0.05
"""Seconds between two looks."""


def ready_url(
    name: str, shown: str, until: float, seconds: float, environment: Mapping[str, str] = os.environ
) -> str:
    """The URL of the server of that name in the registry, once its app answers.

    `until` is the end of patience (monotonic); `seconds` and `shown`, as the person knows the
    server, are for the message. Raises NothingThereError then, UsageError as `find`.
    """
    steps: tuple[str, ...]
    while True:
        try:
            found = find.in_registry(name, environment)
            state = _state(name, found, environment)
            if not state:
                return found.url
            steps = (f"how it is:  homeport wait {found.name} --timeout 0",)
        except NothingThereError as error:
            state, steps = up_refusals.not_there(error), error.next_steps
        if time.monotonic() >= until:
            raise up_refusals.not_ready(shown, seconds, state, steps)
        time.sleep(PAUSE)


def said_url(name: str, environment: Mapping[str, str]) -> str | None:
    """The URL that HOMEPORT_URL_<NAME> has for it; None: it has none. UsageError for no URL."""
    from homeport.core.lookup import said_in

    if said_in(environment, name) is None:
        return None
    found = find.find(name, environment=environment)
    return found.url if found.source is not Source.REGISTRY else None


def _state(name: str, found: Found, environment: Mapping[str, str]) -> str:
    """Why it is not ready yet; empty when it is."""
    entry = registry.find(name, environment)
    try:
        phase = control_client.ask(entry, {"ask": "state"}).get("phase")
    except NothingThereError:
        raise
    except HomeportError as error:
        if error.code != "unknown-word":
            return error.message
        phase = None  # an older server: whether anybody answers has to do
    if phase in (None, "serving"):
        return "" if phase or answers(found.url) else "it does not answer."
    return up_refusals.STATES.get(phase, "it is not ready.")

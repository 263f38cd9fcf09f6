"""What one of several apps is started as: the words to run, and the environment it gets."""

import sys
from collections.abc import Mapping, Sequence

from homeport.core import env_words
from homeport.core.apps_table import App

SHELL = "/bin/sh"
_NOT_PASSED_ON = ("PORT", "HOMEPORT_PORT", "HOMEPORT_NAME", "HOMEPORT_APP", "HOMEPORT_JSON")
"""Meant for one server."""


def words_of(app: App, name: str) -> Sequence[str]:
    """The words to run; `name` is the one in the registry."""
    if app.command is not None:
        return (SHELL, "-c", app.command)
    assert app.app is not None
    port = () if app.port is None else ("--port", str(app.port))
    return (sys.executable, "-P", "-m", "homeport", app.app, "--name", name, *port, "--json")


def environment_of(
    app: App, port: int | None, urls: Mapping[str, str], given: Mapping[str, str]
) -> dict[str, str]:
    """`given`, where what it needs is (`urls` by name), and for a command its port."""
    kept = {name: text for name, text in given.items() if name not in _NOT_PASSED_ON}
    kept.setdefault("PYTHONUNBUFFERED", "1")
    kept |= {env_words.url_variable(need): urls[need] for need in app.needs}
    if app.command is not None:
        kept["PORT"] = str(port)
    return kept | dict(app.env)

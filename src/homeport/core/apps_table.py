"""`[tool.homeport.apps]`: several apps of one project, as values.

[tool.homeport.apps]
api = "shop.main:app"
jobs = {app = "shop.jobs:app", needs = ["api"], port = 8001, env = {QUEUE = "fast"}}
web = {command = "npm run dev -- --port $PORT", needs = ["api"], dir = "frontend"}
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from homeport.core import apps_refusals as refusals
from homeport.core import server_name
from homeport.core.ports import HIGHEST_PORT
from homeport.core.start_order import cycle

KEYS = ("app", "command", "needs", "port", "env", "dir", "ready")
READY = ("port", "http")
"""When a command counts as ready: it listens on its port; it also answers a request."""

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class App(NamedTuple):
    """One of several: either `app` (as on homeport's command line) or `command` (for a shell).

    `folder` is relative to that of pyproject.toml, `port` None means any fine one, `env` are more
    variables for it, `ready` is for commands.
    """

    name: str
    app: str | None = None
    command: str | None = None
    needs: tuple[str, ...] = ()
    port: int | None = None
    env: tuple[tuple[str, str], ...] = ()
    folder: str = "."
    ready: str = READY[0]

    @property
    def serves(self) -> str:
        """What it is, as it was written."""
        return self.app or self.command or ""


def read_apps(table: object, file: str) -> dict[str, App]:
    """The table, checked, in the order it is written in. `file` is for messages.

    UsageError for what cannot be meant: unknown keys, names and needs, wrong kinds, a circle.
    """
    if not isinstance(table, Mapping):
        raise refusals.not_so(f"{file}: [tool.homeport.apps]", table, "a table of apps by name")
    apps = {str(name): _app(str(name), raw, file) for name, raw in table.items()}
    for app in apps.values():
        for need in app.needs:
            if need not in apps:
                raise refusals.unknown_need(app.name, need, list(apps), file)
    circle = cycle({app.name: app.needs for app in apps.values()})
    if circle is not None:
        raise refusals.circle(circle, file)
    return apps


def _app(name: str, raw: object, file: str) -> App:
    where = f"{file}: [tool.homeport.apps] {name}"
    if server_name.given(name) != name or "." in name:
        raise refusals.bad_name(name, file)
    if isinstance(raw, str):
        raw = {"app": raw}
    if not isinstance(raw, Mapping):
        wanted = 'an app such as "main:app", or a table with app or command'
        raise refusals.not_so(where, raw, wanted)
    for key in raw:
        if key not in KEYS:
            raise refusals.unknown_key(str(key), where, KEYS)
    app, command = (_text(raw, key, where) for key in ("app", "command"))
    if (app is None) == (command is None):
        raise refusals.app_or_command(where, both=app is not None)
    if app is not None and "ready" in raw:
        raise refusals.ready_of_an_app(where)
    return App(
        name=name,
        app=app,
        command=command,
        needs=_needs(raw, where),
        port=_port(raw, where),
        env=_env(raw, where),
        folder=_text(raw, "dir", where) or ".",
        ready=_ready(raw, where),
    )


def _text(raw: Mapping[str, Any], key: str, where: str) -> str | None:
    value = raw.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise refusals.not_so(f"{where}.{key}", value, "a text, not empty")
    return value


def _needs(raw: Mapping[str, Any], where: str) -> tuple[str, ...]:
    value = raw.get("needs", ())
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise refusals.not_so(f"{where}.needs", value, 'a list of names, such as ["api"]')
    if not all(isinstance(each, str) for each in value):
        raise refusals.not_so(f"{where}.needs", value, 'a list of names, such as ["api"]')
    return tuple(dict.fromkeys(value))


def _port(raw: Mapping[str, Any], where: str) -> int | None:
    value = raw.get("port")
    if value is None:
        return None
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or not 1 <= value <= HIGHEST_PORT:
        wanted = f"a whole number from 1 to {HIGHEST_PORT}"
        raise refusals.not_so(f"{where}.port", value, wanted, refusals.OF_PORT)
    return int(value)


def _env(raw: Mapping[str, Any], where: str) -> tuple[tuple[str, str], ...]:
    value = raw.get("env", {})
    wanted = 'a table of texts, such as {DEBUG = "1"}'
    if not isinstance(value, Mapping):
        raise refusals.not_so(f"{where}.env", value, wanted)
    for name, text in value.items():
        if not isinstance(name, str) or not _VARIABLE.fullmatch(name):
            raise refusals.not_so(f"{where}.env", name, "names of variables: A-Z, 0-9 and _")
        if not isinstance(text, str) or "\0" in text:
            raise refusals.not_so(f"{where}.env.{name}", text, wanted)
    return tuple(value.items())


def _ready(raw: Mapping[str, Any], where: str) -> str:
    value = raw.get("ready", READY[0])
    if value not in READY:
        raise refusals.not_so(f"{where}.ready", value, " or ".join(READY))
    return str(value)

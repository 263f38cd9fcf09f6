"""Refusals about the table `[tool.homeport.apps]`."""

from collections.abc import Sequence

from homeport.core import server_name
from homeport.core.errors import UsageError
from homeport.core.nearest import nearest

EXAMPLE = 'for example:  [tool.homeport.apps]  api = "main:app"'
OF_PORT = 'a port of its own:  api = {app = "main:app", port = 8000}'


def not_so(where: str, found: object, wanted: str, example: str = EXAMPLE) -> UsageError:
    """A value of the wrong kind."""
    return UsageError(
        f"{where} is {str(found)[:200]!r}, but must be {wanted}.",
        code="bad-value",
        next_steps=(example,),
        facts={"value": str(found)[:200], "origin": where},
    )


def bad_name(name: str, file: str) -> UsageError:
    """A key of the table that is no name."""
    return UsageError(
        f"{file}: [tool.homeport.apps] has {name!r}, which is no name for an app.",
        code="bad-app-name",
        next_steps=(f"wanted: {server_name.WANTED.partition(';')[0]}",),
        facts={"name": name},
    )


def unknown_key(key: str, where: str, known: Sequence[str]) -> UsageError:
    """A key of one app that means nothing."""
    return UsageError(
        f"{where} has {key!r}, which means nothing.",
        code="unknown-setting",
        next_steps=(*_meant(key, known), "keys: " + ", ".join(known)),
        facts={"key": key, "nearest": nearest(key, known), "known": list(known)},
    )


def app_or_command(where: str, *, both: bool) -> UsageError:
    """It must be one of them."""
    found = "both app and command" if both else "neither app nor command"
    return UsageError(
        f"{where} has {found}; it must have one of them.",
        code="app-or-command",
        next_steps=(
            'an app that homeport serves:  app = "main:app"',
            'any program:  command = "npm run dev -- --port $PORT"',
        ),
    )


def ready_of_an_app(where: str) -> UsageError:
    """`ready` is for commands."""
    return UsageError(
        f"{where} has 'ready', but homeport knows itself when an app of its own is ready.",
        code="ready-of-an-app",
        next_steps=("take ready away; it belongs to a command",),
    )


def unknown_need(app: str, need: str, known: Sequence[str], file: str) -> UsageError:
    """What it needs is not in the table."""
    meant = _meant(need, [name for name in known if name != app])
    return UsageError(
        f"{file}: [tool.homeport.apps] {app} needs {need!r}, which is not in that table.",
        code="unknown-app",
        next_steps=(*meant, "apps: " + ", ".join(known)),
        facts={"app": app, "needs": need, "known": list(known)},
    )


def circle(names: Sequence[str], file: str) -> UsageError:
    """None of them could be first; `names` ends with the one it begins with."""
    return UsageError(
        f"{file}: [tool.homeport.apps] goes in a circle: {' needs '.join(names)}.",
        code="needs-circle",
        next_steps=("take one of these needs away, so that one of them can start first",),
        facts={"circle": list(names)},
    )


def no_apps(folder: str) -> UsageError:
    """There is no table."""
    return UsageError(
        f"No pyproject.toml in {folder} or above it has a table [tool.homeport.apps].",
        code="no-apps",
        next_steps=(EXAMPLE, "a single app:  homeport APP"),
    )


def port_of_all(file: str) -> UsageError:
    """One port for several apps."""
    return UsageError(
        f"port in [tool.homeport] of {file} would be the port of several apps.",
        code="port-of-several",
        next_steps=(OF_PORT,),
    )


def _meant(word: str, known: Sequence[str]) -> tuple[str, ...]:
    near = nearest(word, known)
    return (f"did you mean {near}?",) if near is not None else ()

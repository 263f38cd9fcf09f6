"""Refusing an app for how it was named or handed over, before any of its code has run."""

from homeport.core.appref import AppName
from homeport.core.errors import AppNotFoundError, UsageError


def no_app_named(folder: str, places: tuple[str, ...], others: tuple[str, ...]) -> AppNotFoundError:
    """Nothing was named and nothing is where it is usually kept; `others` are Python files."""
    return AppNotFoundError(
        f"No app was named, and {folder} has none of {', '.join(places)}.",
        code="no-app",
        next_steps=(
            *(f"there is:  homeport {name}" for name in others),
            "by module and object:  homeport main:app",
            'for good, in pyproject.toml:  [tool.homeport] app = "main:app"',
            "to try homeport without an app:  homeport demo",
        ),
        facts={"folder": folder},
    )


def bad_app_name(text: str, reason: str) -> AppNotFoundError:
    """A name that does not parse."""
    place, colon, _ = text.partition(":")
    try:
        AppName.parse(place if colon else "")
        guess: tuple[str, ...] = (f"perhaps:  homeport {place}",)
    except ValueError:
        guess = ()
    return AppNotFoundError(
        f"{text!r} does not name an app: {reason}.",
        code="bad-app-name",
        next_steps=(*guess, "an app is, for instance:  main:app, main.py, shop.api:create_app"),
        facts={"app": text},
    )


def no_such_file(path: str, nearest: tuple[str, ...]) -> AppNotFoundError:
    """A path that is not there; `nearest` are names beside it, as they would be typed."""
    return AppNotFoundError(
        f"There is no app at {path}: no such file.",
        code="no-such-file",
        next_steps=tuple(f"did you mean:  homeport {name}" for name in nearest)
        or ("an app is, for instance:  main:app, main.py, shop.api:create_app",),
        facts={"path": path, "nearest": list(nearest)},
    )


def no_such_command(typed: str, meant: str) -> AppNotFoundError:
    """Neither an app nor a command, but nearly one."""
    return AppNotFoundError(
        f"There is no command and no module {typed}.",
        code="no-such-command",
        next_steps=(f"did you mean:  homeport {meant}",),
        facts={"typed": typed, "meant": meant},
    )


def no_app_in_folder(folder: str, wanted: tuple[str, ...]) -> AppNotFoundError:
    """A folder that holds none of the files an app is usually in."""
    return AppNotFoundError(
        f"There is no app in the folder {folder}: it has none of {', '.join(wanted)}.",
        code="no-app-in-folder",
        next_steps=("name the file or the module:  homeport FILE.py  or  homeport MODULE:app",),
        facts={"path": folder},
    )


def run_while_imported() -> UsageError:
    """`homeport.run()` at the top level of the module that is served."""
    return UsageError(
        "homeport.run() was called while the app was being imported.",
        code="run-while-imported",
        next_steps=('put it under:  if __name__ == "__main__":',),
    )


def reload_needs_a_name() -> UsageError:
    """An app object exists in this process only."""
    return UsageError(
        "An app object cannot be loaded again: serving it without reload.",
        code="reload-needs-a-name",
        next_steps=('name it instead:  homeport.run("main:app", reload=True)',),
    )

"""Refusals of `homeport up`, `down` and `env`."""

from collections.abc import Iterable, Sequence

from homeport.core.errors import HomeportError, NothingThereError, NotStoppedError, UsageError
from homeport.core.nearest import nearest


def unknown_apps(names: Iterable[str], known: Sequence[str], command: str) -> UsageError:
    """Names that were typed and are not there."""
    wrong = list(names)
    near = nearest(wrong[0], known)
    steps = (f"did you mean:  {command} {near}",) if near is not None else ()
    return UsageError(
        f"There is no app {wrong[0]!r} here.",
        code="unknown-app",
        next_steps=(*steps, "apps: " + ", ".join(known)),
        facts={"names": wrong, "known": list(known)},
    )


def already_up(folder: str, since: str, names: Sequence[str]) -> UsageError:
    """Another `homeport up` has the project."""
    return UsageError(
        f"homeport up already runs in {folder} since {since}: {', '.join(names) or 'starting'}.",
        code="already-up",
        next_steps=("end it:  homeport down", "what it runs:  homeport ls"),
        facts={"folder": folder, "apps": list(names)},
    )


def nothing_up(folder: str) -> NothingThereError:
    """`down` without `up`."""
    return NothingThereError(
        f"No homeport up runs in {folder}.",
        code="not-up",
        next_steps=("what runs on this computer:  homeport ls", "start it:  homeport up"),
    )


def up_silent(folder: str, pid: int) -> HomeportError:
    """It is there and says nothing."""
    return HomeportError(
        f"The homeport up of {folder} (pid {pid}) does not answer: it is stopped, or very busy.",
        code="no-answer",
        next_steps=(f"to let it go on:  kill -CONT {pid}", f"to end it and all:  kill -9 {pid}"),
        facts={"pid": pid},
    )


def not_down(names: Sequence[str], seconds: float) -> NotStoppedError:
    """They take too long."""
    return NotStoppedError(
        f"Not ended within {seconds:g} s: {', '.join(names)}.",
        code="not-down",
        next_steps=(
            "look at the terminal of homeport up; a second Ctrl-C there kills what is left",
        ),
        facts={"apps": list(names)},
    )


STATES = {
    "starting": "its app is still starting.",
    "failed": "its app does not start.",
    "stopping": "it is being stopped.",
}
"""Phase of a server (core/progress) → why it is not ready."""


def not_there(cause: HomeportError) -> str:
    """Why it is not ready: it cannot be asked."""
    return "it does not run." if cause.code == "no-such-server" else cause.message


def not_ready(name: str, seconds: float, state: str, steps: Sequence[str]) -> HomeportError:
    """`env` has waited long enough; `state` and `steps` are for what it saw last."""
    return NothingThereError(
        f"The server {name} was not ready within {seconds:g} s: {state}",
        code="not-ready",
        next_steps=(*steps, f"wait longer:  homeport env --timeout {seconds * 2:g} {name} -- …"),
        facts={"name": name, "seconds": seconds},
    )


def no_program(command: str, reason: str) -> UsageError:
    """The COMMAND of `env` cannot be run."""
    return UsageError(
        f"{command} cannot be run: {reason}.",
        code="no-such-program",
        next_steps=(f"is it installed:  command -v {command}",),
        facts={"command": command},
    )


def only_a_command(name: str, word: str) -> UsageError:
    """Something is asked of a program that only a homeport server can do."""
    return UsageError(
        f"{name} is a command that homeport up runs; {word[:80]!r} is for what homeport serves.",
        code="only-a-command",
        next_steps=(f"end it:  homeport stop {name}", "start all anew:  homeport down, then up"),
        facts={"name": name, "word": word[:80]},
    )


def same_variable(one: str, other: str, variable: str) -> UsageError:
    """Two names that a program could not tell apart."""
    return UsageError(
        f"{one} and {other} would both be {variable}.",
        code="same-variable",
        next_steps=("name one of them only",),
        facts={"names": [one, other], "variable": variable},
    )

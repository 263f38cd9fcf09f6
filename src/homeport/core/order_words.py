"""Sentences about asking a running server to reload, to restart, to stop, and waiting for it."""

from homeport.core.entry import Entry
from homeport.core.errors import HomeportError, NothingThereError, NotStoppedError, UsageError


def other_instance(name: str) -> NothingThereError:
    """The name is another server's by now."""
    return NothingThereError(
        f"{name} was replaced by another server in this moment; that one was not touched.",
        code="server-replaced",
        next_steps=("which one is it:  homeport ls",),
        facts={"name": name},
    )


def cannot_reload(name: str) -> UsageError:
    """It serves an app object."""
    return UsageError(
        f"{name} serves an app object of a script: it cannot be loaded again.",
        code="cannot-reload",
        next_steps=('give homeport.run() a name such as "main:app"',),
        facts={"name": name},
    )


def cannot_restart(name: str, *, is_managed: bool) -> UsageError:
    """A script started it, or a service manager, and only they know how."""
    by, other = "homeport.run() in a script", ("script", "run the script again")
    if is_managed:
        by, other = "a service manager", ("manager", "for systemd:  systemctl --user restart UNIT")
    return UsageError(
        f"{name} was started by {by}: only the {other[0]} can start it again.",
        code="cannot-restart",
        next_steps=(f"to load the app again:  homeport reload {name}", f"or {other[1]}"),
        facts={"name": name},
    )


def stopping(name: str) -> NothingThereError:
    """It does nothing else any more."""
    return NothingThereError(
        f"{name} is being stopped.",
        code="server-stopping",
        next_steps=("what runs:  homeport ls",),
        facts={"name": name},
    )


def no_outcome(name: str, seconds: float, wanted: str) -> NothingThereError:
    """It runs, and did not get that far in time."""
    return NothingThereError(
        f"{name} runs, but did not {wanted} within {seconds:g} s.",
        code="not-ready",
        next_steps=(f"what it says:  homeport logs {name}", "what runs:  homeport ls"),
        facts={"name": name, "seconds": seconds},
    )


def not_back(name: str) -> NothingThereError:
    """A restart that ended in no server."""
    return NothingThereError(
        f"{name} ended and did not come back.",
        code="not-back",
        next_steps=(f"why:  homeport logs {name}",),
        facts={"name": name},
    )


def not_gone(entry: Entry, seconds: float) -> NotStoppedError:
    """It was asked to stop and is still there."""
    port = min(entry.ports, default=0)
    return NotStoppedError(
        f"{entry.name} was asked to stop and is still there after {seconds:g} s.",
        code="still-there",
        next_steps=(f"by signals, after asking you:  homeport stop {port}",),
        facts={"name": entry.name, "port": port},
    )


def nothing_runs() -> NothingThereError:
    """`stop --all` without a server."""
    return NothingThereError(
        "No homeport server of yours is running.",
        code="nothing-there",
        next_steps=("what listens besides:  homeport ls",),
    )


def all_needs_yes(count: int) -> NotStoppedError:
    """There is nobody to ask."""
    return NotStoppedError(
        f"homeport stop --all asks before it stops {count} servers; without a terminal, or with "
        "--json, it needs --yes.",
        code="needs-yes",
        next_steps=("homeport stop --all --yes",),
    )


def all_declined() -> NotStoppedError:
    """The answer was no."""
    return NotStoppedError("Nothing was stopped.", code="declined")


def name_or_all() -> UsageError:
    """Neither or both were given."""
    return UsageError(
        "homeport stop needs to know what: a NAME, a PORT, or --all, and one of them only.",
        code="bad-flag",
        next_steps=("what runs:  homeport ls",),
    )


LINES_GONE = "homeport: more was printed than the log keeps; here lines may be missing"
"""Among the lines of a log that is followed."""


def no_log(name: str) -> NothingThereError:
    """Neither a server of that name nor an old log."""
    return NothingThereError(
        f"There is no log of a server called {name!r}.",
        code="no-log",
        next_steps=("a server with a log:  homeport -d APP --name NAME", "what runs:  homeport ls"),
        facts={"name": name},
    )


def log_in_terminal(name: str, pid: int) -> NothingThereError:
    """It runs in the foreground."""
    return NothingThereError(
        f"{name} runs in the foreground (pid {pid}): its terminal has what it says.",
        code="log-in-terminal",
        next_steps=(f"in the background it keeps a log:  homeport -d APP --name {name}",),
        facts={"name": name, "pid": pid},
    )


def bad_ready_fd(text: str, reason: str) -> UsageError:
    """`--ready-fd` of something that cannot be written to."""
    return UsageError(
        f"--ready-fd {text[:40]}: {reason}.",
        code="bad-ready-fd",
        next_steps=(
            "wanted: the number (3 or more) of a descriptor that is open for writing",
            "in a shell:  homeport --ready-fd 3 3>ready.json",
        ),
    )


def killed_at_start(number: int) -> HomeportError:
    """A background server that ended by a signal before it was ready."""
    return HomeportError(
        f"The server was ended by signal {number} before it was ready.",
        code="killed",
        next_steps=("in the foreground:  homeport, without -d",),
    )


def no_log_kept(reason: str) -> str:
    """The background server works, its output is lost; one line."""
    return f"What this server prints is kept nowhere: {reason.removesuffix('.')}."


def shells(given: str) -> UsageError:
    """A shell we write nothing for."""
    return UsageError(
        f"homeport completion is for bash, zsh and fish, not for {given!r}.",
        code="bad-flag",
        next_steps=("homeport completion bash",),
    )

"""Sentences about the runtime folder, the registry and its control sockets."""

from collections.abc import Sequence
from typing import Literal

from homeport.core.entry import VERSION, Entry, Foreign
from homeport.core.errors import HomeportError, NothingThereError, UsageError

FolderFault = Literal["not-a-folder", "not-yours", "open-to-others"]


def not_registered(reason: str, steps: Sequence[str] = ()) -> str:
    """The server works, but is not in the registry; one line."""
    step = f" ({steps[-1]})" if steps else ""
    return f"Other programs cannot find this server by name: {reason.removesuffix('.')}{step}."


def bad_folder(path: str, fault: FolderFault, detail: str = "") -> UsageError:
    """A runtime or state folder that is not safe to use."""
    said = {
        "not-a-folder": (
            f"{path} is not a folder (a symbolic link to one does not count)",
            f"take it away:  mv {path} {path}.old",
        ),
        "not-yours": (
            f"{path} belongs to {detail}, not to you",
            "another place, a folder of yours:  XDG_RUNTIME_DIR=… (or XDG_STATE_HOME=…) homeport",
        ),
        "open-to-others": (
            f"{path} may be entered by other users (its mode is {detail}, wanted is 700)",
            f"look for files that are not yours, then:  chmod 700 {path}",
        ),
    }
    message, step = said[fault]
    return UsageError(
        f"{message}.",
        code="runtime-folder",
        next_steps=(f"what it is now:  ls -ld {path}", step),
        facts={"path": path, "fault": fault},
    )


def no_home() -> UsageError:
    """Neither XDG_RUNTIME_DIR nor a home folder belongs to this user."""
    return UsageError(
        "There is no place for homeport's files: neither XDG_RUNTIME_DIR nor HOME is a folder "
        "that is yours.",
        code="runtime-folder",
        next_steps=("name a folder of yours:  XDG_RUNTIME_DIR=/path homeport",),
    )


def unusable_folder(path: str, reason: str) -> UsageError:
    """The system does not let us use the folder."""
    return UsageError(
        f"{path} cannot be used: {reason}.",
        code="runtime-folder",
        next_steps=(
            f"what it is now:  ls -ld {path}",
            "another place:  XDG_RUNTIME_DIR=/path XDG_STATE_HOME=/path homeport",
        ),
        facts={"path": path},
    )


def registry_busy(path: str) -> HomeportError:
    """Another process keeps the lock of the folder for too long."""
    return HomeportError(
        f"another process has locked {path} and does not go on.",
        code="registry-busy",
        next_steps=(f"which one:  fuser -v {path}/.lock",),
        facts={"path": path},
    )


def nothing_found(text: str, running: Sequence[Entry]) -> NothingThereError:
    """No server of that name or port; these run."""
    if running:
        rows = tuple(f"{entry.name}  {_url(entry)}  {entry.project}" for entry in running)
        steps: tuple[str, ...] = ("these run:", *(f"  {row}" for row in rows))
    else:
        steps = ("none runs; to start one:  homeport APP --name NAME",)
    return NothingThereError(
        f"No homeport server of yours is called {text!r} or has that port.",
        code="no-such-server",
        next_steps=(*steps, "every server here, of others too:  homeport ls"),
        facts={"wanted": text, "running": [entry.name for entry in running]},
    )


def other_version(found: Foreign) -> HomeportError:
    """A server that runs, and whose entry we cannot read."""
    return HomeportError(
        f"{found.name} runs under a homeport that writes entries of version {found.version}; "
        f"this one reads {VERSION}.",
        code="other-version",
        next_steps=("which one is this:  homeport --version",),
        facts={"name": found.name, "version": found.version},
    )


def server_gone(name: str) -> NothingThereError:
    """It was there a moment ago."""
    return NothingThereError(
        f"The server {name} has ended.",
        code="server-gone",
        next_steps=("what runs:  homeport ls",),
        facts={"name": name},
    )


def no_answer(entry: Entry, seconds: float) -> HomeportError:
    """It is there and says nothing."""
    port = min(entry.ports, default=None)
    step = f"homeport stop {port}" if port else f"kill {entry.pid}"
    return HomeportError(
        f"The server {entry.name} (pid {entry.pid}) did not answer within {seconds:g} s: it is "
        "stopped, or very busy.",
        code="no-answer",
        next_steps=(f"to end it by signals, after asking you:  {step}",),
        facts={"name": entry.name, "pid": entry.pid},
    )


def not_understood(wanted: str, found: str) -> UsageError:
    """A request on a control socket that is none."""
    return UsageError(
        f"A request is {wanted}; this was {found[:80]}.",
        code="bad-request",
        next_steps=('for example:  {"ask": "who"}',),
    )


def unknown_word(word: str, known: Sequence[str]) -> UsageError:
    """A question that this server does not answer."""
    return UsageError(
        f"This server does not know {word[:80]!r}.",
        code="unknown-word",
        next_steps=("it knows: " + ", ".join(known), "maybe it is an older homeport: restart it"),
        facts={"word": word[:80], "known": list(known)},
    )


def too_many_clients() -> HomeportError:
    """All places are taken by clients that are not done."""
    return HomeportError(
        "Too many programs are asking this server at once.",
        code="too-many-clients",
        next_steps=("try again in a moment",),
    )


def _url(entry: Entry) -> str:
    return entry.urls[0] if entry.urls else "no address"

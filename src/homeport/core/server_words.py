"""Sentences about two servers of one name, and about one that takes the place of the other."""

from homeport.core.entry import Entry, Foreign
from homeport.core.errors import HomeportError, NameTakenError
from homeport.core.plain import plain_line
from homeport.core.server_name import numbered
from homeport.core.words import since


def name_taken(
    name: str, project: str, found: Entry | Foreign | None, now: float
) -> NameTakenError:
    """A server of that name runs. `project` is the folder of the one that was to be started.

    `found` is its entry; None: it cannot be read.
    """
    other = another_name(name)
    by_name = f"beside it, by another name:  homeport --name {other}"
    if not isinstance(found, Entry):
        by = "something that this homeport cannot read"
        if found is not None:
            by = f"a server of a homeport that writes entries of version {found.version}"
        return NameTakenError(
            f"The name {name} is taken by {by}.",
            code="name-taken",
            next_steps=(by_name, "which one:  homeport ls"),
            facts={"name": name, "same_folder": False},
        )
    url = found.urls[0] if found.urls else "no address"
    clock = since(found.started, now)
    facts = {
        "name": name,
        "same_folder": found.project == project,
        "urls": list(found.urls),
        "instance": found.instance,
        "pid": found.pid,
        "since": found.started,
        "project": found.project,
        "app": found.app,
    }
    if found.project == project:
        message = f"{name} already serves this folder since {clock} at {url} ({found.app})."
        steps: tuple[str, ...] = (
            "to put this one in its place, with no refused connection:  homeport --restart",
            by_name,
        )
    else:
        message = (
            f"The name {name} is taken: another folder is served by it since {clock} at {url}, "
            f"{found.project}."
        )
        steps = (by_name,)
    return NameTakenError(plain_line(message), code="name-taken", next_steps=steps, facts=facts)


def in_a_program(error: NameTakenError) -> NameTakenError:
    """The same for one who has called a function and typed no command line."""
    other = another_name(str(error.facts["name"]))
    steps = (f'beside it, by another name:  name="{other}"', "which one:  homeport ls")
    return NameTakenError(error.message, code=error.code, next_steps=steps, facts=error.facts)


def another_name(name: str) -> str:
    """One like it that may be free."""
    _, other, *_ = numbered(name)
    return other


def cannot_hand_over(name: str, port: int | None) -> HomeportError:
    """An older homeport that knows no such thing."""
    stop = f"homeport stop {port}" if port else "homeport ls"
    return HomeportError(
        f"{name} is served by an older homeport that cannot hand its place over.",
        code="no-handover",
        next_steps=(f"stop it, then start again:  {stop}",),
        facts={"name": name},
    )


def still_there(name: str, pid: int) -> str:
    """The server that was replaced does not answer."""
    return f"the server that {name} was before does not leave (pid {pid}): it may answer too"


def goes_on(name: str, url: str) -> str:
    """The new server did not start, so nothing has changed for visitors."""
    return f"{name} goes on as before at {url}"


REPLACED = "another homeport takes the place of this one (homeport --restart)"

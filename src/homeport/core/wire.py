"""Messages between supervisor and worker ⇄ JSON lines.

One object per line, ASCII, `type` is the class name. Descriptors travel beside a line as
SCM_RIGHTS data; the message says how many belong to it (`engine/channel.py`).
"""

import json
from typing import Any, get_args

from homeport.core.record import Record
from homeport.core.wire_doors import (
    Answered,
    Asked,
    Certify,
    Change,
    Cut,
    Guessed,
    Passes,
    Serve,
    Shut,
    Visited,
)


class Job(Record):
    """To a new worker: what to load and how to serve it.

    `failure` set: serve the page that shows it instead of an app. `colour` and `json` are about
    what the worker prints. `single_lifespan`: wait between import and startup until all others
    have ended. `trusted_proxies` are networks whose forwarded headers are believed.
    `warm`: tell what was imported (`Loaded`), for a template.
    """

    module: str
    attribute: str | None
    factory: bool
    sys_path: tuple[str, ...]
    project: str
    env_file: str | None
    root_path: str
    trusted_proxies: tuple[str, ...]
    access_log: bool
    log_level: str
    colour: bool
    json: bool
    single_lifespan: bool = False
    failure: dict[str, Any] | None = None
    warm: bool = False


class Retire(Record):
    """To a worker: stop accepting, finish, leave. Times in seconds.

    Streams and WebSockets get `grace`, requests in progress get `timeout`. `hand_over`: another
    worker serves on, and gets the connections as soon as nothing is in flight on them.
    """

    grace: float
    timeout: float
    hand_over: bool = False


class Released(Record):
    """From a retiring worker: no request that is sent from now on is read by it.

    Except the rest of what it is reading already.
    """


class Handed(Record):
    """From a retiring worker: so many connections for its successor come along.

    They belong to one of the listeners, by its place in `Serve`. `used`: something was answered
    on them before, so they count as idle. The next batch waits for `Taken`.
    """

    descriptors: int
    listener: int
    used: bool


class Adopt(Record):
    """To the current worker: serve these connections from now on; fields as in `Handed`."""

    descriptors: int
    listener: int
    used: bool


class Taken(Record):
    """The answer to `Handed` and to `Adopt`: they have arrived, the next batch may come."""


class Ready(Record):
    """From a worker: the app is imported and started. `docs` is the path of its API page."""

    docs: str | None = None


class Failed(Record):
    """From a worker: the app does not start (`core.failure.Failure.to_json()`); it leaves now."""

    failure: dict[str, Any]


class Imported(Record):
    """From a worker whose job is `single_lifespan`: the app is imported, it waits for `Start`."""


class Start(Record):
    """To a worker that waits: nobody else has a lifespan now, begin yours."""


class Used(Record):
    """From a worker: what of the project it has used since it last said so.

    It is said before `Failed`, so that a fix made meanwhile is noticed, after `Ready`, and again
    whenever it grows. `files`: path → ctime in ns, size, and hash of the bytes that were read.
    `sought`: names (paths without `.py`) that an import looked for in vain. `listed`: folders.
    """

    files: dict[str, list[int]]
    sought: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()


class Drained(Record):
    """From a retiring worker: how many requests it had to cut short."""

    cut_requests: int


class Loaded(Record):
    """From a worker: what it has imported since it last said so, in order.

    `modules` are installed code, as long as nothing depended on a change that the project made to
    the environment; `project` are the project's. `obstacle` says why no template may be had.
    `asked`, said once: what of installed code the project itself has asked for until then, and
    whether it made such a change. `unfit`: a fork whose code no longer does the same before its
    imports, so it starts over without the template.
    """

    modules: tuple[str, ...] = ()
    project: tuple[str, ...] = ()
    obstacle: str | None = None
    asked: tuple[str, ...] | None = None
    environment_changed: bool = False
    unfit: bool = False


class Warm(Record):
    """To a template: import these, and none of `refused` nor what imports one of them.

    `asked` and `environment_changed` are what the worker did that it is modelled on.
    """

    modules: tuple[str, ...]
    refused: tuple[str, ...] = ()
    env_file: str | None = None
    asked: tuple[str, ...] = ()
    environment_changed: bool = False


class Warmed(Record):
    """From a template: it has done what `Warm` said.

    `files` are what it has loaded: path → [mtime in ns, size, inode]. `left_out`: module → why.
    `clean` False: a module was half imported, so this template must not be used.
    """

    files: dict[str, list[int]]
    left_out: dict[str, str]
    clean: bool = True


class Fork(Record):
    """To a template: a worker, please; its channel and its lifeline come along."""

    descriptors: int = 2


class Forked(Record):
    """From a template: the worker's pid, 0 when there was no memory or process left for it."""

    pid: int


class Ping(Record):
    """To a worker that serves: say that your loop turns."""

    number: int


class Pong(Record):
    """The answer to `Ping`."""

    number: int


Message = (
    Job
    | Serve
    | Shut
    | Change
    | Certify
    | Cut
    | Passes
    | Asked
    | Answered
    | Guessed
    | Visited
    | Retire
    | Start
    | Ready
    | Failed
    | Imported
    | Used
    | Drained
    | Released
    | Handed
    | Adopt
    | Taken
    | Loaded
    | Warm
    | Warmed
    | Fork
    | Forked
    | Ping
    | Pong
)
_TYPES: dict[str, type[Message]] = {kind.__name__: kind for kind in get_args(Message)}


_to_text, _from_text = json.JSONEncoder().encode, json.JSONDecoder().decode
"""Kept: an app may put its own in the place of `json.dumps` and `json.loads`."""


def encode(message: Message) -> bytes:
    """One line, newline included."""
    data = {"type": type(message).__name__, **message.to_dict()}
    return _to_text(data).encode() + b"\n"


def decode(line: bytes) -> Message:
    """The inverse of `encode`; ValueError for a line that is no message."""
    data = _from_text(line.decode())
    try:
        kind = _TYPES[data.pop("type")]
        fields: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in data.items()
        }
        return kind(**fields)
    except (AttributeError, KeyError, TypeError):
        raise ValueError(f"not a message: {line[:80]!r}") from None

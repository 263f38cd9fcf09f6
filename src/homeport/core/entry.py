"""A running server as the registry writes it down: one JSON object, no secrets in it.

The format has a version `major.minor`. Within a major version fields are only added, and unknown
ones are ignored; another major version is only told from garbage. In all versions the file is
`<name>.json`, and its server holds an flock(2) on it.
"""

import json
from typing import Any, NamedTuple

VERSION = "1.1"
"""Of the format."""
LARGEST = 65536
"""Bytes of an entry; what is longer is none."""


SERVER, UP = "server", "up"
"""Who holds an entry: the homeport server that it is about, or a `homeport up` for a command."""


class Entry(NamedTuple):  # a dataclass of that size takes a millisecond of every start
    """One server. `instance` are 128 random bits in hex, new at every start.

    `urls` are links that work on this computer, the best first; `addresses` what it listens on
    (`ip:port`). `started` is seconds since the epoch. `start_ticks` (clock ticks from boot to the
    start of the process `pid`) with `boot` (the kernel's boot id) tell it from a later process with
    that pid; None where the system does not say. `project` is a folder, `app` what is served,
    `socket` the path of the control socket.

    `holder` UP (since 1.1): any program that `homeport up` has started. It cannot prove itself over
    its port, for it knows nothing of that; the `up` process, which answers for it, looks at every
    question whether the port is in the hands of that program. `pid` is then its keeper's.
    """

    name: str
    instance: str
    urls: tuple[str, ...]
    addresses: tuple[str, ...]
    pid: int
    started: float
    start_ticks: int | None
    boot: str | None
    project: str
    app: str
    socket: str
    holder: str = SERVER

    @property
    def ports(self) -> frozenset[int]:
        """The ports it listens on."""
        ends = (address.rpartition(":")[2] for address in self.addresses)
        return frozenset(int(end) for end in ends if end.isdecimal() and len(end) <= 5)

    def not_listening(self) -> "Entry":
        """The same server without its addresses: it is stopping, or has given its port back."""
        return self._replace(urls=(), addresses=())

    def to_json(self) -> dict[str, Any]:
        """For the file and for answers."""
        return {"version": VERSION, **self._asdict()}


class Foreign(NamedTuple):
    """An entry of a homeport with another major version of the format."""

    name: str
    version: str


_TEXTS = ("name", "instance", "project", "app", "socket")
_LISTS = ("urls", "addresses")


def read_entry(text: str, name: str) -> Entry | Foreign | None:
    """The inverse of `Entry.to_json`, for the file of that name; None for garbage."""
    if len(text) > LARGEST:
        return None
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return entry_of(data, name)


def entry_of(data: object, name: str) -> Entry | Foreign | None:
    """As `read_entry`, from parsed JSON."""
    if not isinstance(data, dict) or data.get("name") != name:
        return None
    version = data.get("version")
    if not isinstance(version, str) or not version.partition(".")[0].isdecimal():
        return None
    if version.partition(".")[0] != VERSION.partition(".")[0]:
        return Foreign(name=name, version=version[:20])
    return _entry(data)


def _entry(data: dict[str, Any]) -> Entry | None:
    started, ticks, boot = (data.get(key) for key in ("started", "start_ticks", "boot"))
    fine = (
        all(isinstance(data.get(key), str) and data[key] for key in _TEXTS)
        and all(_is_texts(data.get(key)) for key in _LISTS)
        and _is_whole(data.get("pid"))
        and data["pid"] > 0
        and (_is_whole(started) or isinstance(started, float))
        and (ticks is None or _is_whole(ticks))
        and (boot is None or isinstance(boot, str))
    )
    if not fine:
        return None
    return Entry(
        **{key: data[key] for key in (*_TEXTS, "pid", "started")},
        urls=tuple(data["urls"]),
        addresses=tuple(data["addresses"]),
        start_ticks=ticks,
        boot=boot,
        holder=UP if data.get("holder") == UP else SERVER,
    )


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)

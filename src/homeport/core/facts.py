"""What was seen on this computer, as frozen values.

A field that this user may not read, or that the system does not tell, is None: never a guess.
Everything that other programs chose (names, folders, command lines) is fit to be printed: secrets
are redacted and control characters removed (`core/redact`).
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from homeport.core.address import Address, Interface

if TYPE_CHECKING:  # every start loads this module, and few of them ask for packet filters
    from homeport.core.firewall import Firewall


class System(Enum):
    """Whose rules about sockets hold here."""

    LINUX = "linux"
    MACOS = "macos"
    WINDOWS = "windows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A folder with a pyproject.toml, package.json or .git.

    `branch` is the git branch, or the first 7 digits of a commit when none is checked out.
    `worktree` is the name of a linked git worktree.
    """

    name: str
    folder: str
    branch: str | None = None
    worktree: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who started it, as its cgroup tells: a systemd unit, a container (its short id)."""

    unit: str | None = None
    container: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ancestor:
    """A parent process, the parent of that, and so on."""

    pid: int
    program: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A process that has a listening socket open.

    `started` is seconds since the epoch. `program` is the short name of what it runs (`uvicorn`,
    `docker-proxy`). `ancestors` are its parents, the nearest first.
    """

    pid: int
    started: float | None
    command: str
    user: str | None
    folder: str | None
    program: str = ""
    ancestors: tuple[Ancestor, ...] = ()
    project: Project | None = None
    origin: Origin = Origin()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A TCP socket in LISTEN as the system reports it.

    `v6only` is None when the source does not tell, and for IPv4. `user` owns the socket. `holders`
    is empty when its processes were not asked for or are not visible to us: that is not the same
    as nobody. `device`: it only takes what comes in by this interface (SO_BINDTODEVICE). `inode`
    identifies the socket (Linux). `origin` is known of sockets whose processes are not.

    An IPv4-mapped address (::ffff:127.0.0.1) is given as the IPv4 address: that is all such a
    socket can be reached by; `mapped` tells it from the real one.
    """

    address: Address
    v6only: bool | None
    user: str | None
    holders: tuple[Holder, ...] = ()
    device: str | None = None
    mapped: bool = False
    inode: int | None = None
    origin: Origin = Origin()

    def covers(self, ip: str) -> bool:
        """Whether a connection to `ip` on this port could arrive here."""
        version = 6 if ":" in ip else 4
        if self.address.is_wildcard:
            dual_stack = self.address.version == 6 and self.v6only is not True
            return self.address.version == version or dual_stack
        return self.address.ip == ip

    def is_held_by(self, pids: AbstractSet[int]) -> bool:
        """Whether one of these processes holds it."""
        return any(holder.pid in pids for holder in self.holders)


class RemnantKind(Enum):
    """What keeps a port from being bound although nobody listens on it."""

    BOUND = "bound"
    """A socket that is bound and does not listen."""
    TIME_WAIT = "time-wait"
    """A connection that this side closed, remembered for a minute (RFC 9293 section 3.6.1)."""
    LEFTOVER = "leftover"
    """A connection that a server accepted, still open after it stopped listening."""
    OUTGOING = "outgoing"
    """A connection to elsewhere that was given this port as its source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remnant:
    """A socket on a port that is not listening. `seconds`: when the system lets it go by itself."""

    kind: RemnantKind
    address: Address
    peer: Address | None
    user: str | None
    v6only: bool | None = None
    seconds: float | None = None
    holders: tuple[Holder, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """What listens in another network namespace (a container), as far as we may look into it.

    `pid` is one of the processes in it.
    """

    pid: int
    origin: Origin
    listeners: tuple[Listener, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One snapshot of this computer. `time` is seconds since the epoch, `user` who looked.

    `listeners` are in the order in which the kernel looks through those of one address; those of
    other network namespaces are in `namespaces`.
    """

    time: float
    system: System
    user: str
    listeners: tuple[Listener, ...]
    interfaces: tuple[Interface, ...]
    firewall: "Firewall"
    namespaces: tuple[Namespace, ...] = ()

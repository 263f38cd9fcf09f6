"""What keeps a port from being a good one for a server: five levels and their obstacles.

`core/availability` finds them, `core/port_words` says them.
"""

from dataclasses import dataclass
from enum import Enum, IntEnum

from homeport.core.facts import Listener, Remnant, System
from homeport.core.port_rules import PortRules


class Level(IntEnum):
    """How good a port is; each level includes those below it (research B7)."""

    NONE = 0
    LEGAL = 1
    """A port number that this user may have here and that browsers connect to."""
    BINDABLE = 2
    """Nothing is in the way of the bind."""
    UNSHADOWED = 3
    """We would answer every address asked for, and `localhost`."""
    NOT_SHADOWING = 4
    """We would take no connection that another server gets now."""
    STABLE = 5
    """Neither given to outgoing connections nor the usual port of another tool."""


class ObstacleCode(Enum):
    """Why not; the sentences are in `core/port_words`."""

    OUT_OF_RANGE = "out-of-range"
    REFUSED_BY_BROWSERS = "refused-by-browsers"
    PRIVILEGED = "privileged"
    EXCLUDED = "excluded-by-system"
    AIRPLAY = "airplay"
    HELD = "held"
    OTHER_FAMILY = "other-family"
    """Held by an IPv6 socket that takes IPv4 too."""
    OTHER_USER = "other-user"
    """Held by a socket that would let the same user share the port, but not another one."""
    BOUND_INACTIVE = "bound-inactive"
    TIME_WAIT = "time-wait"
    LEFTOVER = "leftover"
    OUTGOING = "outgoing"
    UNKNOWN = "unknown"
    """The system says that it is in use, and nothing that we may see is."""
    DENIED = "denied"
    """The system refuses for a reason of its own: `detail` is the name of the error."""
    NO_ADDRESS = "no-address"
    UNREAD = "unread"
    """The listening sockets could not be read, so nothing can be said of them."""
    SHADOWED = "shadowed"
    SHADOWS_OTHER = "shadows-other"
    EPHEMERAL = "ephemeral"
    USUAL_PORT_OF = "usual-port-of"


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Something found. `level` is the one it prevents, `ips` are the addresses it concerns.

    `detail`: the tool of USUAL_PORT_OF, the error of DENIED, the first port of PRIVILEGED that
    all may have, the range of EPHEMERAL and EXCLUDED.
    """

    level: Level
    code: ObstacleCode
    ips: tuple[str, ...] = ()
    listeners: tuple[Listener, ...] = ()
    remnants: tuple[Remnant, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortView:
    """All that was seen of one port; `listeners` and `remnants` have it as their port.

    `refused` are the answers of the system to a trial bind of each address, with the options our
    server uses: pairs of IP and error name (`EADDRINUSE`); None when no trial was made.
    `complete` is False when the listening sockets could not be read. `usual` is the tool that
    usually has this port, if that is not us. `user` is who asks.
    """

    system: System
    rules: PortRules
    listeners: tuple[Listener, ...] = ()
    remnants: tuple[Remnant, ...] = ()
    refused: tuple[tuple[str, str], ...] | None = None
    complete: bool = True
    usual: str | None = None
    user: str | None = None

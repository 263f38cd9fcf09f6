"""Who might come, and whether they get in: the values that `core/reach` makes.

A verdict is three-valued and the least of a chain (listening there, interface up, packet filter,
router): `min` is the logical "and". UNKNOWN always names the fact that could not be read.
"""

from dataclasses import dataclass
from enum import Enum, IntEnum

from homeport.core.facts import Listener


class Verdict(IntEnum):
    """Whether an audience can connect."""

    NO = 0
    UNKNOWN = 1
    YES = 2


class AudienceKind(Enum):
    """The circles around a server, from the inside out."""

    SELF = "this-computer"
    USERS = "other-users"
    CONTAINERS = "containers"
    NETWORK = "network"
    VPN = "vpn"
    INTERNET = "internet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who might come. `networks` (`192.168.1.0/24`) are those of `interface`, if it has one."""

    kind: AudienceKind
    interface: str | None = None
    networks: tuple[str, ...] = ()


class ReasonCode(Enum):
    """One link of the chain; the sentences are in `core/reach_words`."""

    LISTENING = "listening"
    NOT_LISTENING = "not-listening"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A link of the chain with its own verdict. `about` is what it speaks of: `eth0`, `ufw`."""

    code: ReasonCode
    verdict: Verdict
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What holds for one audience. `addresses` are those by which it could connect."""

    audience: Audience
    verdict: Verdict
    reasons: tuple[Reason, ...]
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Who can reach `listeners`, which are one server on `port`."""

    port: int
    listeners: tuple[Listener, ...]
    findings: tuple[Finding, ...]

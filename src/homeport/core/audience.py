"""Who might come, and whether they get in: the values that `core/reach` makes.

A verdict is three-valued and the least of a chain (listening there, interface up, packet filter,
router): `min` is the logical "and". UNKNOWN always names the fact that could not be read.

YES means that this computer lets them in. What the network between does (an access point that
keeps its devices apart) cannot be read here, and only a visitor who came proves more.
"""

from dataclasses import dataclass
from enum import Enum, IntEnum

from homeport.core.address import InterfaceKind
from homeport.core.facts import Listener


class Verdict(IntEnum):
    """Whether an audience can connect."""

    NO = 0
    UNKNOWN = 1
    YES = 2


class AudienceKind(Enum):
    """The circles around a server, from the inside out.

    INTERNET is everybody beyond a router: the other networks of an office, and the internet.
    """

    SELF = "this-computer"
    USERS = "other-users"
    CONTAINERS = "containers"
    NETWORK = "network"
    VPN = "vpn"
    INTERNET = "internet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who might come. `networks` (`192.168.1.0/24`) and `medium` are those of `interface`."""

    kind: AudienceKind
    interface: str | None = None
    networks: tuple[str, ...] = ()
    medium: InterfaceKind | None = None


class ReasonCode(Enum):
    """One link of the chain; the sentences are in `core/reach_words`."""

    LISTENING = "listening"
    NOT_LISTENING = "not-listening"
    LOOPBACK_ONLY = "loopback-only"
    SHADOWED = "shadowed"
    SHARED_PORT = "shared-port"
    V6ONLY_UNKNOWN = "v6only-unknown"
    WINNER_UNKNOWN = "winner-unknown"
    SPLIT_LOCALHOST = "split-localhost"
    OTHER_INTERFACE = "other-interface"
    ROUTE_LOCALNET = "route-localnet"
    ADDRESS_GONE = "address-gone"
    LINK_LOCAL = "link-local"
    INTERFACE_DOWN = "interface-down"
    NO_LINK = "no-link"
    NO_NETWORK = "no-network"
    SAME_NETWORK = "same-network"
    DETOUR = "detour"
    OTHER_ROUTING = "other-routing"
    FILTER_EMPTY = "filter-empty"
    FILTER_LETS_IN = "filter-lets-in"
    FILTER_DROPS = "filter-drops"
    FILTER_DEPENDS = "filter-depends"
    FILTER_UNCLEAR = "filter-unclear"
    FILTER_REWRITES = "filter-rewrites"
    FILTER_REPLIES = "filter-replies"
    FILTER_NEIGHBOURS = "filter-neighbours"
    FILTER_UNREAD = "filter-unread"
    FRONT_END_ON = "front-end-on"
    FRONT_END_DENIES = "front-end-denies"
    ROUTER_PRIVATE = "router-private"
    ROUTER_GLOBAL = "router-global"
    NO_DEFAULT_ROUTE = "no-default-route"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A link of the chain with its own verdict. `about` is what it speaks of: `eth0`, `ufw`."""

    code: ReasonCode
    verdict: Verdict
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What holds for one audience, with the links of its best way in.

    `addresses` are those by which it could connect; empty for NO. A link-local one (fe80::) is
    among them only when there is no other, and is never a link to print.
    """

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


class Asker(Enum):
    """The founding questions: can ... open it?"""

    BROWSER = "browser-here"
    PYTHON = "python-here"
    PHONE = "phone"
    COMPUTER = "other-computer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One of the founding questions, answered. `url` is what to type there, if anything.

    `finding` is the one that decides; None when there is no network that they could share.
    `notes` are further things to know, as SPLIT_LOCALHOST.
    """

    asker: Asker
    verdict: Verdict
    url: str | None
    finding: Finding | None
    notes: tuple[Reason, ...] = ()

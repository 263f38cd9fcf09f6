"""Why another device cannot connect: what was seen, and what follows from it, as values.

The ladder of research/sharing-and-security.md, E. Every rung is judged by facts of this computer
and of the server; nothing is asked of the other device. The sentences are in `core/doctor_words`.
"""

from dataclasses import dataclass, field
from enum import Enum

from homeport.core.address import Address, Interface, InterfaceKind
from homeport.core.audience import Reason
from homeport.core.evidence import PeerSeen
from homeport.core.firewall_opening import Opening
from homeport.core.neighbours import Neighbour
from homeport.core.runs_in import RunsIn
from homeport.core.turned_away import TurnedAway


class Rung(Enum):
    """The steps that a connection of another device takes, in their order."""

    LISTENING = "listening"
    ADDRESS = "address"
    OWN_CONNECTION = "own-connection"
    FIREWALL = "firewall"
    NEIGHBOURS = "neighbours"
    ARRIVED = "arrived"
    TLS = "tls"
    GUARD = "guard"
    PAIRED = "paired"


class State(Enum):
    """NOT_YET: nothing was seen that could be judged."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"
    NOT_YET = "not yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The share of the server. `since` and `until` are seconds since the epoch.

    `phase` as `core/share.Phase`; `local_name` is `myapp.local`, `moved_from` the address before.
    """

    phase: str
    ip: str
    port: int
    interface: str
    kind: InterfaceKind
    network: str
    tls: bool
    pairing: bool
    until: float
    since: float
    local_name: str | None = None
    moved_from: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How the last share ended: the sentence that the terminal got, and when."""

    line: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnVisit:
    """A connection from this computer: the status it got, or what went wrong (`refused`, …)."""

    status: int | None = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """An address that devices can try, with what was found out about it.

    `interface` is the one that has the address now, None when none has: then it was not visited.
    `network` is who it is for. `firewall`: first the judgement of the rules, then what may lead
    answers astray; `opening` lets devices in, `look` shows the rules. `neighbours` is None where
    they could not be read; the router is not among them.
    """

    ip: str
    port: int
    tls: bool
    name: str
    kind: InterfaceKind
    network: str
    interface: Interface | None
    own_visit: OwnVisit
    firewall: tuple[Reason, ...]
    opening: Opening | None = None
    look: str
    neighbours: tuple[Neighbour, ...] | None = ()

    @property
    def url(self) -> str:
        """The link."""
        return Address(ip=self.ip, port=self.port).url("https" if self.tls else "http")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSeen:
    """A device of the share, as `homeport devices` knows it."""

    id: str
    name: str
    address: str | None
    state: str
    number: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """Everything that was looked at. `ips` is what the server was started on.

    `peers` and `turned_away` are those from elsewhere only, since the share began.
    """

    time: float
    name: str
    port: int
    ips: tuple[str, ...]
    share: Share | None
    ended: Ended | None
    spots: tuple[Spot, ...]
    interfaces: tuple[Interface, ...]
    runs_in: RunsIn = field(default_factory=RunsIn)
    peers: tuple[PeerSeen, ...] = ()
    turned_away: tuple[TurnedAway, ...] = ()
    devices: tuple[DeviceSeen, ...] = ()

    @property
    def pairing(self) -> bool:
        """Whether a code is asked for."""
        return self.share is not None and self.share.pairing


class Says(Enum):
    """One thing that was seen, a likely cause, or what to do next."""

    SHARED = "shared"
    SHARE_WAITS = "share-waits"
    SHARE_OPENS = "share-opens"
    OPEN_BY_HOST = "open-by-host"
    ONLY_LOOPBACK = "only-loopback"
    SHARE_ENDED = "share-ended"
    NO_NETWORK = "no-network"
    ADDRESS_HERE = "address-here"
    ADDRESS_GONE = "address-gone"
    IS_DOWN = "is-down"
    NO_LINK = "no-link"
    IS_VPN = "is-vpn"
    IS_CONTAINERS = "is-containers"
    IS_WSL = "is-wsl"
    MOVED = "moved"
    OTHER_NETWORKS = "other-networks"
    ANSWERED_HERE = "answered-here"
    NO_ANSWER_HERE = "no-answer-here"
    FIREWALL = "firewall"
    NEIGHBOURS = "neighbours"
    NO_NEIGHBOURS = "no-neighbours"
    CALLED_IN_VAIN = "called-in-vain"
    NEIGHBOURS_UNREAD = "neighbours-unread"
    REACHED = "reached"
    MORE_PEERS = "more-peers"
    NOT_REACHED = "not-reached"
    NO_TLS = "no-tls"
    TLS_NOT_YET = "tls-not-yet"
    TLS_WORKED = "tls-worked"
    TLS_FAILED = "tls-failed"
    GUARD_NOT_YET = "guard-not-yet"
    NONE_REFUSED = "none-refused"
    REFUSED = "refused"
    REFUSED_PEER = "refused-peer"
    NO_PAIRING = "no-pairing"
    WAITING = "waiting"
    LET_IN = "let-in"
    PUT_OUT = "put-out"
    NOBODY_PAIRED = "nobody-paired"
    CAUSE_CONTAINER = "cause-container"
    CAUSE_WSL_NAT = "cause-wsl-nat"
    CAUSE_WSL_MIRRORED = "cause-wsl-mirrored"
    CAUSE_WSL = "cause-wsl"
    CAUSE_FIREWALL = "cause-firewall"
    CAUSE_OTHER_NETWORK = "cause-other-network"
    CAUSE_ISOLATION = "cause-isolation"
    CAUSE_OLD_ADDRESS = "cause-old-address"
    CAUSE_SEVERAL = "cause-several"
    CAUSE_VPN_HERE = "cause-vpn-here"
    CAUSE_VPN_THERE = "cause-vpn-there"
    CAUSE_PERMISSION = "cause-permission"
    NEXT_SHARE = "next-share"
    NEXT_WAIT = "next-wait"
    NEXT_SHARE_AGAIN = "next-share-again"
    NEXT_LINK_UP = "next-link-up"
    NEXT_NO_ANSWER = "next-no-answer"
    NEXT_OPEN_FIREWALL = "next-open-firewall"
    NEXT_LOOK_FIREWALL = "next-look-firewall"
    NEXT_WORKS = "next-works"
    NEXT_APPROVE = "next-approve"
    NEXT_TRUST = "next-trust"
    NEXT_TLS = "next-tls"
    NEXT_LINK = "next-link"
    NEXT_REFUSED = "next-refused"
    NEXT_PAIR = "next-pair"
    NEXT_ARRIVED = "next-arrived"
    NEXT_TRY = "next-try"
    NEXT_CONTAINER = "next-container"
    NEXT_WSL = "next-wsl"
    NEXT_FIREWALL = "next-firewall"


@dataclass(frozen=True, slots=True)
class Note:
    """What is said, and what about: texts that go into the sentence."""

    says: Says
    about: tuple[str, ...] = ()


class Does(Enum):
    """What a command is for."""

    OPEN = "open"
    CLOSE = "close"
    LOOK = "look"
    DO = "do"
    OPEN_THERE = "open-there"


@dataclass(frozen=True, slots=True)
class Remedy:
    """Commands to type, in their order."""

    does: Does
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rung, judged."""

    rung: Rung
    state: State
    notes: tuple[Note, ...] = ()
    remedies: tuple[Remedy, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What may keep devices away, though nothing here shows it."""

    note: Note
    remedies: tuple[Remedy, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """`causes`: the likeliest first, only where nothing has arrived. `next` is to be done.

    `hindered`: something was seen that keeps other devices out, and none was let in since.
    """

    steps: tuple[Step, ...]
    causes: tuple[Cause, ...]
    next: Note
    hindered: bool

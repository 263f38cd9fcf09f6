"""A share as a value: the state that `core/sharing` steps from one to the next."""

from dataclasses import dataclass, field
from enum import Enum

from homeport.core.address import Address, InterfaceKind
from homeport.core.deadline import Deadline, Now
from homeport.core.devices import Devices
from homeport.core.durations import USUAL
from homeport.core.network_identity import NetworkIdentity
from homeport.core.pairing import Codes, Knocks
from homeport.core.throttle import Throttle


class Phase(Enum):
    """Where sharing is.

    OPENING: the door was asked for. SEEKING: the network is out of sight and the door shut, for a
    moment: an address changes in two steps, a Wi-Fi comes back.
    """

    CLOSED = "closed"
    OPENING = "opening"
    OPEN = "open"
    SEEKING = "seeking"


class EndReason(Enum):
    """Why a share ends."""

    EXPIRED = "expired"
    UNSHARED = "unshared"
    REPLACED = "replaced"
    INTERFACE_GONE = "interface-gone"
    INTERFACE_DOWN = "interface-down"
    ADDRESS_GONE = "address-gone"
    OTHER_NETWORK = "other-network"
    NETWORK_UNSURE = "network-unsure"
    NOT_OPENED = "not-opened"
    SERVER_STOPPED = "server-stopped"


class Opening(Enum):
    """Why a door is opened."""

    NEW = "new"
    MOVED = "moved"
    BACK = "back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is opened: one address of one interface. `network` is its prefix, `192.168.1.0/24`."""

    interface: str
    kind: InterfaceKind
    ip: str
    network: str
    port: int

    @property
    def address(self) -> Address:
        """The address with the port."""
        return Address(ip=self.ip, port=self.port)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What was asked for. `seconds` from the start; without `pairing` every peer is let in."""

    seconds: float = USUAL
    pairing: bool = True
    tls: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One share. `name` is what mDNS is asked to announce, without `.local`.

    `opens` says why the door is being opened, `moved_from` is the ip before. `seek_until`
    (monotonic) and `lost` (how the share ends if nothing is found) are about SEEKING.
    """

    place: Place
    terms: Terms
    identity: NetworkIdentity
    deadline: Deadline
    name: str | None = None
    devices: Devices = ()
    codes: Codes = field(default_factory=Codes)
    knocks: Knocks = ()
    opens: Opening = Opening.NEW
    moved_from: str | None = None
    seek_until: float = 0.0
    lost: EndReason = EndReason.ADDRESS_GONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """All of it, for the life of a server; `share` is None exactly when CLOSED.

    `expired` are hashes of dead tokens, the newest last: a browser that still sends one is asked to
    pair again and is not taken for a guesser. `made` counts devices. `last` is the time of the last
    event while there was a share.
    """

    phase: Phase = Phase.CLOSED
    share: Share | None = None
    throttle: Throttle = field(default_factory=Throttle)
    expired: tuple[str, ...] = ()
    made: int = 0
    last: Now | None = None

"""What is done about a share: the actions of `core/sharing`, and the answers to who asked."""

from dataclasses import dataclass
from enum import Enum

from homeport.core.devices import Device
from homeport.core.mirror import Mirror
from homeport.core.pairing import Why
from homeport.core.share import EndReason, Place, Terms
from homeport.core.visit_record import VisitRecord


class News(Enum):
    """What a person or a program is told; the value is the `event` of the JSON lines."""

    OPENED = "shared"
    RENEWED = "share-renewed"
    CODE = "share-code"
    CODE_OVER = "share-code-over"
    SEEKING = "share-interrupted"
    BACK = "share-resumed"
    MOVED = "share-moved"
    ENDED = "share-ended"
    ASKS = "device-asks"
    ASKS_NO_MORE = "device-gone"
    LET_IN = "device-let-in"
    DENIED = "device-denied"
    REVOKED = "device-revoked"
    PEER_BLOCKED = "guessing-blocked"
    ALL_BLOCKED = "pairing-blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDoor:
    """Bind, listen, hand to the workers; then say `DoorOpened` or `DoorFailed`. `until`: wall."""

    place: Place
    terms: Terms
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ShutDoor:
    """Close the listener and cut all its connections at once. The place need not be open any more.

    `ends`: the share is over; None: it may open another door.
    """

    place: Place
    ends: EndReason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prolong:
    """The open door ends at another time (wall clock)."""

    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CutDevice:
    """Cut the connections and WebSockets of a device that was put out."""

    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passes:
    """Send this to the workers."""

    mirror: Mirror


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """Let in, with the token that was fresh in the event.

    `seconds` is for the cookie: as long as a share can last, because this one may be prolonged. The
    token itself is dead when the share ends.
    """

    device: str
    token: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Not let in. `retry_after` in seconds; 0 where trying again is of no use."""

    why: Why
    retry_after: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Knocked:
    """The number to show; the page goes on with its ticket."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StillWaiting:
    """Nobody has answered the knock yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What the person asked for is done, to this device."""

    device: Device


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """No device, or several (`found`), can be meant by `which` among `candidates`."""

    which: str
    found: tuple[Device, ...]
    candidates: tuple[Device, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """To whoever asked with `request`."""

    request: str
    answer: Admitted | Refused | Knocked | StillWaiting | Done | Unclear


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """Tell people and programs. Fields beside `news` are set where they mean something.

    `until` is wall clock, `detail` text of the system. `code_hash`: show the link with the code
    that has this hash.
    """

    news: News
    place: Place | None = None
    terms: Terms | None = None
    until: float | None = None
    device: Device | None = None
    reason: EndReason | None = None
    peer: str | None = None
    moved_from: str | None = None
    detail: str = ""
    code_hash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A line for the visit log."""

    visit: VisitRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceName:
    """By mDNS, on the interface of `place` only."""

    name: str
    place: Place
    tls: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawName:
    """Say goodbye to what `AnnounceName` announced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeAt:
    """Send `Tick` at this monotonic time, in place of any that was asked for before."""

    time: float


Action = (
    OpenDoor
    | ShutDoor
    | Prolong
    | CutDevice
    | Passes
    | Answer
    | Tell
    | Record
    | AnnounceName
    | WithdrawName
    | WakeAt
)

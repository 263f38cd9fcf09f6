"""What happens to a share: the events of `core/sharing`.

Secrets come in with events, made at the edge: codes and tickets of 128 bit and more already hashed
(`core/secret_hash`), tokens of 256 bit in the clear, because the visitor gets them. Nothing else
keeps them. `request` is whatever the edge finds the asker by again.
"""

from dataclasses import dataclass

from homeport.core.address import Interface
from homeport.core.network_identity import NetworkIdentity
from homeport.core.share import Place, Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """`homeport share`. Of the same place and terms as now: goes on for `terms.seconds` from now.

    Of another: that share ends, with its devices, and a new one begins.
    """

    place: Place
    terms: Terms
    identity: NetworkIdentity
    code_hash: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorOpened:
    """What `OpenDoor` asked for is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorFailed:
    """The system refused it; `detail` says how."""

    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Renew:
    """The share is to end so many seconds from now."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCode:
    """A new one-time code was asked for."""

    code_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeem:
    """A visitor came by the one-time link. `token` is fresh: what it gets if let in."""

    code_hash: str
    peer: str
    agent: str
    token: str
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskIn:
    """A visitor knocks. `number` is random; the ticket is what its page asks again with."""

    peer: str
    agent: str
    number: int
    ticket_hash: str
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """The page of a visitor asks whether there is an answer. `token` is fresh, as in `Redeem`."""

    ticket_hash: str
    peer: str
    token: str
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve:
    """Let a waiting device in: by number, id or unique name."""

    which: str
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deny:
    """Do not let a waiting device in."""

    which: str
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoke:
    """Put a device out again."""

    which: str
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeToken:
    """`homeport token`: a token for a script, with a name to tell it by."""

    name: str
    token: str
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A worker saw wrong tokens from a peer."""

    peer: str
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A worker answered requests of a device; `at` is when it was last there, wall clock."""

    device: str
    peer: str
    requests: int
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """The time asked for with `WakeAt` has come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressesChanged:
    """The network of this computer, looked at again.

    Sent at every change, and with every `Tick` while the phase is SEEKING. `identity` is of the
    shared interface, None when nothing is known of it. `code_hash` is fresh: a new address needs a
    new link.
    """

    interfaces: tuple[Interface, ...]
    identity: NetworkIdentity | None
    code_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unshare:
    """`homeport unshare`, or the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """The server stops."""


FromVisitor = Redeem | AskIn | Poll
FromPerson = Approve | Deny | Revoke | MakeToken
OfLife = Open | DoorOpened | DoorFailed | Renew | NewCode | AddressesChanged | Unshare | Stop | Tick
Event = FromVisitor | FromPerson | OfLife | Wrong | Seen

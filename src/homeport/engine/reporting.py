"""What the supervisor tells whoever watches it: values, no text. `ui/cli` has the faces."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from homeport.core.address import Address
from homeport.core.events import Announce
from homeport.core.facts import Listener
from homeport.core.failure import Failure
from homeport.core.links import Link

if TYPE_CHECKING:  # needed once something is shared
    from homeport.core.evidence import PeerSeen
    from homeport.core.guide_words import TrustGuide
    from homeport.core.moved import Moved
    from homeport.core.share import Place
    from homeport.core.share_actions import Tell
    from homeport.engine.mdns import News as NameNews


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The listeners are open; nothing is answered yet.

    `skipped` are loopback addresses this computer does not have. `moved`: it is not on its usual
    port. `restarts`: a worker can be replaced (not an app object). `waits_for_fix`: a first start
    that fails is not the end. `strangers` may answer `localhost` instead of us. `name` and
    `instance` are those in the registry; None: it is not in it.
    """

    app: str
    project: str
    addresses: tuple[Address, ...]
    links: tuple[Link, ...]
    skipped: tuple[str, ...]
    reload: bool
    restarts: bool = True
    waits_for_fix: bool = True
    moved: "Moved | None" = None
    strangers: tuple[Listener, ...] = ()
    name: str | None = None
    instance: str | None = None

    @property
    def urls(self) -> tuple[str, ...]:
        """Those of the links that every program can use."""
        return tuple(link.url for link in self.links if not link.in_browsers)

    def tries_again(self, failure: Failure, moment: "Moment") -> bool:
        """Whether a save of a fix is loaded after that; without, a first start that fails ends."""
        served = moment.serving_since is not None
        return self.reload and (served or (self.waits_for_fix and not failure.kind.names_no_app))


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When and how long: `since` is the age of the version that still serves, both in seconds.

    `docs` is the path of the app's API page.
    """

    took: float = 0.0
    serving_since: float | None = None
    docs: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedVisit:
    """`line` says why; `times` it happened, and `left_out` are other refusals not told."""

    line: str
    rule: str
    code: str
    peer: str
    times: int
    left_out: int


class Reporter(Protocol):
    """A face of the server. Called from one thread; must not raise."""

    def opened(self, opened: Opened) -> None:
        """The listeners are open."""

    def news(self, announce: Announce, moment: Moment) -> None:
        """Something happened."""

    def cut(self, requests: int) -> None:
        """A leaving worker had to cut so many requests short."""

    def debug(self, text: str) -> None:
        """Something that only those want to know who ask why; the face decides by log level."""

    def warn(self, text: str) -> None:
        """Something is not as it should be, and the server goes on."""

    def refused(self, refusal: "RefusedVisit") -> None:
        """A request was not let in."""

    def share(self, tell: "Tell", link: str | None) -> None:
        """News of the share. `link`, to be shown, lets one device in."""

    def guide(self, guide: "TrustGuide") -> None:
        """How a device gets to trust the certificate of the share."""

    def local_name(self, news: "NameNews", place: "Place", *, tls: bool) -> None:
        """What became of the `.local` name of the share."""

    def reached(self, peer: "PeerSeen", now: float) -> None:
        """A peer from elsewhere has connected for the first time. `now` is wall clock."""

"""A share told step by step, for tests of `core.sharing`."""

from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from homeport.core.address import Interface, InterfaceKind
from homeport.core.deadline import Now
from homeport.core.devices import Device
from homeport.core.network_identity import NetworkIdentity
from homeport.core.secret_hash import hashed
from homeport.core.share import Phase, Place, Share, Sharing, Terms
from homeport.core.share_actions import (
    Action,
    Admitted,
    Answer,
    Knocked,
    News,
    Passes,
    Record,
    Refused,
    Tell,
)
from homeport.core.share_events import (
    AddressesChanged,
    Approve,
    AskIn,
    DoorOpened,
    Event,
    Open,
    Poll,
    Redeem,
)
from homeport.core.sharing import step

NOON = 1_790_000_000.0
HOME = NetworkIdentity(
    interface="wlan0",
    prefix="192.168.1.0/24",
    gateway="192.168.1.1",
    gateway_mac="aa:bb:cc:00:00:01",
)
PLACE = Place(
    interface="wlan0",
    kind=InterfaceKind.WIFI,
    ip="192.168.1.20",
    network="192.168.1.0/24",
    port=8000,
)
WLAN = Interface(
    name="wlan0",
    kind=InterfaceKind.WIFI,
    up=True,
    addresses=("192.168.1.20/24", "fe80::2/64"),
    gateways=(4,),
)
LO = Interface(name="lo", kind=InterfaceKind.LOOPBACK, up=True, addresses=("127.0.0.1/8",))
PHONE, TABLET, LAPTOP = "192.168.1.34", "192.168.1.35", "192.168.1.36"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)
A = TypeVar("A")


@dataclass
class Story:
    """Sharing with its two clocks; secrets are made by counting."""

    now: Now = field(default_factory=lambda: Now(wall=NOON, mono=100.0))
    state: Sharing = field(default_factory=Sharing)
    actions: list[Action] = field(default_factory=list)
    count: int = 0

    def tell(self, event: Event) -> list[Action]:
        self.state, self.actions = step(self.state, event, self.now)
        return self.actions

    def later(self, seconds: float, asleep: float = 0.0) -> None:
        """Both clocks go on; while asleep only that on the wall does."""
        wall, mono = self.now.wall + seconds + asleep, self.now.mono + seconds
        self.now = Now(wall=wall, mono=mono)

    def fresh(self, what: str) -> str:
        self.count += 1
        return f"{what}-{self.count}"

    def open(self, door: bool = True, place: Place = PLACE, **fields: Any) -> str:
        """Share, and let the door open; the code that is shown."""
        code = self.fresh("code")
        known: dict[str, Any] = {"terms": Terms(), "identity": HOME, "name": "shop"}
        self.tell(Open(place=place, code_hash=hashed(code), **(known | fields)))
        if door:
            self.tell(DoorOpened())
        return code

    def redeem(self, code: str, peer: str = PHONE, agent: str = IPHONE) -> Admitted | Refused:
        token = self.fresh("token")
        self.tell(Redeem(code_hash=hashed(code), peer=peer, agent=agent, token=token, request="r"))
        answer = self.answer()
        assert isinstance(answer, Admitted | Refused)
        return answer

    def knock(
        self, peer: str = PHONE, number: int = 412, agent: str = IPHONE
    ) -> tuple[str, Knocked | Refused]:
        """The ticket and the answer."""
        ticket = self.fresh("ticket")
        self.tell(
            AskIn(peer=peer, agent=agent, number=number, ticket_hash=hashed(ticket), request="k")
        )
        answer = self.answer()
        assert isinstance(answer, Knocked | Refused)
        return ticket, answer

    def poll(self, ticket: str, peer: str = PHONE) -> object:
        token = self.fresh("token")
        self.tell(Poll(ticket_hash=hashed(ticket), peer=peer, token=token, request="p"))
        return self.answer()

    def let_in(self, peer: str = PHONE) -> Admitted:
        """A device that knocked and was approved."""
        ticket, answer = self.knock(peer)
        assert isinstance(answer, Knocked)
        self.tell(Approve(which=f"{answer.number:04}", request="a"))
        admitted = self.poll(ticket, peer)
        assert isinstance(admitted, Admitted)
        return admitted

    def look(
        self, *interfaces: Interface, identity: NetworkIdentity | None = HOME, code: str = "next"
    ) -> list[Action]:
        """The network is looked at; without interfaces: as it was."""
        return self.tell(
            AddressesChanged(
                interfaces=interfaces or (LO, WLAN), identity=identity, code_hash=hashed(code)
            )
        )

    def answer(self) -> object:
        (answer,) = self.of(Answer)
        return answer.answer

    def of(self, kind: type[A]) -> list[A]:
        return [action for action in self.actions if isinstance(action, kind)]

    @property
    def news(self) -> list[News]:
        return [tell.news for tell in self.of(Tell)]

    @property
    def rules(self) -> list[str]:
        return [record.visit.rule for record in self.of(Record)]

    @property
    def share(self) -> Share:
        assert self.state.share is not None
        return self.state.share

    def at(self, phase: Phase) -> bool:
        return self.state.phase is phase

    def device(self, device_id: str) -> Device:
        return next(each for each in self.share.devices if each.id == device_id)

    def mirror(self) -> Passes:
        return self.of(Passes)[-1]


def with_addresses(*addresses: str, **fields: Any) -> Interface:
    """wlan0 with other addresses."""
    return replace(WLAN, addresses=addresses, **fields)

"""Sharing as the supervisor does it, on a network and with clocks that a test makes up."""

import selectors
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from homeport.core.address import Interface, InterfaceKind
from homeport.core.deadline import Now
from homeport.core.errors import BindError, HomeportError
from homeport.core.network_identity import NetworkIdentity
from homeport.core.share import Place
from homeport.core.wire import Loaded, Message
from homeport.core.wire_doors import Answered, Asked, Change, Guessed, Passes, Serve, Shut, Visited
from homeport.engine.doors import Doors
from homeport.engine.front import Front
from homeport.engine.mdns_messages import Claimed, Conflict, Failed
from homeport.engine.reception import Reception
from homeport.engine.reporting import RefusedVisit
from homeport.engine.share_desk import ShareDesk

WIFI = Interface(
    name="wlan0",
    kind=InterfaceKind.WIFI,
    up=True,
    running=True,
    addresses=("10.77.0.1/24",),
    gateways=(4,),
)
NETWORK = NetworkIdentity(
    interface="wlan0", prefix="10.77.0.0/24", gateway="10.77.0.254", gateway_mac="02:00:00:00:00:01"
)


class World:
    """A `Network`: what is here is what is set."""

    def __init__(self) -> None:
        self.wall, self.mono = 1_000_000.0, 500.0
        self.seen: tuple[Interface, ...] = (WIFI,)
        self.behind: NetworkIdentity | None = NETWORK
        self.fails: Exception | None = None
        self.has_certificates = False

    def now(self) -> Now:
        return Now(wall=self.wall, mono=self.mono)

    def interfaces(self) -> tuple[Interface, ...]:
        return self.seen

    def identity(self, place: Place) -> NetworkIdentity | None:
        return self.behind

    def listen(self, place: Place) -> socket.socket:
        if self.fails is not None:
            raise self.fails
        return socket.create_server(("127.0.0.1", 0))

    def certificate(self, name: str, place: Place) -> tuple[tuple[str, str], str]:
        if self.has_certificates:
            return ("chain", "key"), "YXV0aG9yaXR5"
        raise OSError(28, "No space left on device")


class Face:
    """A `Reporter` that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *what, **_: self.told.append((name, what))

    def share_news(self) -> list[str]:
        """The news of the share, with reasons."""
        tells = [what[0] for name, what in self.told if name == "share"]
        self.told = []
        return [" ".join([t.news.value, *([t.reason.value] if t.reason else [])]) for t in tells]


class Scene:
    """A desk, and one worker that serves."""

    def __init__(self, folder: Path) -> None:
        folder.chmod(0o700)
        self.world, self.face = World(), Face()
        self.front = Front(ips=("127.0.0.1",), port=8000, name="shop", instance="i")
        self.doors = Doors([])
        self.got: list[Message] = []
        self.doors.give(1, self._send, lambda: True)
        environment = {"XDG_STATE_HOME": str(folder), "HOME": str(folder)}
        self.desk = ShareDesk(self.front, self.doors, self.face, environment, self.world)
        self.got = []

    def _send(self, message: Message, descriptors: tuple[int, ...]) -> bool:
        self.got.append(message)
        return True

    def tick(self, *, wall: float = 1.0, mono: float = 1.0) -> list[str]:
        """Time passes; the news."""
        self.world.wall += wall
        self.world.mono += mono
        due = self.desk.sharing.due
        if due is not None and due <= self.world.mono:
            self.desk.sharing.take(self.world.mono)
        return self.face.share_news()

    def kinds(self) -> list[type[Message]]:
        """What the worker got since this was last asked, without passes."""
        got, self.got = self.got, []
        return [type(message) for message in got if not isinstance(message, Passes)]

    def policy(self) -> dict[str, Any]:
        """The last that the worker heard of."""
        changed = [message for message in self.got if isinstance(message, Change)]
        self.got = []
        return changed[-1].policy


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    yield made
    made.desk.close()
    made.doors.close()


def test_it_is_open_until_its_time_is_over(scene: Scene) -> None:
    scene.desk.answer("share", {"seconds": 60})
    assert scene.face.share_news() == ["shared"]
    assert scene.kinds() == [Serve]
    assert [scene.tick(wall=20, mono=20) for _ in range(3)] == [[], [], ["share-ended expired"]]
    assert scene.kinds() == [Shut]
    assert scene.desk.sharing.due is None


def test_asked_for_again_without_a_time_it_does_not_get_shorter(scene: Scene) -> None:
    scene.desk.answer("share", {"seconds": 7200})
    scene.desk.answer("share", {})
    share = scene.desk.sharing.state.share
    assert share is not None and share.deadline.wall == scene.world.wall + 7200
    scene.desk.answer("share", {"seconds": 60})
    share = scene.desk.sharing.state.share
    assert share is not None and share.deadline.wall == scene.world.wall + 60


def test_asked_for_again_it_keeps_its_tls_and_its_devices(scene: Scene) -> None:
    scene.world.has_certificates = True
    scene.desk.answer("share", {"tls": True})
    token = scene.desk.answer("token", {})
    scene.desk.answer("share", {})
    share = scene.desk.sharing.state.share
    assert share is not None and share.terms.tls
    assert [device.id for device in share.devices] == [token["device"]]


def test_a_wall_clock_that_jumps_ends_it(scene: Scene) -> None:
    scene.desk.answer("share", {})
    scene.face.share_news()
    assert scene.tick(wall=2400, mono=1) == ["share-ended expired"]


def test_a_clock_that_is_set_back_does_not_prolong_it(scene: Scene) -> None:
    scene.desk.answer("share", {"seconds": 60})
    scene.face.share_news()
    assert scene.tick(wall=-2400, mono=30) == []
    assert scene.tick(wall=1, mono=30) == ["share-ended expired"]


def test_after_a_sleep_the_same_network_has_to_be_seen_again(scene: Scene) -> None:
    scene.desk.answer("share", {})
    scene.face.share_news()
    assert scene.tick(wall=50, mono=1) == ["share-interrupted network-unsure", "share-resumed"]
    scene.world.behind = replace(NETWORK, gateway_mac=None)
    assert scene.tick(wall=50, mono=1) == ["share-interrupted network-unsure"]
    assert scene.tick(wall=16, mono=16) == ["share-ended network-unsure"]


def test_another_router_is_noticed_though_every_address_is_the_same(scene: Scene) -> None:
    scene.desk.answer("share", {})
    scene.face.share_news()
    scene.world.behind = replace(NETWORK, gateway_mac="02:00:00:00:00:02")
    assert scene.tick() == ["share-ended other-network"]


def test_where_the_address_cannot_be_had_nothing_stays(scene: Scene) -> None:
    scene.world.fails = BindError("Port 8000 is in use.", code="port-in-use")
    with pytest.raises(BindError, match="Port 8000 is in use"):
        scene.desk.answer("share", {})
    scene.world.fails = None
    with pytest.raises(BindError, match="No space left"):
        scene.desk.answer("share", {"tls": True})
    assert scene.kinds() == []
    assert scene.desk.answer("devices", {})["shared"] is False


def test_by_key_what_is_wrong_is_a_warning(scene: Scene) -> None:
    scene.world.seen = ()
    scene.desk.toggle()
    ((name, (text,)),) = scene.face.told
    assert (name, "No Wi-Fi or Ethernet" in text) == ("warn", True)
    scene.world.seen = (WIFI,)
    scene.desk.toggle()
    scene.desk.toggle()
    assert scene.face.share_news() == ["shared", "share-ended unshared"]


def test_a_name_counts_until_somebody_else_has_it(scene: Scene) -> None:
    scene.desk.answer("share", {})
    scene.kinds()
    tell = scene.desk._name_told
    tell(Claimed(name="shop.local", asked="shop.local"))
    assert scene.policy()["name"] == "shop"
    tell(Conflict(name="shop.local", ip="10.0.0.2", kept=True))
    assert scene.kinds() == []
    tell(Conflict(name="shop.local", ip="10.0.0.2", kept=False))
    assert scene.policy()["name"] is None
    tell(Claimed(name="shop-2.local", asked="shop.local"))
    assert scene.policy()["name"] == "shop-2"
    tell(Failed(reason="ended"))
    assert scene.policy()["name"] is None


def test_many_guesses_cost_one_message_with_passes(scene: Scene) -> None:
    scene.desk.answer("share", {})
    scene.got = []
    for number in range(50):
        scene.desk.sharing.guessed(f"127.0.0.{number}")
    assert scene.got == []
    due = scene.doors.due
    assert due is not None
    scene.doors.take(due)
    (passes,) = scene.got
    assert isinstance(passes, Passes)
    assert len(passes.mirror["waits"]) == 50


def test_ten_guesses_shut_a_peer_out_and_that_is_told_once(scene: Scene) -> None:
    scene.desk.answer("share", {"seconds": 3600})
    scene.face.share_news()
    for _ in range(10):
        assert scene.tick(wall=0, mono=0) == []
        scene.desk.sharing.guessed("10.77.0.3")
    assert scene.face.share_news() == ["guessing-blocked"]
    scene.desk.sharing.guessed("10.77.0.3")
    assert scene.face.share_news() == []


def test_a_token_counts_before_it_is_shown(scene: Scene) -> None:
    scene.desk.answer("share", {})
    scene.desk.sharing.guessed("127.0.0.9")
    scene.got = []
    scene.desk.answer("token", {"name": "script"})
    assert [type(message) for message in scene.got] == [Passes]


def test_a_visitor_that_asks_without_a_share_is_answered(scene: Scene) -> None:
    scene.got = []
    asked = Asked(number=4, what="redeem", text="code", peer="127.0.0.9", agent="")
    scene.desk.sharing.asked(1, asked)
    (answered,) = scene.got
    assert isinstance(answered, Answered)
    assert (answered.number, answered.answer["reason"]) == (4, "gone")


def peer(ip: str, **what: Any) -> dict[str, Any]:
    """A record as `Visits` tells it."""
    bare: dict[str, Any] = {"agent": "", "connections": 1, "requests": {}, "refused": []}
    return {"ip": ip, **bare, "forwarded": False, "tls": {}, **what}


def reached(face: Face) -> list[str]:
    """The peers that were told as such."""
    return [what[0].peer for name, what in face.told if name == "reached"]


def test_who_was_turned_away_by_address_has_not_reached_the_app(scene: Scene) -> None:
    away = peer("10.88.0.2", connections=2, refused=[["R0", "peer", "", 2]])
    own, phone = peer("10.77.0.1"), peer("10.77.0.2")
    scene.desk.visited(Visited(door=1, peers=(away, own, phone, peer(""))))
    scene.desk.visited(Visited(door=1, peers=(phone,)))
    assert reached(scene.face) == ["10.77.0.2"]
    facts = scene.desk.answer("evidence", {})
    assert {each["peer"]: each["connections"] for each in facts["peers"]} == {
        "10.77.0.2": 2,
        "10.88.0.2": 2,
        "10.77.0.1": 1,
    }


def test_a_crowd_does_not_fill_the_terminal(scene: Scene) -> None:
    for round in range(3):
        for number in range(200):
            visit = Visited(door=1, peers=(peer(f"10.77.{round}.{number}"),))
            scene.desk.visited(visit)
    assert len(reached(scene.face)) <= 20


class Hall:
    """A reception without a share."""

    def __init__(self) -> None:
        self.face = Face()
        self.imports: list[Loaded] = []
        front = Front(ips=("127.0.0.1", "0.0.0.0"), port=8000, name="shop", instance="i")
        self.reception = Reception(front, Doors([]), self.face, self.imports.append)

    def lines(self) -> list[RefusedVisit]:
        """What was told as refused."""
        return [what[0] for name, what in self.face.told if name == "refused"]


@pytest.fixture
def hall() -> Iterator[Hall]:
    made = Hall()
    yield made
    made.reception.close()


def test_the_same_refusal_is_told_once_and_the_others_counted(hall: Hall) -> None:
    visit = Visited(door=0, peers=(peer("127.0.0.1", refused=[["R2", "host", "line", 3]]),))
    hall.reception.hear(1, visit)
    hall.reception.hear(1, visit)
    other = peer("127.0.0.1", refused=[["R2", "host", "other", 1], ["R0", "peer", "", 9]])
    hall.reception.hear(1, Visited(door=0, peers=(other,)))
    assert [(one.line, one.times, one.left_out) for one in hall.lines()] == [
        ("line", 3, 0),
        ("other", 1, 1),
    ]


def test_sharing_is_not_loaded_for_visits_of_this_computer(hall: Hall) -> None:
    hall.reception.hear(1, Visited(door=0, peers=(peer("127.0.0.1"),)))
    assert hall.reception._desk is None
    assert hall.reception.due is None
    assert hall.reception.read() == []
    hall.reception.judge("d1", let_in=True)
    hall.reception.take(0.0)
    hall.reception.hear(1, Visited(door=1, peers=(peer("10.77.0.2"),)))
    assert hall.reception._desk is not None


def test_who_sends_forwarded_headers_is_told(hall: Hall) -> None:
    hall.reception.hear(1, Visited(door=0, peers=(peer("127.0.0.1", forwarded=True),)))
    ((name, (text,)),) = hall.face.told
    assert (name, "127.0.0.1" in text) == ("warn", True)


def test_guesses_and_imports_go_where_they_belong(hall: Hall) -> None:
    loaded = Loaded()
    hall.reception.hear(1, loaded)
    hall.reception.hear(1, Guessed(peer="127.0.0.1"))
    assert hall.imports == [loaded]


def test_a_server_that_stops_shares_no_more(hall: Hall) -> None:
    assert hall.reception.handlers["devices"]({})["shared"] is False
    hall.reception.stopping()
    with pytest.raises(HomeportError) as caught:
        hall.reception.handlers["share"]({})
    assert caught.value.code == "server-gone"
    hall.reception.toggle_share()
    assert hall.face.told == []


def test_the_reception_can_be_waited_for(hall: Hall) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(hall.reception, selectors.EVENT_READ)
        assert selector.select(0) == []

"""Thousands of random shares: what must hold whatever happens, and in whatever order."""

import random
from dataclasses import dataclass, field, replace

import pytest

from homeport.core.address import Interface
from homeport.core.devices import MOST, DeviceState
from homeport.core.durations import LONGEST
from homeport.core.mirror import Mirror, TokenState
from homeport.core.network_identity import NetworkIdentity
from homeport.core.pairing import WAITING, Verdict
from homeport.core.secret_hash import hashed
from homeport.core.share import Phase, Place, Terms
from homeport.core.share_actions import (
    Action,
    Admitted,
    AnnounceName,
    Answer,
    News,
    OpenDoor,
    Passes,
    ShutDoor,
    Tell,
    WakeAt,
    WithdrawName,
)
from homeport.core.share_events import (
    AddressesChanged,
    Approve,
    AskIn,
    Deny,
    DoorFailed,
    DoorOpened,
    Event,
    MakeToken,
    NewCode,
    Open,
    Poll,
    Redeem,
    Renew,
    Revoke,
    Seen,
    Stop,
    Tick,
    Unshare,
    Wrong,
)
from tests.core.share_story import HOME, LO, PLACE, WLAN, Story, with_addresses

PEERS = tuple(f"192.168.1.{number}" for number in range(30, 42))
SIGHTS: tuple[tuple[tuple[Interface, ...], NetworkIdentity | None], ...] = (
    *[((LO, WLAN), HOME)] * 8,
    *[((LO, replace(WLAN, running=False)), HOME)] * 2,
    *[((LO, with_addresses()), None)] * 2,
    *[((LO, with_addresses("192.168.1.27/24")), HOME)] * 2,
    ((LO, WLAN), replace(HOME, gateway_mac=None)),
    ((LO, WLAN), replace(HOME, gateway_mac="aa:bb:cc:00:00:02")),
    ((LO, replace(WLAN, up=False)), HOME),
)


@dataclass
class World:
    """The edge: opens doors, keeps the workers' copy, remembers who was promised what."""

    story: Story = field(default_factory=Story)
    door: Place | None = None
    announced: bool = False
    mirror: Mirror = field(default_factory=Mirror)
    wake: float = float("inf")
    tokens: dict[str, str] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)
    redeemed: set[str] = field(default_factory=set)
    ends: float = float("inf")

    def tell(self, event: Event) -> None:
        actions = self.story.tell(event)
        for place, action in enumerate(actions):
            self._do(action, place == len(actions) - 1, event)
        self._check(event, actions)

    def _do(self, action: Action, last: bool, event: Event) -> None:
        match action:
            case OpenDoor(place=place):
                assert self.door is None, "two doors"
                assert last, "a door is opened when all else is done"
                self.door = place
            case ShutDoor(place=place):
                assert self.door in (place, None)
                self.door = None
            case AnnounceName(place=place):
                assert self.door == place
                assert not self.announced
                self.announced = True
            case WithdrawName():
                assert self.announced
                self.announced = False
            case Passes(mirror=mirror):
                self.mirror = mirror
            case WakeAt(time=moment):
                self.wake = moment
            case Answer(answer=Admitted(token=token, device=device)):
                assert self.mirror.look(token) == (TokenState.VALID, device), "workers know first"
                self.tokens[token] = device
                if isinstance(event, Redeem):
                    assert event.code_hash not in self.redeemed, "a code was good twice"
                    self.redeemed.add(event.code_hash)
            case Tell(news=News.ENDED):
                assert self.door is None, "it was told while the door was open"
            case _:
                pass

    def _check(self, event: Event, actions: list[Action]) -> None:
        state, now = self.story.state, self.story.now
        share = state.share
        assert (share is None) is (state.phase is Phase.CLOSED)
        assert (self.door is not None) is (state.phase in (Phase.OPENING, Phase.OPEN))
        assert self.mirror.expired == state.expired
        if share is None:
            assert not self.announced
            assert self.mirror.passes == ()
            return
        assert self.door in (share.place, None)
        assert not share.deadline.passed(now), "a share outlived its end"
        assert share.deadline.left(now) <= LONGEST
        assert self.wake <= now.mono + 1 or not isinstance(event, Tick), "it would sleep too long"
        assert self.wake < float("inf")
        assert self.announced is (state.phase is Phase.OPEN)
        self._check_devices(actions)

    def _check_devices(self, actions: list[Action]) -> None:
        share = self.story.share
        let_in = {each.id: each for each in share.devices if each.state is DeviceState.LET_IN}
        assert {device for _, device in self.mirror.passes} == set(let_in)
        assert len(share.devices) <= MOST
        assert len({each.id for each in share.devices}) == len(share.devices)
        assert len({each.name for each in share.devices}) == len(share.devices)
        undecided = [each for each in share.knocks if each.verdict is Verdict.NONE]
        assert len(undecided) <= WAITING
        assert len({each.number for each in share.knocks}) == len(share.knocks)
        assert len({each.peer for each in share.knocks}) == len(share.knocks)
        waiting = {each.id for each in share.devices if each.state is DeviceState.WAITING}
        pending = {each.device for each in share.knocks if each.verdict is not Verdict.DENIED}
        assert waiting == pending, "a device waits for nobody"
        if not share.terms.pairing:
            assert share.devices == ()
        if not any(isinstance(action, Passes) for action in actions):
            return
        for token, device in self.tokens.items():
            valid, whose = self.mirror.look(token)
            assert (valid is TokenState.VALID) is (device in let_in and whose == device)
            assert valid is not TokenState.WRONG, "an old token is taken for a guess"


def secret(world: World, dice: random.Random) -> str:
    fresh = f"<{dice.randrange(10**9)}>"
    world.secrets.append(fresh)
    return fresh


def event(world: World, dice: random.Random) -> Event:
    """What could happen next."""
    fresh, peer = secret(world, dice), dice.choice(PEERS)
    old = hashed(dice.choice(world.secrets))
    which = dice.choice(("d1", "d2", "0007", "0008", "iphone", "x", f"d{world.story.state.made}"))
    interfaces, identity = dice.choice(SIGHTS)
    terms = Terms(seconds=dice.choice((30.0, 1800.0, 86400.0)), pairing=dice.random() < 0.8)
    some: list[Event] = [
        Open(place=PLACE, terms=terms, identity=HOME, code_hash=hashed(fresh), name="shop"),
        *(DoorOpened(), DoorOpened(), DoorOpened(), Tick(), Tick(), Tick()),
        Renew(seconds=dice.choice((5.0, 600.0))),
        NewCode(code_hash=hashed(fresh)),
        *(Redeem(code_hash=old, peer=peer, agent="iPhone", token=fresh, request="r"),) * 3,
        *(AskIn(peer=peer, agent="", number=7, ticket_hash=hashed(fresh), request="k"),) * 2,
        *(Poll(ticket_hash=old, peer=peer, token=fresh, request="p"),) * 3,
        *(Approve(which=which, request="a"), Approve(which=which, request="a")),
        Deny(which=which, request="a"),
        Revoke(which=which, request="a"),
        MakeToken(name=dice.choice(("ci", "", "x" * 60)), token=fresh, request="t"),
        Wrong(peer=peer, times=dice.randint(1, 4)),
        Seen(device=which, peer=peer, requests=1, at=world.story.now.wall),
        *(
            AddressesChanged(
                interfaces=interfaces,
                identity=identity,
                code_hash=hashed(fresh),
            ),
        )
        * 2,
    ]
    share = world.story.state.share
    if share is not None and share.codes.current is not None:
        code = share.codes.current.hash
        some += [Redeem(code_hash=code, peer=peer, agent="iPhone", token=fresh, request="r")] * 2
    for knock in share.knocks if share is not None else ():
        known = knock.ticket_hash
        some.append(Poll(ticket_hash=known, peer=knock.peer, token=fresh, request="p"))
        some.append(Approve(which=knock.device, request="a"))
    rare: list[Event] = [Unshare(), Stop(), DoorFailed(detail="busy")]
    return dice.choice(rare) if dice.random() < 0.02 else dice.choice(some)


def live(seed: int) -> World:
    dice = random.Random(seed)
    world = World()
    for _ in range(dice.randrange(20, 120)):
        asleep = dice.choice((0,) * 20 + (3600, -3600, 20))
        world.story.later(dice.choice((0, 0, 0.2, 1, 1, 5, 20)), asleep)
        world.tell(event(world, dice))
    kept = repr(world.story.state)
    assert not any(secret in kept for secret in world.secrets), "a secret is kept in the clear"
    world.tell(Stop())
    assert world.story.at(Phase.CLOSED)
    return world


@pytest.mark.parametrize("block", range(5))
def test_every_share_keeps_the_promises(block: int) -> None:
    let_in = 0
    for seed in range(block * 100, (block + 1) * 100):
        try:
            let_in += len(live(seed).tokens)
        except AssertionError as error:
            raise AssertionError(f"share {seed}: {error}") from error
    assert let_in > 50, "the stories are too dull to prove anything"

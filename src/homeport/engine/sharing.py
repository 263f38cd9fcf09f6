"""Carries out what `core.sharing` decides: the supervisor's side of a share.

Here are the clocks, the secrets and the sockets; the rules are there. Secrets are made here, given
to whoever they are for, and kept as hashes only. The code of the link stays until it is dead, so
that it can be shown again.
"""

import secrets
from collections import deque
from collections.abc import Callable
from itertools import count
from typing import Protocol

from homeport.core import share_actions, share_events, wire_doors
from homeport.core.address import Interface
from homeport.core.door import DoorKind, Policy
from homeport.core.errors import HomeportError
from homeport.core.network_identity import NetworkIdentity
from homeport.core.opened_door import OpenedDoor
from homeport.core.secret_hash import hashed
from homeport.core.share import Phase, Place, Terms
from homeport.core.share import Sharing as State
from homeport.core.share_words import pairing_link
from homeport.core.sharing import step
from homeport.core.visit_record import VisitRecord
from homeport.core.visitor_answers import Answer, facts_of
from homeport.engine.announcer import Announcer
from homeport.engine.doors import Doors
from homeport.engine.front import Front
from homeport.engine.share_outside import Network

CODE_BYTES, TOKEN_BYTES = 16, 32


class Told(Protocol):
    """Who is told what happens: `link` is to be shown with it, a secret for one device."""

    def __call__(self, tell: share_actions.Tell, link: str | None) -> None:
        """One piece of news."""


class Sharing:
    """The share of a server, if there is one. All of it ends with the server."""

    def __init__(
        self,
        front: Front,
        doors: Doors,
        network: Network,
        announcer: Announcer,
        record: Callable[[VisitRecord], None],
        told: Told,
    ) -> None:
        self._front = front
        self._doors = doors
        self._network = network
        self._announcer = announcer
        self._record = record
        self._told = told
        self.state = State()
        self.due: float | None = None
        self._door: int | None = None
        self.authority: str | None = None
        """The CA of the open door (DER, base64), where it has TLS."""
        self._unhurried = False
        self._numbers = count(len(front.ips))
        self._requests = count()
        self._codes: dict[str, str] = {}
        self._answers: dict[str, Answer] = {}
        self._seen: tuple[tuple[Interface, ...], NetworkIdentity | None] = ((), None)

    # What is asked for at this computer.

    def open(self, place: Place, terms: Terms, identity: NetworkIdentity) -> None:
        """Share; what became of it is told. Shared already: goes on, with a new code."""
        self._seen = self._network.interfaces(), identity
        self._happen(
            share_events.Open(
                place=place,
                terms=terms,
                identity=identity,
                code_hash=self._new_code(),
                name=self._front.name,
            )
        )

    def end(self) -> None:
        """Share no more."""
        self._happen(share_events.Unshare())

    def order(
        self, kind: type[share_events.Approve | share_events.Deny | share_events.Revoke], which: str
    ) -> Answer:
        """Let a waiting device in, or not, or put one out."""
        return self._ask(lambda request: kind(which=which, request=request))

    def token(self, name: str) -> Answer:
        """A token for a script."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        return self._ask(
            lambda request: share_events.MakeToken(name=name, token=token, request=request)
        )

    # What comes from workers.

    def asked(self, worker: int, message: wire_doors.Asked) -> None:
        """A visitor wants in; the answer goes to the worker."""
        answer = self._ask(lambda request: self._event_of(message, request))
        facts = facts_of(answer)
        self._doors.answer(worker, wire_doors.Answered(number=message.number, answer=facts))

    def guessed(self, peer: str) -> None:
        """A wrong token."""
        self._happen(share_events.Wrong(peer=peer))

    def seen(self, device: str, peer: str, requests: int) -> None:
        """A device was there."""
        at = self._network.now().wall
        self._happen(share_events.Seen(device=device, peer=peer, requests=requests, at=at))

    # Time.

    def take(self, now: float) -> None:
        """What is due; and a look at the network, which tells of no change by itself."""
        if self.due is None or now < self.due:
            return
        self.due = None
        self._happen(share_events.Tick())
        share = self.state.share
        if share is None:
            return
        interfaces, identity = self._network.interfaces(), self._network.identity(share.place)
        if (interfaces, identity) != self._seen or self.state.phase is Phase.SEEKING:
            self._seen = interfaces, identity
            code = self._new_code()
            self._happen(
                share_events.AddressesChanged(
                    interfaces=interfaces, identity=identity, code_hash=code
                )
            )

    def named(self, label: str | None) -> None:
        """`label`.local leads to the shared door now; None: no name does."""
        if self._door is not None:
            self._doors.change(self._door, name=label)

    def stop(self) -> None:
        """The server ends, and the share before it."""
        self._happen(share_events.Stop())

    def close(self) -> None:
        """The server has ended; the name is taken back by now, or in a moment."""
        self.stop()
        self._announcer.close()

    def _happen(self, event: share_events.Event) -> None:
        events = deque([event])
        while events:
            now = self._network.now()
            event = events.popleft()
            self._unhurried = isinstance(event, share_events.Wrong)
            self.state, actions = step(self.state, event, now)
            for action in actions:
                if (outcome := self._do(action)) is not None:
                    events.append(outcome)

    def _ask(self, event: Callable[[str], share_events.Event]) -> Answer:
        request = str(next(self._requests))
        self._happen(event(request))
        return self._answers.pop(request)

    def _event_of(self, message: wire_doors.Asked, request: str) -> share_events.Event:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        secret, peer, agent = hashed(message.text), message.peer, message.agent
        match message.what:
            case "redeem":
                return share_events.Redeem(
                    code_hash=secret, peer=peer, agent=agent, token=token, request=request
                )
            case "knock":
                number = secrets.randbelow(10_000)
                return share_events.AskIn(
                    peer=peer, agent=agent, number=number, ticket_hash=secret, request=request
                )
            case _:
                return share_events.Poll(
                    ticket_hash=secret, peer=peer, token=token, request=request
                )

    def _do(self, action: share_actions.Action) -> share_events.Event | None:
        match action:
            case share_actions.OpenDoor():
                return self._open_door(action)
            case share_actions.ShutDoor():
                self._shut_door()
            case share_actions.Prolong(until=until) if self._door is not None:
                self._doors.change(self._door, until=until)
            case share_actions.CutDevice(device=device) if self._door is not None:
                self._doors.cut(self._door, device)
            case share_actions.Passes(mirror=mirror):
                self._doors.pass_on(mirror, at_once=not self._unhurried)
            case share_actions.Answer(request=request, answer=answer):
                self._answers[request] = answer
            case share_actions.Tell():
                self._told(action, self._link(action))
            case share_actions.Record(visit=visit):
                self._record(visit)
            case share_actions.AnnounceName():
                self._announcer.announce(action, self._front.instance)
            case share_actions.WithdrawName():
                self._announcer.withdraw()
            case share_actions.WakeAt(time=moment):
                self.due = moment
            case _:
                pass  # about a door that is not there
        return None

    def _open_door(self, action: share_actions.OpenDoor) -> share_events.Event:
        place, terms = action.place, action.terms
        try:
            certificate, authority = None, None
            if terms.tls:
                certificate, authority = self._network.certificate(self._front.name, place)
            shut_just_now = self._doors.take_back(place.ip, place.port)
            sock = shut_just_now or self._network.listen(place)
        except HomeportError as error:
            return share_events.DoorFailed(detail=error.message)
        except OSError as error:  # no room for the certificate, no descriptors left
            return share_events.DoorFailed(detail=error.strerror or str(error))
        number, entrance = next(self._numbers), self._front.entrance
        policy = Policy(
            kind=DoorKind.SHARED,
            ip=place.ip,
            port=place.port,
            tls=terms.tls,
            hosts=tuple(host for host in entrance.hosts if host != "*"),
            origins=entrance.origins,
            network=place.network,
            pairing=terms.pairing,
            until=action.until,
        )
        door = OpenedDoor(
            number=number,
            policy=policy,
            instance=self._front.instance,
            certificate=certificate,
            authority=authority,
        )
        self._doors.open(door, sock)
        self._door, self.authority = number, authority
        return share_events.DoorOpened()

    def _shut_door(self) -> None:
        if self._door is not None:
            self._doors.shut(self._door)
            self._door = None

    def _new_code(self) -> str:
        code = secrets.token_urlsafe(CODE_BYTES)
        share = self.state.share
        shown = share.codes.current.hash if share and share.codes.current else ""
        self._codes = {key: kept for key, kept in self._codes.items() if key == shown}
        self._codes[hashed(code)] = code
        return hashed(code)

    def _link(self, tell: share_actions.Tell) -> str | None:
        code = self._codes.get(tell.code_hash or "")
        if code is None or tell.place is None or tell.terms is None:
            return None
        return pairing_link(tell.place, tell.terms, code)

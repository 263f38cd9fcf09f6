"""The doors of a worker: each listener with its guard, its limits and its TLS.

What is remembered about visitors is the supervisor's; here are the copies that serving needs.
"""

import asyncio
import socket
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from homeport.core import wire_doors
from homeport.core.door import DoorKind, Policy
from homeport.core.door_rules import admits
from homeport.core.guard_words import Refusal, terminal_line
from homeport.core.opened_door import OpenedDoor
from homeport.core.wire import Message
from homeport.core.wire_rules import Fault
from homeport.engine.channel import Channel
from homeport.engine.guarding.doorkeeper import Doorkeeper, Told
from homeport.engine.guarding.mirrored_passes import MirroredPasses
from homeport.engine.guarding.visits import Visits
from homeport.engine.serving.door import Arrival, Door
from homeport.engine.serving.doorway import Peer, speaks_https
from homeport.engine.serving.limits import LOOPBACK_LIMITS, NETWORK_LIMITS

if TYPE_CHECKING:
    from homeport.engine.guarding.denials import Scope
    from homeport.engine.secured import Secured
    from homeport.engine.serving.server import Server


class WorkerDoors:
    """Opens and shuts them as the supervisor says."""

    def __init__(self, server: "Server", channel: Channel, trusted_proxies: Iterable[str]) -> None:
        self._server = server
        self._trusted_proxies = tuple(trusted_proxies)
        self._passes = MirroredPasses(channel)
        self._visits = Visits(channel, asyncio.get_running_loop())
        self._keepers: dict[int, Doorkeeper] = {}
        self._secured: dict[int, Secured] = {}
        self._early: dict[int, Policy] = {}  # of doors that are about to be opened
        self._devices: dict[tuple[str, int], str] = {}

    async def open(self, sock: socket.socket, facts: dict[str, Any]) -> None:
        """Accept at this door; `facts` are those of an `OpenedDoor`."""
        opened = OpenedDoor.from_json(facts)
        if policy := self._early.pop(opened.number, None):
            opened = replace(opened, policy=policy)
        sock.setblocking(False)
        await self._server.accept_on(sock, self._door(opened))

    async def shut(self, number: int) -> None:
        """Nobody comes in any more, and who is in is put out."""
        self._keepers.pop(number, None)
        self._secured.pop(number, None)
        await self._server.shut(number)

    async def certify(self, facts: dict[str, Any]) -> None:
        """From the next handshake on another certificate; `facts` as for `open`."""
        opened = OpenedDoor.from_json(facts)
        if (secured := self._secured.get(opened.number)) is not None:
            secured.renew(opened)

    def hear(self, message: Message) -> None:
        """What the supervisor says of those who are in."""
        match message:
            case wire_doors.Change(door=number, policy=policy):
                self._change(number, Policy.from_json(policy))
            case wire_doors.Cut(door=number, device=device):
                clients = {client for client, known in self._devices.items() if known == device}
                self._server.cut(number, clients)
            case _:
                self._passes.hear(message)

    def _change(self, number: int, policy: Policy) -> None:
        if number in self._keepers:
            self._keepers[number].change(policy)
            if (secured := self._secured.get(number)) is not None:
                secured.plain.change(policy)
        else:
            self._early[number] = policy

    def tell(self) -> None:
        """Say what came and has not been told yet."""
        self._visits.tell()

    def _door(self, opened: OpenedDoor) -> Door:
        number, policy = opened.number, opened.policy
        keeper = self._keepers[number] = self._keeper(opened)
        secured = self._secure(opened)
        at_home = policy.kind is DoorKind.LOOPBACK
        return Door(
            number=number,
            app=keeper,
            limits=LOOPBACK_LIMITS if at_home else NETWORK_LIMITS,
            admits=None
            if policy.kind is DoorKind.OPEN
            else lambda peer: self._admits(opened, peer),
            arrived=None if at_home else lambda arrival: self._arrived(number, arrival),
            tls=secured.context if secured else None,
            plain=secured.plain if secured else None,
            refused=lambda fault, peer: self._malformed(number, fault, peer),
        )

    def _secure(self, opened: OpenedDoor) -> "Secured | None":
        if opened.certificate is None:
            return None
        from homeport.engine.secured import Secured

        def refused(fault: Fault, peer: Peer) -> None:
            self._malformed(opened.number, fault, peer[0] if peer else "")

        secured = self._secured[opened.number] = Secured(opened, speaks_https(refused))
        return secured

    def _keeper(self, opened: OpenedDoor) -> Doorkeeper:
        number, pairing = opened.number, None
        if opened.policy.pairing:
            from homeport.engine.guarding.pairing import Pairing  # only where something is shared

            pairing = Pairing(self._passes, instance=opened.instance, tls=opened.policy.tls)
        return Doorkeeper(
            self._server.app,
            opened.policy,
            passes=self._passes,
            pairing=pairing,
            instance=opened.instance,
            trusted_proxies=self._trusted_proxies,
            told=Told(
                refused=lambda refusal: self._refused(number, refusal),
                visited=lambda device, scope: self._let_in(number, device, scope),
                forwarded=lambda peer: self._visits.forwarded(number, peer or ""),
            ),
        )

    def _admits(self, opened: OpenedDoor, peer: str) -> bool:
        if admits(opened.policy, peer):
            return True
        self._visits.refused(opened.number, peer, "R0", "peer", "")
        return False

    def _arrived(self, number: int, arrival: Arrival) -> None:
        self._visits.arrived(number, arrival.ip, arrival.tls_error)

    def _refused(self, number: int, refusal: Refusal) -> None:
        fault = refusal.denied.fault
        line = terminal_line(refusal)
        self._visits.refused(number, refusal.peer or "", fault.rule, fault.code, line)

    def _malformed(self, number: int, fault: Fault, peer: str) -> None:
        self._visits.refused(number, peer, "R1", fault.rule.code, fault.line(peer))

    def _let_in(self, number: int, device: str | None, scope: "Scope") -> None:
        client = scope.get("client")
        if client is None:
            return
        if device is not None:
            self._remember(number, tuple(client), device)
        agents = [value for name, value in scope["headers"] if name == b"user-agent"]
        agent = agents[0].decode("latin-1") if agents else ""
        self._visits.let_in(number, client[0], device, agent)

    def _remember(self, number: int, client: tuple[str, int], device: str) -> None:
        """Which connections are a device's, so that they can be cut."""
        if len(self._devices) >= 2 * MOST_CONNECTIONS:
            there = self._server.clients(number)
            self._devices = {each: of for each, of in self._devices.items() if each in there}
        self._devices[client] = device


MOST_CONNECTIONS = 1024
"""About how many a door to a network has at once."""

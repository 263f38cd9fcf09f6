"""Who answers the links we print, if not us: looked up after opening, and later if it may change.

Linux gives no address to two sockets, but `localhost` is two addresses: where we hold only one, a
stranger may take the other at any time. macOS and Windows let a more specific address be taken
from under a wildcard (research/ports.md, B4 and B5).
"""

import os
import socket
import time
from collections.abc import Sequence

from homeport import host
from homeport.core.address import LOOPBACK, Address
from homeport.core.facts import Listener, System
from homeport.core.overlap import answer

PERIOD = 5.0
"""Seconds between two looks. One costs about a millisecond."""


class Shadows:
    """The strangers on our port. `due` is when to look again (monotonic), or None: never."""

    def __init__(self, sockets: Sequence[socket.socket]) -> None:
        """`sockets` are our listeners, all on one port."""
        names = [sock.getsockname() for sock in sockets]
        self._ours = tuple(Address(ip=name[0], port=name[1]) for name in names)
        # Linux: the number of the socket in the tables is that of its inode.
        self._inodes = {os.fstat(sock.fileno()).st_ino for sock in sockets}
        self._targets = self._ask_for()
        self.strangers = self._strangers()
        self.due = time.monotonic() + PERIOD if self._can_change() else None

    def take(self, now: float) -> tuple[Listener, ...]:
        """Strangers that were not there at the last look; none before the next one is due."""
        if self.due is None or now < self.due:
            return ()
        self.due = now + PERIOD
        before, self.strangers = self.strangers, self._strangers()
        known = {(each.address, each.inode) for each in before}
        return tuple(each for each in self.strangers if (each.address, each.inode) not in known)

    def _ask_for(self) -> tuple[str, ...]:
        """What our links mean: both addresses of `localhost` if we have one of them, and others."""
        ips = [address.ip for address in self._ours if not address.is_wildcard]
        local = any(address.is_loopback or address.is_wildcard for address in self._ours)
        return tuple(dict.fromkeys([*(LOOPBACK if local else ()), *ips]))

    def _can_change(self) -> bool:
        if host.system() is not System.LINUX:
            return True
        return not all(self._covers(ip) for ip in self._targets)

    def _covers(self, ip: str) -> bool:
        """Our IPv6 sockets never take IPv4 (V6ONLY)."""
        version = 6 if ":" in ip else 4
        return any(
            address.ip == ip or (address.is_wildcard and address.version == version)
            for address in self._ours
        )

    def _strangers(self) -> tuple[Listener, ...]:
        """With their processes, which are only looked up when there are any."""
        port = self._ours[0].port
        try:
            found = self._winners(host.listeners(port, owners=False))
            return self._winners(host.listeners(port)) if found else ()
        except OSError:  # the system does not show its sockets
            return ()

    def _winners(self, listeners: Sequence[Listener]) -> tuple[Listener, ...]:
        others = [each for each in listeners if not self._is_ours(each)]
        if not others:
            return ()
        system = host.system()
        taken = (each.address.ip for each in others if not each.address.is_wildcard)
        targets = dict.fromkeys([*self._targets, *filter(self._covers, taken)])
        won = (one for ip in targets for one in answer(ip, listeners, system).winners)
        return tuple(one for one in dict.fromkeys(won) if not self._is_ours(one))

    def _is_ours(self, listener: Listener) -> bool:
        if listener.inode is not None:
            return listener.inode in self._inodes
        return listener.address in self._ours

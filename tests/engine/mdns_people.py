"""Somebody on the LAN of namespaces who speaks multicast DNS by raw sockets, and who listens."""

import ctypes
import os
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from zeroconf import DNSIncoming  # type: ignore[attr-defined]

from homeport.engine.mdns import Announcement, News

PATIENCE = 15.0
QUIET = 1.5  # seconds in which what must not come would have come: answers take at most 0.5
PORT = 5353
GROUPS = {socket.AF_INET: "224.0.0.251", socket.AF_INET6: "ff02::fb"}
CLONE_NEWNET = 0x40000000
ALL_PROTOCOLS = 3  # ETH_P_ALL
A, PTR, TXT, AAAA, SRV, ANY = 1, 12, 16, 28, 33, 255


@contextmanager
def inside(namespace: str) -> Iterator[None]:
    """What is opened or started here, is in that network namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    try:
        assert libc.setns(there, CLONE_NEWNET) == 0, ctypes.get_errno()
        yield
    finally:
        assert libc.setns(home, CLONE_NEWNET) == 0, ctypes.get_errno()
        os.close(home)
        os.close(there)


def question(name: str, kind: int = ANY) -> bytes:
    """A query for one name (RFC 1035 section 4.1)."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return struct.pack("!6H", 0, 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", kind, 1)


def address_answer(name: str, ip: str) -> bytes:
    """A response that says that the name has this address, as its owner says it."""
    asked = question(name)[12:-4]
    packed = socket.inet_aton(ip)
    record = asked + struct.pack("!HHIH", A, 0x8001, 120, len(packed)) + packed
    return struct.pack("!6H", 0, 0x8400, 0, 1, 0, 0) + record


@dataclass
class Person:
    """A socket in the group, on one interface."""

    sock: socket.socket
    index: int

    def say(self, data: bytes) -> None:
        """To all on the link."""
        group = GROUPS[socket.AddressFamily(self.sock.family)]
        scope = (0, self.index) if ":" in group else ()
        self.sock.sendto(data, (group, PORT, *scope))

    def hear(self, seconds: float) -> Iterator[bytes]:
        """What is said in that time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and select.select([self.sock], [], [], left)[0]:
            yield self.sock.recv(65536)

    def wait_for(self, wanted: Callable[[Any], bool], ask: bytes = b"") -> Any:
        """The first record of that kind; asks each second when there is something to ask."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if ask:
                self.say(ask)
            for data in self.hear(1.0):
                for record in records(data):
                    if wanted(record):
                        return record
        raise AssertionError("nothing of that kind was said")


def records(data: bytes) -> list[Any]:
    """What a response says; nothing for a question."""
    message = DNSIncoming(data)
    return list(message.answers()) if message.valid and not message.is_query() else []


@contextmanager
def person(namespace: str, interface: str, family: int = socket.AF_INET) -> Iterator[Person]:
    """Somebody who listens and speaks there."""
    with inside(namespace):
        sock = socket.socket(family, socket.SOCK_DGRAM)
        index = socket.if_nametoindex(interface)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(("", PORT))
        if family == socket.AF_INET6:
            member = socket.inet_pton(family, GROUPS[socket.AF_INET6]) + struct.pack("@I", index)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, member)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        else:
            group = socket.inet_aton(GROUPS[socket.AF_INET])
            member = group + struct.pack("@4xi", index)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack("@8xi", index))
    with sock:
        yield Person(sock, index)


@contextmanager
def wiretap(namespace: str, interface: str) -> Iterator[socket.socket]:
    """Everything that passes there, in both directions."""
    with inside(namespace):
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS))
        sock.bind((interface, 0))
    with sock:
        yield sock


def sent(tap: socket.socket, seconds: float) -> Iterator[bytes]:
    """The IPv4 packets that left by there in that time: with the header, from its first byte."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0 and select.select([tap], [], [], left)[0]:
        frame, (_, protocol, direction, *_) = tap.recvfrom(65536)
        if direction == socket.PACKET_OUTGOING and protocol == 0x0800:
            yield frame[14:]


def next_news(announcement: Announcement) -> News | None:
    """The next thing it tells; None at the end."""
    end = time.monotonic() + PATIENCE
    while (left := end - time.monotonic()) > 0:
        assert select.select([announcement], [], [], left)[0], "nothing was told"
        news = announcement.read()
        if news is None:
            return None
        if news:
            assert len(news) == 1, news
            return news[0]
    raise AssertionError("nothing was told")

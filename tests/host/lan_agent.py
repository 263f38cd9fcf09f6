"""Somebody in a network namespace: listens, connects, and looks with homeport's own eyes.

Reads one question per line (a base64 pickle of a name and arguments), answers the same way.
"""

import base64
import os
import pickle
import select
import socket
import struct
import sys
import time
from typing import Any

from homeport.core.facts import Facts
from homeport.host import survey
from tests.host.lan_values import Binding, Place

LINUX_BIND_TO_DEVICE = 25  # SO_BINDTODEVICE
NETLINK_NETFILTER, REQUEST_AND_ACK = 12, 5
DELETE_TRACKED = 1 << 8 | 2  # NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE
PATIENCE = 10  # seconds: for what must connect
BRIEF = 0.25  # seconds: for what must not; here an answer takes less than a millisecond

_open: list[socket.socket] = []


def listen(bindings: dict[int, Binding]) -> None:
    """Open what each port is to have."""
    for port, binding in bindings.items():
        for ip, v6only in binding.sockets:
            sock = socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET)
            _open.append(sock)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if ":" in ip:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6only)
            if binding.device:
                name = binding.device.encode() + b"\0"
                sock.setsockopt(socket.SOL_SOCKET, LINUX_BIND_TO_DEVICE, name)
            sock.bind((ip, port))
            sock.listen(100)


def drain() -> None:
    """Take and close what waits, so that no backlog fills."""
    for sock in _open:
        sock.setblocking(False)
        try:
            while True:
                sock.accept()[0].close()
        except BlockingIOError:
            continue


def forget() -> None:
    """Make the kernel forget the connections it tracks, as `conntrack -F` does.

    Else a client that happens to get the port of an earlier one is taken for it: "established".
    """
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as sock:
        sock.settimeout(PATIENCE)
        sock.send(struct.pack("=IHHII4x", 20, DELETE_TRACKED, REQUEST_AND_ACK, 1, 0))
        error = struct.unpack_from("=i", sock.recv(4096), 16)[0]
        assert error == 0, error


def facts() -> Facts:
    """What homeport sees here."""
    return survey.facts(owners=False)


def connect(wanted: dict[Place, bool], zone: str) -> set[Place]:
    """Which of them can be connected to; those that are True are waited for with patience."""
    pending = {}
    for place in wanted:
        sock = socket.socket(socket.AF_INET6 if ":" in place[0] else socket.AF_INET)
        sock.setblocking(False)
        scope = (0, scope_of(place[0], zone)) if place[0].startswith("fe80") else ()
        try:
            sock.connect((*place, *scope))
        except BlockingIOError:
            pending[sock.fileno()] = place, sock
        except OSError:
            sock.close()
    return _wait(pending, wanted)


def scope_of(ip: str, zone: str) -> int:
    """The number of the interface to send by: the one that has the address, if it is our own."""
    wanted = socket.inet_pton(socket.AF_INET6, ip).hex()
    with open("/proc/net/if_inet6") as table:
        mine = {fields[0]: int(fields[1], 16) for fields in map(str.split, table)}
    return mine.get(wanted) or socket.if_nametoindex(zone)


def _wait(pending: dict[int, tuple[Place, socket.socket]], wanted: dict[Place, bool]) -> set[Place]:
    poll = select.poll()
    for fd in pending:
        poll.register(fd, select.POLLOUT)
    began = time.monotonic()
    connected = set()
    while pending:
        waiting = any(wanted[place] for place, _ in pending.values())
        left = began + (PATIENCE if waiting else BRIEF) - time.monotonic()
        if left <= 0:
            break
        for fd, _ in poll.poll(left * 1000):
            poll.unregister(fd)
            place, sock = pending.pop(fd)
            if sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                connected.add(place)
            sock.close()
    for _, sock in pending.values():
        sock.close()
    return connected


def main() -> None:
    """Serve until the other side closes."""
    survey.facts(owners=False)  # imports all it needs: later the files may not be readable
    os.setgroups([])
    os.setgid(int(sys.argv[1]))
    os.setuid(int(sys.argv[1]))
    known: dict[str, Any] = {
        "listen": listen,
        "drain": drain,
        "forget": forget,
        "facts": facts,
        "connect": connect,
    }
    for line in sys.stdin:
        what, arguments = pickle.loads(base64.b64decode(line))
        answer = base64.b64encode(pickle.dumps(known[what](*arguments))).decode()
        print(answer, flush=True)


if __name__ == "__main__":
    main()

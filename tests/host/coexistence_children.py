"""Run inside a network namespace: open two sockets on one port, in every way, and see.

`python -m tests.host.coexistence_children CASES` reads a JSON list of cases and prints a JSON list
of what happened. A case is a pair of sockets, `{"ip", "v6only", "port_reuse", "address_reuse",
"nobody", "device"}`.
"""

import errno
import json
import os
import select
import socket
import struct
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeAlias

from homeport import host
from homeport.core.facts import Listener

Spec: TypeAlias = "dict[str, Any]"

FIRST_PORT = 2000
NOBODY = 65534
PATIENCE = 10  # seconds: far more than a connection on one computer takes
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
FAILED = {
    errno.EADDRINUSE: "in-use",
    errno.EACCES: "access-denied",
    errno.EADDRNOTAVAIL: "no-address",
}


def opened(spec: Spec, port: int) -> socket.socket:
    """A listening socket as the case wants it; OSError as the system says."""
    family = socket.AF_INET6 if ":" in spec["ip"] else socket.AF_INET
    os.seteuid(NOBODY if spec["nobody"] else 0)  # the owner is fixed when the socket is made
    try:
        made = socket.socket(family)
    finally:
        os.seteuid(0)
    try:
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, spec["v6only"])
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, spec["address_reuse"])
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, spec["port_reuse"])
        if spec["device"]:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, spec["device"].encode())
        made.bind((spec["ip"], port))
        made.listen()
        made.setblocking(False)
    except OSError:
        made.close()
        raise
    return made


def accepting(pair: list[socket.socket], ip: str, port: int) -> int | None:
    """The inode of the socket that gets a connection to `ip`; None when it is refused."""
    with socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET) as client:
        client.settimeout(PATIENCE)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        try:
            client.connect((ip, port))
        except ConnectionRefusedError:
            return None
        ready, _, _ = select.select(pair, [], [], PATIENCE)
        (winner,) = ready
        winner.accept()[0].close()
        return os.fstat(winner.fileno()).st_ino


def shown(listener: Listener) -> Spec:
    """What a prediction needs, as JSON can carry it."""
    return {
        "address": str(listener.address),
        "v6only": listener.v6only,
        "user": listener.user,
        "device": listener.device,
        "mapped": listener.mapped,
        "inode": listener.inode,
    }


def tried(port: int, first: Spec, second: Spec, ips: list[str]) -> Spec:
    """Both sockets opened, and who answers where; `times` is enough to see all that share."""
    found: Spec = {"first": first, "second": second, "result": "allowed", "answers": {}}
    times = 40 if first["port_reuse"] and second["port_reuse"] else 1
    with ExitStack() as stack:
        try:
            pair = [stack.enter_context(opened(first, port))]
        except OSError as refusal:
            return found | {"result": "no-first", "errno": refusal.errno}
        found["before"] = [shown(each) for each in host.listeners(port, owners=False)]
        try:
            pair.append(stack.enter_context(opened(second, port)))
        except OSError as refusal:
            return found | {"result": FAILED[refusal.errno or 0]}
        found["after"] = [shown(each) for each in host.listeners(port, owners=False)]
        for ip in ips:
            seen = {accepting(pair, ip, port) for _ in range(times)}
            found["answers"][ip] = sorted(inode for inode in seen if inode is not None)
    return found


def main(path: str) -> None:
    cases = json.loads(Path(path).read_text())
    results = [
        tried(port, first, second, cases["ips"])
        for port, (first, second) in enumerate(cases["pairs"], FIRST_PORT)
    ]
    print(json.dumps(results))


if __name__ == "__main__":
    main(sys.argv[1])

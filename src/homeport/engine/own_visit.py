"""A connection from this computer to an address of its own, for the doctor.

It shows that the server answers there, and nothing about other devices: it never crosses a network.
"""

import re
import socket
import ssl
import time

from homeport.core.address import Address
from homeport.core.doctor import OwnVisit

PATIENCE = 2.0
"""Seconds for all of it."""
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9])\b")
_LONGEST = 4096


def visit(address: Address, *, tls: bool, patience: float = PATIENCE) -> OwnVisit:
    """`HEAD /`, and the status of the answer. Never raises."""
    deadline = time.monotonic() + patience
    try:
        with socket.create_connection((address.ip, address.port), patience) as plain:
            plain.settimeout(_left(deadline))
            with _dressed(plain) if tls else plain as sock:
                return _asked(sock, address, deadline)
    except ConnectionRefusedError:
        return OwnVisit(error="refused")
    except TimeoutError:
        return OwnVisit(error="timeout")
    except ssl.SSLError as error:
        return OwnVisit(error=f"TLS failed ({error.reason or error})")
    except OSError as error:
        return OwnVisit(error=error.strerror or str(error))


def _dressed(sock: socket.socket) -> ssl.SSLSocket:
    """Whether the certificate is trusted here says nothing about the device that cannot connect."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(sock)


def _asked(sock: socket.socket, address: Address, deadline: float) -> OwnVisit:
    request = f"HEAD / HTTP/1.1\r\nHost: {address}\r\nUser-Agent: homeport\r\nConnection: close\r\n"
    sock.sendall(f"{request}\r\n".encode("ascii"))
    data = b""
    while len(data) < _LONGEST and b"\n" not in data:
        sock.settimeout(_left(deadline))
        more = sock.recv(_LONGEST)
        if not more:
            break
        data += more
    found = _STATUS.match(data)
    return OwnVisit(status=int(found[1])) if found else OwnVisit(error="no-http")


def _left(deadline: float) -> float:
    """Seconds until then; TimeoutError behind it, since 0 would not block."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left

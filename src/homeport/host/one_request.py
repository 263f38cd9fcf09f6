"""One small HTTP request to an address of this computer, all of it before a deadline.

Over a socket of our own: no HTTP library is loaded for it, no proxy that the environment names is
asked, nothing is redirected.
"""

import socket
import time
from collections.abc import Iterator

from homeport.core.address import Address

_CHUNK = 65536


def answer(
    address: Address, request: str, deadline: float, *, tls: bool = False
) -> Iterator[bytes]:
    """What comes back, piece by piece, until the other end closes.

    Who has enough stops asking. `deadline` is monotonic. OSError, as TimeoutError behind it.
    """
    with socket.create_connection((address.ip, address.port), _left(deadline)) as plain:
        plain.settimeout(_left(deadline))
        with _in_tls(plain) if tls else plain as sock:
            sock.settimeout(_left(deadline))
            sock.sendall(request.encode("ascii"))
            while more := _received(sock, deadline):
                yield more


def _received(sock: socket.socket, deadline: float) -> bytes:
    sock.settimeout(_left(deadline))
    return sock.recv(_CHUNK)


def _left(deadline: float) -> float:
    """Seconds until then; TimeoutError behind it, since 0 would not block."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _in_tls(sock: socket.socket) -> socket.socket:
    """Whatever the certificate: what is asked here is not a matter of trust in it."""
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(sock)

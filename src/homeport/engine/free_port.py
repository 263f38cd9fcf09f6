"""A port that a program can have: nobody listens there, on no address that it may take."""

import errno
from collections.abc import Collection, Iterable

from homeport import host
from homeport.core.address import LOOPBACK, WILDCARD

_NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def free_port(candidates: Iterable[int], given: Collection[int] = ()) -> int | None:
    """The first of them that is free and not among those `given` to others; None: all are taken."""
    return next((port for port in candidates if port not in given and is_free(port)), None)


def is_free(port: int) -> bool:
    """On both loopback addresses and on all addresses, as far as this computer has them."""
    refusals = (host.try_bind(ip, port) for ip in (*LOOPBACK, *WILDCARD))
    return all(each is None or each in _NOT_HERE for each in refusals)

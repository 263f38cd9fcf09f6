"""Codes, tickets and tokens are kept as SHA-256 only, and compared in constant time.

They are random (128 bit and more), so a plain hash is enough: there is nothing to guess offline.
"""

import hmac
from collections.abc import Iterable
from hashlib import sha256


def hashed(secret: str) -> str:
    """The SHA-256 of a secret as 64 hexadecimal digits; any text is taken."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def position(wanted: str, hashes: Iterable[str]) -> int | None:
    """Where `wanted` is among the hashes. All are compared, so the time tells nothing."""
    found = None
    for place, candidate in enumerate(hashes):
        if hmac.compare_digest(wanted, candidate):
            found = place
    return found

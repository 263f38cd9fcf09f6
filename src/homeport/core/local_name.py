"""The name of a server on the network: `shop` is `shop.local` (RFC 6762 section 3).

A host has one label there, `single-dns-label.local` in the words of the RFC, and a name of several
is not resolved everywhere. So the parts of `feature.shop` are joined, the server first:
`shop-feature.local`.
"""

import re
from enum import Enum

LONGEST_LABEL = 63
"""Octets of a label (RFC 1035 section 2.3.4)."""
MOST_TRIES = 9
"""Names that are tried, `shop` to `shop-9`."""

_ROOM = len(f"-{MOST_TRIES}")
_FALLBACK = "homeport"


class NoName(Enum):
    """Why a share has no `.local` name."""

    MISSING = "missing"
    """zeroconf is not installed."""
    NETWORK = "network"
    """The interface takes no multicast, or port 5353 cannot be had."""
    ADDRESS = "address"
    """No interface has that address any more."""
    TAKEN = "taken"
    """All the names that were tried answer already."""
    ENDED = "ended"
    """The process that announces it has ended."""


def label(name: str) -> str:
    """The one label that stands for a server's name: letters, digits and dashes, lower case.

    Short enough for a number behind it. What has nothing of that kind is `homeport`.
    """
    parts = [re.sub(r"[^a-z0-9]+", "-", part).strip("-") for part in name.lower().split(".")]
    joined = "-".join(part for part in reversed(parts) if part)
    return joined[: LONGEST_LABEL - _ROOM].rstrip("-") or _FALLBACK


def candidate(label: str, number: int) -> str:
    """`shop`, then `shop-2`, `shop-3`: what to take when the one before answers already."""
    return label if number == 1 else f"{label}-{number}"


def local(label: str) -> str:
    """`shop` → `shop.local`."""
    return f"{label}.local"

"""The local certificate authority (CA) and the certificates it signs, as values.

Made and read by `engine/certificates`; said in words by `core/trust_words`.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum


class CANews(Enum):
    """Where the CA comes from. All but KNOWN have to be said: nothing trusts a new one yet."""

    KNOWN = "known"
    FIRST = "first"
    RENEWED = "renewed"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalCA:
    """A CA without its key.

    `id` is short and its own for every key; `name` is its common name and contains the id.
    `fingerprint` is the SHA-256 and `thumbprint` the SHA-1 of `der`, both in lower case hex: phones
    show the first, Windows finds certificates by the second. `until` is a Unix time, `path` the
    file with the certificate alone.
    """

    id: str
    name: str
    pem: str
    der: bytes
    fingerprint: str
    thumbprint: str
    until: float
    path: str
    news: CANews = CANews.KNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """The certificate of one listener, its key, and what is in it.

    `ca` is the one that signed it; None when the certificate was given by `--tls-cert`. `warnings`
    are sentences for the terminal.
    """

    chain_pem: str
    key_pem: str = field(repr=False)
    until: float
    fingerprint: str
    names: tuple[str, ...]
    ips: tuple[str, ...]
    ca: LocalCA | None = None
    warnings: tuple[str, ...] = ()


def fingerprint_rows(fingerprint: str) -> tuple[str, ...]:
    """A SHA-256 in hex as four rows of eight pairs, the way to compare it by eye."""
    pairs = [fingerprint[at : at + 2].upper() for at in range(0, len(fingerprint), 2)]
    return tuple(" ".join(pairs[at : at + 8]) for at in range(0, len(pairs), 8))


def day(time: float) -> str:
    """A Unix time as a certificate's dates are read: `2026-11-21`, in UTC."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d")

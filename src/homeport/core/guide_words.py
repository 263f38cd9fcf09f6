"""How a device that does not trust our CA yet gets to a share with TLS, in words."""

from dataclasses import dataclass

from homeport.core.certificates import fingerprint_rows

_DISTRUST = ("UNKNOWN_CA", "CERTIFICATE_UNKNOWN", "BAD_CERTIFICATE")
"""In OpenSSL's names of the alerts by which clients refuse a certificate (RFC 8446, 6.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustGuide:
    """`url` is the http address of the page; `fingerprint` that of the CA (SHA-256 in hex)."""

    url: str
    fingerprint: str

    @property
    def lines(self) -> tuple[str, ...]:
        """What the terminal says."""
        return (
            f"A device that is new here warns of the certificate; on it, first open:  {self.url}",
            "Its page says what to do. The SHA-256 fingerprint to compare there:",
            *fingerprint_rows(self.fingerprint),
        )


def distrusts(reason: str) -> bool:
    """Whether a handshake failed because the device does not trust the certificate."""
    return any(word in reason for word in _DISTRUST)


def does_not_trust(peer: str, url: str) -> str:
    """A handshake of this peer has just failed so."""
    return f"{peer} does not trust the certificate yet; on it, first open:  {url}"

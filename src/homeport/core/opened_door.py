"""An open door as a worker is told of it: which policy its listener has, and its TLS."""

from binascii import b2a_base64
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from homeport.core.door import Policy

if TYPE_CHECKING:  # made only where TLS is asked for
    from homeport.core.certificates import Leaf


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedDoor:
    """`number` is its identity over reloads; `instance` is in the names of its cookies.

    `certificate`: chain and key as PEM, for TLS. `authority`: the certificate (DER, base64) that a
    device has to trust for it, shown to whoever comes without TLS.
    """

    number: int
    policy: Policy
    instance: str
    certificate: tuple[str, str] | None = None
    authority: str | None = None

    def with_leaf(self, leaf: "Leaf") -> Self:
        """With this certificate."""
        ca = b2a_base64(leaf.ca.der, newline=False).decode() if leaf.ca is not None else None
        return replace(self, certificate=(leaf.chain_pem, leaf.key_pem), authority=ca)

    def to_json(self) -> dict[str, Any]:
        """For a message."""
        return {
            "number": self.number,
            "policy": self.policy.to_json(),
            "instance": self.instance,
            "certificate": list(self.certificate) if self.certificate else None,
            "authority": self.authority,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The inverse of `to_json`."""
        certificate = data["certificate"]
        return cls(
            number=data["number"],
            policy=Policy.from_json(data["policy"]),
            instance=data["instance"],
            certificate=(certificate[0], certificate[1]) if certificate else None,
            authority=data["authority"],
        )

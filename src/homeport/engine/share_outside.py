"""What a share is handed of the outside world, so that tests can hand it something else."""

import socket
from typing import Protocol

from homeport.core.address import Interface
from homeport.core.deadline import Now
from homeport.core.network_identity import NetworkIdentity
from homeport.core.share import Place


class Network(Protocol):
    """The clocks and the network of this computer, as far as a share needs them."""

    def now(self) -> Now:
        """Both clocks."""

    def interfaces(self) -> tuple[Interface, ...]:
        """As `host.interfaces`."""

    def identity(self, place: Place) -> NetworkIdentity | None:
        """Which network is behind its interface now; None: nothing is known of it."""

    def listen(self, place: Place) -> socket.socket:
        """A listening socket at one address. BindError when it cannot be had."""

    def certificate(self, name: str, place: Place) -> tuple[tuple[str, str], str]:
        """Chain and key (PEM) for a door there, and the authority to trust (DER, base64).

        HomeportError when there can be none.
        """

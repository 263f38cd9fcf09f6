"""The clocks and the network of this computer, for sharing."""

import base64
import socket
import time
from collections.abc import Mapping
from pathlib import Path

from homeport import host
from homeport.core.address import Interface, ip_version, network_of
from homeport.core.deadline import Now
from homeport.core.local_name import label
from homeport.core.network_identity import NetworkIdentity
from homeport.core.plan import BindPlan, Target
from homeport.core.share import Place
from homeport.engine.binding import open_listeners
from homeport.engine.runtime_folder import state_folder


class RealNetwork:
    """`Network` of `engine/sharing`. `environment` says where certificates are kept."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def now(self) -> Now:
        """Both clocks."""
        return Now(wall=time.time(), mono=time.monotonic())

    def interfaces(self) -> tuple[Interface, ...]:
        """As `host.interfaces`; none when the system does not say."""
        try:
            return host.interfaces()
        except OSError:
            return ()

    def identity(self, place: Place) -> NetworkIdentity | None:
        """Which network is behind the interface of a place now; None: nothing is known of it."""
        version = ip_version(place.ip)
        interface = next((i for i in self.interfaces() if i.name == place.interface), None)
        if interface is None:
            return None
        gateway = host.gateway(place.interface, version)
        return NetworkIdentity(
            interface=place.interface,
            prefix=_prefix(interface, place),
            gateway=gateway.ip if gateway else None,
            gateway_mac=gateway.mac if gateway else None,
        )

    def listen(self, place: Place) -> socket.socket:
        """A listening socket at one address. BindError, PortBusyError when it cannot be had."""
        plan = BindPlan(targets=(Target(ip=place.ip),), ports=(place.port,), asked=True)
        return open_listeners(plan, "the port of this server").sockets[0]

    def certificate(self, name: str, place: Place) -> tuple[tuple[str, str], str]:
        """Of our own CA, for exactly this address and name. HomeportError, OSError."""
        from homeport.core.certificate_names import names_of_share
        from homeport.engine.certificates.leaf import issue

        names = names_of_share(label(name), place.ip)
        with state_folder(self._environment, make=True) as folder:
            leaf = issue(Path(folder.path), names, time.time())
        assert leaf.ca is not None, "it was signed by it"
        return (leaf.chain_pem, leaf.key_pem), base64.b64encode(leaf.ca.der).decode()


def _prefix(interface: Interface, place: Place) -> str | None:
    """Of the address that is shared, else of one in the same network, else of any."""
    version = ip_version(place.ip)
    own = [
        a
        for a, ip in zip(interface.addresses, interface.ips, strict=True)
        if ip_version(ip) == version
    ]
    own.sort(
        key=lambda address: (
            address.partition("/")[0] != place.ip,
            network_of(address) != place.network,
        )
    )
    return network_of(own[0]) if own else None

"""What a client of our own servers trusts: the system's authorities and this user's local CA.

Without `cryptography`, which takes long to import.
"""

import os
import re
import ssl
from collections.abc import Mapping

from homeport.core.errors import HomeportError
from homeport.engine.runtime_folder import state_folder

_LARGEST = 65536
"""Bytes of a certificate."""
_OURS = re.compile(r"homeport-ca(-[0-9a-f]{8})?\.crt")


class OwnContext(ssl.SSLContext):
    """A context that `client_context` made, so that more may be trusted in it later."""


def client_context(environment: Mapping[str, str] = os.environ) -> OwnContext:
    """For `https` to a server of this user, by the names and addresses in its certificate."""
    context = OwnContext(ssl.PROTOCOL_TLS_CLIENT)  # checks certificates and names
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_default_certs()
    trust_local_cas(context, environment)
    return context


def trust_local_cas(context: OwnContext, environment: Mapping[str, str] = os.environ) -> None:
    """Trust what there is by now, too."""
    for pem in _local_cas(environment):
        context.load_verify_locations(cadata=pem)


def _local_cas(environment: Mapping[str, str]) -> list[str]:
    """The CA, and those before it, as PEM; none where none was made or the folder is not safe."""
    try:
        with state_folder(environment) as folder:
            names = sorted(filter(_OURS.fullmatch, folder.names()))
            return [folder.read(name, _LARGEST).decode("ascii") for name in names]
    except (HomeportError, OSError, ValueError):
        return []

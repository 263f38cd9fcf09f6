"""Where plain http on a port with TLS is sent on to: only to a name that is this server's own."""

from homeport.core.authority import read_authority
from homeport.core.door import Policy
from homeport.core.door_rules import own_names


def https_base(policy: Policy, arrived_at: str | None, host: bytes) -> str | None:
    """`https://host:port` for the Host of a request; None when that is not one of ours.

    The port is the one that the client has used: the one outside a container is not known here.
    """
    authority = read_authority(host)
    if authority is None:
        return None
    allowed = {each.lower() for each in policy.hosts}
    named = {authority.host, str(authority), "*"}
    if authority.host not in own_names(policy, arrived_at) and not named & allowed:
        return None
    return f"https://{authority.host}:{authority.port_under('http')}"

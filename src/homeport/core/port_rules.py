"""Which ports this system lets a user have, as a value."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PortRules:
    """The rules that hold for all ports of this computer, or of this network namespace.

    `first_unprivileged`: the lowest port that every user may listen on. `privileged`: whether we
    may listen below it too. `ephemeral`: what the system gives to outgoing connections.
    `excluded`: what the system lets nobody have (Windows). `reserved`: what it keeps out of
    `ephemeral`, for servers (ip_local_reserved_ports in the kernel's ip-sysctl.rst).
    """

    first_unprivileged: int
    privileged: bool
    ephemeral: range
    excluded: tuple[range, ...] = ()
    reserved: tuple[range, ...] = ()

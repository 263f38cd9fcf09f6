"""What could be read of this computer's packet filters.

Without root that is little: whether ufw or firewalld is switched on, but no rule. What could not be
read is said so, never taken for "open" (research/sharing-and-security.md, E).
"""

from dataclasses import dataclass
from enum import Enum


class FrontEnd(Enum):
    """A program that manages the filter."""

    UFW = "ufw"
    FIREWALLD = "firewalld"
    NFTABLES = "nftables.service"
    MACOS = "the macOS application firewall"
    WINDOWS = "Windows Firewall"


@dataclass(frozen=True, slots=True, kw_only=True)
class FirewallHint:
    """What a front end's own files or commands tell.

    `on` and `denies` (new incoming connections, by default) are None when not readable.
    """

    front_end: FrontEnd
    on: bool | None
    denies: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Firewall:
    """`rules_readable`: the rules themselves were read. `route_localnet`: interfaces from which the
    kernel lets packets for 127.0.0.0/8 in (Documentation/networking/ip-sysctl.rst).
    """

    hints: tuple[FirewallHint, ...] = ()
    rules_readable: bool = False
    route_localnet: tuple[str, ...] = ()

"""What could be read of this computer's packet filters, and of what else steers packets.

Without root that is little: whether ufw or firewalld is switched on, but no rule. What could not be
read is said so, never taken for "open" (research/sharing-and-security.md, E).
"""

import re
from dataclasses import dataclass
from enum import Enum

from homeport.core.ruleset import Ruleset


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
    """`rules` are all rules of nftables (iptables-nft writes there too); None: not readable.

    `why_unreadable` is a phrase ("the rules need root to read"). `uninterpreted` are filters that
    are loaded and that we do not read ("iptables (legacy)"). `route_localnet`: interfaces from
    which the kernel lets packets for 127.0.0.0/8 in (Documentation/networking/ip-sysctl.rst).
    `other_routing`: there are policy routing rules (ip-rule(8)), so answers may leave elsewhere.
    """

    hints: tuple[FirewallHint, ...] = ()
    rules: Ruleset | None = None
    why_unreadable: str = ""
    uninterpreted: tuple[str, ...] = ()
    route_localnet: tuple[str, ...] = ()
    other_routing: bool = False

    @property
    def rules_readable(self) -> bool:
        """Whether the rules themselves were read."""
        return self.rules is not None and not self.uninterpreted


def ufw(conf: str, defaults: str) -> FirewallHint:
    """From the texts of /etc/ufw/ufw.conf and /etc/default/ufw; what they do not say is None."""
    enabled = _shell_value(conf, "ENABLED").lower()
    policy = _shell_value(defaults, "DEFAULT_INPUT_POLICY").upper()
    return FirewallHint(
        front_end=FrontEnd.UFW,
        on={"yes": True, "no": False}.get(enabled),
        denies={"DROP": True, "REJECT": True, "ACCEPT": False}.get(policy),
    )


def _shell_value(text: str, name: str) -> str:
    """The last `NAME=value`, as a shell would read it."""
    found = re.findall(rf"^[ \t]*{name}=[\"']?([A-Za-z]*)", text, re.MULTILINE)
    return found[-1] if found else ""


def macos(state: str, block_all: str) -> FirewallHint:
    """From `socketfilterfw --getglobalstate` and `--getblockall`.

    The texts are those in public documentation and reports; this was not run on a Mac. The state
    has a number in it: 0 off, 1 on, 2 on and blocking all. When it is on it judges by program, so
    only "block all" tells that it refuses. pf rules are not seen.
    """
    number = re.search(r"\(State = (\d)\)", state)
    on = None if number is None else number[1] != "0"
    all_blocked = re.search(r"(?i)block(?:s|ing)? all.*?\b(enabled|disabled|on|off)\b", block_all)
    denies = None
    if (number and number[1] == "2") or (all_blocked and all_blocked[1].lower() in _ON):
        denies = True
    return FirewallHint(front_end=FrontEnd.MACOS, on=on, denies=denies)


_ON = ("enabled", "on")


def windows(text: str) -> FirewallHint:
    """From `netsh advfirewall show currentprofile`.

    The shape is that of Microsoft's documentation; this was not run on Windows. The words are
    translated there; `BlockInbound,AllowOutbound` is not. Another language gives None for `on`.
    """
    state = re.search(r"(?im)^\s*State\s+(ON|OFF)\s*$", text)
    policy = re.search(r"\b(BlockInboundAlways|BlockInbound|AllowInbound)\b", text)
    return FirewallHint(
        front_end=FrontEnd.WINDOWS,
        on=None if state is None else state[1].upper() == "ON",
        denies=None if policy is None else policy[1] != "AllowInbound",
    )

"""What this user may read of the firewall: hints by files for everybody, the rules for root."""

import socket
import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from homeport.core import firewall as texts
from homeport.core.address import Interface, InterfaceKind
from homeport.core.firewall import Firewall, FirewallHint, FrontEnd
from homeport.host.netlink import Dump, attributes, dump, number

_ROOT = Path("/")
_SECONDS = 5

# A unit that runs has a folder here, whatever the version of cgroups; firewalld writes a pid file
# only when it was not started by systemd.
_FIREWALLD_RUNS = (
    "sys/fs/cgroup/system.slice/firewalld.service",
    "sys/fs/cgroup/unified/system.slice/firewalld.service",
    "sys/fs/cgroup/systemd/system.slice/firewalld.service",
    "run/firewalld.pid",
)
_NFTABLES_ENABLED = (
    "etc/systemd/system/sysinit.target.wants/nftables.service",
    "etc/systemd/system/multi-user.target.wants/nftables.service",
)

_ROUTE = 0  # NETLINK_ROUTE
_GET_RULES = 34  # RTM_GETRULE
_RULE = struct.Struct("=BBBBBBBBI")  # struct fib_rule_hdr (linux/fib_rules.h)
_TABLE, _PRIORITY, _WIDE_TABLE = 4, 6, 15  # its member, FRA_PRIORITY, FRA_TABLE
_FAMILIES = (bytes([socket.AF_INET]), bytes([socket.AF_INET6]))  # others are for multicast
_USUAL_RULES = {(0, 255), (32766, 254), (32767, 253)}  # local, main, default (ip-rule(8))


def firewall(interfaces: Sequence[Interface], root: Path = _ROOT, ask: Dump = dump) -> Firewall:
    """What can be read now, in our network namespace. Never raises."""
    if sys.platform == "darwin":
        return Firewall(hints=(_macos(),), why_unreadable="its rules were not asked for")
    if sys.platform == "win32":
        return Firewall(hints=(_windows(),), why_unreadable="its rules were not asked for")
    from homeport.host import nftables

    rules, why = nftables.ruleset(ask)
    return Firewall(
        hints=hints(root),
        rules=rules,
        why_unreadable=why,
        uninterpreted=nftables.legacy(root),
        route_localnet=route_localnet(interfaces, root),
        other_routing=other_routing(ask),
    )


def hints(root: Path = _ROOT) -> tuple[FirewallHint, ...]:
    """The front ends that are installed, as their files tell every user."""
    found = []
    if (root / "etc/ufw/ufw.conf").exists():
        found.append(texts.ufw(_text(root / "etc/ufw/ufw.conf"), _text(root / "etc/default/ufw")))
    if any((root / path).exists() for path in _FIREWALLD_RUNS):
        found.append(FirewallHint(front_end=FrontEnd.FIREWALLD, on=True))
    if any((root / path).is_symlink() for path in _NFTABLES_ENABLED):
        found.append(FirewallHint(front_end=FrontEnd.NFTABLES, on=True))
    return tuple(found)


def route_localnet(interfaces: Sequence[Interface], root: Path = _ROOT) -> tuple[str, ...]:
    """The interfaces from which 127.0.0.0/8 is let in: their own switch, or the one of all."""
    conf = root / "proc/sys/net/ipv4/conf"
    everywhere = _text(conf / "all/route_localnet").strip() == "1"
    return tuple(
        one.name
        for one in interfaces
        if one.kind is not InterfaceKind.LOOPBACK
        and (everywhere or _text(conf / one.name / "route_localnet").strip() == "1")
    )


def other_routing(ask: Dump = dump) -> bool:
    """Whether there are routing rules besides the three that every Linux starts with."""
    try:
        rules = ask(_ROUTE, _GET_RULES, _RULE.pack(*[0] * 9))
    except OSError:
        return False
    return any(rule[:1] in _FAMILIES and _rule(rule) not in _USUAL_RULES for rule in rules)


def _rule(message: bytes) -> tuple[int, int]:
    """Priority and table."""
    if len(message) < _RULE.size:
        return -1, -1
    found = attributes(message, _RULE.size)
    table = number(found.get(_WIDE_TABLE)) or message[_TABLE]
    return number(found.get(_PRIORITY)) or 0, table


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _macos() -> FirewallHint:
    program = "/usr/libexec/ApplicationFirewall/socketfilterfw"
    return texts.macos(_output(program, "--getglobalstate"), _output(program, "--getblockall"))


def _windows() -> FirewallHint:
    return texts.windows(_output("netsh", "advfirewall", "show", "currentprofile"))


def _output(*command: str) -> str:
    """What a program prints; "" when it cannot be run. Neither was run on its system."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace")

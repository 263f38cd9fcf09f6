"""The network interfaces as psutil tells them: macOS, Windows, or where netlink is not answered.

What they are is told by /sys/class/net, or else by their names.
"""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol, cast

from homeport.core.address import Interface, InterfaceKind, is_ip, is_loopback

SYS_CLASS_NET = Path("/sys/class/net")

# By name, the first match counts. Linux and macOS use short names, Windows the names of its
# settings. utun is any VPN on macOS; bridge is Internet Sharing and virtual machines there.
_BY_NAME = (
    (InterfaceKind.CONTAINER, r"docker|br-|veth|virbr|vethernet|bridge|podman|cni|lxc|lxd|vmnet"),
    (InterfaceKind.VPN, r"tun|tap|wg|tailscale|utun|ppp|zt|wireguard|openvpn"),
    (InterfaceKind.WIFI, r"wl|wi-fi|wifi"),
    (InterfaceKind.ETHERNET, r"eth|en[opsx]\d"),
)


class Marks(NamedTuple):
    """What /sys/class/net/<name> holds; all False elsewhere than on Linux."""

    wireless: bool = False
    bridge: bool = False
    tunnel: bool = False
    device: bool = False  # backed by hardware, or by what a virtual machine takes for it


class _Psutil(Protocol):
    """The part of psutil that is our outside world."""

    def net_if_addrs(self) -> Mapping[str, Iterable[Any]]: ...
    def net_if_stats(self) -> Mapping[str, Any]: ...


def interfaces(
    psutil: _Psutil | None = None, folder: Path = SYS_CLASS_NET
) -> tuple[Interface, ...]:
    """All interfaces, also those that are down or have no IP address.

    psutil does not tell whether there is a link, nor the default routes: `running` is `up`.
    """
    psutil = psutil or _psutil()
    stats = psutil.net_if_stats()
    found = []
    for name, entries in psutil.net_if_addrs().items():
        ips = [(entry.address.partition("%")[0], entry.netmask) for entry in entries]
        addresses = tuple(_with_prefix(ip, mask) for ip, mask in ips if is_ip(ip))
        kind = kind_of(name, addresses, _marks(folder / name))
        up = name in stats and bool(stats[name].isup)
        found.append(Interface(name=name, kind=kind, up=up, running=up, addresses=addresses))
    return tuple(found)


def kind_of(name: str, addresses: Iterable[str], marks: Marks) -> InterfaceKind:
    """What an interface is; OTHER where the system does not tell (en0 of a Mac)."""
    # macOS calls it lo0 and gives it fe80::1 too, Windows "Loopback Pseudo-Interface 1".
    ips = [address.partition("/")[0] for address in addresses]
    if any(map(is_loopback, ips)) or name == "lo":
        return InterfaceKind.LOOPBACK
    if marks.wireless:
        return InterfaceKind.WIFI
    if marks.bridge:
        return InterfaceKind.CONTAINER
    if by_name := kind_by_name(name):
        return by_name
    if marks.tunnel:
        return InterfaceKind.VPN
    return InterfaceKind.ETHERNET if marks.device else InterfaceKind.OTHER


def kind_by_name(name: str) -> InterfaceKind | None:
    """What interfaces of that name usually are, or None."""
    for kind, pattern in _BY_NAME:
        if re.match(pattern, name, re.IGNORECASE):
            return kind
    return None


def _psutil() -> _Psutil:
    import psutil

    return cast(_Psutil, psutil)


def _marks(folder: Path) -> Marks:
    return Marks(
        wireless=(folder / "wireless").exists() or (folder / "phy80211").exists(),
        bridge=(folder / "bridge").exists(),
        tunnel=(folder / "tun_flags").exists(),
        device=(folder / "device").exists(),
    )


def _with_prefix(ip: str, netmask: str | None) -> str:
    """`ip/length`. Without a netmask (IPv6 on Windows, tunnels) it stands for itself alone."""
    address = ipaddress.ip_address(ip)
    mask = ipaddress.ip_address(netmask) if netmask else None
    length = address.max_prefixlen if mask is None else int(mask).bit_count()
    return f"{ip}/{length}"

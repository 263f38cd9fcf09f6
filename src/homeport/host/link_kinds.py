"""What a network interface of Linux is: from its driver, its files, its name, in this order."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from homeport.core.address import InterfaceKind
from homeport.host.network import kind_by_name

_ETHERNET = 1  # ARPHRD_ETHER in the kernel's include/uapi/linux/if_arp.h

# IFLA_INFO_KIND, where the driver alone tells. A veth or dummy may stand for anything.
_BY_DRIVER = {
    **dict.fromkeys(("bridge", "openvswitch", "vxlan", "geneve"), InterfaceKind.CONTAINER),
    **dict.fromkeys(
        (
            *("tun", "wireguard", "amneziawg", "ovpn", "ovpn-dco", "ppp", "xfrm", "vti", "vti6"),
            *("ipip", "sit", "gre", "gretap", "ip6gre", "ip6gretap", "ip6tnl"),
        ),
        InterfaceKind.VPN,
    ),
    **dict.fromkeys(
        ("bond", "team", "vlan", "macvlan", "macvtap", "ipvlan", "hsr"), InterfaceKind.ETHERNET
    ),
}
_WIRED = ("", "bond", "team", "vlan")


class Link(NamedTuple):
    """An interface without its addresses. `number` is its index, `master` that of the bridge that
    it is a port of, or 0.
    """

    number: int
    name: str
    up: bool
    running: bool
    loopback: bool
    hardware: int
    kind: str
    master: int


def kind_of(link: Link, links: Iterable[Link], folder: Path) -> InterfaceKind:
    """What `link` is. `links` are all of them, `folder` is where /sys and /proc are."""
    if link.loopback:
        return InterfaceKind.LOOPBACK
    if link.kind == "bridge" and any(
        port.master == link.number and port.kind in _WIRED for port in links
    ):
        return InterfaceKind.ETHERNET  # virtual machines share a cable with this computer
    if link.kind in _BY_DRIVER:
        return _BY_DRIVER[link.kind]
    if not link.kind and link.name.startswith("eth") and _is_wsl(folder):
        return InterfaceKind.WSL
    files = folder / "sys/class/net" / link.name
    if (files / "wireless").exists() or (files / "phy80211").exists():
        return InterfaceKind.WIFI
    if by_name := kind_by_name(link.name):
        return by_name
    if link.kind == "veth":
        return InterfaceKind.CONTAINER
    wired = not link.kind and link.hardware == _ETHERNET
    return InterfaceKind.ETHERNET if wired else InterfaceKind.OTHER


def _is_wsl(folder: Path) -> bool:
    try:
        release = (folder / "proc/sys/kernel/osrelease").read_text("ascii", errors="replace")
    except OSError:
        return False
    return "microsoft" in release.lower()

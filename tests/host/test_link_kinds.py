from pathlib import Path

import pytest

from homeport.core.address import InterfaceKind
from homeport.host.link_kinds import Link, kind_of

ETHERNET, NONE = 1, 65534


def link(
    name: str,
    kind: str = "",
    *,
    number: int = 2,
    hardware: int = ETHERNET,
    master: int = 0,
    loopback: bool = False,
) -> Link:
    return Link(
        number=number,
        name=name,
        up=True,
        running=True,
        loopback=loopback,
        hardware=hardware,
        kind=kind,
        master=master,
    )


@pytest.mark.parametrize(
    ("name", "driver", "kind"),
    [
        ("br-1f2e3d", "bridge", InterfaceKind.CONTAINER),
        ("office", "bridge", InterfaceKind.CONTAINER),
        ("flannel.1", "vxlan", InterfaceKind.CONTAINER),
        ("veth12ab", "veth", InterfaceKind.CONTAINER),
        ("cali12ab", "veth", InterfaceKind.CONTAINER),
        ("eth0", "veth", InterfaceKind.ETHERNET),
        ("wlan7", "veth", InterfaceKind.WIFI),
        ("tailscale0", "tun", InterfaceKind.VPN),
        ("office", "wireguard", InterfaceKind.VPN),
        ("eth0", "wireguard", InterfaceKind.VPN),
        ("bond0", "bond", InterfaceKind.ETHERNET),
        ("dummy0", "dummy", InterfaceKind.OTHER),
        ("ifb0", "ifb", InterfaceKind.OTHER),
        ("wlp2s0", "", InterfaceKind.WIFI),
        ("enp3s0", "", InterfaceKind.ETHERNET),
        ("lan", "", InterfaceKind.ETHERNET),
    ],
)
def test_the_driver_tells_and_else_the_name(
    tmp_path: Path, name: str, driver: str, kind: InterfaceKind
) -> None:
    assert kind_of(link(name, driver), [], tmp_path) is kind


def test_loopback_is_loopback_whatever_its_name(tmp_path: Path) -> None:
    assert kind_of(link("eth0", loopback=True), [], tmp_path) is InterfaceKind.LOOPBACK


def test_a_bridge_with_a_cable_is_the_network_of_the_cable(tmp_path: Path) -> None:
    bridge = link("br0", "bridge", number=5)
    cable, guest = link("lan", number=2, master=5), link("vnet0", "tun", number=3, master=5)
    assert kind_of(bridge, [bridge, cable, guest], tmp_path) is InterfaceKind.ETHERNET
    assert kind_of(bridge, [bridge, guest], tmp_path) is InterfaceKind.CONTAINER


@pytest.mark.parametrize("mark", ["wireless", "phy80211"])
def test_wifi_is_known_by_its_files(tmp_path: Path, mark: str) -> None:
    (tmp_path / "sys/class/net/air" / mark).mkdir(parents=True)
    assert kind_of(link("air"), [], tmp_path) is InterfaceKind.WIFI


def test_a_device_that_is_no_ethernet_and_has_no_known_name_is_other(tmp_path: Path) -> None:
    assert kind_of(link("can0", hardware=280), [], tmp_path) is InterfaceKind.OTHER
    assert kind_of(link("tun9", hardware=NONE), [], tmp_path) is InterfaceKind.VPN


def test_the_network_of_windows_is_known_by_the_kernel(tmp_path: Path) -> None:
    release = tmp_path / "proc/sys/kernel/osrelease"
    release.parent.mkdir(parents=True)
    release.write_text("5.15.167.4-microsoft-standard-WSL2\n")
    assert kind_of(link("eth0"), [], tmp_path) is InterfaceKind.WSL
    assert kind_of(link("eth0", "veth"), [], tmp_path) is InterfaceKind.ETHERNET
    assert kind_of(link("wlan0"), [], tmp_path) is InterfaceKind.WIFI
    release.write_text("6.18.44\n")
    assert kind_of(link("eth0"), [], tmp_path) is InterfaceKind.ETHERNET

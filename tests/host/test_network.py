"""What psutil 7.2 gave on Linux 6.18, and names as macOS and Windows have them."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from homeport.core.address import Interface, InterfaceKind
from homeport.host.network import Marks, interfaces, kind_of


class Entry(NamedTuple):
    address: str
    netmask: str | None


class Stats(NamedTuple):
    isup: bool


FFFF = "ffff:ffff:ffff:ffff::"
LINUX = {
    "lo": [Entry("127.0.0.1", "255.0.0.0"), Entry("::1", FFFF[:-2] + ":ffff" * 4)],
    "eth0": [
        Entry("192.0.2.2", "255.255.255.0"),
        Entry("fe80::fc:ff:fe00:1%eth0", FFFF),
        Entry("02:fc:00:00:00:01", None),
    ],
    "gone": [Entry("00:00:00:00:00:00", None)],
    "Ethernet 2": [Entry("fe80::1", None)],
}


class FakePsutil:
    def net_if_addrs(self) -> Mapping[str, list[Entry]]:
        return LINUX

    def net_if_stats(self) -> Mapping[str, Stats]:
        return {"lo": Stats(True), "eth0": Stats(True), "Ethernet 2": Stats(False)}


def test_interfaces_have_their_ip_addresses_without_a_zone(tmp_path: Path) -> None:
    def made(name: str, kind: InterfaceKind, up: bool, *addresses: str) -> Interface:
        return Interface(name=name, kind=kind, up=up, running=up, addresses=addresses)

    assert interfaces(FakePsutil(), tmp_path) == (
        made("lo", InterfaceKind.LOOPBACK, True, "127.0.0.1/8", "::1/128"),
        made("eth0", InterfaceKind.ETHERNET, True, "192.0.2.2/24", "fe80::fc:ff:fe00:1/64"),
        made("gone", InterfaceKind.OTHER, False),
        made("Ethernet 2", InterfaceKind.ETHERNET, False, "fe80::1/128"),
    )


@pytest.mark.parametrize(
    ("mark", "kind"),
    [
        ("wireless", InterfaceKind.WIFI),
        ("phy80211", InterfaceKind.WIFI),
        ("bridge", InterfaceKind.CONTAINER),
        ("tun_flags", InterfaceKind.VPN),
        ("device", InterfaceKind.ETHERNET),
        ("mtu", InterfaceKind.OTHER),
    ],
)
def test_linux_tells_by_the_files_of_the_interface(
    tmp_path: Path, mark: str, kind: InterfaceKind
) -> None:
    (tmp_path / "gone" / mark).mkdir(parents=True)
    assert [one.kind for one in interfaces(FakePsutil(), tmp_path) if one.name == "gone"] == [kind]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("docker0", InterfaceKind.CONTAINER),
        ("br-1f2e3d", InterfaceKind.CONTAINER),
        ("veth12ab", InterfaceKind.CONTAINER),
        ("virbr0", InterfaceKind.CONTAINER),
        ("bridge100", InterfaceKind.CONTAINER),
        ("vEthernet (WSL)", InterfaceKind.CONTAINER),
        ("tun0", InterfaceKind.VPN),
        ("wg0", InterfaceKind.VPN),
        ("tailscale0", InterfaceKind.VPN),
        ("Tailscale", InterfaceKind.VPN),
        ("utun3", InterfaceKind.VPN),
        ("wlan0", InterfaceKind.WIFI),
        ("wlp2s0", InterfaceKind.WIFI),
        ("Wi-Fi", InterfaceKind.WIFI),
        ("enp3s0", InterfaceKind.ETHERNET),
        ("Ethernet", InterfaceKind.ETHERNET),
        ("en0", InterfaceKind.OTHER),
        ("ifb0", InterfaceKind.OTHER),
    ],
)
def test_elsewhere_only_the_name_tells(name: str, kind: InterfaceKind) -> None:
    assert kind_of(name, ["192.0.2.1/24"], Marks()) is kind


def test_loopback_is_known_by_its_address_whatever_its_name() -> None:
    for name in ("lo0", "Loopback Pseudo-Interface 1"):
        assert kind_of(name, ["127.0.0.1/8", "fe80::1/64"], Marks()) is InterfaceKind.LOOPBACK
    assert kind_of("lo", [], Marks()) is InterfaceKind.LOOPBACK

"""Recorded on Linux 6.18 (recorded/netlink.txt), and networks that are made for the test."""

import socket
import time

import pytest

from homeport import host
from homeport.core.neighbours import Gateway, Neighbour, NeighbourState
from homeport.host import arp_output, neighbour_table
from homeport.host.neighbour_table import Entry, first_hop, parse_neighbour
from homeport.host.rtnetlink import NextHop, parse_next_hop
from tests.host.damaged import damaged_bytes
from tests.host.garbage import garbage
from tests.host.own_network import DEADLINE, own_network, run
from tests.host.recordings import recorded

MAC = "02:00:5e:00:53:"


def test_the_rows_of_a_recorded_table() -> None:
    rows = [entry for entry in map(parse_neighbour, recorded("neigh")) if entry]
    assert sorted(rows, key=lambda entry: entry.ip) == [
        Entry(3, "10.78.0.2", MAC + "02", NeighbourState.REACHABLE),
        Entry(3, "10.78.0.3", MAC + "03", NeighbourState.STALE),
        Entry(3, "10.78.0.4", None, NeighbourState.FAILED),
        Entry(3, "fd78::5", MAC + "05", NeighbourState.PERMANENT),
    ]
    assert len(rows) < len(recorded("neigh")), "the rest are groups, which are nobody"


@pytest.mark.parametrize("payload", [b"", bytes(11), bytes(12)])
def test_what_is_no_row_gives_none(payload: bytes) -> None:
    assert parse_neighbour(payload) is None


def test_multicast_and_our_own_addresses_are_no_neighbours() -> None:
    row = next(each for each in recorded("neigh") if parse_neighbour(each))
    for kind in (2, 3, 5):  # RTN_LOCAL, RTN_BROADCAST, RTN_MULTICAST
        assert parse_neighbour(row[:11] + bytes([kind]) + row[12:]) is None


def test_damaged_rows_raise_nothing() -> None:
    for damaged in damaged_bytes(recorded("neigh"), 5):
        parse_neighbour(damaged)
    for damaged in damaged_bytes(recorded("route"), 6):
        parse_next_hop(damaged)


def test_the_router_of_a_recorded_default_route() -> None:
    hops = [hop for hop in map(parse_next_hop, recorded("route")) if hop]
    # The one with two ways has no single router.
    assert hops == [NextHop(3, "10.2.0.2", 0), NextHop(3, "fd02::2", 1024)]


def test_the_route_with_the_lowest_metric_counts() -> None:
    hops = [
        NextHop(3, "10.0.0.9", 600),
        NextHop(3, "10.0.0.1", 100),
        NextHop(2, "10.1.0.1", 0),
        NextHop(3, "fe80::1", 0),
    ]
    assert first_hop(hops, 3, 4) == hops[1]
    assert first_hop(hops, 3, 6) == hops[3]
    assert first_hop(hops, 2, 6) is None
    assert first_hop(hops, None, 4) is None


def prepare() -> None:
    run("ip link add eth7 type veth peer name far")
    run("ip link set eth7 up")
    run("ip link set far up")
    run("ip addr add 10.78.0.1/24 dev eth7")


@own_network
def test_a_live_table_and_the_gateway_in_it() -> None:
    prepare()
    run(f"ip neigh add 10.78.0.2 lladdr {MAC}02 dev eth7 nud reachable")
    run(f"ip neigh add 10.78.0.3 lladdr {MAC}03 dev eth7 nud permanent")
    found = {each.ip: each for each in host.neighbours()}
    assert found["10.78.0.2"].mac == MAC + "02"
    assert found["10.78.0.2"].answered
    assert (found["10.78.0.3"].interface, found["10.78.0.3"].answered) == ("eth7", False)
    assert host.gateway("eth7") is None
    run("ip route add default via 10.78.0.2 metric 600")
    assert host.gateway("eth7") == Gateway(ip="10.78.0.2", mac=MAC + "02")
    run("ip route add default via 10.78.0.3 metric 100")
    assert host.gateway("eth7") == Gateway(ip="10.78.0.3", mac=MAC + "03")
    assert host.gateway("eth7", 6) is None
    assert host.gateway("far") is None
    assert host.gateway("nowhere") is None


@own_network
def test_a_gateway_nobody_spoke_to_has_no_mac_and_is_sent_nothing() -> None:
    prepare()
    run("ip route add default via 10.78.0.9")
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806)) as arp:
        arp.bind(("far", 0))
        arp.setblocking(False)
        assert host.gateway("eth7") == Gateway(ip="10.78.0.9", mac=None)
        with pytest.raises(BlockingIOError):
            arp.recv(100)


@own_network
def test_one_that_was_called_in_vain_has_not_answered() -> None:
    prepare()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"x", ("10.78.0.77", 9))
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        (found,) = host.neighbours()
        if found.state is NeighbourState.FAILED:
            break
    assert (found.ip, found.mac, found.answered) == ("10.78.0.77", None, False)
    assert found.state is NeighbourState.FAILED


def test_a_table_that_is_refused_is_an_error() -> None:
    def refuse(protocol: int, kind: int, body: bytes) -> list[bytes]:
        raise PermissionError

    with pytest.raises(PermissionError):
        neighbour_table.neighbours(refuse)


def test_an_interface_that_is_gone_takes_its_rows_with_it() -> None:
    def kernel(protocol: int, kind: int, body: bytes) -> list[bytes]:
        return {30: recorded("neigh"), 18: []}[kind]

    assert neighbour_table.neighbours(kernel) == ()


ARP = """? (192.168.1.1) at 0:1c:42:0:0:18 on en0 ifscope [ethernet]
? (192.168.1.9) at (incomplete) on en0 ifscope [ethernet]
? (224.0.0.251) at 1:0:5e:0:0:fb on en0 ifscope permanent [ethernet]
? (192.0.2.1) at 02:FC:00:00:00:05 [ether] on eth0
? (192.0.2.7) at <incomplete> on eth0
? (192.0.2.8) at 02:fc:00:00:00:08 [ether] PERM on eth0
router.lan (192.168.1.2) at 2:0:5e:0:53:2 on bridge100 [bridge]
arp: in 4 entries no match found.
"""


def test_what_arp_prints_on_macos_and_linux() -> None:
    stale, waiting, fixed = (
        NeighbourState.STALE,
        NeighbourState.INCOMPLETE,
        NeighbourState.PERMANENT,
    )
    rows = [(each.ip, each.mac, each.interface, each.state) for each in arp_output.parse(ARP)]
    assert rows == [
        ("192.168.1.1", "00:1c:42:00:00:18", "en0", stale),
        ("192.168.1.9", None, "en0", waiting),
        ("224.0.0.251", "01:00:5e:00:00:fb", "en0", fixed),
        ("192.0.2.1", "02:fc:00:00:00:05", "eth0", stale),
        ("192.0.2.7", None, "eth0", waiting),
        ("192.0.2.8", "02:fc:00:00:00:08", "eth0", fixed),
        ("192.168.1.2", "02:00:5e:00:53:02", "bridge100", stale),
    ]


def test_garbage_from_arp_raises_nothing() -> None:
    for text in garbage(ARP):
        arp_output.parse(text)


@own_network
def test_the_portable_way_sees_the_same_device() -> None:
    prepare()
    run(f"ip neigh add 10.78.0.2 lladdr {MAC}02 dev eth7 nud reachable")
    wanted = Neighbour(ip="10.78.0.2", mac=MAC + "02", interface="eth7", state=NeighbourState.STALE)
    try:
        found = arp_output.neighbours()
    except FileNotFoundError:
        pytest.skip("needs net-tools")
    assert found == (wanted,)

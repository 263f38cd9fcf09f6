"""Recorded on Linux 6.18; see recorded/netlink.txt."""

import errno
import struct

import pytest

from homeport.host.sock_diag import LISTENING, NOT_LISTENING, parse, rows
from homeport.host.socket_rows import Row, listener
from tests.host.damaged import damaged_bytes
from tests.host.recordings import recorded

SOCKETS = recorded("socket")
PARSED = [row for row in map(parse, SOCKETS) if row]


def one(port: int, peer_port: int = 0) -> Row:
    [row] = [row for row in PARSED if (row.port, row.peer_port) == (port, peer_port)]
    return row


def test_a_listener_is_read() -> None:
    row = one(8000)
    assert (row.state, row.ip, row.uid, row.cgroup) == (10, "127.0.0.1", 0, 1)
    assert row.inode > 0
    assert (row.v6only, row.mapped, row.device, row.seconds) == (None, False, 0, None)


def test_only_netlink_tells_dual_stack_from_ipv6_alone() -> None:
    assert (one(8001).ip, one(8001).v6only) == ("::", False)
    assert (one(8002).ip, one(8002).v6only) == ("::", True)


def test_a_mapped_address_is_ipv4() -> None:
    row = one(8003)
    assert (row.ip, row.mapped, row.v6only) == ("127.0.0.2", True, None)


def test_a_socket_that_takes_one_device_only_names_it() -> None:
    assert one(8004).device == 1
    assert listener(one(8004)).device == "lo"
    assert listener(one(8004)._replace(device=2**31 - 1)).device == f"interface {2**31 - 1}"


def test_bound_sockets_connections_and_time_wait_are_read() -> None:
    assert (one(8005).state, one(8005).ip) == (7, "127.0.0.1")
    assert (one(8000, 40000).state, one(8000, 40000).peer_ip) == (1, "127.0.0.1")
    gone = one(8000, 40001)
    assert (gone.state, gone.seconds, gone.inode, gone.cgroup) == (6, 60.0, 0, None)


def test_other_timers_do_not_say_when_a_connection_ends() -> None:
    [gone] = [payload for payload in SOCKETS if payload[1] == 6]
    kept_alive = parse(gone[:2] + b"\x02" + gone[3:])
    assert kept_alive
    assert kept_alive.seconds is None


def test_garbage_is_no_row_or_a_row_but_never_an_error() -> None:
    assert parse(b"") is None
    assert parse(b"\x01" + SOCKETS[0][1:]) is None
    for data in damaged_bytes(SOCKETS, seed=3):
        parse(data)


class Kernel:
    """Answers each family with what was recorded, or with an error."""

    def __init__(self, refused: dict[int, int]) -> None:
        self.refused = refused
        self.asked: list[tuple[int, int, int]] = []

    def __call__(self, protocol: int, kind: int, body: bytes) -> list[bytes]:
        family, transport, states = struct.unpack_from("=BBxxI", body)
        [port] = struct.unpack_from("!H", body, 8)
        assert (protocol, kind, transport, len(body)) == (4, 20, 6, 56)
        self.asked.append((family, states, port))
        if family in self.refused:
            raise OSError(self.refused[family], "refused")
        return [payload for payload in SOCKETS if payload[0] == family]


def test_both_families_are_asked_for_the_port() -> None:
    kernel = Kernel({})
    assert [row.port for row in rows(LISTENING, 8002, kernel)] == [8002]
    assert kernel.asked == [(2, 1 << 10, 8002), (10, 1 << 10, 8002)]
    assert rows(LISTENING, None, kernel) == PARSED


def test_all_other_states_are_asked_for_but_half_open_ones() -> None:
    wanted = {state for state in range(32) if NOT_LISTENING >> state & 1}
    assert wanted == {1, 2, 4, 5, 6, 7, 8, 9, 11, 13}


def test_a_kernel_without_ipv6_has_ipv4() -> None:
    without = Kernel({10: errno.ENOENT})
    assert {row.ip for row in rows(LISTENING, None, without)} == {"127.0.0.1", "0.0.0.0"}


@pytest.mark.parametrize("refused", [{2: errno.ENOENT}, {2: errno.EPERM}, {10: errno.EPERM}])
def test_a_system_that_does_not_answer_is_an_error(refused: dict[int, int]) -> None:
    with pytest.raises(OSError):
        rows(LISTENING, None, Kernel(refused))

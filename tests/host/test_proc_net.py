"""Recorded on Linux 6.18 in a network namespace of its own; the ends of the lines are left out."""

from pathlib import Path

import pytest

from homeport.host.proc_net import parse, rows
from tests.host.damaged import damaged_texts

HEADER = (
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt"
    "   uid  timeout inode"
)
ZEROS = "00000000:00000000 00:00000000 00000000"
NO4 = "00000000:0000"
NO6 = "0" * 32 + ":0000"

TCP = f"""{HEADER}
   0: 0100007F:1F40 {NO4} 0A {ZEROS}     0        0 153978 1 0
   1: 0100007F:0050 {NO4} 0A {ZEROS}     0        0 153979 1 0
   2: 0300007F:1F40 {NO4} 0A {ZEROS} 65534        0 153984 1 0
   3: 00000000:1F90 {NO4} 0A {ZEROS}     0        0 153980 1 0
   4: 0100007F:8852 0100007F:1F40 01 {ZEROS}     0        0 153985 2 0
   5: 0100007F:1F40 0100007F:8852 01 {ZEROS}     0        0 153986 1 0
   6: 0100007F:1F40 0100007F:8853 06 00000000:00000000 03:00001770 00000000     0        0 0 3 0
"""

TCP6 = f"""{HEADER}
   0: {"0" * 32}:2328 {NO6} 0A {ZEROS}     0        0 153982 1 0
   1: 0000000000000000FFFF00000200007F:1F40 {NO6} 0A {ZEROS}     0        0 153983 1 0
   2: 00000000000000000000000001000000:1F40 {NO6} 0A {ZEROS}     0        0 153981 1 0
"""


def shown(text: str, port: int | None = None) -> list[tuple[str, int, int, int]]:
    return [(f"{row.ip} {row.port}", row.state, row.uid, row.inode) for row in parse(text, port)]


def test_sockets_of_the_whole_port_number_count() -> None:
    assert shown(TCP, 80) == [("127.0.0.1 80", 10, 0, 153979)]
    assert shown(TCP, 8080) == [("0.0.0.0 8080", 10, 0, 153980)]
    assert shown(TCP, 8000)[:2] == [
        ("127.0.0.1 8000", 10, 0, 153978),
        ("127.0.0.3 8000", 10, 65534, 153984),
    ]
    assert len(shown(TCP)) == 7


def test_connections_have_a_peer_and_time_wait_its_seconds() -> None:
    *_, connection, gone = parse(TCP, 8000)
    assert (connection.peer_ip, connection.peer_port, connection.seconds) == (
        "127.0.0.1",
        34898,
        None,
    )
    assert (gone.state, gone.seconds, gone.inode) == (6, 60.0, 0)


def test_ipv6_is_read_and_a_mapped_address_is_ipv4() -> None:
    found = [(row.ip, row.mapped, row.v6only) for row in parse(TCP6)]
    assert found == [
        ("::", False, None),
        ("127.0.0.2", True, None),
        ("::1", False, None),
    ]


def test_lines_that_are_no_rows_are_left_out() -> None:
    assert shown("") == shown(HEADER) == []
    assert len(shown(TCP.replace("0A", "ZZ", 1))) == 6
    assert shown(TCP.replace(NO4, NO6)) != shown(TCP)


def test_garbage_raises_nothing() -> None:
    for text in damaged_texts([TCP, TCP6], seed=4):
        list(parse(text))


def test_a_kernel_without_ipv6_is_fine_but_without_a_table_is_not_free(tmp_path: Path) -> None:
    (tmp_path / "tcp").write_text(TCP)
    assert len(rows(80, tmp_path)) == 1
    (tmp_path / "tcp6").write_text(TCP6)
    assert len(rows(None, tmp_path)) == 10
    (tmp_path / "tcp").unlink()
    with pytest.raises(FileNotFoundError):
        rows(80, tmp_path)


def test_an_ipv6_table_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "tcp").write_text(TCP)
    (tmp_path / "tcp6").mkdir()
    with pytest.raises(OSError):
        rows(80, tmp_path)

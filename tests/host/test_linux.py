"""Which source is asked, and how the answers are put together."""

import errno
from pathlib import Path

import pytest

from homeport.core.facts import Origin, RemnantKind
from homeport.host.linux import Sources, listeners, remnants
from tests.host.recordings import recorded
from tests.host.test_proc_net import TCP, TCP6
from tests.host.test_processes import add_process


def kernel(protocol: int, kind: int, body: bytes) -> list[bytes]:
    """What was recorded; like the kernel it leaves the states out that were not asked for."""
    states = int.from_bytes(body[4:8], "little")
    asked = [payload for payload in recorded("socket") if payload[0] == body[0]]
    bound = [payload for payload in asked if payload[1] == 7]
    return [payload for payload in asked if states >> (13 if payload in bound else payload[1]) & 1]


def silent(protocol: int, kind: int, body: bytes) -> list[bytes]:
    raise OSError(errno.EPROTONOSUPPORT, "no such protocol")


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    (tmp_path / "net").mkdir()
    (tmp_path / "net/tcp").write_text(TCP)
    (tmp_path / "net/tcp6").write_text(TCP6)
    return tmp_path


def test_netlink_tells_what_proc_cannot(proc: Path) -> None:
    found = listeners(None, owners=False, sources=Sources(proc, kernel))
    assert [(str(one.address), one.v6only, one.device, one.mapped) for one in found] == [
        ("127.0.0.1:8000", None, None, False),
        ("0.0.0.0:8004", None, "lo", False),
        ("127.0.0.2:8003", None, None, True),
        ("[::]:8002", True, None, False),
        ("[::]:8001", False, None, False),
    ]


def test_proc_is_read_where_netlink_is_refused(proc: Path) -> None:
    found = listeners(9000, owners=False, sources=Sources(proc, silent))
    assert [(str(one.address), one.v6only, one.inode) for one in found] == [
        ("[::]:9000", None, 153982)
    ]
    assert len(listeners(None, owners=False, sources=Sources(proc, silent))) == 7


def test_without_any_table_it_is_an_error_and_not_a_free_port(proc: Path) -> None:
    (proc / "net/tcp").unlink()
    with pytest.raises(OSError):
        listeners(8000, owners=False, sources=Sources(proc, silent))


def test_each_listener_has_its_own_holders_when_they_are_asked_for(proc: Path) -> None:
    add_process(proc, 10, holds=(153978,))
    add_process(proc, 11, holds=(153981,))
    found = listeners(8000, owners=True, sources=Sources(proc, silent))
    assert [(str(one.address), one.user, [h.pid for h in one.holders]) for one in found] == [
        ("127.0.0.1:8000", "root", [10]),
        ("127.0.0.3:8000", "nobody", []),
        ("127.0.0.2:8000", "root", []),
        ("[::1]:8000", "root", [11]),
    ]
    found = listeners(8000, owners=False, sources=Sources(proc, silent))
    assert [one.holders for one in found] == [()] * 4


def test_a_socket_without_an_inode_has_no_holders(proc: Path) -> None:
    (proc / "net/tcp").write_text(TCP.replace("153979", "0"))
    add_process(proc, 10, holds=(0,))
    [listener] = listeners(80, owners=True, sources=Sources(proc, silent))
    assert (listener.holders, listener.inode) == ((), None)


def test_the_cgroup_tells_of_a_socket_whose_process_is_hidden(proc: Path) -> None:
    service = proc / "cg/system.slice/shop.service"
    service.mkdir(parents=True)
    (proc / "self").mkdir()
    (proc / "self/mountinfo").write_text(f"30 23 0:26 / {proc}/cg rw - cgroup2 cgroup2 rw\n")
    number = service.stat().st_ino.to_bytes(8, "little")

    def in_service(protocol: int, kind: int, body: bytes) -> list[bytes]:
        old = b"\x0c\0\x15\0" + (1).to_bytes(8, "little")
        return [one.replace(old, old[:4] + number) for one in kernel(protocol, kind, body)]

    [listener] = listeners(8000, owners=True, sources=Sources(proc, in_service))
    assert listener.origin == Origin(unit="shop.service")
    [listener] = listeners(8000, owners=False, sources=Sources(proc, in_service))
    assert listener.origin == Origin()


def test_connections_of_a_listener_are_no_remnants(proc: Path) -> None:
    assert remnants(8000, sources=Sources(proc, kernel)) == ()
    assert remnants(8000, sources=Sources(proc, silent)) == ()
    assert remnants(9, sources=Sources(proc, kernel)) == ()


def test_what_is_left_of_a_server_is_told_with_its_holders(proc: Path) -> None:
    stopped = TCP.replace("1F40 00000000:0000 0A", "1F41 00000000:0000 0A")
    (proc / "net/tcp").write_text(stopped)
    (proc / "net/tcp6").unlink()
    add_process(proc, 10, holds=(153986,))
    leftover, gone = remnants(8000, sources=Sources(proc, silent))
    assert (leftover.kind, str(leftover.address), str(leftover.peer)) == (
        RemnantKind.LEFTOVER,
        "127.0.0.1:8000",
        "127.0.0.1:34898",
    )
    assert [holder.pid for holder in leftover.holders] == [10]
    assert (gone.kind, gone.seconds, gone.user, gone.holders) == (
        RemnantKind.TIME_WAIT,
        60.0,
        None,
        (),
    )


def test_a_bound_socket_is_told_beside_a_listener(proc: Path) -> None:
    [bound] = remnants(8005, sources=Sources(proc, kernel))
    assert (bound.kind, str(bound.address), bound.peer) == (
        RemnantKind.BOUND,
        "127.0.0.1:8005",
        None,
    )

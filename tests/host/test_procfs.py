"""Recorded on Linux 6.18 in a network namespace of its own; the ends of the lines are left out."""

from pathlib import Path

import pytest

from homeport.core.facts import Holder
from homeport.host import procfs
from homeport.host.procfs import parse_sockets, parse_stat

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
"""

TCP6 = f"""{HEADER}
   0: {"0" * 32}:2328 {NO6} 0A {ZEROS}     0        0 153982 1 0
   1: 0000000000000000FFFF00000200007F:1F40 {NO6} 0A {ZEROS}     0        0 153983 1 0
   2: 00000000000000000000000001000000:1F40 {NO6} 0A {ZEROS}     0        0 153981 1 0
"""

STAT = (
    "20234 (python) R 20231 20231 10297 0 -1 4194560 2199 122 1 8 1 1 0 0 20 0 1 0 245412 16232448"
    " 2981 18446744073709551615 93909989773312 93909989773653 140735245143344 0 0 0 0 16781312 2 0"
)
STATUS = "Name:\tpython\nUmask:\t0022\nPid:\t20234\nUid:\t1234567\t{uid}\t0\t0\nGid:\t0\t0\t0\t0\n"
BOOT = (
    "cpu  34147 1119 14228 435760 1031 0 2672 27 0 0\nctxt 9\nbtime 1795213754\nprocesses 20234\n"
)


def shown(text: str, port: int) -> list[tuple[str, int, int]]:
    return [(str(row.address), row.uid, row.inode) for row in parse_sockets(text, port)]


def test_only_listening_sockets_of_the_whole_port_number_count() -> None:
    assert shown(TCP, 8000) == [("127.0.0.1:8000", 0, 153978), ("127.0.0.3:8000", 65534, 153984)]
    assert shown(TCP, 80) == [("127.0.0.1:80", 0, 153979)]
    assert shown(TCP, 8080) == [("0.0.0.0:8080", 0, 153980)]
    assert shown(TCP, 0x8852) == []


def test_ipv6_is_read_and_a_mapped_address_is_ipv4() -> None:
    assert shown(TCP6, 9000) == [("[::]:9000", 0, 153982)]
    assert shown(TCP6, 8000) == [("127.0.0.2:8000", 0, 153983), ("[::1]:8000", 0, 153981)]


def test_a_process_name_may_hold_anything() -> None:
    stat = parse_stat(STAT.replace("(python)", "(a) R (b c)"))
    assert stat == ("a) R (b c", 245412)


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A /proc with the recorded sockets and no process."""
    for name, text in {"net/tcp": TCP, "net/tcp6": TCP6, "stat": BOOT, "uptime": "1 1"}.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def add_process(proc: Path, pid: int, *, holds: int, **texts: str) -> Path:
    """A process; a text of "" removes that file."""
    folder = proc / str(pid)
    (folder / "fd").mkdir(parents=True)
    (folder / "fd/0").symlink_to("/dev/null")
    (folder / "fd/3").symlink_to(f"socket:[{holds}]")
    (folder / "fd/4").symlink_to(f"socket:[{holds}]")
    (folder / "cwd").symlink_to("/srv/app")
    files = {"stat": STAT, "status": STATUS.format(uid=0), "cmdline": "python\0main.py\0"}
    for name, text in (files | texts).items():
        if text:
            (folder / name).write_text(text)
    return folder


def test_a_holder_is_told_with_its_details(proc: Path) -> None:
    add_process(proc, 20234, holds=153979, cmdline="python\0-m\0app\0--token\0abc\0")
    [listener] = procfs.listeners(80, proc)
    [holder] = listener.holders
    assert holder == Holder(
        pid=20234,
        started=1795213754 + 2454.12,
        command="python -m app --token ***",
        user="root",
        folder="/srv/app",
    )


def test_all_holders_are_told_the_oldest_first(proc: Path) -> None:
    add_process(proc, 30, holds=153979, stat=STAT.replace("245412", "245400"))
    add_process(proc, 20, holds=153979)
    add_process(proc, 10, holds=153979)
    add_process(proc, 11, holds=153978)
    [listener] = procfs.listeners(80, proc)
    assert [holder.pid for holder in listener.holders] == [30, 10, 20]


def test_each_listener_of_a_port_has_its_own_holders(proc: Path) -> None:
    add_process(proc, 10, holds=153978)
    add_process(proc, 11, holds=153981)
    found = procfs.listeners(8000, proc)
    assert [(str(one.address), one.user, [h.pid for h in one.holders]) for one in found] == [
        ("127.0.0.1:8000", "root", [10]),
        ("127.0.0.3:8000", "nobody", []),
        ("127.0.0.2:8000", "root", []),
        ("[::1]:8000", "root", [11]),
    ]


def test_the_effective_user_counts_and_a_nameless_one_is_a_number(proc: Path) -> None:
    add_process(proc, 10, holds=153979, status=STATUS.format(uid=1234568))
    [listener] = procfs.listeners(80, proc)
    assert [holder.user for holder in listener.holders] == ["1234568"]


@pytest.mark.parametrize("gone", ["stat", "status", "cmdline"])
def test_a_process_that_vanished_is_left_out(proc: Path, gone: str) -> None:
    add_process(proc, 10, holds=153979, **{gone: ""})
    add_process(proc, 11, holds=153979)
    [listener] = procfs.listeners(80, proc)
    assert [holder.pid for holder in listener.holders] == [11]


def test_a_process_without_a_command_line_has_its_short_name(proc: Path) -> None:
    add_process(proc, 10, holds=153979, cmdline="\0")
    [listener] = procfs.listeners(80, proc)
    assert [holder.command for holder in listener.holders] == ["python"]


def test_what_is_hidden_is_none(proc: Path) -> None:
    (add_process(proc, 10, holds=153979) / "cwd").unlink()
    (proc / "stat").unlink()
    [listener] = procfs.listeners(80, proc)
    assert [(holder.folder, holder.started) for holder in listener.holders] == [(None, None)]


def test_descriptors_that_cannot_be_read_are_no_error(proc: Path) -> None:
    (proc / "10").mkdir()
    (proc / "10/fd").write_text("not a folder")
    [listener] = procfs.listeners(80, proc)
    assert listener.holders == ()


def test_a_socket_without_an_inode_has_no_holders(proc: Path) -> None:
    (proc / "net/tcp").write_text(TCP.replace("153979", "0"))
    add_process(proc, 10, holds=0)
    [listener] = procfs.listeners(80, proc)
    assert listener.holders == ()


def test_a_kernel_without_ipv6_is_fine_but_without_a_table_is_not_free(proc: Path) -> None:
    (proc / "net/tcp6").unlink()
    assert len(procfs.listeners(8000, proc)) == 2
    (proc / "net/tcp").unlink()
    with pytest.raises(FileNotFoundError):
        procfs.listeners(8000, proc)


def test_port_settings_are_read_and_have_the_defaults_of_the_kernel(proc: Path) -> None:
    assert procfs.first_unprivileged_port(proc) == 1024
    assert procfs.ephemeral_ports(proc) == range(32768, 61000)
    settings = proc / "sys/net/ipv4"
    settings.mkdir(parents=True)
    (settings / "ip_unprivileged_port_start").write_text("0\n")
    (settings / "ip_local_port_range").write_text("40000\t40009\n")
    assert procfs.first_unprivileged_port(proc) == 0
    assert procfs.ephemeral_ports(proc) == range(40000, 40010)

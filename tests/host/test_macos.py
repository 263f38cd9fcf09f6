import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from homeport.core.address import Address
from homeport.host import macos
from homeport.host.macos import combine, listeners
from homeport.host.macos_output import Row, parse_lsof, parse_netstat, parse_ps
from tests.host.garbage import garbage

RECORDED = Path(__file__).parent / "recorded"
FILES = sorted(RECORDED.glob("macos_*.txt"))


def recorded(name: str) -> str:
    return (RECORDED / name).read_text("utf-8")


def netstat(name: str) -> list[tuple[str, bool | None, int | None, str]]:
    rows = parse_netstat(recorded(name))
    return [(str(row.address), row.v6only, row.pid, row.name) for row in rows]


class Mac:
    """The commands of a Mac, as recorded; those in `broken` fail."""

    def __init__(self, *broken: str) -> None:
        self.broken = broken
        self.asked: list[Sequence[str]] = []

    def __call__(self, command: Sequence[str]) -> str:
        self.asked.append(command)
        name = command[0].rpartition("/")[2]
        if name in self.broken:
            raise FileNotFoundError(command[0])
        return recorded({"netstat": "macos_netstat_named.txt"}.get(name, f"macos_{name}.txt"))


def test_lsof_tells_every_process_that_holds_a_listening_socket() -> None:
    rows = parse_lsof(recorded("macos_lsof.txt"))
    assert [(str(row.address), row.pid, row.name, row.user) for row in rows] == [
        ("0.0.0.0:7000", 501, "ControlCe", "ana"),
        ("[::]:7000", 501, "ControlCe", "ana"),
        ("127.0.0.1:8000", 4711, "Python", "ana"),
        ("[::1]:8000", 4711, "Python", "ana"),
        ("127.0.0.1:8000", 4712, "Python", "ana"),
        ("[fe80::1%lo0]:3000", 4800, "node\\x20dev", "501"),
        ("[::]:5173", 4800, "node\\x20dev", "501"),
    ]
    assert {row.v6only for row in rows} == {None}


def test_a_file_of_lsof_without_a_state_listens_because_only_listeners_were_asked_for() -> None:
    (row,) = parse_lsof("p1\ncx\nf3\ntIPv4\nPTCP\nn*:80\n")
    assert (str(row.address), row.user) == ("0.0.0.0:80", None)


def test_a_file_of_lsof_in_another_state_does_not_listen() -> None:
    assert parse_lsof("p1\ncx\nf3\ntIPv4\nPTCP\nn*:80\nTST=CLOSED\n") == ()


def test_netstat_with_pid_and_epid() -> None:
    assert netstat("macos_netstat_pid.txt") == [
        ("[::]:8082", False, 70902, ""),
        ("[::1]:631", True, 412, ""),
        ("127.0.0.1:631", None, 412, ""),
        ("0.0.0.0:445", None, None, ""),
    ]


def test_netstat_with_byte_counters_before_the_pid() -> None:
    assert netstat("macos_netstat_bytes.txt") == [
        ("127.0.0.1:9225", None, 39885, ""),
        ("[::]:9226", True, 44546, ""),
    ]


def test_netstat_with_the_name_of_the_process_before_its_pid() -> None:
    assert netstat("macos_netstat_named.txt") == [
        ("0.0.0.0:7000", None, 501, "ControlCenter"),
        ("[::]:7000", True, 501, "ControlCenter"),
        ("[::1]:8000", True, 4711, "Python"),
        ("127.0.0.1:8000", None, 4711, "Python"),
        ("[fe80::1%lo0]:3000", True, 4800, "node dev"),
        ("[::]:5173", False, 4800, "node dev"),
        ("[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:9000", True, 602, "Helper: (GPU) 12"),
        ("0.0.0.0:22", None, 1, "launchd"),
    ]


@pytest.mark.parametrize(
    "columns", ["", "Proto Local (state) new-column\n", "Proto (state) a process:pid\n"]
)
def test_a_listener_of_an_unknown_layout_is_still_a_listener(columns: str) -> None:
    (row,) = parse_netstat(columns + "tcp4 0 0 *.8000 *.* LISTEN")
    assert (str(row.address), row.pid) == ("0.0.0.0:8000", None)


def test_ps_tells_when_a_process_started_and_its_command_line() -> None:
    found = parse_ps(recorded("macos_ps.txt"))
    assert list(found) == [1, 4711, 4712]
    assert found[4711].user == "ana"
    assert found[4711].command.endswith("uvicorn main:app --api-key=abc")
    assert found[1].started < found[4711].started


@pytest.mark.parametrize(
    "line", ["1 me Fri Nov 31 25:00:01 2026 x", "me Fri Nov 20 08:00:01 2026 x", "1 me x"]
)
def test_a_line_of_ps_that_does_not_fit_is_left_out(line: str) -> None:
    assert parse_ps(line) == {}


def test_all_three_commands_together_tell_who_listens() -> None:
    mac = Mac()
    first, second = listeners(8000, mac)
    assert [str(first.address), str(second.address)] == ["127.0.0.1:8000", "[::1]:8000"]
    assert [holder.pid for holder in first.holders] == [4711, 4712]
    assert [holder.program for holder in first.holders] == ["uvicorn", "python (multiprocessing)"]
    assert first.holders[0].command.endswith("-m uvicorn main:app '--api-key=***'") or (
        first.holders[0].command.endswith("-m uvicorn main:app --api-key=***")
    )
    assert first.user == "ana"
    assert second.v6only is True
    assert mac.asked[-1] == (*macos.PS, "4711,4712")


def test_without_a_port_all_are_told_and_only_netstat_knows_those_of_others() -> None:
    found = {str(listener.address): listener for listener in listeners(None, Mac())}
    assert found["0.0.0.0:22"].holders[0].program == "launchd"
    assert found["[::]:5173"].v6only is False
    assert found["[::]:7000"].v6only is True
    (unknown,) = found["[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:9000"].holders
    assert (unknown.started, unknown.user, unknown.command) == (None, None, "Helper: (GPU) 12")


def test_without_lsof_the_sockets_are_still_seen() -> None:
    (listener,) = listeners(22, Mac("lsof", "ps"))
    assert [holder.pid for holder in listener.holders] == [1]


def test_without_netstat_only_our_own_are_seen() -> None:
    assert [str(row.address) for row in listeners(3000, Mac("netstat"))] == ["[fe80::1%lo0]:3000"]


def test_without_netstat_no_port_is_called_free() -> None:
    with pytest.raises(FileNotFoundError):
        listeners(22, Mac("netstat"))


def test_a_port_that_nobody_has_needs_no_ps() -> None:
    mac = Mac()
    assert listeners(9999, mac) == ()
    assert [command[0] for command in mac.asked] == [macos.NETSTAT[0], macos.LSOF[0]]


def test_two_sockets_of_one_address_are_told_apart_by_netstat() -> None:
    address = Address(ip="::", port=80)
    only, dual = (
        Row(address=address, v6only=v, pid=p, name="") for v, p in ((True, 1), (False, 2))
    )
    ours = [Row(address=address, v6only=None, pid=pid, name="") for pid in (2, 3)]
    found = combine([only, dual], ours, {})
    assert [(row.v6only, [holder.pid for holder in row.holders]) for row in found] == [
        (True, [1, 3]),
        (False, [2]),
    ]


def test_a_mapped_address_is_the_ipv4_address() -> None:
    row = Row(address=Address(ip="::ffff:127.0.0.1", port=80), v6only=False, pid=1, name="x")
    (listener,) = combine([row], [], {})
    assert (str(listener.address), listener.mapped, listener.v6only) == ("127.0.0.1:80", True, None)


def test_garbage_raises_nothing() -> None:
    for text in garbage(*(path.read_text("utf-8") for path in FILES)):
        rows = (*parse_netstat(text), *parse_lsof(text))
        combine(rows, rows, parse_ps(text))


def test_a_command_that_is_missing_or_fails_is_an_oserror() -> None:
    with pytest.raises(FileNotFoundError):
        macos._run(("/nowhere/netstat",))
    with pytest.raises(OSError, match="ended with 3"):
        macos._run((sys.executable, "-c", "raise SystemExit(3)"))
    assert macos._run((sys.executable, "-c", "print('tcp4')")) == "tcp4\n"


@pytest.mark.skipif(not Path("/usr/bin/lsof").exists(), reason="lsof is not installed")
def test_a_real_lsof_is_read_also_if_not_the_one_of_a_mac() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        command = ("/usr/bin/lsof", "-nP", "-a", "-p", str(os.getpid()), *macos.LSOF[2:])
        text = subprocess.run(command, capture_output=True, text=True, timeout=30).stdout
        row = next(row for row in parse_lsof(text) if row.address.port == port)
        assert (str(row.address), row.pid) == (f"127.0.0.1:{port}", os.getpid())

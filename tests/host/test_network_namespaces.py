import os
import socket
from pathlib import Path

import pytest

from homeport import host
from homeport.core.facts import Origin
from homeport.host.network_namespaces import namespaces
from tests.host.own_network import enter_own_network, own_network
from tests.host.test_proc_net import TCP, TCP6

OURS, THEIRS, QUIET = "net:[1]", "net:[2]", "net:[3]"


def add(proc: Path, pid: str, namespace: str, *, tcp: str = TCP, cgroup: str = "") -> None:
    folder = proc / pid
    (folder / "ns").mkdir(parents=True)
    (folder / "ns/net").symlink_to(namespace)
    if tcp:
        (folder / "net").mkdir()
        (folder / "net/tcp").write_text(tcp)
        (folder / "net/tcp6").write_text(TCP6)
    (folder / "cgroup").write_text(cgroup)


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    add(tmp_path, "self", OURS)
    add(tmp_path, "1", OURS)
    (tmp_path / "2").mkdir()  # another user's: its namespace is not ours to know
    return tmp_path


def test_our_own_namespace_is_no_other(proc: Path) -> None:
    assert namespaces(None, proc) == ()


def test_each_other_namespace_is_told_once_by_its_first_process(proc: Path) -> None:
    cgroup = "0::/system.slice/docker-" + "ab" * 32 + ".scope\n"
    for pid in range(30, 9, -1):
        add(proc, str(pid), THEIRS)
    add(proc, "9", THEIRS, cgroup=cgroup)
    add(proc, "40", "net:[4]", tcp=TCP.replace(" 0A ", " 01 "))
    [theirs, other] = namespaces(None, proc)
    assert (theirs.pid, theirs.origin) == (9, Origin(container="ab" * 6))
    assert (other.pid, other.origin, len(other.listeners)) == (40, Origin(), 3)
    assert len(theirs.listeners) == 7
    assert {one.v6only for one in theirs.listeners} == {None}


def test_only_namespaces_that_listen_on_the_port_are_told(proc: Path) -> None:
    add(proc, "9", THEIRS)
    [theirs] = namespaces(80, proc)
    assert [str(one.address) for one in theirs.listeners] == ["127.0.0.1:80"]
    assert namespaces(0x8852, proc) == ()


def test_when_the_first_process_is_gone_the_next_one_tells(proc: Path) -> None:
    add(proc, "9", THEIRS, tcp="")
    add(proc, "10", THEIRS)
    add(proc, "20", QUIET, tcp="")
    assert [(one.pid, len(one.listeners)) for one in namespaces(None, proc)] == [(10, 7)]


def test_without_cgroups_nobody_knows_who_it_is(proc: Path) -> None:
    add(proc, "9", THEIRS)
    (proc / "9/cgroup").unlink()
    assert [one.origin for one in namespaces(None, proc)] == [Origin()]


@own_network
def test_a_listener_in_another_namespace_is_seen_and_is_not_ours() -> None:
    ready, ready_end = os.pipe()
    stop, stop_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        enter_own_network()
        server = socket.create_server(("127.0.0.1", 8000))
        os.close(stop_end)
        os.write(ready_end, b"!")
        os.read(stop, 1)
        server.close()
        os._exit(0)
    os.close(ready_end)
    assert os.read(ready, 1) == b"!"
    assert host.listeners(8000) == ()
    [there] = [one for one in host.namespaces(8000) if one.pid == pid]
    assert [str(one.address) for one in there.listeners] == ["127.0.0.1:8000"]
    assert [one for one in host.namespaces(8001) if one.pid == pid] == []
    os.close(stop_end)
    os.waitpid(pid, 0)
    assert [one for one in host.namespaces(8000) if one.pid == pid] == []

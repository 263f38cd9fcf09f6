"""The real thing: real sockets, real processes, this computer."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from homeport import host
from homeport.core.address import Address, InterfaceKind
from tests.host.host_children import DEADLINE, Start, all_lines, read_line, starter

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's /proc")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user: needs root")

NOBODY = 65534

SLEEP_UNTIL_EOF = "import sys; print('ready', flush=True); sys.stdin.read()"

LISTEN_AS_NOBODY = f"""
import os, socket, sys
os.setgid({NOBODY}); os.setuid({NOBODY})
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
sys.stdin.read()
"""

LOOK_AS_ROOT_THEN_AS_NOBODY = f"""
import json, os, sys
from homeport import host
def look():
    [listener] = host.listeners(int(sys.argv[1]))
    print(json.dumps([listener.user, [holder.pid for holder in listener.holders]]), flush=True)
look()
os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
look()
"""


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as children:
        yield starter(children)


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def port(listening: socket.socket) -> int:
    return int(listening.getsockname()[1])


@pytest.fixture(autouse=True)
def children_find_homeport(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    monkeypatch.delenv("HOMEPORT_PLATFORM", raising=False)


@pytest.fixture(params=["procfs", "portable"])
def platform(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    name = str(request.param)
    monkeypatch.setenv("HOMEPORT_PLATFORM", name if name == "portable" else "")
    return name


@pytest.mark.usefixtures("platform")
def test_our_own_socket_is_held_by_us(port: int) -> None:
    [listener] = host.listeners(port)
    assert listener.address == Address(ip="127.0.0.1", port=port)
    assert listener.v6only is None
    [holder] = listener.holders
    assert holder.pid == os.getpid()
    assert "py" in holder.command
    assert holder.folder == os.getcwd()
    assert holder.user == listener.user is not None
    assert holder.started is not None
    assert time.time() - 3600 < holder.started < time.time() + 2


@pytest.mark.usefixtures("platform")
def test_a_port_that_nobody_listens_on_has_no_listeners() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert host.listeners(bound.getsockname()[1]) == ()


@pytest.mark.usefixtures("platform")
def test_a_connection_is_not_a_listener(listening: socket.socket, port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client, listening.accept()[0]:
        assert len(host.listeners(port)) == 1
        assert host.listeners(client.getsockname()[1]) == ()


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
@pytest.mark.usefixtures("platform")
def test_both_loopback_addresses_are_two_listeners(port: int) -> None:
    with socket.create_server(("::1", port), family=socket.AF_INET6):
        addresses = {str(listener.address) for listener in host.listeners(port)}
    assert addresses == {f"127.0.0.1:{port}", f"[::1]:{port}"}


def test_the_portable_way_sees_the_same(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    [one] = host.listeners(port)
    monkeypatch.setenv("HOMEPORT_PLATFORM", "portable")
    [other] = host.listeners(port)
    assert other.address == one.address
    assert other.user == one.user
    [holder], [other_holder] = one.holders, other.holders
    assert (other_holder.pid, other_holder.command) == (holder.pid, holder.command)
    assert (other_holder.user, other_holder.folder) == (holder.user, holder.folder)
    assert other_holder.started == pytest.approx(holder.started, abs=2)


def test_a_shared_socket_shows_both_holders(
    listening: socket.socket, port: int, start: Start
) -> None:
    child = start(SLEEP_UNTIL_EOF, pass_fds=(listening.fileno(),))
    assert read_line(child) == "ready"
    [listener] = host.listeners(port)
    assert [holder.pid for holder in listener.holders] == [os.getpid(), child.pid]


def test_a_socket_outlives_the_one_who_opened_it(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        child = start(SLEEP_UNTIL_EOF, pass_fds=(server.fileno(),))
        assert read_line(child) == "ready"
    [listener] = host.listeners(port)
    assert [holder.pid for holder in listener.holders] == [child.pid]
    child.kill()
    child.wait(DEADLINE)
    assert host.listeners(port) == ()


def test_a_deleted_folder_is_named_as_the_kernel_names_it(
    listening: socket.socket, port: int, start: Start, tmp_path: Path
) -> None:
    code = f"import os; os.chdir({str(tmp_path)!r}); os.rmdir(os.getcwd()); " + SLEEP_UNTIL_EOF
    child = start(code, pass_fds=(listening.fileno(),))
    assert read_line(child) == "ready"
    [listener] = host.listeners(port)
    assert listener.holders[1].folder == f"{tmp_path} (deleted)"


def test_holders_that_come_and_go_never_break_a_look(listening: socket.socket, port: int) -> None:
    brief = ["/bin/true"]
    for _ in range(30):
        children = [subprocess.Popen(brief, pass_fds=(listening.fileno(),)) for _ in range(3)]
        [listener] = host.listeners(port)
        assert os.getpid() in {holder.pid for holder in listener.holders}
        for child in children:
            child.wait(DEADLINE)


@needs_root
@pytest.mark.usefixtures("platform")
def test_the_listener_of_another_user_is_his(start: Start) -> None:
    child = start(LISTEN_AS_NOBODY)
    [listener] = host.listeners(int(read_line(child)))
    [holder] = listener.holders
    assert (listener.user, holder.user, holder.pid) == ("nobody", "nobody", child.pid)


@needs_root
def test_a_listener_we_may_not_look_into_has_a_user_and_no_holders(port: int, start: Start) -> None:
    child = start(LOOK_AS_ROOT_THEN_AS_NOBODY, str(port))
    as_root, as_nobody = all_lines(child)
    assert json.loads(as_root) == ["root", [os.getpid()]]
    assert json.loads(as_nobody) == ["root", []]


@needs_root
def test_the_portable_way_does_not_fail_on_what_it_may_not_see(
    port: int, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOMEPORT_PLATFORM", "portable")
    child = start(LOOK_AS_ROOT_THEN_AS_NOBODY, str(port))
    as_root, as_nobody = all_lines(child)
    assert json.loads(as_root) == ["root", [os.getpid()]]
    assert json.loads(as_nobody) == [None, []]


def test_looking_on_linux_needs_no_psutil_and_importing_needs_nothing(
    port: int, start: Start
) -> None:
    code = """if True:
        import json, sys
        from homeport import host
        print(json.dumps([name for name in sys.modules if name.startswith("homeport.host.")]))
        host.listeners(int(sys.argv[1]))
        host.port_rules().ephemeral, host.first_unprivileged_port()
        print("psutil" in sys.modules, flush=True)
    """
    child = start(code, str(port))
    assert all_lines(child) == ["[]", "False"]


def test_the_ports_of_this_computer() -> None:
    assert 0 <= host.first_unprivileged_port() <= 65536
    with socket.socket() as client:
        client.bind(("127.0.0.1", 0))
        assert client.getsockname()[1] in host.port_rules().ephemeral


def test_the_ports_of_other_computers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEPORT_PLATFORM", "portable")
    assert host.first_unprivileged_port() == 1024
    assert host.port_rules().ephemeral == range(49152, 65536)


def test_the_interfaces_of_this_computer() -> None:
    loopback = [one for one in host.interfaces() if one.kind is InterfaceKind.LOOPBACK]
    assert any("127.0.0.1/8" in one.addresses and one.up for one in loopback)

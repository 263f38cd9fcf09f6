from collections.abc import Iterable
from typing import NamedTuple

import pytest

from homeport.core.facts import RemnantKind
from homeport.host import portable


class Denied(Exception):
    pass


class Gone(Exception):
    pass


class At(NamedTuple):
    ip: str
    port: int


class Connection(NamedTuple):
    """psutil's sconn; a process's own connections (pconn) carry no pid."""

    laddr: At | tuple[()]
    status: str
    pid: int | None
    raddr: At | tuple[()] = ()


class OwnConnection(NamedTuple):
    laddr: At | tuple[()]
    status: str
    raddr: At | tuple[()] = ()


class FakeProcess:
    def __init__(self, pid: int, *, denied: type[Exception] | None = None) -> None:
        self.pid = pid
        self.denied = denied
        self.running = True
        self.ips: list[str] = []
        self.parent: FakeProcess | None = None

    def _tell(self, value: str) -> str:
        if self.denied:
            raise self.denied
        return value

    def name(self) -> str:
        return self._tell("python3")

    def cmdline(self) -> list[str]:
        return self._tell("python3 --token abc").split()

    def username(self) -> str:
        return self._tell("me")

    def cwd(self) -> str:
        return self._tell("/Users/me/app")

    def create_time(self) -> float:
        return 1000.0 - self.pid

    def is_running(self) -> bool:
        return self.running

    def parents(self) -> "list[FakeProcess]":
        self._tell("")
        return [self.parent, *self.parent.parents()] if self.parent else []

    def net_connections(self, kind: str) -> Iterable[OwnConnection]:
        assert self._tell(kind) == "tcp"
        return [OwnConnection(At(ip, 8000), "LISTEN") for ip in self.ips]


class FakePsutil:
    AccessDenied = Denied
    NoSuchProcess = Gone

    def __init__(self, *connections: Connection, denied: bool = False) -> None:
        self.connections = connections
        self.denied = denied
        self.processes: dict[int, FakeProcess] = {}

    def add(self, process: FakeProcess) -> None:
        self.processes[process.pid] = process

    def net_connections(self, kind: str) -> Iterable[Connection]:
        assert kind == "tcp"
        if self.denied:
            raise Denied
        return self.connections

    def process_iter(self) -> Iterable[FakeProcess]:
        return self.processes.values()

    def Process(self, pid: int) -> FakeProcess:
        if pid not in self.processes:
            raise Gone
        return self.processes[pid]


def pids(psutil: FakePsutil) -> dict[str, list[int]]:
    found = portable.listeners(8000, psutil=psutil)
    return {str(one.address): [holder.pid for holder in one.holders] for one in found}


def connection(port: int, peer: At | tuple[()], status: str = "ESTABLISHED") -> Connection:
    return Connection(At("192.0.2.1", port), status, 1, peer)


def listen(ip: str, pid: int | None, port: int = 8000) -> Connection:
    return Connection(At(ip, port), "LISTEN", pid)


def test_only_listening_sockets_of_the_port_count() -> None:
    psutil = FakePsutil(
        listen("127.0.0.1", None),
        listen("::1", None),
        listen("::ffff:127.0.0.2", None),
        listen("127.0.0.1", None, port=80),
        Connection(At("127.0.0.1", 8000), "ESTABLISHED", None),
        Connection((), "CLOSE", None),
    )
    assert pids(psutil) == {"127.0.0.1:8000": [], "127.0.0.2:8000": [], "[::1]:8000": []}


def test_a_shared_socket_is_one_listener_the_oldest_holder_first() -> None:
    psutil = FakePsutil(listen("::", 1), listen("::", 2), listen("::", None))
    psutil.add(FakeProcess(1))
    psutil.add(FakeProcess(2))
    assert pids(psutil) == {"[::]:8000": [2, 1]}


@pytest.mark.parametrize("refusal", [Denied, OSError])
def test_what_is_denied_is_none(refusal: type[Exception]) -> None:
    psutil = FakePsutil(listen("::1", 1))
    psutil.add(FakeProcess(1, denied=refusal))
    [listener] = portable.listeners(8000, psutil=psutil)
    [holder] = listener.holders
    assert listener.user is None
    assert (holder.pid, holder.started) == (1, 999.0)
    assert (holder.command, holder.user, holder.folder) == ("", None, None)


def test_details_are_told_without_secrets() -> None:
    psutil = FakePsutil(listen("::1", 1))
    psutil.add(FakeProcess(1))
    [listener] = portable.listeners(8000, psutil=psutil)
    [holder] = listener.holders
    assert holder.command == "python3 --token ***"
    assert (listener.user, holder.user, holder.folder) == ("me", "me", "/Users/me/app")


def test_a_process_that_vanished_or_gave_its_pid_away_is_left_out() -> None:
    psutil = FakePsutil(listen("::1", 1), listen("::1", 2))
    replaced = FakeProcess(2)
    replaced.running = False
    psutil.add(replaced)
    assert pids(psutil) == {"[::1]:8000": []}


def test_a_mac_without_root_asks_each_process() -> None:
    psutil = FakePsutil(denied=True)
    for process in (FakeProcess(1), FakeProcess(2, denied=Denied), FakeProcess(3, denied=Gone)):
        process.ips = ["127.0.0.1"]
        psutil.add(process)
    assert pids(psutil) == {"127.0.0.1:8000": [1]}


def test_all_ports_and_no_owners_can_be_asked_for() -> None:
    psutil = FakePsutil(listen("::1", 1), listen("127.0.0.1", 1, port=80))
    psutil.add(FakeProcess(1))
    found = portable.listeners(None, owners=False, psutil=psutil)
    assert [(str(one.address), one.holders) for one in found] == [
        ("127.0.0.1:80", ()),
        ("[::1]:8000", ()),
    ]


def test_a_mapped_address_is_told_from_the_real_one_and_a_zone_is_left_out() -> None:
    psutil = FakePsutil(listen("::ffff:127.0.0.1", None), listen("fe80::1%lo0", None))
    found = portable.listeners(8000, psutil=psutil)
    assert [(one.address.ip, one.mapped) for one in found] == [
        ("127.0.0.1", True),
        ("fe80::1", False),
    ]


def test_parents_are_told_as_far_as_they_may_be_seen() -> None:
    psutil = FakePsutil(listen("::1", 3))
    first, second, third = FakeProcess(1), FakeProcess(2), FakeProcess(3)
    third.parent, second.parent = second, first
    psutil.add(third)
    [listener] = portable.listeners(8000, psutil=psutil)
    assert [parent.pid for parent in listener.holders[0].ancestors] == [2, 1]
    second.denied = Denied
    [listener] = portable.listeners(8000, psutil=psutil)
    assert listener.holders[0].ancestors == ()
    second.denied = Gone
    [listener] = portable.listeners(8000, psutil=psutil)
    assert listener.holders[0].ancestors == ()


def test_what_is_not_a_listener_is_a_remnant() -> None:
    client, server = At("192.0.2.9", 60000), At("192.0.2.9", 443)
    psutil = FakePsutil(
        connection(8000, client),
        connection(8000, client, "SYN_RECV"),
        connection(8000, server),
        connection(8000, client, "TIME_WAIT"),
        connection(8000, (), "BOUND"),
        connection(8001, client),
        Connection((), "CLOSE", None),
    )
    psutil.add(FakeProcess(1))
    found = portable.remnants(8000, psutil=psutil)
    assert [one.kind for one in found] == [
        RemnantKind.LEFTOVER,
        RemnantKind.OUTGOING,
        RemnantKind.TIME_WAIT,
        RemnantKind.BOUND,
    ]
    assert [str(one.peer) for one in found[:2]] == ["192.0.2.9:60000", "192.0.2.9:443"]
    assert {(one.user, one.seconds, len(one.holders)) for one in found} == {("me", None, 1)}


def test_connections_of_a_listener_are_no_remnants() -> None:
    client = At("192.0.2.9", 60000)
    psutil = FakePsutil(listen("0.0.0.0", None), connection(8000, client))
    assert portable.remnants(8000, psutil=psutil) == ()

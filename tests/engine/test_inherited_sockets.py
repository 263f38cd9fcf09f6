"""Socket activation: homeport serves the sockets that a service manager has opened."""

import json
import os
import signal
import socket
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.engine.live import HELLO
from tests.engine.service_manager import activated, listening

TELLING = """
import os
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def read() -> dict[str, object]:
    names = [n for n in os.environ if n.startswith(("LISTEN_", "NOTIFY_", "WATCHDOG_"))]
    fds = {}
    for fd in os.listdir("/proc/self/fd"):
        try:
            fds[fd] = os.readlink(f"/proc/self/fd/{fd}")
        except OSError:
            pass
    return {"names": names, "pid": os.getpid(), "fds": fds}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "shop"\n')
    (tmp_path / "main.py").write_text(HELLO)
    return tmp_path


@contextmanager
def opened(*ips: str) -> Iterator[list[socket.socket]]:
    with ExitStack() as cleanup:
        first = cleanup.enter_context(listening(ips[0]))
        port = first.getsockname()[1]
        yield [first, *(cleanup.enter_context(listening(ip, port)) for ip in ips[1:])]


def get(sock: socket.socket, path: str = "/") -> dict[str, object]:
    ip, port = sock.getsockname()[:2]
    host = f"[{ip}]" if ":" in ip else ip
    with urllib.request.urlopen(f"http://{host}:{port}{path}", timeout=10) as answer:
        found: dict[str, object] = json.loads(answer.read())
        return found


def refused(project: Path, sockets: list[socket.socket], *arguments: str, **env: str) -> str:
    with activated(project, sockets, *arguments, **env) as server:
        error = server.until("error")
        assert server.wait() == error["exit_code"] == 2
        assert error["code"] == "inherited-sockets"
        return str(error["message"])


def test_the_sockets_that_are_given_are_served(project: Path) -> None:
    with opened("127.0.0.1", "::1") as sockets, activated(project, sockets) as server:
        event = server.until("listening")
        assert event["port"] == sockets[0].getsockname()[1]
        server.until("ready")
        assert [get(sock) for sock in sockets] == [{"version": 1}] * 2
        assert server.end(signal.SIGTERM) == 0


def test_no_worker_and_no_program_of_it_hears_of_them(project: Path) -> None:
    (project / "main.py").write_text(TELLING)
    # Each once, by our channel. The third is on descriptor 5: a worker has others on 3 and 4.
    with opened("127.0.0.1", "::1", "127.0.0.2") as sockets, activated(project, sockets) as server:
        server.until("ready")
        told = get(sockets[0])
        assert told["names"] == []
        inodes = [f"socket:[{sock_inode(sock)}]" for sock in sockets]
        fds = told["fds"]
        assert isinstance(fds, dict)
        assert [list(fds.values()).count(each) for each in inodes] == [
            1,
            1,
            1,
        ]


def sock_inode(sock: socket.socket) -> int:
    return os.fstat(sock.fileno()).st_ino


def test_a_restart_loses_no_connection(project: Path) -> None:
    answers: list[dict[str, object] | Exception] = []
    over = threading.Event()

    def ask(sock: socket.socket) -> None:
        while not over.is_set():
            try:
                answers.append(get(sock))
            except Exception as error:
                answers.append(error)

    with opened("127.0.0.1") as sockets:
        threads = [threading.Thread(target=ask, args=(sockets[0],)) for _ in range(4)]
        with activated(project, sockets) as server:
            server.until("ready")
            for thread in threads:
                thread.start()
            assert server.end(signal.SIGTERM) == 0
        try:
            before = len(answers)
            (project / "main.py").write_text(HELLO.replace("1", "2"))
            with activated(project, sockets) as server:
                server.until("ready")
                assert get(sockets[0]) == {"version": 2}
                over.set()
                for thread in threads:
                    thread.join(20)
        finally:
            over.set()
    assert [each for each in answers if isinstance(each, Exception)] == []
    assert len(answers) > before and answers[-1] == {"version": 2}


def test_a_port_or_host_that_says_the_same_is_fine(project: Path) -> None:
    with opened("127.0.0.1", "::1") as sockets:
        port = str(sockets[0].getsockname()[1])
        with activated(project, sockets, "--port", port, "--host", "localhost") as server:
            server.until("ready")


def test_a_port_or_host_that_says_something_else_is_refused(project: Path) -> None:
    with opened("127.0.0.1") as sockets:
        port = sockets[0].getsockname()[1]
        other = str(port % 60000 + 2000)
        assert f"--port is {other}" in refused(project, sockets, "--port", other)
        said = refused(project, sockets, "--host", "all")
        assert said.startswith("--host means 0.0.0.0") and f"127.0.0.1:{port}" in said
        said = refused(project, sockets, HOMEPORT_PORT=other)
        assert said.startswith(f"HOMEPORT_PORT in the environment is {other}")


def test_what_cannot_be_served_is_refused_with_a_sentence(project: Path) -> None:
    with ExitStack() as cleanup:
        unix = cleanup.enter_context(socket.socket(socket.AF_UNIX))
        unix.bind(str(project / "sock"))
        unix.listen()
        udp = cleanup.enter_context(socket.socket(type=socket.SOCK_DGRAM))
        idle = cleanup.enter_context(socket.socket())
        idle.bind(("127.0.0.1", 0))
        both = cleanup.enter_context(socket.socket(socket.AF_INET6))
        both.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        both.bind(("::", 0))
        both.listen()
        first, second = (cleanup.enter_context(listening()) for _ in range(2))
        assert "is a Unix socket" in refused(project, [unix])
        assert "descriptor 4 (web) is a UDP socket" in refused(
            project, [first, udp], LISTEN_FDNAMES="api:web"
        )
        assert "does not listen" in refused(project, [idle])
        assert "takes IPv4 and IPv6 at once" in refused(project, [both])
        assert "one port on all addresses" in refused(project, [first, second])


def test_sockets_of_another_process_are_left_alone(project: Path) -> None:
    with opened("127.0.0.1") as sockets:
        line = ("-c", "import os, sys; os.environ['LISTEN_PID'] = '1'; from homeport.ui.cli.main "
                "import main; sys.argv[1:] = ['--json', '--port', '0']; main()")  # fmt: skip
        with activated(project, sockets, command=line) as server:
            assert server.until("listening")["port"] != sockets[0].getsockname()[1]
            server.until("ready")


def test_an_open_door_is_told_by_its_address(project: Path) -> None:
    with opened("0.0.0.0") as sockets, activated(project, sockets) as server:
        addresses = server.until("listening")["addresses"]
        assert "0.0.0.0" in json.dumps(addresses)
        server.until("ready")

"""How a server ends, and what it survives."""

import os
import signal
import socket
from pathlib import Path

import httpx
import pytest

from tests.engine.live import HELLO, eventually, homeport, is_alive, is_free, save

HANGING = (
    HELLO
    + """

@app.get("/hang")
async def hang() -> None:
    import asyncio
    import pathlib

    pathlib.Path("hanging").touch()
    await asyncio.sleep(600)


@app.get("/block")
def block() -> None:
    import time

    time.sleep(600)


@app.get("/freeze")
async def freeze() -> None:
    import pathlib
    import time

    pathlib.Path("hanging").touch()
    time.sleep(600)


@app.get("/die")
async def die() -> None:
    import os

    os._exit(9)
"""
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(HANGING)
    return tmp_path


def open_request(port: int, path: str) -> socket.socket:
    """A request that is not waited for."""
    sock = socket.create_connection(("127.0.0.1", port))
    sock.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return sock


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_ends_everything_in_order(project: Path, number: signal.Signals) -> None:
    with homeport(project) as server:
        server.ready()
        workers = server.workers()
        assert len(workers) == 1
        assert server.end(number) == 0
        assert [e["event"] for e in server.events][-2:] == ["stopping", "stopped"]
        assert not any(is_alive(pid) for pid in workers)
        assert is_free(server.port)


def test_a_second_signal_does_not_wait(project: Path) -> None:
    with homeport(project) as server:
        server.ready()
        with open_request(server.port, "/hang"):
            eventually((project / "hanging").exists, "the request")
            server.process.send_signal(signal.SIGINT)
            server.until("stopping")
            # The same keystroke may arrive twice (uv run, npm): that is not yet impatience.
            eventually(lambda: _impatient(server.process), "the end")
            assert server.wait() == 130
        assert is_free(server.port)


def _impatient(process: "object") -> bool:
    process.send_signal(signal.SIGINT)  # type: ignore[attr-defined]
    return process.poll() is not None  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", ["/hang", "/block", "/freeze"])
def test_stopping_is_bounded_whatever_the_app_does(project: Path, path: str) -> None:
    with homeport(project, "--stop-timeout", "0.2") as server:
        server.ready()
        with open_request(server.port, path):
            if path != "/block":
                eventually((project / "hanging").exists, "the request")
            assert server.end() == 0
        assert is_free(server.port)


def test_a_request_in_progress_is_finished(project: Path) -> None:
    slow = (
        HELLO
        + """

@app.get("/slow")
async def slow() -> str:
    import asyncio
    import pathlib

    pathlib.Path("slow").touch()
    await asyncio.sleep(0.7)
    return "whole"
"""
    )
    (project / "main.py").write_text(slow)
    with homeport(project) as server:
        server.ready()
        with open_request(server.port, "/slow") as sock:
            eventually((project / "slow").exists, "the request")
            assert server.end() == 0
            sock.settimeout(10)
            answer = b"".join(iter(lambda: sock.recv(4096), b""))
        assert answer.startswith(b"HTTP/1.1 200")
        assert answer.endswith(b'"whole"')
        assert b"connection: close" in answer


def test_when_the_supervisor_is_killed_the_worker_goes_with_it(project: Path) -> None:
    with homeport(project) as server:
        server.ready()
        (worker,) = server.workers()
        server.process.kill()
        eventually(lambda: not is_alive(worker), "the end of the worker")
        eventually(lambda: is_free(server.port), "the port to be free")


@pytest.mark.parametrize("hanging", ["importing", "in a request"])
def test_even_a_worker_that_hangs_goes_with_it(project: Path, hanging: str) -> None:
    if hanging == "importing":
        (project / "main.py").write_text(
            "import pathlib, time; pathlib.Path('hanging').touch(); time.sleep(600)"
        )
    with homeport(project) as server:
        port = server.until("listening")["port"]
        if hanging == "in a request":
            server.until("ready")
            open_request(port, "/freeze").close()
        eventually((project / "hanging").exists, "the worker to hang")
        (worker,) = server.workers()
        server.process.kill()
        eventually(lambda: not is_alive(worker), "the end of the worker")
        eventually(lambda: is_free(port), "the port to be free")


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL])
def test_a_worker_that_is_killed_is_replaced(project: Path, number: signal.Signals) -> None:
    with homeport(project) as server:
        url = server.ready()
        (worker,) = server.workers()
        os.kill(worker, number)
        assert number.name in server.until("crashed")["message"]
        server.until("reloaded")
        assert httpx.get(url).status_code == 200
        assert server.workers() != [worker]
        assert server.end() == 0


def test_crashes_are_followed_by_growing_pauses_and_a_save_ends_them(project: Path) -> None:
    with homeport(project) as server:
        url = server.ready()
        pauses = []
        for _ in range(3):
            open_request(server.port, "/die").close()
            crashed = server.until("crashed")
            assert "exit code 9" in crashed["message"]
            pauses.append(crashed["restart_in"])
            server.until("reloaded")
        assert pauses == [0.0, 0.5, 1.0]
        open_request(server.port, "/die").close()
        assert server.until("crashed")["restart_in"] == 2.0
        save(project / "main.py", HANGING.replace('"version": 1', '"version": 2'))
        server.until("reloading")
        server.until("reloaded")
        assert httpx.get(url).json() == {"version": 2}


def test_requests_wait_while_a_crashed_worker_is_replaced(project: Path) -> None:
    with homeport(project) as server:
        url = server.ready()
        for _ in range(2):
            open_request(server.port, "/die").close()
            server.until("crashed")
            assert httpx.get(url, timeout=10).status_code == 200


def test_a_worker_that_cannot_start_ends_the_server_without_reload(project: Path) -> None:
    (project / "main.py").write_text("import os; os._exit(5)")
    with homeport(project, "--no-reload") as server:
        assert "exit code 5" in server.until("failed")["message"]
        assert server.wait() == 3


def test_programs_the_app_starts_still_hear_ctrl_c(project: Path) -> None:
    """They would not if the worker ignored the signal with SIG_IGN."""
    (project / "main.py").write_text(
        HELLO
        + """

@app.get("/child")
def child() -> str:
    import signal
    import subprocess
    import sys

    script = "import signal; print(signal.getsignal(2) is signal.default_int_handler)"
    return subprocess.check_output([sys.executable, "-c", script], text=True)
"""
    )
    with homeport(project) as server:
        url = server.ready()
        assert "True" in httpx.get(url + "/child").text


def test_exit_handlers_and_shutdown_of_the_app_run(project: Path) -> None:
    (project / "main.py").write_text(
        """
import atexit
import contextlib
import pathlib

from fastapi import FastAPI


@contextlib.asynccontextmanager
async def lifespan(app):
    yield
    pathlib.Path("shutdown").touch()


app = FastAPI(lifespan=lifespan)
atexit.register(pathlib.Path("exit").touch)
"""
    )
    with homeport(project) as server:
        server.ready()
        assert server.end() == 0
        assert (project / "shutdown").exists()
        assert (project / "exit").exists()

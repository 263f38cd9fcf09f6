"""Notifications and the watchdog, with a service manager of our own at the other end."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.engine.live import HELLO, eventually, homeport, save
from tests.engine.service_manager import ear


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "shop"\n')
    (tmp_path / "main.py").write_text(HELLO)
    return tmp_path


def place(kind: str, project: Path) -> str:
    return f"@homeport-test-{os.getpid()}" if kind == "abstract" else str(project / "notify")


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_the_manager_hears_of_start_reload_failure_and_end(project: Path, kind: str) -> None:
    with (
        ear(place(kind, project)) as manager,
        homeport(project, NOTIFY_SOCKET=manager.address) as server,
    ):
        server.ready()
        said = manager.until("READY=1")
        assert f"MAINPID={server.process.pid}" in said
        assert any(
            line.startswith("STATUS=serving http://") and str(server.port) in line for line in said
        )
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        save(project / "main.py", HELLO.replace("1", "2"))
        said = manager.until("RELOADING=1")
        (moment,) = (line for line in said if line.startswith("MONOTONIC_USEC="))
        assert int(moment.partition("=")[2]) >= before
        manager.until("READY=1")
        save(project / "main.py", "import nothing_of_that_name\n")
        manager.until("RELOADING=1")
        said = manager.until("READY=1")
        assert any("does not start" in line and "still serving" in line for line in said)
        assert server.end(signal.SIGTERM) == 0
        manager.until("STOPPING=1")


def test_an_app_that_never_starts_is_never_called_ready(project: Path) -> None:
    (project / "main.py").write_text("import nothing_of_that_name\n")
    with ear(str(project / "notify")) as manager:
        with homeport(project, NOTIFY_SOCKET=manager.address) as server:
            manager.until("STATUS=the app does not start")
            save(project / "main.py", HELLO)
            server.until("ready")
            manager.until("READY=1")
        assert not any("RELOADING=1" in lines for lines in manager.heard)


def test_sighup_reloads_without_a_terminal_and_ends_beside_sigterm(project: Path) -> None:
    with (
        ear(str(project / "notify")) as manager,
        homeport(project, "--no-reload", NOTIFY_SOCKET=manager.address) as server,
    ):
        server.ready()
        manager.until("READY=1")
        server.process.send_signal(signal.SIGHUP)
        manager.until("RELOADING=1")
        server.until("reloaded")
        manager.until("READY=1")
        os.kill(server.process.pid, signal.SIGSTOP)  # so that both are found at once
        os.kill(server.process.pid, signal.SIGTERM)
        os.kill(server.process.pid, signal.SIGHUP)
        os.kill(server.process.pid, signal.SIGCONT)
        assert server.wait() == 0


def test_without_a_manager_sighup_ends_the_server(project: Path) -> None:
    with homeport(project) as server:
        server.ready()
        assert server.end(signal.SIGHUP) == 0


def test_an_app_object_answers_a_reload_that_cannot_be(project: Path) -> None:
    (project / "script.py").write_text(HELLO + "\nimport homeport\nhomeport.run(app, port=0)\n")
    from tests.engine.live import Homeport, environment

    with ear(str(project / "notify")) as manager:
        env = environment(NOTIFY_SOCKET=manager.address)
        server = Homeport([sys.executable, "script.py"], project, env)
        try:
            manager.until("READY=1")
            server.process.send_signal(signal.SIGHUP)
            manager.until("RELOADING=1")
            assert "STATUS=not loaded again" in "\n".join(manager.until("READY=1"))
            assert server.process.poll() is None
        finally:
            server.kill()


def test_a_manager_that_is_not_there_is_no_obstacle(project: Path) -> None:
    with homeport(project, NOTIFY_SOCKET=str(project / "gone"), WATCHDOG_USEC="200000") as server:
        server.ready()
        assert server.end(signal.SIGTERM) == 0


def test_a_worker_that_hangs_gives_no_sign_of_life(project: Path) -> None:
    with ear(str(project / "notify")) as manager:
        env = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "400000"}
        with homeport(project, **env) as server:
            server.ready()
            for _ in range(3):
                manager.until("WATCHDOG=1")
            (worker,) = server.workers()
            os.kill(worker, signal.SIGSTOP)
            eventually(lambda: state(worker) == "T", "the worker stands still")
            signs, until = 0, time.monotonic() + 1.6  # four times the manager's patience
            while (rest := until - time.monotonic()) > 0:
                signs += manager.next(rest) is not None
            assert signs <= 1  # an answer from before
            os.kill(worker, signal.SIGCONT)
            manager.until("WATCHDOG=1")
            save(project / "main.py", HELLO.replace("1", "2"))
            server.until("reloaded")
            manager.until("READY=1")
            manager.until("WATCHDOG=1")  # from the successor


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_watchdog_of_another_process_is_not_ours(project: Path) -> None:
    with ear(str(project / "notify")) as manager:
        env = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "50000", "WATCHDOG_PID": "1"}
        with homeport(project, **env) as server:
            server.ready()
            assert server.end(signal.SIGTERM) == 0
        manager.until("STOPPING=1")
        assert not any("WATCHDOG=1" in lines for lines in manager.heard)

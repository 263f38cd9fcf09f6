"""An app that takes a lock in its lifespan, as for a GPU, a serial port or a data file."""

import os
import signal
from pathlib import Path

import httpx
import pytest

from tests.engine.live import eventually, homeport, save
from tests.engine.test_reload import Visitor, assert_nothing_cut

LOCKING = """
import contextlib
import fcntl
import pathlib

from fastapi import FastAPI


@contextlib.asynccontextmanager
async def lifespan(app):
    with open(pathlib.Path(__file__).with_name("lock"), "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/")
async def read() -> dict[str, int]:
    return {"version": 1}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(LOCKING)
    return tmp_path


def with_version(number: int) -> str:
    return LOCKING.replace('"version": 1', f'"version": {number}')


def version_of(url: str) -> int:
    return int(httpx.get(url, timeout=20).json()["version"])


def test_without_it_the_second_one_cannot_start(project: Path) -> None:
    """What the option is for; the old version goes on."""
    with homeport(project) as server:
        url = server.ready()
        save(project / "main.py", with_version(2))
        assert "BlockingIOError" in server.until("failed", still_serving=True)["error"]
        assert version_of(url) == 1


def test_ten_reloads_under_load_refuse_nobody(project: Path) -> None:
    with homeport(project, "--single-lifespan", "--no-access-log") as server:
        url = server.ready()
        visitors = [Visitor(server.port) for _ in range(3)]
        for visitor in visitors:
            visitor.start()
        for number in range(2, 12):
            save(project / "main.py", with_version(number))
            server.until("reloaded")
            assert version_of(url) == number
        for visitor in visitors:
            visitor.enough.set()
            visitor.join()
            assert visitor.failures == []
            assert set(visitor.answers) == {200}
        assert not [e for e in server.events if e["event"] in ("failed", "crashed")]
        assert_nothing_cut(server)
        assert server.end() == 0


def test_an_import_that_fails_does_not_end_the_old_one(project: Path) -> None:
    with homeport(project, "--single-lifespan") as server:
        url = server.ready()
        (worker,) = server.workers()
        save(project / "main.py", "raise RuntimeError('no')\n")
        assert server.until("failed")["still_serving"] is True
        assert version_of(url) == 1
        assert worker in server.workers()


def test_a_startup_that_fails_is_told_and_waits_for_a_fix(project: Path) -> None:
    with homeport(project, "--single-lifespan") as server:
        url = server.ready()
        save(project / "main.py", LOCKING.replace("        yield", "        1 / 0\n        yield"))
        assert server.until("failed")["still_serving"] is False
        eventually(lambda: "ZeroDivisionError" in httpx.get(url, timeout=20).text, "the page")
        assert httpx.get(url).status_code == 503
        save(project / "main.py", with_version(3))
        server.until("reloaded")
        assert version_of(url) == 3


def test_a_save_while_the_new_one_starts_up_still_leaves_only_one(project: Path) -> None:
    """The one that is replaced may have the lock already."""
    gate = project / "started"
    slow = (
        f"        pathlib.Path({str(gate)!r}).touch()\n        import time\n        time.sleep(1)\n"
    )
    with homeport(project, "--single-lifespan") as server:
        url = server.ready()
        save(project / "main.py", LOCKING.replace("        yield", slow + "        yield"))
        eventually(gate.exists, "the startup")
        save(project / "main.py", with_version(3))
        server.until("reloaded")
        assert version_of(url) == 3
        assert all(e["event"] != "failed" for e in server.events)


def test_a_crash_is_followed_by_a_new_one(project: Path) -> None:
    with homeport(project, "--single-lifespan") as server:
        url = server.ready()
        os.kill(server.workers()[0], signal.SIGKILL)
        server.until("reloaded")
        assert version_of(url) == 1

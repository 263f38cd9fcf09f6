"""The pytest plugin, in projects of its own: what their tests see."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.engine.live import HELLO, environment

WHO = """
import os
from fastapi import FastAPI, Response

app = FastAPI()


@app.get("/")
def read(response: Response) -> int:
    response.set_cookie("seen", "1")
    return os.getpid()
"""
TESTS = """
import os
import pathlib

import pytest


@pytest.mark.parametrize("n", range(6))
def test_who(homeport_client, homeport_server, n):
    assert not homeport_client.cookies
    pid = homeport_client.get("/").json()
    assert pid != os.getpid()
    assert str(homeport_client.base_url) == homeport_server.url
    worker = os.environ.get("PYTEST_XDIST_WORKER", "master")
    with pathlib.Path("seen").open("a") as out:
        out.write(f"{worker} {pid}\\n")
"""


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """pytest in that folder, with the plugin as it is installed.

    Not with the temporary folder of our own run: that is shut for other users at every start.
    """
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env=environment(XDG_RUNTIME_DIR=str(folder), PYTEST_DEBUG_TEMPROOT=str(folder)),
        capture_output=True,
        text=True,
        timeout=120,
    )


def project(folder: Path, ini: str = "") -> Path:
    os.chmod(folder, 0o700)
    (folder / "pyproject.toml").write_text(f"[tool.pytest.ini_options]\n{ini}")
    (folder / "test_it.py").write_text(TESTS)
    return folder


def seen(folder: Path) -> dict[str, set[str]]:
    """Which server processes each worker of pytest has seen."""
    found: dict[str, set[str]] = {}
    for line in (folder / "seen").read_text().splitlines():
        worker, pid = line.split()
        found.setdefault(worker, set()).add(pid)
    return found


def is_gone(pid: str) -> bool:
    return not Path(f"/proc/{pid}").exists()


def test_one_server_for_all_tests_and_it_is_gone_afterwards(tmp_path: Path) -> None:
    (project(tmp_path) / "main.py").write_text(WHO)
    done = run(tmp_path)
    assert "6 passed" in done.stdout, done.stdout + done.stderr
    (pids,) = seen(tmp_path).values()
    (pid,) = pids
    assert is_gone(pid)
    assert not (tmp_path / "homeport").exists()  # no registry was made


def test_with_xdist_all_workers_use_one_server_until_the_last_has_left(tmp_path: Path) -> None:
    (project(tmp_path) / "main.py").write_text(WHO)
    done = run(tmp_path, "-n", "2", "--dist", "load")
    assert "6 passed" in done.stdout, done.stdout + done.stderr
    found = seen(tmp_path)
    assert set(found) == {"gw0", "gw1"}
    (pid,) = set.union(*found.values())
    assert is_gone(pid)


def test_with_xdist_a_broken_app_is_an_error_in_every_worker(tmp_path: Path) -> None:
    (project(tmp_path) / "main.py").write_text("1 / 0\n")
    done = run(tmp_path, "-n", "2")
    assert "6 errors" in done.stdout, done.stdout + done.stderr
    assert "ZeroDivisionError: division by zero" in done.stdout


def test_the_app_is_that_of_the_ini_file_from_the_root_folder(tmp_path: Path) -> None:
    project(tmp_path, 'homeport_app = "shop.api:application"\n')
    (tmp_path / "main.py").write_text("raise SystemExit('not this one')")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "api.py").write_text(WHO.replace("app = ", "application = app = "))
    (tmp_path / "tests").mkdir()
    (tmp_path / "test_it.py").rename(tmp_path / "tests" / "test_it.py")
    done = run(tmp_path, "tests")
    assert "6 passed" in done.stdout, done.stdout + done.stderr


def test_the_app_is_that_of_the_project(tmp_path: Path) -> None:
    project(tmp_path, '[tool.homeport]\napp = "other:app"\n')
    (tmp_path / "other.py").write_text(WHO)
    assert "6 passed" in run(tmp_path).stdout


def test_a_broken_app_is_an_error_with_its_traceback_and_no_hang(tmp_path: Path) -> None:
    (project(tmp_path) / "main.py").write_text("1 / 0\n")
    done = run(tmp_path)
    assert "6 errors" in done.stdout
    assert "ZeroDivisionError: division by zero" in done.stdout
    assert re.search(r'File ".*main\.py", line 1', done.stdout)


def test_a_project_may_serve_an_app_object_instead(tmp_path: Path) -> None:
    (project(tmp_path) / "conftest.py").write_text(
        "import homeport, pytest\nfrom main import app\n\n"
        "@pytest.fixture(scope='session')\n"
        "def homeport_server():\n"
        "    with homeport.serve(app) as server:\n"
        "        yield server\n"
    )
    (tmp_path / "main.py").write_text(HELLO)
    (tmp_path / "test_it.py").write_text(
        "def test_it(homeport_client):\n"
        "    assert homeport_client.get('/').json() == {'version': 1}\n"
    )
    assert "1 passed" in run(tmp_path).stdout


def test_a_test_run_that_does_not_use_it_does_not_load_it(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "test_it.py").write_text(
        "import sys\n\ndef test_it():\n"
        "    assert 'homeport.pytest_plugin' in sys.modules\n"
        "    assert not {'homeport.testing', 'httpx', 'asyncio.runners'} & set(sys.modules)\n"
    )
    done = run(tmp_path, "-p", "no:anyio")
    assert "1 passed" in done.stdout, done.stdout


def test_its_fixtures_are_listed_with_what_they_are(tmp_path: Path) -> None:
    done = run(project(tmp_path), "--fixtures")
    assert "homeport_server [session scope]" in done.stdout
    assert "The project's app behind a real server, one for the whole run" in done.stdout
    assert "homeport_client --" in done.stdout

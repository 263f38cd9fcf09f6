"""Saving a file changes what is served, and nobody notices anything else."""

import http.client
import os
import threading
from pathlib import Path

import httpx
import pytest

from tests.engine.live import HELLO, Homeport, eventually, homeport, save


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(HELLO)
    return tmp_path


def version_of(url: str) -> int:
    return int(httpx.get(url).json()["version"])


def with_version(number: int) -> str:
    return HELLO.replace('"version": 1', f'"version": {number}')


def test_a_save_is_served(project: Path) -> None:
    with homeport(project) as server:
        url = server.ready()
        assert version_of(url) == 1
        save(project / "main.py", with_version(2))
        assert server.until("reloading")["reasons"] == ["main.py"]
        assert server.until("reloaded")["reasons"] == ["main.py"]
        assert version_of(url) == 2


@pytest.mark.parametrize(
    "broken",
    [
        "def (:",
        "raise RuntimeError('no')",
        "import no_such_thing",
        "app = 5",
        "import os; os._exit(7)",
    ],
)
def test_broken_code_changes_nothing_for_clients(project: Path, broken: str) -> None:
    with homeport(project) as server:
        url = server.ready()
        save(project / "main.py", broken)
        assert server.until("failed")["still_serving"] is True
        assert version_of(url) == 1
        save(project / "main.py", with_version(3))
        server.until("reloaded")
        assert version_of(url) == 3


def test_a_first_start_that_is_broken_answers_503_until_it_is_fixed(project: Path) -> None:
    (project / "main.py").write_text("raise RuntimeError('not yet')\n")
    with homeport(project) as server:
        port = server.until("listening")["port"]
        failed = server.until("failed")
        assert "not yet" in failed["traceback"]
        answer = httpx.get(f"http://127.0.0.1:{port}/any")
        assert answer.status_code == 503
        assert "RuntimeError: not yet" in answer.text
        page = httpx.get(f"http://[::1]:{port}/", headers={"accept": "text/html"})
        assert page.headers["content-type"].startswith("text/html")
        assert "RuntimeError: not yet" in page.text
        save(project / "main.py", "raise RuntimeError('still not')\n")
        server.until("failed")
        eventually(
            lambda: "still not" in httpx.get(f"http://127.0.0.1:{port}/").text, "the new traceback"
        )
        save(project / "main.py", with_version(1))
        server.until("ready")
        assert version_of(f"http://127.0.0.1:{port}/") == 1


def test_bytecode_of_an_equal_sized_older_version_is_not_trusted(project: Path) -> None:
    """Written by another Python, as `python main.py` or pytest do."""
    source = project / "main.py"
    import py_compile

    source.write_text(with_version(8))
    os.utime(source, (1_700_000_000, 1_700_000_000))
    py_compile.compile(str(source))
    source.write_text(with_version(9))
    os.utime(source, (1_700_000_000, 1_700_000_000))
    with homeport(project) as server:
        assert version_of(server.ready()) == 9


def test_a_save_during_a_reload_starts_it_again(project: Path) -> None:
    slow = "import time; time.sleep(0.6)\n"
    with homeport(project) as server:
        url = server.ready()
        save(project / "main.py", slow + with_version(2))
        server.until("reloading")
        save(project / "main.py", slow + with_version(3))
        server.until("reloading")
        server.until("reloaded")
        assert version_of(url) == 3
        assert [e["event"] for e in server.events].count("reloaded") == 1


def test_a_save_while_the_first_worker_imports_is_not_missed(project: Path) -> None:
    """It may happen before anybody watches."""
    gate = project / "imported"
    (project / "main.py").write_text(
        HELLO + f"\nimport pathlib, time; pathlib.Path({str(gate)!r}).touch(); time.sleep(0.3)\n"
    )
    with homeport(project) as server:
        eventually(gate.exists, "the import")
        save(project / "main.py", with_version(5))
        url = server.ready()
        eventually(lambda: version_of(url) == 5, "the save")


def test_many_files_at_once_are_one_reload(project: Path) -> None:
    package = project / "shop"
    package.mkdir()
    (package / "__init__.py").touch()
    for i in range(500):
        (package / f"part{i}.py").write_text("x = 1\n")
    with homeport(project) as server:
        url = server.ready()
        for i in range(500):
            save(package / f"part{i}.py", "x = 2\n")
        save(project / "main.py", with_version(2))
        eventually(lambda: version_of(url) == 2, "the last save")
        assert sum(e["event"] == "reloaded" for e in server.events) <= 3


def test_what_nobody_edits_does_not_reload(project: Path) -> None:
    for folder in (".venv/lib", "node_modules/x", ".git", "__pycache__", "deep/site-packages"):
        (project / folder).mkdir(parents=True)
    (project / "other" / "bin").mkdir(parents=True)
    (project / "other" / "pyvenv.cfg").touch()
    with homeport(project) as server:
        server.ready()
        places = (".venv/lib", "node_modules/x", ".git", "__pycache__", "deep/site-packages")
        for folder in (*places, "other/bin"):
            (project / folder / "new.py").write_text("x = 1")
        (project / "notes.txt").write_text("not code")
        save(project / "main.py", with_version(2))
        assert server.until("reloading")["reasons"] == ["main.py"]
        server.until("reloaded")


def test_a_new_package_is_watched(project: Path) -> None:
    with homeport(project) as server:
        url = server.ready()
        (project / "late" / "inner").mkdir(parents=True)
        (project / "late" / "inner" / "__init__.py").write_text("number = 7\n")
        text = "from late.inner import number\n" + HELLO.replace(
            '"version": 1', '"version": number'
        )
        save(project / "main.py", text)
        eventually(lambda: version_of(url) == 7, "the import of the new package")
        save(project / "late" / "inner" / "__init__.py", "number = 8\n")
        eventually(lambda: version_of(url) == 8, "the change of the new package")


def test_imported_code_outside_the_project_is_watched(tmp_path: Path) -> None:
    project, library = tmp_path / "project", tmp_path / "library"
    project.mkdir()
    library.mkdir()
    (library / "numbers_of_mine.py").write_text("number = 1\n")
    (project / "main.py").write_text(
        "from numbers_of_mine import number\n" + HELLO.replace('"version": 1', '"version": number')
    )
    with homeport(project, PYTHONPATH=str(library)) as server:
        url = server.ready()
        save(library / "numbers_of_mine.py", "number = 2\n")
        eventually(lambda: version_of(url) == 2, "the change elsewhere")


def test_include_exclude_and_env_file(project: Path) -> None:
    (project / "local.env").write_text("NUMBER=1\n")
    (project / "main.py").write_text(
        "import os\n" + HELLO.replace('"version": 1', '"version": int(os.environ["NUMBER"])')
    )
    (project / "tests").mkdir()
    flags = ("--env-file", "local.env", "--reload-include", "*.html", "--reload-exclude", "tests/*")
    with homeport(project, *flags) as server:
        url = server.ready()
        assert version_of(url) == 1
        (project / "tests" / "test_it.py").write_text("x = 1")
        (project / "page.html").write_text("<p>")
        assert server.until("reloading")["reasons"] == ["page.html"]
        server.until("reloaded")
        save(project / "local.env", "NUMBER=2\n")
        assert server.until("reloading")["reasons"] == ["local.env"]
        server.until("reloaded")
        assert version_of(url) == 2


def test_without_reload_a_save_means_nothing(project: Path) -> None:
    with homeport(project, "--no-reload") as server:
        url = server.ready()
        save(project / "main.py", with_version(2))
        assert version_of(url) == 1
        assert server.end() == 0
        assert all(e["event"] != "reloading" for e in server.events)


class Visitor(threading.Thread):
    """Asks all the time, each time on a new connection."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.port = port
        self.answers: list[int] = []
        self.failures: list[str] = []
        self.enough = threading.Event()

    def run(self) -> None:
        while not self.enough.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            try:
                connection.request("GET", "/")
                answer = connection.getresponse()
                answer.read()
                self.answers.append(answer.status)
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
            finally:
                connection.close()


def test_twenty_reloads_under_load_lose_no_request(project: Path) -> None:
    with homeport(project, "--no-access-log") as server:
        url = server.ready()
        visitors = [Visitor(server.port) for _ in range(3)]
        for visitor in visitors:
            visitor.start()
        for number in range(2, 22):
            save(project / "main.py", with_version(number))
            server.until("reloaded")
            assert version_of(url) == number
        for visitor in visitors:
            visitor.enough.set()
            visitor.join()
            assert visitor.failures == []
            assert set(visitor.answers) == {200}
            assert len(visitor.answers) > 100
        eventually(lambda: len(server.workers()) == 1, "the old workers to leave")
        assert_nothing_cut(server)


def assert_nothing_cut(server: Homeport) -> None:
    assert [e for e in server.events if e["event"] == "cut"] == []

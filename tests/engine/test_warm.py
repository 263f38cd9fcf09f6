"""Reloads from the warm template: as a cold start would be, only sooner."""

import contextlib
import http.client
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.engine.live import Homeport, children_of, eventually, homeport, is_alive, is_free, save
from tests.engine.warm_apps import FACTS, Installed, Project, get, logs, with_library


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    return Installed(tmp_path / "base")


def test_a_reload_imports_no_library_again(tmp_path: Path, installed: Installed) -> None:
    note = tmp_path / "imported"
    installed.add("counted", f"value = 1\nopen({str(note)!r}, 'a').write('x')\n")
    project = Project(tmp_path / "project", with_library("counted"))
    with homeport(project.folder, **installed.environment) as server:
        server.ready()

        def imports_nothing(facts: Any) -> bool:
            """Warm, and the one before was too."""
            before, counted[0] = counted[0], len(note.read_text())
            return bool(facts["warm"]) and counted[0] == before

        counted = [0]
        project.warm_reload(server)
        for _ in range(3):
            project.reload_until(server, imports_nothing, "a reload that imports no library")


def test_a_warm_worker_finds_what_a_cold_one_finds(tmp_path: Path, installed: Installed) -> None:
    installed.add("sets_variable", "import os\nos.environ['FROM_LIBRARY'] = 'x'\nvalue = 1\n")
    project = Project(tmp_path / "project", with_library("sets_variable"))
    (project.folder / "local.env").write_text("FROM_FILE=1\n")
    with homeport(project.folder, "--env-file", "local.env", **installed.environment) as server:
        server.ready()
        cold = get(server)
        warm = project.warm_reload(server)
        same = (
            "environment",
            "argv",
            "path",
            "main",
            "parent",
            "threads",
            "descriptors",
            "blocked",
        )
        assert not cold["warm"]
        assert {name: warm[name] for name in same} == {name: cold[name] for name in same}
        assert warm["environment"]["FROM_LIBRARY"] == "x"
        assert warm["environment"]["FROM_FILE"] == "1"
        assert warm["parent"] == server.process.pid
        command = Path(f"/proc/{warm['pid']}/cmdline").read_text()
        assert "homeport.engine.worker" in command and "template" not in command


HEAVY = """
import httpx, numpy, pandas, sqlalchemy
from cryptography.fernet import Fernet
import starts_thread
"""
USE_ALL = """

@app.get("/use")
def use() -> list:
    engine = sqlalchemy.create_engine("sqlite://")
    with engine.connect() as connection:
        one = connection.execute(sqlalchemy.text("select 1")).scalar()
    big = numpy.ones((600, 600))
    key = Fernet.generate_key()
    frame = pandas.DataFrame({"a": [1, 1, 2], "b": [1, 2, 3]})
    return [
        one,
        float((big @ big).sum()),
        Fernet(key).decrypt(Fernet(key).encrypt(b"x")).decode(),
        frame.groupby("a")["b"].sum().tolist(),
        httpx.Client().build_request("GET", "http://x/").method,
        starts_thread.thread.is_alive(),
    ]
"""


def test_heavy_libraries_work_and_random_numbers_differ(
    tmp_path: Path, installed: Installed
) -> None:
    installed.add(
        "starts_thread",
        "import threading\nstop = threading.Event()\n"
        "thread = threading.Thread(target=stop.wait, daemon=True)\nthread.start()\n",
    )
    installed.add("imports_it", "import starts_thread\n")
    project = Project(tmp_path / "project", HEAVY + "import imports_it\n" + FACTS + USE_ALL)
    with homeport(project.folder, **installed.environment) as server:
        server.ready()
        expected = get(server, "/use")
        assert expected == [1, 600.0**3, "x", [3, 3], "GET", True]
        generations = [get(server)["numbers"], project.warm_reload(server)["numbers"]]
        for _ in range(3):
            facts = project.warm_reload(server)
            generations.append(facts["numbers"])
            assert get(server, "/use") == expected
        for kind in zip(*generations, strict=True):
            assert len(set(kind)) == len(generations), kind
        assert logs(server) == [
            "warm: imported anew by each reload: starts_thread (it starts a thread)"
        ]


def test_an_import_that_is_under_way_is_not_told_yet(tmp_path: Path, installed: Installed) -> None:
    """It may fail, as an optional part does that a request tries to import in a thread."""
    installed.add("hesitates", "import time\ntime.sleep(0.6)\nraise ImportError('not here')\n")
    tries = """
import contextlib, threading

def attempt() -> None:
    with contextlib.suppress(ImportError):
        import hesitates

app.router.on_startup.append(threading.Thread(target=attempt).start)
"""
    project = Project(tmp_path / "project", FACTS + tries)
    with homeport(project.folder, **installed.environment) as server:
        server.ready()
        project.warm_reload(server)
        assert logs(server) == []


def test_a_library_that_reads_what_the_project_has_set_reads_it_anew(
    tmp_path: Path, installed: Installed
) -> None:
    installed.add("reads_mode", "import os\nvalue = os.environ.get('MODE')\n")
    text = "import os\nos.environ['MODE'] = 'a'\n" + with_library("reads_mode")
    project = Project(tmp_path / "project", text)
    with homeport(project.folder, **installed.environment) as server:
        server.ready()
        assert project.warm_reload(server)["value"] == "a"
        project.text = text.replace("= 'a'", "= 'b'")
        assert project.warm_reload(server)["value"] == "b"


def test_what_the_first_requests_import_is_kept_too(tmp_path: Path, installed: Installed) -> None:
    note = tmp_path / "imported"
    installed.add("lazily", f"value = 1\nopen({str(note)!r}, 'a').write('x')\n")
    lazy = "\n\n@app.get('/lazy')\ndef lazy() -> int:\n    import lazily\n    return lazily.value\n"
    project = Project(tmp_path / "project", FACTS + lazy)
    with homeport(project.folder, **installed.environment) as server:
        server.ready()

        def costs_nothing(facts: object) -> bool:
            before = note.read_text() if note.exists() else ""
            assert get(server, "/lazy") == 1
            return note.read_text() == before

        project.reload_until(server, costs_nothing, "the lazy import in the template")


def test_a_changed_lock_file_rebuilds_the_template(tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    with homeport(project.folder) as server:
        server.ready()
        project.warm_reload(server)
        template = server.template()
        save(project.folder / "uv.lock", "# changed\n")
        project.reload_until(server, lambda _: logs(server) != [], "the rebuilding")
        assert logs(server) == ["warm: rebuilt (uv.lock changed)"]
        project.warm_reload(server)
        assert server.template() != template


def test_an_edited_library_is_never_stale(tmp_path: Path, installed: Installed) -> None:
    installed.add("edited", "value = 1\n")
    project = Project(tmp_path / "project", with_library("edited"))
    with homeport(project.folder, **installed.environment) as server:
        server.ready()
        project.warm_reload(server)
        (installed.folder / "edited.py").write_text("value = 22\n")
        assert project.reload(server)["value"] == 22
        assert project.reload(server)["value"] == 22
        assert logs(server) == ["warm: rebuilt (edited.py changed)"]
        assert project.warm_reload(server)["value"] == 22


def test_a_project_file_with_the_name_of_a_library_is_found_first(
    tmp_path: Path, installed: Installed
) -> None:
    installed.add("namesake", "value = 'library'\n")
    project = Project(tmp_path / "project", with_library("namesake"))
    with homeport(project.folder, **installed.environment) as server:
        server.ready()
        assert project.warm_reload(server)["value"] == "library"
        (project.folder / "namesake.py").write_text("value = 'project'\n")
        server.until("reloaded")
        assert project.reload(server)["value"] == "project"
        assert project.warm_reload(server)["value"] == "project"


def test_no_project_code_gets_into_the_template(tmp_path: Path, installed: Installed) -> None:
    """A library that imports the project's settings is imported anew."""
    installed.add(
        "framework",
        "try:\n    import settings\n    value = settings.value\n"
        "except ImportError:\n    value = None\n",
    )
    project = Project(tmp_path / "project", with_library("framework"))
    (project.folder / "settings.py").write_text("value = 1\n")
    with homeport(project.folder, **installed.environment) as server:
        server.ready()
        assert project.warm_reload(server)["value"] == 1
        for number in range(2, 5):
            eventually(server.is_warm, "a warm template")
            save(project.folder / "settings.py", f"value = {number}\n")
            eventually(lambda: get(server)["value"] == number, "the new settings")  # noqa: B023


def test_multiprocessing_starts_as_from_a_cold_worker(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "work.py").write_text(
        "import sys\n\ndef work(x: int) -> list:\n"
        "    return [x * 2, sys.modules['__main__'].__spec__.name]\n"
    )
    pool = """

@app.get("/pool")
def pool() -> list:
    import multiprocessing, work
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.map(work.work, [1, 2])
"""
    project = Project(tmp_path / "project", FACTS + pool)
    with homeport(project.folder) as server:
        server.ready()
        cold = get(server, "/pool")
        project.warm_reload(server)
        assert get(server, "/pool") == cold
        assert cold[0][0] == 2


@pytest.mark.parametrize("flags", [("--cold",), ("--no-reload",)], ids=["--cold", "--no-reload"])
def test_no_template_where_none_is_wanted(tmp_path: Path, flags: tuple[str, ...]) -> None:
    project = Project(tmp_path / "project")
    with homeport(project.folder, *flags) as server:
        server.ready()
        if flags == ("--cold",):
            for _ in range(3):
                assert not project.reload(server)["warm"]
        assert server.template() is None


def test_what_is_excluded_is_imported_anew(tmp_path: Path, installed: Installed) -> None:
    note = tmp_path / "imported"
    installed.add("inner", f"value = 1\nopen({str(note)!r}, 'a').write('x')\n")
    installed.add("outer", "from inner import value\n")
    project = Project(tmp_path / "project", with_library("outer"))
    (project.folder / "pyproject.toml").write_text("[tool.homeport]\nwarm-exclude = ['inner']\n")
    with homeport(project.folder, **installed.environment) as server:
        server.ready()
        for _ in range(2):
            eventually(server.is_warm, "a warm template")
            before = len(note.read_text())
            facts = project.reload(server)
            assert facts["value"] == 1
            assert len(note.read_text()) > before


@pytest.mark.parametrize(
    ("number", "said"),
    [(signal.SIGKILL, "has ended"), (signal.SIGSTOP, "did not answer for 2 s")],
)
def test_a_template_that_is_gone_or_hangs_costs_one_cold_reload(
    tmp_path: Path, number: signal.Signals, said: str
) -> None:
    project = Project(tmp_path / "project")
    with homeport(project.folder) as server:
        server.ready()
        for _ in range(2):  # then there is nothing new any more that it is asked to import
            project.warm_reload(server)
        eventually(server.is_warm, "a waiting worker")
        template = server.template()
        assert template is not None
        os.kill(template, number)
        project.reload_until(server, lambda _: logs(server) != [], "the loss")
        assert logs(server) == [f"warm: the template {said}; the next reload starts cold"]
        project.warm_reload(server)
        assert len(logs(server)) == 1
        assert server.end() == 0
        assert not is_alive(template)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_is_left_of_a_server_with_a_template(
    tmp_path: Path, number: signal.Signals
) -> None:
    project = Project(tmp_path / "project")
    with homeport(project.folder) as server:
        server.ready()
        project.warm_reload(server)
        family = children_of(server.process.pid)
        assert len(family) >= 2
        server.process.send_signal(number)
        server.process.wait(20)
        eventually(lambda: not any(map(is_alive, family)), "the end of all")
        eventually(lambda: is_free(server.port), "a free port")


def test_import_hooks_of_the_project_forbid_a_template(tmp_path: Path) -> None:
    hook = (
        "import sys\n\nclass Hook:\n    def find_spec(self, name, path=None, target=None):\n"
        "        return None\n\nsys.meta_path.insert(0, Hook())\n"
    )
    project = Project(tmp_path / "project", hook + FACTS)
    with homeport(project.folder) as server:
        server.ready()
        server.until("log")
        said = "warm: reloads start cold, because main.Hook changes how modules are imported"
        assert not project.reload(server)["warm"]
        assert not project.reload(server)["warm"]
        assert logs(server) == [said]
        assert server.template() is None


def test_service_goes_on_whoever_is_killed(tmp_path: Path) -> None:
    """Templates and workers, the one that waits among them, at random moments of reloads."""
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    project = Project(tmp_path / "project")
    with homeport(project.folder) as server:
        server.ready()
        project.warm_reload(server)
        for number in range(12):
            save(project.main, FACTS.replace("VERSION = 1", f"VERSION = {1000 + number}"))
            moment = time.monotonic() + chance.random() * 0.08
            while time.monotonic() < moment:
                pass
            family = children_of(server.process.pid)
            for victim in chance.sample(family, min(1, len(family))):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
        project.text = FACTS + f"# {seed}\n"
        project.version = 2000
        save(project.main, project.text.replace("VERSION = 1", "VERSION = 2000"))
        eventually(lambda: answers(server) == 2000, f"the last save (seed {seed})")
        family = children_of(server.process.pid)
        assert server.end() == 0
        eventually(lambda: not any(map(is_alive, family)), "the end of all")
        eventually(lambda: is_free(server.port), "a free port")


def answers(server: Homeport) -> int | None:
    try:
        return int(get(server)["version"])
    except (OSError, http.client.HTTPException):  # whoever would have answered was killed
        return None

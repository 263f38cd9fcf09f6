"""A fork is never served when a start without the template would have come out otherwise."""

import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.engine.live import HELLO, Homeport, children_of, environment, eventually, homeport, save
from tests.engine.warm_apps import Installed, Project, get, logs, with_library


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    return Installed(tmp_path / "userbase")


READS_MODE = "import os\nvalue = os.environ.get('MODE', 'default')\n"
HOOK = """
import sys

class Hook:
    @staticmethod
    def find_spec(name, path=None, target=None):
        return None

sys.meta_path.insert(0, Hook)
"""


def edited(change: Callable[[str], str], project: Project, server: Homeport) -> Any:
    """The first answer after an edit."""
    project.text = change(project.text)
    return project.reload(server)


def test_a_variable_that_is_set_before_an_import_from_now_on_counts_at_once(
    tmp_path: Path, installed: Installed
) -> None:
    installed.add("reads_mode", READS_MODE)
    project = Project(tmp_path / "project", with_library("reads_mode"))
    with homeport(project.folder, **installed.environment) as server:
        server.ready()
        assert project.warm_reload(server)["value"] == "default"
        eventually(server.is_warm, "another fork that waits")  # else there is none to be unfit
        new = edited(lambda text: "import os\nos.environ['MODE'] = 'new'\n" + text, project, server)
        assert (new["value"], new["warm"]) == ("new", False)
        assert any("before its imports" in line for line in logs(server))
        assert project.warm_reload(server)["value"] == "new"
        old = edited(lambda text: text.replace("os.environ['MODE'] = 'new'\n", ""), project, server)
        assert old["value"] == "default"


def test_an_import_that_is_taken_out_has_no_effect_any_more(
    tmp_path: Path, installed: Installed
) -> None:
    installed.add("plain", "value = 'plain'\n")
    installed.add("patches", "import plain\nplain.value = 'patched'\n")
    project = Project(tmp_path / "project", "import patches\n" + with_library("plain"))
    with homeport(project.folder, **installed.environment) as server:
        server.ready()
        assert project.warm_reload(server)["value"] == "patched"
        new = edited(lambda text: text.replace("import patches\n", ""), project, server)
        assert new["value"] == "plain"
        assert project.warm_reload(server)["value"] == "plain"


def test_an_import_hook_that_is_put_in_makes_the_very_reload_cold(
    tmp_path: Path, installed: Installed
) -> None:
    installed.add("plain", "value = 'plain'\n")
    installed.add("hooky", HOOK)
    project = Project(tmp_path / "project", with_library("plain"))
    with homeport(project.folder, **installed.environment) as server:
        server.ready()
        assert project.warm_reload(server)["warm"]
        assert not edited(lambda text: "import hooky\n" + text, project, server)["warm"]


def until_warm_and_at_rest(server: Homeport) -> None:
    """The template is there, so every word of the first worker has been heard."""
    eventually(lambda: len(children_of(server.process.pid)) >= 3, "a template, a waiting worker")


@pytest.mark.parametrize("package", ["uvicorn", "click", "dotenv"])
def test_a_project_with_the_name_of_a_library_does_not_reload_by_itself(
    tmp_path: Path, package: str
) -> None:
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").write_text("")
    (tmp_path / "main.py").write_text(
        "async def app(scope, receive, send):\n"
        "    await send({'type': 'http.response.start', 'status': 200, 'headers': []})\n"
        "    await send({'type': 'http.response.body', 'body': b'x'})\n"
    )
    with homeport(tmp_path) as server:
        server.ready()
        until_warm_and_at_rest(server)
    assert not any(event["event"] == "reloading" for event in server.events)


def test_a_script_does_not_reload_by_itself(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(HELLO)
    call = "homeport.run('main:app', port=0, json=True)"
    script = f"import homeport\nif __name__ == '__main__':\n    {call}\n"
    (tmp_path / "serve.py").write_text(script)
    server = Homeport([sys.executable, "serve.py"], tmp_path, environment())
    try:
        server.ready()
        until_warm_and_at_rest(server)
        save(tmp_path / "main.py", HELLO.replace("1", "2"))
        assert server.until("reloaded")["reasons"] == ["main.py"]
    finally:
        server.kill()
    assert sum(event["event"] == "reloading" for event in server.events) == 1


def test_an_app_with_a_json_of_its_own_breaks_nothing(tmp_path: Path) -> None:
    text = "import json\njson.dumps = lambda *a, **k: b'x'\njson.loads = None\n" + HELLO
    (tmp_path / "main.py").write_text(text)
    with homeport(tmp_path) as server:
        server.ready()
        save(tmp_path / "main.py", text + "\n")
        server.until("reloaded")


def test_a_folder_that_was_copied_is_known_by_its_new_name(
    tmp_path: Path, installed: Installed
) -> None:
    """The bytecode that came along names the old one."""
    installed.add("reads_mode", READS_MODE)
    first = Project(
        tmp_path / "one", "import os\nos.environ['MODE'] = 'set'\n" + with_library("reads_mode")
    )
    with homeport(first.folder, **installed.environment) as server:
        server.ready()
    shutil.copytree(first.folder, tmp_path / "two")
    second = Project(tmp_path / "two", first.text)
    with homeport(second.folder, **installed.environment) as server:
        server.ready()
        assert second.warm_reload(server)["value"] == "set"
        new = edited(lambda text: text.replace("'set'", "'new'"), second, server)
        assert new["value"] == "new"


def test_what_a_request_has_open_is_open_in_a_child_after_the_reload(tmp_path: Path) -> None:
    """The numbers of closed listeners are given again."""
    text = (
        "import asyncio, os\n"
        + HELLO
        + "\n\n@app.get('/slow')\nasync def slow():\n"
        + "    open('/tmp/x-' + str(os.getpid()), 'w').close()\n"
        + "    open(os.environ['STARTED'], 'w').close()\n"
        + "    while not os.path.exists(os.environ['GO']):\n        await asyncio.sleep(0.01)\n"
        + "    files = [open(os.devnull) for _ in range(40)]\n"
        + "    pid = os.fork()\n"
        + "    if pid == 0:\n"
        + "        there = os.listdir('/proc/self/fd')\n"
        + "        bad = [f for f in files if str(f.fileno()) not in there]\n"
        + "        os._exit(len(bad))\n"
        + "    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])\n"
    )
    text = text.replace("    open('/tmp/x-' + str(os.getpid()), 'w').close()\n", "")
    (tmp_path / "main.py").write_text(text)
    marks = {"STARTED": str(tmp_path / "started"), "GO": str(tmp_path / "go")}
    with homeport(tmp_path, **marks) as server:
        server.ready()
        answers: list[Any] = []
        asking = threading.Thread(target=lambda: answers.append(get(server, "/slow")))
        asking.start()
        eventually(lambda: (tmp_path / "started").exists(), "the slow request")
        save(tmp_path / "main.py", text + "\n")
        server.until("reloaded")
        (tmp_path / "go").write_text("")
        asking.join(20)
    assert answers == [0]

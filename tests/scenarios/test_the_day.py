"""A day with homeport: two worktrees of one project, a Vite front end, an API, a test run by `env`.

All of it is real: git, npm's Vite, the example in examples/several-apps.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.cli.several import PYTHON, end_of
from tests.engine.live import PATIENCE, Homeport, environment, eventually, save

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "several-apps"
NO_NPM = 3
A_TEST = """
import os
import httpx

def test_the_items():
    assert httpx.get(os.environ["API_URL"] + "/items").json() == ["tea", os.environ["SECOND"]]
    assert httpx.get(os.environ["WEB_URL"] + "/api/items").json() == ["tea", os.environ["SECOND"]]
"""


@pytest.fixture(scope="module")
def modules() -> Path:
    """A node_modules with Vite in it."""
    done = subprocess.run([ROOT / "scripts" / "front-end"], capture_output=True, text=True)
    if done.returncode == NO_NPM:
        pytest.skip("npm is not installed: no Vite to run")
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


class Day:
    """A git project `shop` and a linked worktree on the branch `login`."""

    def __init__(self, tmp_path: Path, modules: Path) -> None:
        self.main, self.login = tmp_path / "shop", tmp_path / "elsewhere"
        runtime = tmp_path / "run"
        runtime.mkdir(mode=0o700)
        self.env = {"XDG_RUNTIME_DIR": str(runtime)}
        shutil.copytree(EXAMPLE, self.main, ignore=shutil.ignore_patterns("node_modules"))
        (self.main / ".gitignore").write_text("node_modules\n")
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("add", ".")
        self.git("commit", "--quiet", "--message=first")
        self.git("worktree", "add", "--quiet", "-b", "login", str(self.login))
        for folder in (self.main, self.login):
            (folder / "frontend" / "node_modules").symlink_to(modules)
        text = (self.login / "api.py").read_text()
        (self.login / "api.py").write_text(text.replace("bread", "cake"))

    def git(self, *words: str) -> None:
        name = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
        subprocess.run(["git", *name, *words], cwd=self.main, check=True, timeout=PATIENCE)

    @contextmanager
    def up(self, folder: Path) -> Iterator[Homeport]:
        command = (PYTHON, "-m", "homeport", "up", "--json")
        running = Homeport(command, folder, environment(**self.env))
        try:
            yield running
        finally:
            end_of(running)

    def run(self, folder: Path, *words: str, **env: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [PYTHON, "-m", "homeport", *words],
            cwd=folder,
            env=environment(**self.env, **env),
            capture_output=True,
            text=True,
            timeout=PATIENCE * 3,
        )

    def url(self, name: str) -> str:
        return self.run(self.main, "url", name).stdout.strip()


def test_the_day(tmp_path: Path, modules: Path) -> None:
    day = Day(tmp_path, modules)
    with ExitStack() as cleanup:
        first = cleanup.enter_context(day.up(day.main))
        second = cleanup.enter_context(day.up(day.login))
        places: dict[str, str] = {}
        for up, names in (
            (first, ("api", "jobs", "web")),
            (second, ("login.api", "login.jobs", "login.web")),
        ):
            ready = [up.until("app-ready") for _ in names]
            places |= {event["name"]: event["url"] for event in ready}
            assert {event["name"] for event in ready} == set(names)
        assert len(set(places.values())) == 6
        assert {name: day.url(name) for name in places} == places
        _everything_is_what_its_name_says(places)
        _a_test_run_by_env(day)
        _a_save_changes_one_of_them(day, places)
        listed = json.loads(day.run(day.main, "ls", "--json").stdout)["servers"]
        ports = {int(url.rpartition(":")[2]) for url in places.values()}
        assert ports <= {row["port"] for row in listed}
        assert day.run(day.login, "down").returncode == 0
        assert second.wait() == 0
        assert day.run(day.main, "url", "login.web").returncode == 5
        assert day.url("web") == places["web"]
        assert first.end() == 0
    eventually(lambda: not _using(tmp_path), "no process is left in the project's folders")


def _everything_is_what_its_name_says(places: dict[str, str]) -> None:
    for branch, item in (("", "bread"), ("login.", "cake")):
        assert httpx.get(places[f"{branch}api"] + "/items").json() == ["tea", item]
        assert httpx.get(places[f"{branch}jobs"] + "/count").json() == 2
        page = httpx.get(places[f"{branch}web"])
        assert "/@vite/client" in page.text, "Vite serves the page"
        proxied = httpx.get(places[f"{branch}web"] + "/api/items", timeout=PATIENCE)
        assert proxied.json() == ["tea", item], "Vite's proxy reaches the API of its own worktree"


def _a_test_run_by_env(day: Day) -> None:
    """In each worktree the same words mean its own servers."""
    for folder, item in ((day.main, "bread"), (day.login, "cake")):
        (folder / "test_items.py").write_text(A_TEST)
        words = (PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_items.py")
        done = day.run(folder, "env", "api", "web", "--", *words, SECOND=item)
        assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout
        wrong = day.run(folder, "env", "api", "web", "--", *words, SECOND="nothing")
        assert wrong.returncode == 1, "the exit code of a failed test is passed on"


def _a_save_changes_one_of_them(day: Day, places: dict[str, str]) -> None:
    text = (day.login / "api.py").read_text()
    save(day.login / "api.py", text.replace("cake", "scone"))
    items = places["login.api"] + "/items"
    eventually(lambda: httpx.get(items).json() == ["tea", "scone"], "the save is served")
    assert httpx.get(places["web"] + "/api/items").json() == ["tea", "bread"]
    assert httpx.get(places["login.web"] + "/api/items").json() == ["tea", "scone"]


def _using(folder: Path) -> list[int]:
    """Processes that work in there."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                where = os.readlink(process / "cwd")
            except OSError:
                continue
            if where.startswith(str(folder)):
                found.append(int(process.name))
    return found

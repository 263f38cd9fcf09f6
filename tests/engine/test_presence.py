"""Real servers in the registry: there when they serve, gone when they end, however that happens."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from homeport.core.errors import NothingThereError
from homeport.core.events import News
from homeport.engine import registry
from homeport.engine.control_client import ask
from tests.cli.command import NOBODY, can_be_others, ended, started
from tests.engine.live import (
    HELLO,
    Homeport,
    environment,
    eventually,
    homeport,
    open_to_others,
    save,
)
from tests.engine.runtime import Environment, home, server
from tests.engine.test_registry import files, inside, names
from tests.engine.test_run_function import CALL

as_others = pytest.mark.skipif(not can_be_others(), reason="needs root, to be another user")
can_mount = pytest.mark.skipif(
    os.geteuid() != 0
    or shutil.which("unshare") is None
    or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0,
    reason="needs a mount namespace",
)


@pytest.fixture
def here(tmp_path: Path) -> Environment:
    return home(tmp_path / "run")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "main.py").write_text(HELLO)
    return folder


@contextmanager
def script(folder: Path, arguments: str, here: Environment) -> Iterator[Homeport]:
    (folder / "main.py").write_text(HELLO + CALL.format(arguments=arguments))
    server = Homeport([sys.executable, "main.py"], folder, environment(**here))
    try:
        yield server
    finally:
        server.kill()


def warnings(server: Homeport) -> list[str]:
    return [each["message"] for each in server.events if each["event"] == "log"]


def assert_found(server: Homeport, name: str, here: Environment) -> None:
    """The registry leads to this server and its app."""
    entry = registry.find(name, here)
    starting = next(each for each in server.events if each["event"] == "starting")
    assert (starting["name"], starting["instance"]) == (name, entry.instance)
    assert entry.pid == server.process.pid
    assert entry.ports == {server.port}
    assert httpx.get(entry.urls[1]).json() == {"version": 1}
    assert not any(".localhost:" in url for url in entry.urls)  # programs cannot look it up
    assert registry.find(str(server.port), here) == entry


def test_a_server_is_found_from_before_it_is_ready_until_it_ends(
    shop: Path, here: Environment
) -> None:
    with homeport(shop, **here) as server:
        server.port = server.until("listening")["port"]
        assert names(here) == ["shop"]
        server.until("ready")
        assert_found(server, "shop", here)
        assert registry.find("shop", here).project == str(shop)
        assert server.end() == 0
        assert files(here) == []
        assert warnings(server) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_orderly_end_leaves_nothing(
    shop: Path, here: Environment, number: signal.Signals
) -> None:
    with homeport(shop, **here) as server:
        server.ready()
        server.end(number)
        assert files(here) == []


def test_a_start_that_fails_leaves_nothing(shop: Path, here: Environment) -> None:
    with homeport(shop, "main:nothing", **here) as server:
        server.until("failed")
        assert server.wait() == 2
        assert files(here) == []


def test_it_stays_the_same_one_over_reloads(shop: Path, here: Environment) -> None:
    with homeport(shop, **here) as server:
        server.ready()
        before = registry.find("shop", here)
        save(shop / "main.py", HELLO.replace('"version": 1', '"version": 2'))
        server.until("reloaded")
        assert registry.find("shop", here) == before
        assert ask(before, {"ask": "facts"})["app"] == "main"


def test_after_a_kill_nothing_misleads_and_the_name_is_free(shop: Path, here: Environment) -> None:
    with homeport(shop, **here) as server:
        server.ready()
        server.process.kill()
        server.process.wait()
        with pytest.raises(NothingThereError):
            registry.find("shop", here)
    with homeport(shop, **here) as server:
        server.ready()
        assert_found(server, "shop", here)


def test_an_app_by_name_in_a_script_is_found(shop: Path, here: Environment) -> None:
    with script(shop, '"main:app", name="mine"', here) as server:
        server.ready()
        assert_found(server, "mine", here)
        assert server.end() == 0
        assert files(here) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_app_object_is_found(shop: Path, here: Environment, number: signal.Signals) -> None:
    with script(shop, "app", here) as server:
        server.ready()
        assert_found(server, "shop", here)
        assert server.end(number) == 0
        assert files(here) == []


def test_an_app_object_that_must_go_at_once_leaves_nothing(shop: Path, here: Environment) -> None:
    hanging = "\n@app.on_event('shutdown')\ndef hang():\n    import time; time.sleep(600)\n"
    text = HELLO + hanging + CALL.format(arguments="app")
    (shop / "main.py").write_text(text)
    server = Homeport([sys.executable, "-W", "ignore", "main.py"], shop, environment(**here))
    try:
        server.ready()
        server.process.send_signal(signal.SIGINT)
        server.until("stopping")

        def impatient() -> bool:
            server.process.send_signal(signal.SIGINT)
            return server.process.poll() is not None

        eventually(impatient, "the end")
        assert files(here) == []
    finally:
        server.kill()


def test_a_name_comes_from_the_flag_the_environment_or_the_project(
    shop: Path, here: Environment
) -> None:
    def name_of(*arguments: str, **env: str) -> str:
        with homeport(shop, *arguments, **here, **env) as server:
            found: str = server.until("starting")["name"]
            server.until("ready")
            assert names(here) == [found]
            assert server.end() == 0
            return found

    (shop / "pyproject.toml").write_text('[project]\nname = "Big_Shop"\n')
    assert name_of() == "big-shop"
    (shop / "pyproject.toml").write_text(
        '[project]\nname = "Big_Shop"\n[tool.homeport]\nname = "till"\n'
    )
    assert name_of() == "till"
    assert name_of(HOMEPORT_NAME="desk") == "desk"
    assert name_of("--name", "Door", HOMEPORT_NAME="desk") == "door"
    assert name_of("demo") == "demo"


def test_a_linked_worktree_is_called_by_its_branch(tmp_path: Path, here: Environment) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(tmp_path / "shop")]
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "main.py").write_text(HELLO)
    (tmp_path / "shop" / "pyproject.toml").write_text('[tool.homeport]\nname = "till"\n')
    for command in (
        "init -q",
        "add .",
        "commit -q -m one",
        f"worktree add -q -b feature/pay {tmp_path}/other",
    ):
        subprocess.run([*git, *command.split()], check=True, timeout=20)
    with (
        homeport(tmp_path / "shop", **here) as first,
        homeport(tmp_path / "other", **here) as second,
    ):
        first.ready()
        second.ready()
        assert_found(first, "till", here)
        assert_found(second, "feature-pay.till", here)


@pytest.mark.parametrize("name", ["a b", "8000", "a.b.c", "-x-", ""])
def test_a_name_that_is_none_is_refused_with_what_it_may_be(
    shop: Path, here: Environment, name: str
) -> None:
    end = ended(shop, "--port", "0", f"--name={name}", env=here)
    assert end.code == 2
    assert "--name is" in end.err
    assert "single hyphens" in end.err
    assert not inside(here).exists()


def serves(server: Homeport) -> bool:
    """Whether it came to that; else it has ended."""
    try:
        server.ready()
    except AssertionError:
        return False
    return True


def refusal_of(server: Homeport) -> str:
    """It serves all the same, and says once and in one line why it is not in the registry."""
    starting = server.until("starting")
    assert (starting["name"], starting["instance"]) == (None, None)
    url = server.ready()
    assert httpx.get(url).json() == {"version": 1}
    assert server.end() == 0
    (warning,) = warnings(server)
    assert warning.startswith("Other programs cannot find this server by name:")
    assert "\n" not in warning
    return warning


def test_an_unsafe_folder_is_refused_and_the_server_serves(shop: Path, here: Environment) -> None:
    inside(here).mkdir(mode=0o755)
    inside(here).chmod(0o755)
    with homeport(shop, **here) as server:
        assert f"chmod 700 {inside(here)}" in refusal_of(server)
    assert files(here) == []


def test_text_says_it_in_one_line_too(shop: Path, here: Environment) -> None:
    inside(here).symlink_to("/nowhere")
    with started(shop, "--port", "0", env=here) as server:
        lines = []
        while "ready in" not in (line := server.line()):
            lines.append(line)
        assert sum("cannot find this server by name" in line for line in lines) == 1


@can_mount
@pytest.mark.parametrize(
    ("options", "why"),
    [("ro,mode=700", "Read-only file system"), ("size=4k,mode=700,nr_inodes=3", "No space")],
)
def test_on_a_disk_that_takes_nothing_it_serves(
    shop: Path, here: Environment, options: str, why: str
) -> None:
    mount = f'mount -t tmpfs -o {options} none "$XDG_RUNTIME_DIR" && exec "$@"'
    command = ["unshare", "-m", "sh", "-c", mount, "sh", sys.executable, "-m", "homeport"]
    server = Homeport([*command, "--port", "0", "--json"], shop, environment(**here))
    try:
        assert why in refusal_of(server)
    finally:
        server.kill()


@as_others
def test_a_folder_that_may_not_be_written_to_is_said_and_the_server_serves(
    shop: Path, tmp_path: Path
) -> None:
    open_to_others(shop)
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o500)
    os.chown(theirs, NOBODY, NOBODY)
    with started(
        shop, "--port", "0", "--json", user=NOBODY, env={"XDG_RUNTIME_DIR": str(theirs)}
    ) as server:
        assert "Permission denied" in server.until("log")["message"]
        assert httpx.get(server.until("ready")["urls"][0]["url"]).json() == {"version": 1}
    assert list(theirs.iterdir()) == []


@as_others
def test_entries_of_another_user_are_not_seen(
    shop: Path, tmp_path: Path, here: Environment
) -> None:
    open_to_others(shop)
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o700)
    os.chown(theirs, NOBODY, NOBODY)
    with started(
        shop, "--port", "0", "--json", user=NOBODY, env={"XDG_RUNTIME_DIR": str(theirs)}
    ) as server:
        assert server.until("starting")["name"] == "shop"
        server.until("ready")
        elsewhere = {"XDG_RUNTIME_DIR": str(theirs), "HOME": here["XDG_RUNTIME_DIR"]}
        assert names(elsewhere) == []
        assert names(here) == []


def test_of_thirty_servers_for_ten_names_ten_serve_and_the_others_say_who_does(
    shop: Path, here: Environment
) -> None:
    (shop / "main.py").write_text(
        "import os\n\n\n"
        "async def app(scope, receive, send):\n"
        "    assert scope['type'] == 'http'\n"
        "    start = {'type': 'http.response.start', 'status': 200, 'headers': []}\n"
        "    await send(start)\n"
        "    await send({'type': 'http.response.body', 'body': str(os.getppid()).encode()})\n"
    )
    with ExitStack() as stack:
        started = []
        for number in range(30):
            options = ("--cold", "--no-reload", "--name", f"shop-{number % 10}")
            started.append(stack.enter_context(homeport(shop, *options, **here)))
        servers = [server for server in started if serves(server)]
        for server in started:
            if server not in servers:
                assert server.process.wait(20) == 7
                assert server.events[-1]["code"] == "name-taken"
        running = registry.entries(here)
        assert {entry.name for entry in running} == {f"shop-{number}" for number in range(10)}
        assert {entry.pid for entry in running} == {server.process.pid for server in servers}
        for entry in running:
            assert {httpx.get(url).text for url in entry.urls} == {str(entry.pid)}
        for server in servers:
            server.process.send_signal(signal.SIGTERM)
        for server in servers:
            assert server.wait() == 0
    assert files(here) == []


def test_a_server_that_has_begun_to_stop_listens_no_more_whatever_comes_after(
    here: Environment,
) -> None:
    with server("shop", here) as presence:
        for news, listens in ((News.READY, True), (News.STOPPING, False), (News.STOPPED, False)):
            presence.hear(news)
            assert bool(ask(presence.entry, {"ask": "who"})["addresses"]) is listens

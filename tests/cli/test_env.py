"""`homeport env`: a command that is told where servers are."""

import json
import os
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from tests.cli.several import PYTHON, Several
from tests.engine.live import PATIENCE, environment, eventually, homeport

ENV = (PYTHON, "-m", "homeport", "env")


@pytest.fixture
def shop(tmp_path: Path) -> Several:
    return Several(tmp_path / "shop", 'api = {app = "api:app"}')


def test_a_command_gets_the_url_and_nothing_else_is_printed(shop: Several) -> None:
    with homeport(shop.folder, "api:app", "--name", "shop-api", **shop.env) as server:
        url = server.ready()
        done = shop.run("env", "shop-api", "--", "sh", "-c", 'printf "%s" "$SHOP_API_URL"')
        assert (done.stdout, done.stderr, done.returncode) == (url, "", 0)
        lines = shop.run("env", "shop-api").stdout
        assert lines == f"export SHOP_API_URL={url}\n"
        assert json.loads(shop.run("env", "shop-api", "--json").stdout) == {"SHOP_API_URL": url}


def test_what_the_environment_says_comes_first_and_needs_no_server(shop: Several) -> None:
    said = {"HOMEPORT_URL_DB_ADMIN": "https://db.example:8443/x/"}
    done = shop.run("env", "db-admin", "--", "printenv", "DB_ADMIN_URL", env=said)
    assert done.stdout == "https://db.example:8443/x\n"
    wrong = shop.run("env", "a", "--", "true", env={"HOMEPORT_URL_A": "nonsense"})
    assert wrong.returncode == 2 and "HOMEPORT_URL_A" in wrong.stderr


@pytest.mark.parametrize("code", [0, 1, 42, 255])
def test_the_exit_code_is_that_of_the_command(shop: Several, code: int) -> None:
    said = {"HOMEPORT_URL_A": "http://127.0.0.1:1"}
    assert shop.run("env", "a", "--", "sh", "-c", f"exit {code}", env=said).returncode == code


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE])
def test_a_signal_ends_the_command_as_it_would_without_us(shop: Several, number: int) -> None:
    """A shell tells 128 and the number; who waits sees the signal itself."""
    said = environment(HOMEPORT_URL_A="http://127.0.0.1:1", **shop.env)
    command = [*ENV, "a", "--", "sh", "-c", "echo up; exec sleep 600"]
    with subprocess.Popen(command, cwd=shop.folder, env=said, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"up\n"
        process.send_signal(number)
        assert process.wait(PATIENCE) == -number
    told = subprocess.run(
        ["sh", "-c", '"$@"; echo $?', "sh", *ENV, "a", "--", "sh", "-c", f"kill -{number} $$"],
        cwd=shop.folder,
        env=said,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert told.stdout == f"{128 + number}\n"


def test_words_of_the_command_are_not_ours(shop: Several) -> None:
    said = {"HOMEPORT_URL_A": "http://127.0.0.1:1"}
    words = ("--help", "--json", "--version", "--", "--timeout")
    done = shop.run("env", "a", "--", "printf", "%s ", *words, env=said)
    assert done.stdout.split() == list(words)


def test_it_waits_for_a_server_that_comes_later_and_for_its_app(shop: Several) -> None:
    (shop.folder / "slow.py").write_text("import time\ntime.sleep(1)\nfrom api import app\n")
    command = [*ENV, "late", "--", "sh", "-c", 'curl -s -o /dev/null -w "%{http_code}" $LATE_URL']
    with subprocess.Popen(
        command, cwd=shop.folder, env=environment(**shop.env), stdout=subprocess.PIPE
    ) as process:
        with homeport(shop.folder, "slow:app", "--name", "late", **shop.env) as server:
            out, _ = process.communicate(timeout=PATIENCE)
            server.until("ready")
        assert (out, process.returncode) == (b"200", 0)


def test_times_are_written_as_for_other_commands(shop: Several) -> None:
    said = {"HOMEPORT_URL_A": "http://127.0.0.1:1"}
    assert shop.run("env", "a", "--timeout", "2m", env=said).returncode == 0


def test_it_does_not_wait_for_ever(shop: Several) -> None:
    done = shop.run("env", "nobody", "--timeout", "0.2", "--", "touch", "ran")
    assert done.returncode == 5
    assert "nobody was not ready within 0.2 s: it does not run." in done.stderr
    assert not (shop.folder / "ran").exists()


def test_an_app_that_does_not_start_is_said_with_the_way_to_its_traceback(shop: Several) -> None:
    (shop.folder / "api.py").write_text("1 / 0")
    with homeport(shop.folder, "api:app", "--name", "broken", **shop.env) as server:
        server.until("failed")
        done = shop.run("env", "broken", "--timeout", "0.2", "--", "true")
        assert done.returncode == 5 and "its app does not start" in done.stderr
        _, mark, command = done.stderr.partition("how it is:  homeport ")
        told = shop.run(*command.splitlines()[0].split())
        assert mark and told.returncode == 3 and "ZeroDivisionError" in told.stdout


def git(folder: Path, *words: str) -> None:
    name = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    subprocess.run(["git", *name, *words], cwd=folder, check=True, timeout=PATIENCE)


@pytest.mark.parametrize("project", ['[project]\nname = "shop"\n', "", None])
def test_in_a_worktree_a_project_means_its_own_server(tmp_path: Path, project: str | None) -> None:
    """Never that of another branch, not even while its own does not run."""
    main = Several(tmp_path / "shop", "")
    file = main.folder / "pyproject.toml"
    file.unlink() if project is None else file.write_text(project)
    git(main.folder, "init", "--quiet")
    git(main.folder, "add", ".")
    git(main.folder, "commit", "--quiet", "--message=first")
    git(main.folder, "worktree", "add", "--quiet", "-b", "fix", "../other")
    folder = tmp_path / "other"

    def env_in(folder: Path) -> str:
        words = [*ENV, "shop", "--timeout", "0.2", "--", "printenv", "SHOP_URL"]
        ran = subprocess.run(
            words, cwd=folder, env=environment(**main.env), capture_output=True, timeout=PATIENCE
        )
        return ran.stdout.decode().strip()

    with homeport(main.folder, "api:app", **main.env) as first:
        url = first.ready()
        assert (env_in(main.folder), env_in(folder)) == (url, "")
        with homeport(folder, "api:app", **main.env) as second:
            own = second.ready()
            assert (env_in(main.folder), env_in(folder)) == (url, own)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "needs the names"),
        (("a", "--"), 2, "no command after --"),
        (("a", "--json", "--", "true"), 2, "without a command"),
        (("a", "--timeout", "soon"), 2, "homeport env --help"),
        (("a b",), 2, "the name of a server"),
        (("a", "--", "/nowhere/program"), 127, "/nowhere/program"),
        (("a", "--", "/"), 126, "cannot be run"),
        (("a", "--bogus"), 2, "--bogus"),
    ],
)
def test_what_cannot_be_meant_is_said(
    shop: Several, words: tuple[str, ...], code: int, said: str
) -> None:
    done = shop.run("env", *words, env={"HOMEPORT_URL_A": "http://127.0.0.1:1"})
    assert done.returncode == code
    assert said in (done.stdout if "--json" in words else done.stderr)
    assert not done.stdout or "--json" in words


def test_ctrl_c_ends_the_waiting(shop: Several) -> None:
    with subprocess.Popen(
        [*ENV, "nobody", "--", "true"], cwd=shop.folder, env=environment(**shop.env)
    ) as process:
        marker = f"/proc/{process.pid}/cmdline"
        eventually(lambda: os.path.exists(marker), "it runs")
        timer = threading.Timer(0.5, process.send_signal, (signal.SIGINT,))
        timer.start()
        assert process.wait(PATIENCE) in (130, -signal.SIGINT)
        timer.join()

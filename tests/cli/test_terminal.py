"""What a person sees and types: a real terminal, by a pseudo-terminal."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from homeport.core.options import OPTIONS
from homeport.ui.cli.commands import LOOKING
from tests.cli.command import environment
from tests.cli.terminal import Terminal, in_terminal
from tests.engine.live import HELLO, children_of, eventually, is_alive, save
from tests.engine.test_single_lifespan import LOCKING


@contextlib.contextmanager
def terminal(folder: Path, *arguments: str, **env: str) -> Iterator[Terminal]:
    """`homeport --port 0 ARGUMENTS`."""
    with in_terminal(folder, "--port", "0", *arguments, **env) as term:
        yield term


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(HELLO)
    return tmp_path


def test_the_screen_has_links_a_time_and_a_hint(project: Path) -> None:
    with terminal(project) as term:
        screen = term.until("? help")
        assert re.search(r"http://localhost:\d+ +programs on this computer", screen)
        assert re.search(r"http://localhost:\d+/docs", screen)
        assert re.search(r"ready in \d+ ms", screen)
        assert "0.0.0.0" not in screen
        assert "\x1b[36m" in term.screen
        httpx.get(term.url)
        term.until("GET /")
        term.type("q")
        assert term.exit_code() == 0
        assert "stopped" in term.plain


def test_no_color_means_no_colour(project: Path) -> None:
    with terminal(project, NO_COLOR="1") as term:
        httpx.get(term.url)
        term.until("GET /")
        term.type("q")
        assert term.exit_code() == 0
        assert "\x1b[" not in term.screen


def test_r_reloads_and_question_mark_helps(project: Path) -> None:
    with terminal(project) as term:
        term.until("ready in")
        term.type("r")
        term.until("reloaded in")
        term.type("?")
        term.until("quit (Ctrl-C")
        save(project / "main.py", HELLO + "# more\n")
        term.until("(main.py)")


def test_o_opens_the_browser(project: Path, tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    browser.chmod(0o755)
    with terminal(project, BROWSER=str(browser)) as term:
        term.until("ready in")
        term.type("o")
        eventually(lambda: opened.exists() and bool(opened.read_text()), "the browser")
        assert opened.read_text().startswith("http://localhost:")


def test_open_waits_until_the_app_answers(project: Path, tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\n{sys.executable} -c "import urllib.request as u; '
                       f"u.urlopen('$1')\" && echo yes > {opened}\n")  # fmt: skip
    browser.chmod(0o755)
    with terminal(project, "--open", BROWSER=str(browser)) as term:
        term.until("ready in")
        eventually(opened.exists, "the browser's visit")


@pytest.mark.parametrize("keys", ["q", "\x03", "\x03\x03"])
def test_the_terminal_is_as_it_was_afterwards(project: Path, keys: str) -> None:
    with terminal(project) as term:
        before = term.mode()
        term.until("ready in")
        assert term.mode() != before
        term.type(keys)
        assert term.exit_code() == 0
        assert term.mode() == before


def test_ctrl_z_gives_the_terminal_back_and_fg_takes_it_again(project: Path) -> None:
    with terminal(project) as term:
        before = term.mode()
        term.until("ready in")
        during = term.mode()
        os.kill(term.pid, signal.SIGTSTP)
        eventually(lambda: _state(term.pid) == "T", "it to stop")
        assert term.mode() == before
        os.kill(term.pid, signal.SIGCONT)
        eventually(lambda: term.mode() == during, "it to take the terminal again")
        assert httpx.get(term.url).status_code == 200
        term.type("q")
        assert term.exit_code() == 0


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_all_leave_in_order_when_the_terminal_is_closed(project: Path) -> None:
    (project / "main.py").write_text(
        """
import asyncio, contextlib, pathlib
from fastapi import FastAPI


@contextlib.asynccontextmanager
async def lifespan(app):
    yield
    await asyncio.sleep(0.4)
    pathlib.Path("shutdown").touch()


app = FastAPI(lifespan=lifespan)
"""
    )
    term = Terminal(project, "--port", "0")
    term.until("ready in")
    workers = children_of(term.pid)
    assert workers
    os.close(term.master)
    _, status = os.waitpid(term.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    eventually(lambda: not any(is_alive(w) for w in workers), "the workers to leave")
    assert (project / "shutdown").exists()


def test_a_broken_save_shows_the_users_line_and_what_still_serves(project: Path) -> None:
    with terminal(project) as term:
        term.until("ready in")
        save(project / "main.py", HELLO + "\nanswer = 1 / 0\n")
        screen = term.until("still serving the version of")
        assert "main.py:12" in screen or "main.py:11" in screen
        assert "ZeroDivisionError" in screen
        assert "importlib" not in screen
        assert "homeport/" not in screen


def test_a_startup_that_fails_beside_the_old_version_hints_at_the_single_lifespan(
    project: Path,
) -> None:
    (project / "main.py").write_text(LOCKING)
    with terminal(project) as term:
        term.until("? help")
        save(project / "main.py", LOCKING + "\n")
        assert "homeport --single-lifespan" in term.until("if only one may be:")


def help_page(columns: int, *words: str) -> str:
    command = [sys.executable, "-m", "homeport", "--help", *words]
    env = environment({"COLUMNS": str(columns)})
    return subprocess.check_output(command, text=True, env=env)


def test_help_fits_one_screen_and_names_every_setting_and_command() -> None:
    text = help_page(80)
    lines = text.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 80
    words = set(re.findall(r"[\w-]+", text.replace("[no-]", "")))
    names = {"--cold" if option.name == "warm" else f"--{option.name}" for option in OPTIONS}
    assert names <= words
    assert {"demo", "--detach", "--ready-fd", *LOOKING} <= words


def test_help_all_has_a_line_for_each() -> None:
    lines = help_page(100, "all").splitlines()
    for option in OPTIONS:
        assert sum(option.help in line for line in lines) == 1
    for name, text in LOOKING.items():
        assert [line.split(None, 2)[2] for line in lines if f"homeport {name} " in line] == [text]
    assert max(map(len, lines)) <= 100

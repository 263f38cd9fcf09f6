"""`homeport up` and `down`: several apps, really started, really ended."""

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.cli.several import PYTHON, Several
from tests.cli.terminal import in_terminal
from tests.engine.live import eventually, is_free, save

PAGE = f"{{command = '{PYTHON} -u page.py'"
BOTH = f'web = {PAGE}, needs = ["api"]}}\napi = {{app = "api:app", env = {{GREETING = "hi"}}}}'


def several(tmp_path: Path, table: str = BOTH) -> Several:
    return Several(tmp_path / "shop", table)


def test_what_is_needed_starts_first_and_its_url_is_told(tmp_path: Path) -> None:
    shop = several(tmp_path)
    with shop.up() as up:
        api = up.until("app-ready", app="api")["url"]
        up.until("app-starting", app="web")
        web = up.until("app-ready", app="web")["url"]
        assert httpx.get(api).json()["GREETING"] == "hi"
        assert httpx.get(web).text == f"{api} {shop.folder}"
        assert up.end() == 0
    order = [(event["event"], event.get("app")) for event in up.events]
    assert order.index(("app-ready", "api")) < order.index(("app-starting", "web"))
    ends = [event["app"] for event in up.events if event["event"] == "app-ended"]
    assert ends == ["web", "api"]
    assert all(event["asked"] for event in up.events if event["event"] == "app-ended")
    assert up.events[-1] == {**up.events[-1], "event": "stopped", "exit_code": 0}


def test_all_are_found_by_name_commands_too(tmp_path: Path) -> None:
    shop = several(tmp_path)
    with shop.up() as up:
        web = up.until("app-ready", app="web")
        for name in ("api", "web"):
            found = json.loads(shop.run("url", name, "--json").stdout)
            assert found["source"] == "registry"
            assert httpx.get(found["url"]).status_code == 200
        assert shop.run("url", "web").stdout.strip() == web["url"]
        entry = json.loads((tmp_path / "run" / "homeport" / "web.json").read_text())
        assert (entry["holder"], entry["version"]) == ("up", "1.1")
        assert entry["project"] == str(shop.folder)
        port = int(web["url"].rpartition(":")[2])
        rows = json.loads(shop.run("ls", "--json").stdout)["servers"]
        (row,) = (row for row in rows if row["port"] == port)
        assert (row["reach"], row["project"]["name"]) == ("this computer", "shop")
        assert (row["name"], row["urls"], row["phase"]) == ("web", [web["url"]], "serving")
        up.end()
    assert shop.run("url", "web").returncode == 5


def test_a_restart_is_told_as_the_first_start_was(tmp_path: Path) -> None:
    shop = several(tmp_path, 'api = "api:app"')
    with shop.up() as up:
        first = up.until("app-ready", app="api")
        assert shop.run("restart", "api").returncode == 0
        again = up.until("app-ready", app="api")
        assert (again["url"], again["name"]) == (first["url"], "api")
        assert up.end() == 0


@pytest.mark.parametrize("asked", ["restart", "reload", "share"])
def test_a_command_is_not_taken_for_an_older_homeport(tmp_path: Path, asked: str) -> None:
    shop = several(tmp_path, f"web = {PAGE}}}")
    with shop.up() as up:
        up.until("app-ready", app="web")
        refused = shop.run(asked, "web")
        assert refused.returncode == 2
        assert "web is a command that homeport up runs" in refused.stderr
        assert "homeport stop web" in refused.stderr and "older" not in refused.stderr


def test_the_answer_that_shows_readiness_is_read_to_its_end(tmp_path: Path) -> None:
    """A program that still writes when its client leaves prints a traceback."""
    large = "'wfile.write(', 'wfile.write(bytes(9_000_000) + '"
    code = f"exec(open('page.py').read().replace({large}))"
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "large.py").write_text(code)
    shop = several(tmp_path, f"web = {{command = '{PYTHON} -u large.py', ready = 'http'}}")
    with shop.up() as up:
        url = up.until("app-ready", app="web")["url"]
        assert len(httpx.get(url).content) > 9_000_000, "it serves one client after the other"
        assert up.end() == 0
    assert not [each for each in up.events if "Error" in str(each.get("line"))]


def test_a_command_that_gave_its_port_to_another_is_not_found(tmp_path: Path) -> None:
    """The program lives, and does not listen any more: whoever listens there is somebody else."""
    code = "import socket,os,time; s=socket.create_server(('127.0.0.1',int(os.environ['PORT'])));"
    code += "open('up','w').close(); [time.sleep(0.01) for _ in iter(lambda: os.path.exists('go')"
    code += ", True)]; s.close(); open('closed','w').close(); time.sleep(600)"
    shop = several(tmp_path, f"web = {{command = '''{PYTHON} -c \"{code}\"'''}}")
    with shop.up() as up:
        port = int(up.until("app-ready", app="web")["url"].rpartition(":")[2])
        assert shop.run("url", "web").returncode == 0
        (shop.folder / "go").touch()
        eventually((shop.folder / "closed").exists, "it has closed its socket")
        squatter = subprocess.Popen([PYTHON, "-m", "http.server", str(port)], cwd=tmp_path)
        try:
            eventually(lambda: not is_free(port), "the squatter listens")
            assert shop.run("url", "web").returncode == 5
        finally:
            squatter.kill()
            squatter.wait()


def test_only_what_is_named_starts_and_what_it_needs(tmp_path: Path) -> None:
    shop = several(tmp_path, BOTH + f"\nother = {PAGE}}}")
    with shop.up("web") as up:
        up.until("app-ready", app="web")
        up.end()
    assert {event["app"] for event in up.events if "app" in event} == {"web", "api"}


def test_one_that_dies_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    shop = several(
        tmp_path, f'api = "api:app"\njob = {{command = "echo one; exit 9"}}\nx = {PAGE}}}'
    )
    with shop.up() as up:
        died = up.until("app-ended", app="job")
        assert (died["exit_code"], died["asked"]) == (9, False)
        up.until("app-ready")
        up.until("app-ready")
        assert {"event": "output", "line": "one"}.items() <= next(
            event for event in up.events if event["event"] == "output" and event["app"] == "job"
        ).items()
        assert up.end() == 3


def test_who_needs_one_that_died_is_not_started(tmp_path: Path) -> None:
    shop = several(tmp_path, f'db = {{command = "exit 4"}}\nweb = {PAGE}, needs = ["db"]}}')
    with shop.up() as up:
        assert up.until("app-not-started", app="web")["needs"] == "db"
        assert up.wait() == 3


def test_an_app_that_is_broken_is_waited_for(tmp_path: Path) -> None:
    shop = several(tmp_path)
    (shop.folder / "api.py").write_text("1 / 0")
    with shop.up() as up:
        failed = up.until("failed", app="api")
        assert "ZeroDivisionError" in failed["error"]
        assert (failed["tries_again"], failed["waiting"]) == (True, ["web"])
        from tests.cli.several import API

        save(shop.folder / "api.py", API)
        up.until("app-ready", app="api")
        up.until("app-ready", app="web")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_ends_all(tmp_path: Path, number: int) -> None:
    shop = several(tmp_path)
    with shop.up() as up:
        up.until("app-ready", app="web")
        assert up.end(number) == 0
        shop.all_gone()


def test_kill_9_of_up_leaves_nothing(tmp_path: Path) -> None:
    daemon = "setsid sleep 600 & (setsid sh -c 'sleep 601 & sleep 602' &) ;"
    table = f'web = {{command = """{daemon} exec {PYTHON} -u page.py"""}}\napi = "api:app"'
    shop = several(tmp_path, table)
    with shop.up() as up:
        up.until("app-ready")
        up.until("app-ready")
        assert len(shop.processes()) > 7
        os.kill(up.process.pid, signal.SIGKILL)
        up.process.wait()
        shop.all_gone()
    assert shop.run("url", "web").returncode == 5


def test_what_does_not_want_to_end_is_killed_by_a_second_signal(tmp_path: Path) -> None:
    code = (
        "import signal; signal.signal(15, signal.SIG_IGN); import runpy; runpy.run_path('page.py')"
    )
    shop = several(tmp_path, f"web = {{command = '''{PYTHON} -c \"{code}\"'''}}")
    with shop.up() as up:
        up.until("app-ready")
        up.process.send_signal(signal.SIGINT)
        up.until("stopping")
        up.process.send_signal(signal.SIGINT)
        assert up.wait() == 0
        shop.all_gone()


def test_down_ends_one_or_all_from_another_terminal(tmp_path: Path) -> None:
    shop = several(tmp_path)
    with shop.up() as up:
        up.until("app-ready", app="web")
        assert json.loads(shop.run("down", "web", "--json").stdout) == {"stopped": ["web"]}
        assert shop.run("url", "api").returncode == 0
        wrong = shop.run("down", "apu")
        assert wrong.returncode == 2 and "homeport down api" in wrong.stderr
        down = shop.run("down")
        assert (down.returncode, down.stdout.strip()) == (0, "stopped: api")
        assert up.wait() == 0
    gone = shop.run("down")
    assert gone.returncode == 5 and "homeport up" in gone.stderr


def test_an_up_that_hangs_is_said_to_hang(tmp_path: Path) -> None:
    shop = several(tmp_path)
    with shop.up() as up:
        up.until("app-ready", app="web")
        up.process.send_signal(signal.SIGSTOP)
        try:
            down = shop.run("down")
        finally:
            up.process.send_signal(signal.SIGCONT)
        assert down.returncode == 1
        assert f"kill -CONT {up.process.pid}" in down.stderr
        assert shop.run("down").returncode == 0


def test_a_second_up_of_the_same_project_is_told_about_the_first(tmp_path: Path) -> None:
    shop = several(tmp_path)
    with shop.up() as up:
        up.until("app-ready", app="web")
        second = shop.run("up")
        assert second.returncode == 2
        assert "already runs" in second.stderr and "homeport down" in second.stderr
        up.end()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('api = {app = "api:app", nedes = ["x"]}', "did you mean needs?"),
        ('a = {app = "a", needs = ["b"]}\nb = {app = "b", needs = ["a"]}', "a needs b needs a"),
        ("", "[tool.homeport.apps]"),
    ],
)
def test_a_table_that_cannot_be_meant_starts_nothing(tmp_path: Path, table: str, said: str) -> None:
    refused = several(tmp_path, table).run("up")
    assert refused.returncode == 2
    assert said in refused.stderr


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    shop = several(tmp_path, 'web = {command = "true", dir = "gone"}')
    with shop.up() as up:
        assert "gone" in up.until("app-not-started", app="web")["reason"]
        assert up.wait() == 3


def test_a_serving_app_alone_takes_no_notice_of_the_table(tmp_path: Path) -> None:
    shop = several(tmp_path)
    done = shop.run("nowhere:app", "--json")
    assert "unknown-setting" not in done.stdout


def test_in_a_terminal_lines_are_whole_aligned_and_coloured(tmp_path: Path) -> None:
    chatty = (
        "for i in 1 2 3 4 5 6 7 8 9; do printf 'be'; printf 'gin%s\\nmiddle' $i; echo end; done"
    )
    many = f'{{command = """{chatty}; sleep 600"""}}'
    shop = several(tmp_path, f"a = {many}\nlonger = {many}")
    for extra in ({}, {"NO_COLOR": "1"}):
        with in_terminal(shop.folder, "up", **shop.env, **extra) as terminal:
            terminal.until("begin9")
            eventually(lambda: terminal.look(0.1).count("begin9") == 2, "both have said it all")
            screen, colours = terminal.plain, terminal.screen
            terminal.type("\x03")
            assert terminal.exit_code() == 0
        rows = [row for row in screen.splitlines() if "begin" in row or "end" in row]
        assert len(rows) >= 34
        for row in rows:
            assert re.fullmatch(
                r"(a     |longer) \| (begin\d|middlebegin\d|middleend|starting .*)", row
            )
        assert ("\x1b[36ma      |\x1b[0m " in colours) is (not extra)
        assert ("\x1b[33mlonger |\x1b[0m " in colours) is (not extra)
        shop.all_gone()

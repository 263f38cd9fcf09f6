"""`wait`, `open`, `logs`, `reload`, `restart`, `stop NAME`, `stop --all`, and names in `ls`."""

import json
import socket
import stat
import threading
import urllib.request

import pytest

from homeport.core.errors import ExitCode, HomeportError
from homeport.engine import registry
from tests.cli.command import Running, ended
from tests.cli.named import User
from tests.cli.terminal import in_terminal
from tests.engine.live import PATIENCE, eventually, homeport, is_alive, is_free

OTHER = """
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"other"})
"""
SLOW = """
import asyncio, pathlib

async def app(scope, receive, send):
    if scope["type"] == "http":
        pathlib.Path("asked").touch()
        while not pathlib.Path("answer").exists():
            await asyncio.sleep(0.005)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"slow"})
"""
BROKEN = "raise ValueError('not today')\n"


def read(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        return bytes(answer.read())


def port_of(shop: User, name: str = "shop") -> int:
    (port,) = shop.entry(name).ports
    return port


def test_wait_begins_before_the_server_does(shop: User) -> None:
    with shop.doing("wait", "shop", "--json") as waiting:
        shop.start()
        assert waiting.process.wait(PATIENCE) == ExitCode.OK
        answer = json.loads(waiting.line())
    assert (answer["server"], answer["phase"]) == ("shop", "serving")
    assert read(answer["url"]) == b'{"version":1}'


def test_wait_is_not_content_with_a_server_whose_app_is_not_ready(shop: User) -> None:
    gate = shop.folder / "gate"
    shop.main.write_text(
        f"import os, time\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.01)\n"
        + shop.main.read_text()
    )
    with shop.doing("main:app", "--port", "0", "--name", "shop", "--json"):
        eventually(lambda: bool(shop.entries()), "it is registered")
        end = shop.do("wait", "shop", "--timeout", "0.3", "--json")
        assert (end.code, end.events[0]["code"]) == (ExitCode.NOTHING_THERE, "not-ready")
        gate.touch()
        assert shop.do("wait", "shop").code == ExitCode.OK


def test_wait_tells_of_an_app_that_does_not_start(shop: User) -> None:
    shop.main.write_text(BROKEN)
    with shop.doing("main:app", "--port", "0", "--name", "shop", "--json") as server:
        server.until("failed")
        end = shop.do("wait", "shop", "--timeout", "0.2")
        assert end.code == ExitCode.APP and "not today" in end.out
        shop.main.write_text(OTHER)
        assert shop.do("wait", "shop").code == ExitCode.OK, "it was mended"


def test_wait_for_what_never_comes_ends_in_time(shop: User) -> None:
    end = shop.do("wait", "nobody", "--timeout", "0.1", "--json")
    assert (end.code, end.events[0]["code"]) == (ExitCode.NOTHING_THERE, "no-such-server")
    assert shop.do("wait", "nobody", "--timeout", "soon").code == ExitCode.USAGE


def test_reload_returns_when_the_new_version_answers(shop: User) -> None:
    shop.start("shop", "--no-reload")
    shop.main.write_text(OTHER)
    answer = shop.asked("reload", "shop")
    assert (answer["phase"], answer["failure"]) == ("serving", None)
    assert read(shop.entry().urls[0]) == b"other"


def test_a_reload_that_fails_has_the_traceback_and_the_old_version_goes_on(shop: User) -> None:
    shop.start("shop", "--no-reload")
    shop.main.write_text(BROKEN)
    end = shop.do("reload")
    assert end.code == ExitCode.APP
    assert "ValueError: not today" in end.out and "main.py:1" in end.out
    assert "still serves the version before" in end.out
    end = shop.do("reload", "shop", "--json")
    assert end.code == ExitCode.APP and "not today" in end.events[0]["failure"]["traceback"]
    assert read(shop.entry().urls[0]) == b'{"version":1}'


@pytest.mark.parametrize("command", ["wait", "reload", "restart"])
def test_a_time_that_is_none_leads_to_the_help_that_explains_it(shop: User, command: str) -> None:
    end = shop.do(command, "shop", "--timeout", "soon")
    assert end.code == ExitCode.USAGE and f"homeport {command} --help" in end.err


def test_reload_is_what_the_server_tells_as_well(shop: User) -> None:
    with shop.doing("main:app", "--port", "0", "--name", "shop", "--json") as server:
        server.until("ready")
        shop.asked("reload", "shop")
        assert server.until("reloaded")["reasons"] == ["homeport reload"]


def test_many_reloads_at_once_all_end(shop: User) -> None:
    shop.start("shop", "--no-reload")
    codes: list[int] = []
    threads = [
        threading.Thread(target=lambda: codes.append(shop.do("reload").code)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert codes == [0, 0, 0, 0]


class Visitor(threading.Thread):
    """Asks again and again, a new connection each time, until told to stop."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.answers: list[bytes] = []
        self.errors: list[BaseException] = []
        self._port = port
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.is_set():
            try:
                with socket.create_connection(("127.0.0.1", self._port), PATIENCE) as sock:
                    sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    data = b""
                    while more := sock.recv(65536):
                        data += more
                self.answers.append(data)
            except OSError as error:
                self.errors.append(error)

    def stop(self) -> None:
        self._done.set()
        self.join(PATIENCE)


class Looker(threading.Thread):
    """Looks the server up all the time; `codes` are those of the refusals."""

    def __init__(self, shop: User) -> None:
        super().__init__()
        self.codes: list[str] = []
        self._env = shop.env
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.is_set():
            try:
                registry.find("shop", self._env)
            except HomeportError as error:
                self.codes.append(error.code)

    def stop(self) -> None:
        self._done.set()
        self.join(PATIENCE)


@pytest.mark.parametrize("background", [True, False])
def test_a_restart_keeps_port_name_and_every_connection(shop: User, background: bool) -> None:
    if background:
        shop.start()
        _restart_under_load(shop)
        assert "stopped" in shop.log().read_text()
        assert shop.do("logs", "-n", "1").code == 0, "the log goes on"
    else:
        with shop.doing(
            "main:app", "--name", "shop", "--port", "0", "--no-access-log", "--json"
        ) as server:
            server.until("ready")
            _restart_under_load(shop)
            assert server.until("stopping")["reason"] == "homeport restart"
            server.until("ready")
            assert server.stop().code == ExitCode.OK


def _restart_under_load(shop: User) -> None:
    before = shop.entry()
    visitor, looker = Visitor(port_of(shop)), Looker(shop)
    visitor.start()
    looker.start()
    shop.main.write_text(OTHER)
    answer = shop.asked("restart", "shop")
    assert (answer["server"], answer["phase"]) == ("shop", "serving")
    after = shop.entry()
    count = len(visitor.answers)
    eventually(lambda: len(visitor.answers) > count + 3, "it is asked on")
    visitor.stop()
    looker.stop()
    assert set(looker.codes) <= {"no-answer"}, "on a busy computer it may take more than a second"
    assert visitor.errors == []
    assert all(answer.startswith(b"HTTP/1.1 200") for answer in visitor.answers)
    assert b"other" in visitor.answers[-1]
    assert (after.addresses, after.pid) == (before.addresses, before.pid)
    assert after.instance == answer["instance"] != before.instance


def test_a_restart_reads_the_settings_again_and_takes_a_new_port(shop: User) -> None:
    table = shop.folder / "pyproject.toml"
    table.write_text('[project]\nname = "shop"\n[tool.homeport]\napp = "main:app"\n')
    assert shop.do("-d").code == 0
    old = port_of(shop)
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        new = sock.getsockname()[1]
    table.write_text(table.read_text() + f"port = {new}\n")
    shop.asked("restart")
    assert port_of(shop) == new
    eventually(lambda: is_free(old), "the old port is given back")


def test_a_restart_with_another_name_in_the_settings_lets_the_old_one_go(shop: User) -> None:
    table = shop.folder / "pyproject.toml"
    text = '[project]\nname = "shop"\n[tool.homeport]\napp = "main:app"\nport = 0\n'
    table.write_text(text)
    assert shop.do("-d").code == 0
    table.write_text(text.replace('"shop"', '"store"'))
    assert shop.asked("restart", "shop")["server"] == "store"
    eventually(lambda: [entry.name for entry in shop.entries()] == ["store"], "one name")
    shop.start("shop")


def test_a_restart_whose_app_fails_says_why_and_waits_for_a_fix(shop: User) -> None:
    shop.start()
    shop.main.write_text(BROKEN)
    end = shop.do("restart", "shop")
    assert end.code == ExitCode.APP and "not today" in end.out
    shop.main.write_text(OTHER)
    assert shop.do("wait", "shop").code == ExitCode.OK
    assert read(shop.entry().urls[0]) == b"other"


def test_a_restart_that_ends_in_no_server_says_where_to_look(shop: User) -> None:
    shop.start()
    (shop.folder / "pyproject.toml").write_text("[tool.homeport]\nnonsense = 1\n")
    end = shop.do("restart", "shop", "--json")
    assert (end.code, end.events[0]["code"]) == (ExitCode.NOTHING_THERE, "not-back")
    assert "nonsense" in shop.do("logs", "shop").out
    shop.has_nothing_left()


def test_a_restart_in_a_terminal_keeps_it(shop: User) -> None:
    with in_terminal(shop.folder, "main:app", "--port", "0", "--name", "shop", **shop.env) as term:
        term.until("? help")
        shop.asked("restart", "shop")
        eventually(lambda: "stopped" in term.until("stopping"), "it says so")
        term.type("r")
        term.until("reloaded in")
        term.type("q")
        assert term.exit_code() == ExitCode.OK


def test_a_script_is_not_restarted(shop: User) -> None:
    script = "import homeport\nif __name__ == '__main__':\n    homeport.run('main:app', port=0)\n"
    (shop.folder / "serve.py").write_text(script)
    import subprocess
    import sys

    from tests.cli.command import environment

    process = subprocess.Popen(
        [sys.executable, "serve.py"],
        cwd=shop.folder,
        env=environment(shop.env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        assert shop.do("wait", "shop").code == 0
        end = shop.do("restart", "shop", "--json")
        assert (end.code, end.events[0]["code"]) == (ExitCode.USAGE, "cannot-restart")
        assert shop.do("reload", "shop").code == 0
    finally:
        shop.do("stop", "shop")
        process.kill()
        process.wait(PATIENCE)


def test_stop_waits_until_it_is_gone_and_the_port_is_free(shop: User) -> None:
    shop.start()
    pid, port = shop.entry().pid, port_of(shop)
    (row,) = shop.asked("stop", "shop")["stopped"]
    assert not is_alive(pid) and is_free(port)
    assert (row["server"], row["ports"], row["taken"]) == ("shop", [port], [])
    shop.has_nothing_left()
    assert shop.do("stop", "shop").code == ExitCode.NOTHING_THERE


def test_stop_lets_a_request_finish_and_refuses_who_comes_meanwhile(shop: User) -> None:
    shop.main.write_text(SLOW)
    shop.start()
    url = shop.entry().urls[0]
    answers: list[bytes] = []
    asking = threading.Thread(target=lambda: answers.append(read(url)))
    asking.start()
    eventually((shop.folder / "asked").exists, "a request is under way")
    with shop.doing("stop", "shop", "--json") as stopping:
        port = port_of(shop)
        eventually(lambda: is_free(port), "its port is given back")
        end = shop.do("url", "shop", "--json")
        assert (end.code, end.events[0]["code"]) == (ExitCode.NOTHING_THERE, "no-address")
        assert is_alive(shop.entry().pid) and not answers
        (shop.folder / "answer").touch()
        assert stopping.process.wait(PATIENCE) == ExitCode.OK
    asking.join(PATIENCE)
    assert answers == [b"slow"]


def test_stop_of_a_number_is_about_the_port_as_before(shop: User) -> None:
    shop.start()
    end = shop.do("stop", str(port_of(shop)), "--json")
    assert (end.code, end.events[0]["code"]) == (ExitCode.NOT_STOPPED, "needs-yes")
    assert shop.entries()


def test_stop_all_asks_and_then_stops_all(shop: User) -> None:
    assert shop.do("stop", "--all").code == ExitCode.NOTHING_THERE
    shop.start("shop")
    shop.start("api")
    assert shop.do("stop", "--all").code == ExitCode.NOT_STOPPED, "nobody is here to ask"
    assert len(shop.entries()) == 2
    with in_terminal(shop.folder, "stop", "--all", **shop.env) as term:
        term.until("[y/N]")
        term.type("n\n")
        assert term.exit_code() == ExitCode.NOT_STOPPED
    assert len(shop.entries()) == 2
    stopped = shop.asked("stop", "--all", "--yes")["stopped"]
    assert {row["server"] for row in stopped} == {"shop", "api"}
    shop.has_nothing_left()


@pytest.mark.parametrize("words", [(), ("shop", "--all"), ("8000", "--yes"), ("a", "b")])
def test_stop_has_to_know_what(shop: User, words: tuple[str, ...]) -> None:
    assert shop.do("stop", *words).code == ExitCode.USAGE


def test_open_names_the_link_and_asks_the_browser(shop: User) -> None:
    shop.start()
    opened = shop.folder / "opened"
    browser = shop.folder / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    browser.chmod(0o755)
    end = shop.do("open", "--json", env={"BROWSER": f"{browser} %s"})
    url = shop.entry().urls[0]
    assert (end.code, end.events[0]) == (0, {"server": "shop", "url": url})
    eventually(lambda: opened.exists() and opened.read_text().strip() == url, "it is opened")
    assert shop.do("open", "nobody").code == ExitCode.NOTHING_THERE


def test_logs_are_the_last_lines(shop: User) -> None:
    shop.start()
    read(shop.entry().urls[0])
    eventually(lambda: "GET /" in shop.log().read_text(), "the request is in it")
    assert "GET /" in shop.do("logs", "-n", "1").out
    assert shop.do("logs", "shop", "-n", "0").out == ""
    assert {"line": "imported"} in shop.do("logs", "shop", "--json").events
    assert shop.do("logs", "shop", "-n", "many").code == ExitCode.USAGE


def test_logs_of_one_in_the_foreground_are_in_its_terminal(shop: User) -> None:
    with shop.doing("main:app", "--port", "0", "--name", "shop", "--json") as server:
        server.until("ready")
        end = shop.do("logs", "shop", "--json")
        assert (end.code, end.events[0]["code"]) == (5, "log-in-terminal")
        assert str(shop.entry().pid) in end.events[0]["message"]


def test_logs_go_on_over_a_restart(shop: User) -> None:
    shop.start()
    with shop.doing("logs", "shop", "-f") as following:
        until_ready(following)  # it follows from here on
        shop.asked("restart", "shop")
        assert any("stopping" in line for line in until_ready(following))


MANY = 40_000
CHATTY = f"""
async def app(scope, receive, send):
    if scope["type"] == "http":
        lines = (f"line {{number}} " + "ü" * 50 + "\\n" for number in range({MANY}))
        print("".join(lines), end="", flush=True)
        await send({{"type": "http.response.start", "status": 200}})
        await send({{"type": "http.response.body"}})
"""


def test_a_log_is_followed_through_more_than_a_file_of_it_in_whole_lines(shop: User) -> None:
    shop.main.write_text(CHATTY)
    shop.start()
    with shop.doing("logs", "shop", "-f", "--json") as following:
        while "ready in" not in json.loads(following.line())["line"]:
            pass
        read(shop.entry().urls[0])
        for number in range(MANY):
            while not (line := json.loads(following.line())["line"]).startswith("line "):
                pass
            assert line == f"line {number} " + "ü" * 50


def until_ready(following: Running) -> list[str]:
    """The lines up to the one that says so, with that one."""
    seen = [following.line()]
    while "ready in" not in seen[-1]:
        seen.append(following.line())
    return seen


def test_ls_says_of_whom_the_app_does_not_start(shop: User) -> None:
    shop.main.write_text(BROKEN)
    with shop.doing("main:app", "--port", "0", "--name", "shop", "--json") as server:
        start = [str(server.until("listening")["port"]), "shop"]
        for event, is_said in (("failed", True), ("ready", False)):
            server.until(event)
            page = shop.do("ls", env={"COLUMNS": "250"}).out
            (line,) = (line for line in page.splitlines() if line.split()[:2] == start)
            assert ("(its app does not start)" in line) is is_said
            shop.main.write_text(OTHER)


def test_ls_has_names_links_and_what_is_shared(shop: User) -> None:
    shop.start()
    rows = json.loads(shop.do("ls", "--json").out)["servers"]
    (row,) = (row for row in rows if row["name"] == "shop")
    entry = shop.entry()
    assert row["instance"] == entry.instance
    assert row["urls"] == list(entry.urls)
    assert (row["phase"], row["background"], row["shared_until"]) == ("serving", True, None)
    assert row["since"] == entry.started
    (line,) = (
        line
        for line in shop.do("ls", env={"COLUMNS": "200"}).out.splitlines()
        if line.split()[:2] == [str(row["port"]), "shop"]
    )
    assert entry.urls[0] in line


def test_servers_of_others_have_no_name_in_ls(shop: User) -> None:
    with homeport(shop.folder, "--name", "elsewhere") as other:  # another runtime folder
        other.ready()
        rows = json.loads(shop.do("ls", "--json").out)["servers"]
        (row,) = (row for row in rows if row["port"] == other.port)
        assert row["homeport"] is True and row["name"] is None
        listed = json.loads(ended(shop.folder, "ls", "--json").out)["servers"]
        (row,) = (row for row in listed if row["port"] == other.port)
        assert row["name"] == "elsewhere" and row["background"] is False


def test_no_command_leaves_its_own_files_open_to_others(shop: User) -> None:
    shop.start()
    for path in [*shop.runtime.rglob("*"), *shop.state.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_port_and_reach_write_https_for_a_server_with_tls(shop: User) -> None:
    shop.start("shop", "--tls")
    port = str(port_of(shop))
    assert f"https://localhost:{port}" in shop.do("port", port).out
    answers = [each["url"] for each in shop.do("port", port, "--json").events[0]["answers"]]
    assert f"https://127.0.0.1:{port}" in answers and f"http://127.0.0.1:{port}" not in answers
    (found,) = shop.asked("reach", port)["servers"]
    assert {each["url"] for each in found["questions"] if each["url"]} == {
        f"https://localhost:{port}",
        f"https://127.0.0.1:{port}",
    }
    shop.do("stop", "shop")

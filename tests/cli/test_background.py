"""`homeport -d`: ready when it returns, or nothing left; its output is in a log."""

import contextlib
import os
import pty
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from homeport.core.errors import ExitCode
from tests.cli.command import environment
from tests.cli.named import User
from tests.engine.live import PATIENCE, eventually, is_alive


def read(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        return bytes(answer.read())


def test_when_it_returns_the_app_answers_at_the_links(shop: User) -> None:
    end = shop.do("-d", "main:app", "--port", "0")
    url = shop.entry().urls[0]
    assert (end.code, end.err, end.left) == (ExitCode.OK, "", ())
    assert url in end.out and "homeport stop shop" in end.out
    assert read(url) == b'{"version":1}'
    assert "imported" not in end.out, "what the app prints is for the log"


def test_json_is_the_ready_event_with_name_and_log(shop: User) -> None:
    event = shop.start()
    assert event["event"] == "ready" and event["name"] == "shop"
    assert read(event["urls"][0]["url"]) == b'{"version":1}'
    assert event["log"] == str(shop.log())
    assert event["instance"] == shop.entry().instance
    assert "imported\n" in shop.log().read_text(), "the log is text all the same"


def test_a_program_is_told_when_it_is_not_where_it_was(shop: User) -> None:
    shop.do("-d", "main:app")
    (port,) = shop.entry().ports
    shop.asked("stop", "shop")
    with socket.create_server(("127.0.0.1", port)):
        (event,) = shop.do("-d", "main:app", "--json").events
    told = {"wanted": port, "why": "busy", "next_time": "back", "other": None}
    assert (event["event"], event["moved"]) == ("ready", told)
    assert shop.entry().ports != {port}


def test_it_has_a_session_of_its_own_and_no_terminal(shop: User) -> None:
    shop.start()
    pid = shop.entry().pid
    assert os.getsid(pid) == pid != os.getsid(0)
    assert os.readlink(f"/proc/{pid}/fd/0") == os.devnull
    assert os.readlink(f"/proc/{pid}/cwd") == str(shop.folder)


def test_the_log_is_for_its_user_only(shop: User) -> None:
    shop.start()
    assert stat.S_IMODE(shop.log().stat().st_mode) == 0o600
    assert stat.S_IMODE(shop.log().parent.stat().st_mode) == 0o700


def test_an_app_that_does_not_start_leaves_its_traceback_and_nothing_else(shop: User) -> None:
    shop.main.write_text("raise ValueError('not today')\n")
    end = shop.do("-d", "main:app", "--port", "0")
    assert end.code == ExitCode.APP
    assert "ValueError: not today" in end.out and "main.py:1" in end.out
    assert "save a fix" not in end.out + shop.log().read_text(), "nobody waits for one"
    shop.has_nothing_left()


def test_the_failure_is_one_event_with_json(shop: User) -> None:
    shop.main.write_text("raise ValueError('not today')\n")
    end = shop.do("-d", "main:app", "--port", "0", "--json")
    (event,) = end.events
    assert (end.code, event["event"], event["code"]) == (3, "failed", "import-failed")
    assert "not today" in event["traceback"]
    assert event["tries_again"] is False, "it has ended"
    shop.has_nothing_left()


def test_a_name_that_is_no_app_is_a_usage_error_in_the_terminal(shop: User) -> None:
    end = shop.do("-d", "nothere:app", "--port", "0")
    assert end.code == ExitCode.USAGE
    assert "nothere" in end.out
    end = shop.do("-d", "main:app", "--port", "70000", "--json")
    assert (end.code, end.events[0]["event"]) == (ExitCode.USAGE, "error")
    end = shop.do("-d", "main:other", "--port", "0")
    assert end.code == ExitCode.USAGE and "other" in end.out
    shop.has_nothing_left()


def test_a_first_version_that_works_may_break_later_and_is_mended(shop: User) -> None:
    shop.start()
    shop.main.write_text("raise ValueError('not today')\n")
    eventually(lambda: "not today" in shop.log().read_text(), "the failure is in the log")
    assert read(shop.entry().urls[0]) == b'{"version":1}'


def test_the_demo_goes_into_the_background_too(shop: User) -> None:
    end = shop.do("-d", "demo", "--port", "0")
    assert end.code == 0
    assert b"homeport" in read(shop.entry("demo").urls[0])


def test_ctrl_c_while_waiting_ends_what_was_started(shop: User) -> None:
    shop.main.write_text("import time\nprint('importing', flush=True)\ntime.sleep(1000)\n")
    with shop.doing("-d", "main:app", "--port", "0") as launcher:
        eventually(lambda: "importing" in _text(shop.log()), "it imports")
        launcher.process.send_signal(signal.SIGINT)
        assert launcher.process.wait(PATIENCE) == ExitCode.INTERRUPTED
    shop.has_nothing_left()


def test_a_launcher_that_is_killed_takes_the_server_along(shop: User) -> None:
    shop.main.write_text("import time\nprint('importing', flush=True)\ntime.sleep(1000)\n")
    with shop.doing("-d", "main:app", "--port", "0") as launcher:
        eventually(lambda: "importing" in _text(shop.log()), "it imports")
        launcher.process.kill()
        shop.has_nothing_left()


def test_a_server_that_is_killed_while_starting_is_told(shop: User) -> None:
    shop.main.write_text("import time\ntime.sleep(1000)\n")
    with shop.doing("-d", "main:app", "--port", "0") as launcher:
        eventually(lambda: bool(shop.entries()), "it is registered")
        os.kill(shop.entry().pid, signal.SIGKILL)
        assert launcher.process.wait(PATIENCE) == ExitCode.BUG
        assert "signal 9" in launcher.err
    shop.has_nothing_left()


def test_a_terminal_closed_later_does_not_end_it(shop: User) -> None:
    pid, master = pty.fork()
    if pid == 0:
        os.chdir(shop.folder)
        command = [sys.executable, "-m", "homeport", "-d", "main:app", "--port", "0"]
        os.execve(sys.executable, command, environment(shop.env))
    screen = b""
    with contextlib.suppress(OSError):  # the last one on the terminal has left
        while data := os.read(master, 4096):
            screen += data
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, screen
    server = shop.entry()
    os.close(master)
    assert b"\x1b[36m" in screen, "in colour, as in the foreground"
    assert is_alive(server.pid)
    assert read(server.urls[0]) == b'{"version":1}'
    assert "\x1b" not in shop.log().read_text()


def test_descriptors_of_the_caller_are_let_go(shop: User) -> None:
    read_end, write_end = os.pipe()
    command = [sys.executable, "-m", "homeport", "-d", "main:app", "--port", "0"]
    done = subprocess.run(
        command,
        cwd=shop.folder,
        env=environment(shop.env),
        pass_fds=[write_end],
        capture_output=True,
        timeout=PATIENCE,
    )
    os.close(write_end)
    assert done.returncode == 0
    assert os.read(read_end, 1) == b"", "nobody holds the other end"
    os.close(read_end)


def test_without_a_place_for_the_log_it_serves_and_says_so(shop: User) -> None:
    (shop.state / "homeport").write_text("in the way")
    end = shop.do("-d", "main:app", "--port", "0")
    assert end.code == 0
    assert "kept nowhere" in end.out
    assert read(shop.entry().urls[0]) == b'{"version":1}'
    assert shop.do("logs", "shop").code == ExitCode.NOTHING_THERE


def test_a_log_goes_on_in_new_files_and_loses_no_line(shop: User) -> None:
    shop.main.write_text(
        "for i in range(30000): print(f'{i:06}', 'x' * 80)\nprint('all', flush=True)\n"
        + shop.main.read_text()
    )
    shop.start()
    files = [shop.log(), shop.log().with_name("shop.log.1"), shop.log().with_name("shop.log.2")]
    eventually(lambda: "ready in" in files[0].read_text(), "all is written")
    assert not shop.log().with_name("shop.log.3").exists()
    text = "".join(file.read_text() for file in reversed(files))
    numbers = [int(line[:6]) for line in text.splitlines() if line.endswith("xx")]
    assert numbers == list(range(30000))
    assert all(file.stat().st_size <= 1024 * 1024 for file in files)
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)


def test_when_the_server_is_killed_its_log_is_whole_and_its_keeper_ends(shop: User) -> None:
    shop.main.write_text(shop.main.read_text() + "print('last words', flush=True)\n")
    shop.start()
    os.kill(shop.entry().pid, signal.SIGKILL)
    shop.has_nothing_left()
    end = shop.do("logs", "shop")
    assert end.code == 0 and "last words\n" in end.out


PRINTING = """
import asyncio
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return await receive()
    print("seen", scope["path"], "y" * 1000, flush=True)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"fine"})
"""


def keepers(shop: User) -> list[int]:
    return [pid for pid in shop.processes() if os.readlink(f"/proc/{pid}/cwd") == "/"]


def kill(pid: int) -> None:
    """What it was about to do is not done any more."""
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not is_alive(pid), "it is dead")


def test_a_keeper_that_is_killed_is_followed_by_another_and_nobody_notices(shop: User) -> None:
    shop.main.write_text(PRINTING)
    shop.start()
    url, said = shop.entry().urls[0], 0

    def speak(times: int) -> None:
        nonlocal said
        for _ in range(times):
            said += 1
            assert read(f"{url}/{said}") == b"fine"
        eventually(lambda: f"seen /{said} " in _text(shop.log()), "it is written")

    for then in ("kill", "kill", "reload", "restart", "kill"):
        if then == "kill":
            (keeper,) = keepers(shop)
            kill(keeper)
            speak(100)  # more than the pipe holds: someone reads it
        else:
            shop.asked(then, "shop")
            speak(3)
    numbers = [line.split()[1] for line in _text(shop.log()).splitlines() if "yy" in line]
    assert numbers == [f"/{number}" for number in range(1, said + 1)]
    assert len(keepers(shop)) == 1
    assert shop.do("stop", "shop").code == 0
    shop.has_nothing_left()


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def test_starting_ten_at_once_gives_ten_servers(shop: User) -> None:
    with contextlib.ExitStack() as cleanup:
        launchers = [
            cleanup.enter_context(shop.doing("-d", "--name", f"shop-{number}"))
            for number in range(10)
        ]
        deadline = time.monotonic() + PATIENCE * 3
        codes = [each.process.wait(max(deadline - time.monotonic(), 1)) for each in launchers]
    assert codes == [0] * 10
    assert len({entry.ports for entry in shop.entries()}) == 10
    assert len({entry.name for entry in shop.entries()}) == 10

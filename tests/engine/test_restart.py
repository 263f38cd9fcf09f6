"""Two servers of one name: the second is told, waits, or takes the place of the first."""

import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import pytest

from homeport.engine import registry
from homeport.engine.control_client import ask
from tests.cli.command import Ended, ended
from tests.engine.live import HELLO, Homeport, environment, eventually, homeport
from tests.engine.runtime import Environment, home
from tests.engine.test_presence import can_mount, shop
from tests.engine.test_registry import files, names
from tests.engine.test_run_function import CALL

SECOND = HELLO.replace('"version": 1', '"version": 2')
SLOW = """
import asyncio, pathlib
@app.get("/slow")
async def slow():
    (file := pathlib.Path("slow")).touch()
    while file.exists():
        await asyncio.sleep(0.01)
"""
"""It answers when the file `slow` is gone."""
__all__ = ["shop"]


@pytest.fixture
def here(tmp_path: Path) -> Environment:
    return home(tmp_path / "run") | {"XDG_STATE_HOME": str(tmp_path / "state")}


def refused(folder: Path, here: Environment, *arguments: str) -> Ended:
    """A start that ends at once, and with the code for a name that is taken."""
    end = ended(folder, *arguments, env=here)
    assert end.code == 7, end
    return end


def version(url: str) -> int:
    answer: dict[str, int] = httpx.get(url).json()
    return answer["version"]


class Visitors:
    """Clients that connect anew for every request, all the time. `answers` is what they got."""

    def __init__(self, port: int) -> None:
        self.answers: list[int] = []
        self.errors: list[BaseException] = []
        self._address = ("127.0.0.1", port)
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._visit) for _ in range(2)]
        for thread in self._threads:
            thread.start()

    def _visit(self) -> None:
        while not self._stop.is_set():
            try:
                with socket.create_connection(self._address, 20) as sock:
                    sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    answer = b""
                    while more := sock.recv(4096):
                        answer += more
                self.answers.append(json.loads(answer.partition(b"\r\n\r\n")[2])["version"])
            except Exception as error:
                self.errors.append(error)
                return

    def end(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


@contextmanager
def visitors(port: int) -> Iterator[Visitors]:
    found = Visitors(port)
    try:
        yield found
    finally:
        found.end()


def test_the_second_in_a_folder_is_told_about_the_first_and_changes_nothing(
    shop: Path, here: Environment
) -> None:
    with homeport(shop, **here) as server:
        url = server.ready()
        for arguments in ([], ["--port", "0"], ["--port", "12345"], ["--host", "all"]):
            end = refused(shop, here, *arguments)
            assert "shop already serves this folder since" in end.err
            assert f"at http://localhost:{server.port} (main)." in end.err
            assert "homeport --restart" in end.err
            assert "homeport --name shop-2" in end.err
        end = refused(shop, here, "--json")
        (event,) = end.events
        assert (event["event"], event["code"]) == ("error", "name-taken")
        assert event["urls"][0] == f"http://localhost:{server.port}"
        assert version(url) == 1
        assert names(here) == ["shop"]
    assert not (Path(here["XDG_STATE_HOME"]) / "homeport" / "ports.json").exists()


def test_another_folder_is_told_so_and_never_replaces(
    shop: Path, tmp_path: Path, here: Environment
) -> None:
    other = tmp_path / "other" / "shop"
    other.mkdir(parents=True)
    (other / "main.py").write_text(SECOND)
    with homeport(shop, **here) as server:
        url = server.ready()
        for arguments in ([], ["--restart"]):
            end = refused(other, here, *arguments)
            assert str(shop) in end.err
            assert "--name shop-2" in end.err
            assert "homeport --restart" not in end.err
        assert version(url) == 1
        with homeport(other, "--name", "shop-2", **here) as second:
            assert version(second.ready()) == 2
            assert names(here) == ["shop", "shop-2"]


def test_restart_replaces_it_on_the_same_port_and_no_connection_is_refused(
    shop: Path, here: Environment
) -> None:
    with homeport(shop, "--no-reload", **here) as old:
        old.ready()
        before = registry.find("shop", here)
        (shop / "main.py").write_text(SECOND)
        with visitors(old.port) as found:
            eventually(lambda: len(found.answers) > 20, "visits")
            with restarted(shop, here) as new:
                url = new.ready()
                assert new.port == old.port
                assert version(url) == 2  # from "ready" on, always
                after = registry.find("shop", here)
                assert (after.pid, after.name) == (new.process.pid, "shop")
                assert after.instance != before.instance
                assert ask(after, {"ask": "facts"})["urls"] == list(after.urls)
                assert old.wait() == 0
                assert "replaced" in [event.get("reason") for event in old.events]
                assert registry.find("shop", here) == after
                seen = len(found.answers)
                eventually(lambda: len(found.answers) > seen + 20, "more visits")
                assert found.errors == []
                assert set(found.answers) == {1, 2}
                assert set(found.answers[seen + 2 :]) == {2}  # two were under way
                found.end()
                assert new.end() == 0
    assert files(here) == []


def restarted(folder: Path, here: Environment, *arguments: str) -> AbstractContextManager[Homeport]:
    """`homeport --restart` without a word about the port."""
    return begun(folder, here, "--restart", *arguments)


@contextmanager
def begun(folder: Path, here: Environment, *arguments: str) -> Iterator[Homeport]:
    """`homeport` without a word about the port."""
    command = [sys.executable, "-m", "homeport", "--json", *arguments]
    server = Homeport(command, folder, environment(**here))
    try:
        yield server
    finally:
        server.kill()


def test_an_app_that_does_not_start_leaves_the_old_one_as_it_was(
    shop: Path, here: Environment
) -> None:
    with homeport(shop, "--no-reload", **here) as old:
        url = old.ready()
        before = registry.find("shop", here)
        (shop / "main.py").write_text("raise RuntimeError('no')\n")
        with visitors(old.port) as found, restarted(shop, here) as new:
            new.until("failed")
            assert new.wait() == 3
            told = [each["message"] for each in new.events if each["event"] == "log"]
            assert told == [f"shop goes on as before at http://localhost:{old.port}"]
            assert found.errors == [] and set(found.answers) == {1}
        assert registry.find("shop", here) == before
        assert version(url) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_restart_that_is_broken_off_changes_nothing(
    shop: Path, here: Environment, number: signal.Signals
) -> None:
    with homeport(shop, "--no-reload", **here) as old:
        url = old.ready()
        before = registry.find("shop", here)
        (shop / "main.py").write_text("import time\ntime.sleep(60)\n" + SECOND)
        with restarted(shop, here) as new:
            new.until("listening")
            new.process.send_signal(number)
            new.process.wait(20)
        assert registry.find("shop", here) == before
        assert [version(url) for _ in range(10)] == [1] * 10


def test_without_a_server_to_replace_it_is_an_ordinary_start(shop: Path, here: Environment) -> None:
    with homeport(shop, "--restart", **here) as server:
        assert version(server.ready()) == 1
        assert names(here) == ["shop"]


def test_a_replaced_one_can_be_replaced_and_two_at_once_leave_one(
    shop: Path, here: Environment
) -> None:
    with homeport(shop, **here) as first:
        first.ready()
        with restarted(shop, here) as second, restarted(shop, here) as third:
            second.port = second.until("listening")["port"]
            third.port = third.until("listening")["port"]
            assert first.wait() == 0

            def one_is_left() -> bool:
                return (second.process.poll() is None) != (third.process.poll() is None)

            eventually(one_is_left, "one of the two")
            left = second if second.process.poll() is None else third
            eventually(lambda: bool(names(here)), "it is registered")
            assert registry.find("shop", here).pid == left.process.pid
            assert version(f"http://127.0.0.1:{first.port}") == 1


def test_an_explicit_port_is_a_new_one_and_the_old_goes(shop: Path, here: Environment) -> None:
    with homeport(shop, **here) as old:
        old.ready()
        with homeport(shop, "--restart", "--port", "0", **here) as new:
            url = new.ready()
            assert new.port != old.port
            assert old.wait() == 0
            assert version(url) == 1
            assert registry.find("shop", here).ports == {new.port}


def test_an_app_that_must_be_alone_starts_when_the_old_one_has_ended(
    shop: Path, here: Environment
) -> None:
    told = "\n@app.on_event({!r})\ndef tell_{}():\n    open('log', 'a').write({!r})\n"
    text = HELLO + told.format("startup", "up", "up ") + told.format("shutdown", "down", "down ")
    (shop / "main.py").write_text(text)
    options = ("--single-lifespan", "--no-reload")
    with homeport(shop, *options, **here) as old:
        old.ready()
        with visitors(old.port) as found:
            eventually(lambda: len(found.answers) > 5, "visits")
            with restarted(shop, here, *options) as new:
                assert version(new.ready()) == 1
                assert old.wait() == 0
                assert (shop / "log").read_text() == "up down up "
                found.end()
                assert found.errors == []


@pytest.mark.parametrize("by", ["order", "signal"])
def test_while_the_old_one_finishes_the_new_one_answers_and_obeys(
    shop: Path, here: Environment, by: str
) -> None:
    (shop / "main.py").write_text(HELLO + SLOW)
    options = ("--single-lifespan", "--no-reload", "--stop-timeout", "15")
    with homeport(shop, *options, **here) as old:
        old.ready()
        with socket.create_connection(("127.0.0.1", old.port)) as visitor:
            visitor.sendall(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
            eventually((shop / "slow").exists, "it is being answered")
            before = registry.find("shop", here)
            with restarted(shop, here, *options) as new:
                eventually(lambda: registry.find("shop", here).instance != before.instance, "taken")
                now = registry.find("shop", here)
                assert ask(now, {"ask": "state"})["phase"] == "starting"
                if by == "order":
                    ask(now, {"ask": "stop", "instance": now.instance})
                else:
                    new.process.send_signal(signal.SIGINT)
                assert new.wait() == 0
                assert old.process.poll() is None, "it was not waited for"
            (shop / "slow").unlink()
            assert visitor.recv(100).startswith(b"HTTP/1.1 200")


def test_a_server_that_is_stopping_is_waited_for_and_its_port_is_had_again(
    shop: Path, here: Environment
) -> None:
    slow = "\n@app.get('/slow')\ndef slow():\n    import time; open('busy', 'w')\n"
    slow += "    time.sleep(1.5); return 1\n"
    (shop / "main.py").write_text(HELLO + slow)
    with begun(shop, here) as first:
        url = first.ready()
        visit = threading.Thread(target=lambda: httpx.get(url + "/slow", timeout=20))
        visit.start()
        eventually(lambda: (shop / "busy").exists(), "the request is being answered")
        first.process.send_signal(signal.SIGINT)
        first.until("stopping")
        with begun(shop, here) as second:
            second.ready()
            assert second.port == first.port
            assert second.events[1]["moved"] is None
        visit.join()


def test_an_app_object_is_replaced_too(shop: Path, here: Environment) -> None:
    (shop / "main.py").write_text(HELLO + CALL.format(arguments="app"))
    old = Homeport([sys.executable, "main.py"], shop, environment(**here))
    try:
        old.ready()
        with restarted(shop, here) as new:
            new.ready()
            assert new.port == old.port
            assert old.wait() == 0
    finally:
        old.kill()


def test_a_project_has_its_port_again_and_is_told_when_it_is_busy(
    shop: Path, here: Environment
) -> None:
    with begun(shop, here) as server:
        server.ready()
        port = server.port
        assert server.end() == 0
    with begun(shop, here) as server:
        server.ready()
        assert server.port == port
        assert server.end() == 0
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        with begun(shop, here) as server:
            listening = server.until("listening")
            assert f"port {port} is in use by pid {os.getpid()}" in listening["notes"][0]
            assert listening["notes"][0].endswith("until it is free again")
            assert (listening["moved"]["wanted"], listening["moved"]["next_time"]) == (port, "back")
            server.until("ready")
            assert server.end() == 0
    with homeport(shop, **here) as server:  # an explicit port wins and is not remembered
        server.ready()
        assert server.end() == 0
    with begun(shop, here) as server:
        server.ready()
        assert server.port == port


@can_mount
@pytest.mark.parametrize(
    ("options", "why"),
    [("ro,mode=700", "Read-only file system"), ("size=4k,mode=700,nr_inodes=3", "No space")],
)
def test_on_a_disk_that_takes_nothing_it_serves_and_says_that_the_port_is_not_remembered(
    shop: Path, here: Environment, options: str, why: str
) -> None:
    Path(here["XDG_STATE_HOME"]).mkdir()
    mount = f'mount -t tmpfs -o {options} none "$XDG_STATE_HOME" && exec "$@"'
    command = ["unshare", "-m", "sh", "-c", mount, "sh", sys.executable, "-m", "homeport", "--json"]
    server = Homeport(command, shop, environment(**here))
    try:
        assert version(server.ready()) == 1
        (warning,) = [each["message"] for each in server.events if each["event"] == "log"]
        assert warning.startswith("The port is not remembered for the next time: ")
        assert why in warning
    finally:
        server.kill()


def test_a_crash_blocks_neither_name_nor_port(shop: Path, here: Environment) -> None:
    with begun(shop, here) as server:
        server.ready()
        workers = server.workers()
        server.process.kill()
        server.process.wait()
        eventually(lambda: not any(map(lives, workers)), "its workers have noticed")
        with begun(shop, here) as again:
            assert version(again.ready()) == 1
            assert again.port == server.port
            assert registry.find("shop", here).pid == again.process.pid


def lives(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def test_the_demo_takes_no_port_from_a_project(shop: Path, here: Environment) -> None:
    with begun(shop, here, "demo") as demo:
        demo.ready()
        demo.end()
    assert not (Path(here["XDG_STATE_HOME"]) / "homeport" / "ports.json").exists()

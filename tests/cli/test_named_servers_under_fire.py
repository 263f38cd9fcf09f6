"""Names, pids and ports that are another's by now: nobody else is ever touched."""

import contextlib
import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable

from homeport.core.errors import ExitCode
from homeport.engine.pinned import Pinned
from homeport.ui.cli.stop_by_name import became
from tests.cli.named import User
from tests.cli.servers import server
from tests.cli.test_background import read
from tests.engine.live import PATIENCE, is_alive

QUICK = """
import os
async def app(scope, receive, send):
    if scope["type"] == "http":
        body = str(os.getppid()).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})
"""
FLEET = 50


def all_at_once(*doing: Callable[[], None]) -> None:
    threads = [threading.Thread(target=each) for each in doing]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE * 6)
    assert not any(thread.is_alive() for thread in threads), "a command hangs"


def test_fifty_start_and_stop_at_once(shop: User) -> None:
    shop.main.write_text(QUICK)
    wrong: list[object] = []

    def live(number: int) -> None:
        name = f"s{number}"
        with contextlib.ExitStack() as cleanup:
            starting = cleanup.enter_context(
                shop.doing("-d", "main:app", "--port", "0", "--name", name, "--cold", "--json")
            )
            code = starting.process.wait(PATIENCE * 4)
            event = json.loads(starting.line())
        if code or event["name"] != name:
            wrong.append(event)
        with shop.doing("stop", name, "--json") as stopping:
            if stopping.process.wait(PATIENCE * 4):
                wrong.append(stopping.line())

    limit = threading.Semaphore(10)  # of commands; two processors have to do them all

    def limited(number: int) -> None:
        with limit:
            live(number)

    all_at_once(*(lambda number=number: limited(number) for number in range(FLEET)))
    assert wrong == []
    shop.has_nothing_left()


def test_kills_at_random_moments_leave_nothing_that_misleads(shop: User) -> None:
    shop.main.write_text(QUICK)
    dice = random.Random(6)
    for number in range(12):
        with shop.doing("-d", "main:app", "--port", "0", "--json", "--cold") as starting:
            deadline = time.monotonic() + dice.uniform(0, 1.2)
            while starting.process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.005)
            mine = [pid for pid in shop.processes() if pid != starting.process.pid]
            for pid in dice.sample(mine, k=min(len(mine), 1 + number % 2)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            starting.process.wait(PATIENCE)
        for entry in shop.entries():  # whoever is told of answers, and is the one it says
            with contextlib.suppress(OSError):
                assert read(entry.urls[0]) == str(entry.pid).encode()
        stopped = shop.do("stop", "--all", "--yes")
        assert stopped.code in (ExitCode.OK, ExitCode.NOTHING_THERE), stopped
        shop.has_nothing_left()


def test_a_server_that_took_the_name_meanwhile_is_not_stopped(shop: User) -> None:
    shop.start()
    before = shop.entry()
    shop.do("stop", "shop")
    shop.start()
    from homeport.core.errors import NothingThereError
    from homeport.ui.cli.waiting import order

    for word in ("stop", "reload", "restart"):
        try:
            order(before, word)
        except NothingThereError as refusal:
            assert refusal.code == "server-replaced"
        else:
            raise AssertionError("it was obeyed")
    assert shop.asked("wait", "shop")["instance"] == shop.entry().instance != before.instance


def test_a_pid_that_is_another_process_by_now_is_neither_waited_for_nor_signalled(
    shop: User,
) -> None:
    """The entry of a dead server, its pid reused: by this very test."""
    shop.start()
    entry = shop.entry()
    os.kill(entry.pid, signal.SIGKILL)
    shop.has_nothing_left()
    reused = entry._replace(pid=os.getpid())
    with Pinned(reused) as process:
        assert not process.is_sure, "the start times differ"
    file = shop.runtime / "homeport" / "shop.json"
    file.write_text(json.dumps(reused.to_json()))
    file.chmod(0o600)
    for words in (("stop", "shop"), ("reload", "shop"), ("restart", "shop"), ("stop", "--all")):
        assert shop.do(*words, "--json").code == ExitCode.NOTHING_THERE


def test_a_frozen_server_is_said_to_be_one_and_never_killed(shop: User) -> None:
    shop.start()
    pid = shop.entry().pid
    os.kill(pid, signal.SIGSTOP)
    try:
        for words in (
            ("url", "shop"),
            ("url",),
            ("stop", "shop"),
            ("stop", "--all", "--yes"),
            ("reload", "shop"),
            ("restart", "shop"),
            ("wait", "shop", "--timeout", "1"),
        ):
            end = shop.do(*words)
            assert end.code not in (ExitCode.OK, ExitCode.NOTHING_THERE), words
            assert f"shop (pid {pid}) did not answer" in end.err, words
        rows = json.loads(shop.do("ls", "--json").out)["servers"]
        assert [row["phase"] for row in rows if row["name"] == "shop"] == [None]
        assert is_alive(pid)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert shop.do("stop", "shop").code == ExitCode.OK


def test_a_stranger_on_the_port_of_a_dead_server_is_left_alone(shop: User) -> None:
    event = shop.start()
    port = int(event["urls"][0]["url"].rpartition(":")[2])
    os.kill(shop.entry().pid, signal.SIGKILL)
    shop.has_nothing_left()
    with server(shop.folder, "127.0.0.1", str(port)) as stranger:
        for words in (("stop", "shop"), ("wait", "shop", "--timeout", "0"), ("open", "shop")):
            assert shop.do(*words).code == ExitCode.NOTHING_THERE
        rows = json.loads(shop.do("ls", "--json").out)["servers"]
        (row,) = (row for row in rows if row["port"] == port)
        assert row["name"] is None and row["homeport"] is False
        assert is_alive(stranger.pid)


def test_a_port_that_is_taken_after_the_stop_is_told(shop: User) -> None:
    shop.start()
    entry = shop.entry()
    shop.do("stop", "shop")
    assert became(entry)["taken"] == []
    (port,) = entry.ports
    with server(shop.folder, "127.0.0.1", str(port)):
        assert became(entry)["taken"] == [port]

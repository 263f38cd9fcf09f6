"""Who runs, found by name or port: truly, whatever is in the folder and however servers end."""

import fcntl
import json
import os
import select
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from homeport.core.entry import Entry
from homeport.core.errors import HomeportError, NameTakenError, NothingThereError
from homeport.core.proof import is_proven, prove
from homeport.core.server_name import numbered
from homeport.engine import registry
from homeport.engine.control_client import ask
from homeport.engine.presence import appear, entry_of
from homeport.engine.runtime_folder import runtime_folder
from tests.engine.live import PATIENCE, eventually
from tests.engine.runtime import (
    Environment,
    answering,
    appeared,
    elsewhere,
    home,
    opened,
    server,
)


@pytest.fixture
def here(tmp_path: Path) -> Environment:
    return home(tmp_path / "run")


def inside(here: Environment) -> Path:
    return Path(here["XDG_RUNTIME_DIR"]) / "homeport"


def names(here: Environment) -> list[str]:
    return [entry.name for entry in registry.entries(here)]


def files(here: Environment) -> list[str]:
    return sorted(path.name for path in inside(here).iterdir() if path.name != ".lock")


def fill(here: Environment, **files_: str) -> None:
    """Files in the folder, `a__json` for `a.json`."""
    runtime_folder(here, make=True).close()
    for name, text in files_.items():
        (inside(here) / name.replace("__", ".")).write_text(text)


def test_without_a_folder_nobody_runs_and_none_is_made(here: Environment) -> None:
    assert names(here) == []
    with pytest.raises(NothingThereError):
        registry.find("shop", here)
    assert not inside(here).exists()


def test_a_server_is_found_by_name_and_by_port(here: Environment) -> None:
    with server("shop", here, 8001) as shop, server("api", here, 8002) as api:
        assert names(here) == ["api", "shop"]
        assert registry.find("shop", here) == shop.entry
        assert registry.find(" API ", here) == api.entry
        assert registry.find("8001", here) == shop.entry
        assert shop.entry.instance != api.entry.instance
        assert len(shop.entry.instance) == 32
        assert shop.entry.urls == ("http://127.0.0.1:8001",)
        assert (shop.entry.pid, shop.entry.project) == (os.getpid(), "/shop")


@pytest.mark.parametrize("text", ["shup", "8003", "", "../x", "9" * 5000, "shop.json", "٨"])
def test_what_does_not_run_is_answered_with_what_does(here: Environment, text: str) -> None:
    with server("shop", here, 8001):
        with pytest.raises(NothingThereError) as refusal:
            registry.find(text, here)
        assert "  shop  http://127.0.0.1:8001  /shop" in refusal.value.next_steps


def test_it_answers_what_it_is(here: Environment) -> None:
    with server("shop", here) as shop:
        assert ask(shop.entry, {"ask": "who"})["instance"] == shop.entry.instance
        facts = ask(shop.entry, {"ask": "facts"})
        assert facts == {
            "urls": ["http://127.0.0.1:8000"],
            "addresses": ["127.0.0.1:8000"],
            "since": shop.entry.started,
            "app": "main",
        }


def test_all_of_it_is_for_this_user_only_and_no_secret_is_in_the_entry(here: Environment) -> None:
    before = os.umask(0)
    try:
        with server("shop", here) as shop:
            modes = {path.name: path.lstat().st_mode for path in inside(here).iterdir()}
            assert {stat.S_IMODE(mode) for mode in modes.values()} == {0o600}
            assert stat.S_ISSOCK(modes["shop.sock"])
            text = (inside(here) / "shop.json").read_text()
            assert shop.registration.secret().hex() not in text
    finally:
        os.umask(before)


def test_a_client_can_check_a_proof_by_the_secret(here: Environment) -> None:
    with server("shop", here) as shop:
        about = {"instance": shop.entry.instance, "nonce": "00" * 16}
        answer = prove(shop.registration.secret(), port=8000, **about)
        assert is_proven(answer, registry.secret(shop.entry), port=8000, **about)


def test_the_second_of_a_name_is_told_about_the_first_and_leaves_it_as_it_is(
    here: Environment,
) -> None:
    with server("shop", here) as first:
        before = files(here)
        with pytest.raises(NameTakenError) as refusal:
            appeared("shop", here, 8001)
        assert refusal.value.facts["urls"] == ["http://127.0.0.1:8000"]
        assert refusal.value.facts["instance"] == first.entry.instance
        assert files(here) == before
        assert registry.find("shop", here) == first.entry


def test_who_knows_the_instance_may_take_its_place(here: Environment) -> None:
    with server("shop", here) as first:
        wanted = entry_of("shop", opened(8001))
        with pytest.raises(NameTakenError):
            appear(wanted, here, "another")
        second = appear(wanted, here, first.entry.instance)
        with answering(second.control):
            first.close()
            assert registry.find("shop", here) == second.entry
        second.close()
    assert files(here) == []


def test_what_is_in_the_way_of_a_name_is_said_and_stays(here: Environment) -> None:
    with runtime_folder(here, make=True):
        (inside(here) / "shop.json").symlink_to("x")
        with pytest.raises(NameTakenError, match="cannot read"):
            appeared("shop", here)
        assert files(here) == ["shop.json"]


def test_what_ends_leaves_nothing(here: Environment) -> None:
    with server("shop", here), server("shop-2", here):
        pass
    assert files(here) == []
    with elsewhere("shop", here) as other:
        assert other.name() == "shop"
        assert names(here) == ["shop"]
        assert other.end() == 0
    assert files(here) == []


def test_a_server_that_was_killed_is_not_returned_and_swept_away(here: Environment) -> None:
    with server("api", here), elsewhere("shop", here) as other:
        assert other.name() == "shop"
        other.process.kill()
        other.process.wait()
        assert "shop.json" in files(here)
        assert names(here) == ["api"]
        assert files(here) == ["api.json", "api.key", "api.sock"]


def test_looking_for_one_name_does_not_return_the_dead(here: Environment) -> None:
    with elsewhere("shop", here) as other:
        assert other.name() == "shop"
        other.process.kill()
        other.process.wait()
        with pytest.raises(NothingThereError):
            registry.find("shop", here)


def test_the_name_of_a_dead_server_is_taken_over(here: Environment) -> None:
    with elsewhere("shop", here) as other:
        assert other.name() == "shop"
        other.process.kill()
        other.process.wait()
        with server("shop", here, 8001) as shop:
            assert shop.entry.name == "shop"
            assert registry.find("shop", here).instance == shop.entry.instance


def test_a_server_that_hangs_is_not_returned_but_keeps_its_name(here: Environment) -> None:
    with elsewhere("shop", here) as other:
        assert other.name() == "shop"
        other.process.send_signal(signal.SIGSTOP)
        try:
            assert names(here) == []
            assert [entry.name for entry in registry.survey(here).silent] == ["shop"]
            for wanted in ("shop", "8000"):
                with pytest.raises(HomeportError) as refusal:
                    registry.find(wanted, here)
                assert refusal.value.code == "no-answer"
                assert f"pid {other.process.pid}" in refusal.value.message
            assert "shop.json" in files(here)
            with pytest.raises(NameTakenError):
                appeared("shop", here)
        finally:
            other.process.send_signal(signal.SIGCONT)
        eventually(lambda: names(here) == ["shop"], "it answers again")


def test_one_that_is_replaced_while_it_is_asked_is_found_as_the_new_one(here: Environment) -> None:
    before = appeared("shop", here)
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(registry.find, "shop", here)
        assert select.select([before.control], [], [], PATIENCE)[0], "it was asked"
        now = appear(entry_of("shop", opened()), here, replacing=before.entry.instance)
        with answering(now.control):
            before.close()
            assert found.result(PATIENCE).instance == now.entry.instance
    now.close()


def test_the_name_of_one_that_starts_again_stays_taken_and_who_asks_waits(
    here: Environment,
) -> None:
    before = appeared("shop", here)
    kept = before.keep_name()
    assert kept is not None and before.keep_name() is None
    before.close()
    with pytest.raises(NameTakenError):
        appeared("shop", here)
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(registry.find, "shop", here)
        assert select.select([kept.descriptors[1]], [], [], PATIENCE)[0], "it was asked"
        now = appear(entry_of("shop", opened()), here, replacing=kept.instance)
        with answering(now.control):
            kept.let_go()
            assert found.result(PATIENCE).instance == now.entry.instance
    now.close()
    assert files(here) == []


def test_a_name_that_was_kept_by_a_process_that_ended_is_free(here: Environment) -> None:
    kept = appeared("shop", here).keep_name()
    assert kept is not None
    kept.let_go()
    assert names(here) == [] and files(here) == []


def test_a_pid_that_somebody_else_has_now_misleads_nobody(here: Environment) -> None:
    with server("shop", here) as shop:
        dead = shop.entry._replace(name="old", socket=str(inside(here) / "old.sock"))
    fill(here, old__json=json.dumps(dead.to_json()))
    assert names(here) == []
    assert files(here) == []


def test_two_homes_know_nothing_of_each_other(tmp_path: Path) -> None:
    one, two = home(tmp_path / "one"), home(tmp_path / "two")
    with server("shop", one, 8001) as first, server("shop", two, 8002) as second:
        assert (first.entry.name, second.entry.name) == ("shop", "shop")
        assert registry.find("shop", one).ports == {8001}
        assert registry.find("shop", two).ports == {8002}


def test_garbage_in_the_folder_is_neither_returned_nor_taken_away(here: Environment) -> None:
    fill(here, a__json="{", b__json="", c__json="[]", notes__txt="mine", shop__json="\0" * 99_999)
    (inside(here) / "d.json").symlink_to("/etc/passwd")
    (inside(here) / "e.json").mkdir()
    os.mkfifo(inside(here) / "f.json")
    os.mkdir(inside(here) / "g.sock")
    with ExitStack() as stack:
        for name in ("api", "shop"):
            stack.enter_context(server(name, here))
        with pytest.raises(NameTakenError):
            appeared("e", here)
        with pytest.raises(IsADirectoryError):
            appeared("g", here)
        assert names(here) == ["api", "shop"]
    left = ["a.json", "b.json", "c.json", "d.json", "e.json", "f.json", "g.sock", "notes.txt"]
    assert files(here) == left
    assert (inside(here) / "notes.txt").read_text() == "mine"


def test_what_a_crash_in_the_middle_left_is_swept_away(here: Environment) -> None:
    fill(here, shop__key="x", shop__sock="x", **{"shop__json~": "x", "shop__key~": "x"})
    assert names(here) == []
    assert files(here) == []


@contextmanager
def squatting(path: Path, answer: bytes) -> Iterator[None]:
    """Somebody else's program listens on a control socket, and is told to answer this."""
    code = (
        "import socket, sys\n"
        "s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); print(1, flush=True)\n"
        "while True:\n"
        "    with s.accept()[0] as c: c.recv(1000); c.sendall(eval(sys.argv[2]))\n"
    )
    squatter = subprocess.Popen(
        [sys.executable, "-c", code, str(path), repr(answer)], stdout=subprocess.PIPE
    )
    try:
        assert squatter.stdout is not None and squatter.stdout.readline()
        yield
    finally:
        squatter.kill()
        squatter.communicate()


def entry_of_a_dead(here: Environment) -> Entry:
    with server("shop", here) as shop:
        return shop.entry


def test_a_squatter_on_a_socket_without_the_lock_is_no_server(here: Environment) -> None:
    dead = entry_of_a_dead(here)
    fill(here, shop__json=json.dumps(dead.to_json()))
    with squatting(inside(here) / "shop.sock", json.dumps(dead.to_json()).encode() + b"\n"):
        assert names(here) == []
        with server("shop", here) as shop:
            assert shop.entry.name == "shop"
            assert registry.find("shop", here).instance == shop.entry.instance


@pytest.mark.parametrize("answer", [b"", b"{}\n", b'{"instance": "00"}\n', b"\xff\n", b"[]\n"])
def test_a_squatter_that_answers_as_another_is_no_server(here: Environment, answer: bytes) -> None:
    dead = entry_of_a_dead(here)
    fill(here, shop__json=json.dumps(dead.to_json()))
    with (
        open(inside(here) / "shop.json") as held,
        squatting(inside(here) / "shop.sock", answer),
    ):
        fcntl.flock(held, fcntl.LOCK_EX)
        assert names(here) == []
        assert "shop.json" in files(here)


def test_a_server_of_another_version_is_told_and_keeps_its_name(here: Environment) -> None:
    fill(here, shop__json=json.dumps({"version": "2.1", "name": "shop"}))
    with open(inside(here) / "shop.json") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert registry.survey(here).foreign[0].version == "2.1"
        with pytest.raises(HomeportError) as refusal:
            registry.find("shop", here)
        assert refusal.value.code == "other-version"
        with pytest.raises(NameTakenError, match=r"version 2\.1"):
            appeared("shop", here)
    assert registry.survey(here).foreign == ()
    with server("shop", here):
        assert names(here) == ["shop"]
    assert files(here) == []


def test_an_entry_that_is_not_what_its_file_is_called_is_garbage(here: Environment) -> None:
    with server("shop", here):
        os.link(inside(here) / "shop.json", inside(here) / "other.json")
        assert names(here) == ["shop"]


def test_facts_that_change_are_written_anew_under_the_same_lock(here: Environment) -> None:
    with server("shop", here) as shop:
        more = shop.entry._replace(urls=(*shop.entry.urls, "http://192.0.2.1:8000"))
        shop.registration.update(more)
        assert registry.find("shop", here) == more
        assert ask(more, {"ask": "facts"})["urls"] == list(more.urls)
        with pytest.raises(NameTakenError):
            appeared("shop", here)
    assert files(here) == []


def test_who_was_replaced_by_hand_takes_nothing_of_the_new_one_away(here: Environment) -> None:
    first = appeared("shop", here)
    (inside(here) / "shop.json").unlink()
    with server("shop", here, 8001) as second:
        assert second.entry.name == "shop"
        first.registration.update(first.entry)
        first.close()
        assert registry.find("shop", here).instance == second.entry.instance


def test_a_child_of_the_server_does_not_keep_its_name(here: Environment) -> None:
    code = (
        "import os, sys, time\n"
        "from tests.engine.runtime import appeared\n"
        "presence = appeared('shop', dict(os.environ))\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    presence.close()\n"
        "    print('closed', flush=True); sys.stdin.read(); os._exit(0)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", code], env=os.environ | here, stdin=pipe, stdout=pipe
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"closed\n"
        process.wait()
        assert "shop.json" in files(here)  # the child has taken nothing away
        with server("shop", here) as shop:
            assert shop.entry.name == "shop"


def test_a_process_that_blocks_the_folder_does_not_hang_others(here: Environment) -> None:
    fill(here)
    with server("api", here), open(inside(here) / ".lock", "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert names(here) == ["api"]
        with pytest.raises(HomeportError) as refusal:
            appeared("shop", here)
        assert refusal.value.code == "registry-busy"
        fcntl.flock(held, fcntl.LOCK_UN)


def test_long_names_in_long_folders_work(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 150)
    deep.mkdir(mode=0o700)
    here = home(deep / "run")
    with server(f"{'a' * 63}.{'b' * 63}", here) as shop:
        assert len(shop.entry.socket) > 250
        assert registry.entries(here) == (shop.entry,)
        assert ask(shop.entry, {"ask": "who"})["name"] == shop.entry.name
        with server(f"{'a' * 63}.{'c' * 63}", here):
            assert len(registry.entries(here)) == 2


def test_nothing_stays_open(here: Environment) -> None:
    def count() -> int:
        return len(os.listdir("/proc/self/fd"))

    before = count()
    with server("shop", here):
        during = count()
        for _ in range(10):
            names(here)
            with pytest.raises(NothingThereError):
                registry.find("x", here)
        eventually(lambda: count() == during, "the server has let go of its clients")
    assert count() == before


def test_a_failed_registration_leaves_nothing_open_nor_behind(here: Environment) -> None:
    fill(here)
    (inside(here) / "s~").mkdir()  # where the socket is made
    before = sorted(os.listdir("/proc/self/fd"))
    with pytest.raises(IsADirectoryError):
        appeared("shop", here)
    assert sorted(os.listdir("/proc/self/fd")) == before
    assert files(here) == ["s~"]


def test_of_thirty_at_once_for_ten_names_ten_get_them_and_all_of_those_answer(
    here: Environment,
) -> None:
    with ExitStack() as stack:
        others = [
            stack.enter_context(elsewhere(f"shop-{n % 10}", here, 8000 + n)) for n in range(30)
        ]
        got = [other.name() for other in others]
        assert sorted(name for name in got if name != "-") == [f"shop-{n}" for n in range(10)]
        running = {entry.name: entry for entry in registry.entries(here)}
        for number, name in enumerate(got):
            if name != "-":
                assert running[name].ports == {8000 + number}
                assert running[name].pid == others[number].process.pid
            else:
                assert others[number].process.wait(20) == 7


def test_lookups_under_kills_never_return_a_wrong_server(here: Environment) -> None:
    """Five servers die and come again while others look."""
    with ExitStack() as stack:
        names_of = [*numbered("shop")][:5]
        alive = [stack.enter_context(elsewhere(names_of[n], here, 9000 + n)) for n in range(5)]
        for other in alive:
            assert other.name()
        for turn in range(15):
            victim = alive[turn % 5]
            victim.process.kill()
            victim.process.wait()
            running = registry.entries(here)
            assert {entry.pid for entry in running} == {
                other.process.pid for other in alive if other is not victim
            }
            again = elsewhere(names_of[turn % 5], here, 9000 + turn % 5)
            alive[turn % 5] = stack.enter_context(again)
            assert alive[turn % 5].name() == names_of[turn % 5]
        assert len(registry.entries(here)) == 5


def test_a_queue_that_is_full_does_not_hide_a_server(here: Environment) -> None:
    presence = appeared("shop", here)
    clients = []
    while True:
        clients.append(socket.socket(socket.AF_UNIX))
        clients[-1].setblocking(False)
        try:
            clients[-1].connect(presence.entry.socket)
        except BlockingIOError:
            break
    for client in clients:
        client.close()
    with answering(presence.control):
        assert names(here) == ["shop"]
    presence.close()

"""Real ports, remembered in a real folder: by this process, and by many at once."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from homeport.core.moved import Moved, NextTime, Why
from homeport.core.plan import BindPlan, Target
from homeport.core.port_choice import OWN_PORTS
from homeport.core.port_claims import Owner
from homeport.core.port_memory import VERSION
from homeport.engine.binding import Listeners
from homeport.engine.runtime_folder import state_folder
from homeport.engine.sticky import FILE, LOST, open_at_home
from homeport.engine.turns import Turn, turn
from tests.engine.test_binding import BOTH, holder

PLAN = BindPlan(targets=BOTH, ports=(), asked=False)
CHILD = """
import os, sys
from homeport.core.plan import BindPlan, Target
from homeport.core.port_claims import Owner
from homeport.engine.sticky import open_at_home
targets = (Target(ip="127.0.0.1"), Target(ip="::1", optional=True))
sys.stdin.readline()
plan = BindPlan(targets=targets, ports=(), asked=False)
listeners, _, notes = open_at_home(plan, Owner(sys.argv[1], "app"), os.environ)
print(listeners.port, *notes, flush=True)
sys.stdin.readline()
"""
SHOP, BLOG = Owner("/home/ada/shop", "shop"), Owner("/home/ada/blog", "blog")

Environment = dict[str, str]


@pytest.fixture
def here(tmp_path: Path) -> Environment:
    return {"XDG_STATE_HOME": str(tmp_path / "state")}


def file_of(here: Environment) -> Path:
    return Path(here["XDG_STATE_HOME"]) / "homeport" / FILE


class AtHome(NamedTuple):
    listeners: Listeners
    moved: Moved | None
    notes: tuple[str, ...]


@contextmanager
def opened(owner: Owner, here: Environment, *, remember: bool = True) -> Iterator[AtHome]:
    at_home = AtHome(*open_at_home(PLAN, owner, here, remember=remember))
    try:
        yield at_home
    finally:
        at_home.listeners.close()


def port_of(owner: Owner, here: Environment) -> int:
    with opened(owner, here) as found:
        return found.listeners.port


def remembered(here: Environment) -> dict[str, int]:
    return {each["name"]: each["port"] for each in json.loads(file_of(here).read_text())["ports"]}


def keep(here: Environment, owner: Owner, port: int) -> None:
    """As if it had had the port at its last start, some time ago."""
    claim = {**owner._asdict(), "port": port, "used": 1}
    with state_folder(here, make=True) as folder:
        os.close(folder.begin(FILE, json.dumps({"version": VERSION, "ports": [claim]}).encode()))
        folder.put(FILE)


def test_a_project_gets_its_port_again_and_nothing_is_said(here: Environment) -> None:
    with opened(BLOG, here, remember=False) as other, opened(SHOP, here) as first:
        assert first.listeners.port != other.listeners.port
        port = first.listeners.port
    with opened(SHOP, here) as again:
        assert (again.listeners.port, again.moved, again.notes) == (port, None, ())


def test_the_file_is_ours_alone_and_holds_no_more_than_needed(here: Environment) -> None:
    port = port_of(SHOP, here)
    assert oct(file_of(here).stat().st_mode & 0o777) == "0o600"
    assert remembered(here) == {"shop": port}


def test_a_port_that_is_busy_is_said_with_its_holder_and_had_again_later(
    here: Environment,
) -> None:
    with holder("::1") as other:
        port = other.getsockname()[1]
        keep(here, SHOP, port)
        with opened(SHOP, here) as found:
            assert found.moved is not None
            assert (found.moved.wanted, found.moved.why) == (port, Why.BUSY)
            assert found.moved.next_time is NextTime.BACK
            assert found.moved.held_by[0].holders[0].pid == os.getpid()
            away = found.listeners.port
            assert away in OWN_PORTS
        assert port_of(SHOP, here) == away
    assert remembered(here) == {"shop": port}
    with opened(SHOP, here) as found:
        assert (found.listeners.port, found.moved) == (port, None)


def test_what_is_not_to_be_remembered_takes_nobodys_port(here: Environment) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    keep(here, SHOP, port)
    before = file_of(here).read_bytes()
    with opened(BLOG, here, remember=False) as found:
        assert found.listeners.port != port
    assert file_of(here).read_bytes() == before


@pytest.mark.parametrize("garbage", [b"", b"{", b"\xff\xfe", b'{"version": "1.0"}', b"[" * 9999])
def test_a_file_that_cannot_be_read_is_kept_aside_and_that_is_said_once(
    here: Environment, garbage: bytes
) -> None:
    port_of(SHOP, here)
    file_of(here).write_bytes(garbage)
    with opened(SHOP, here) as found:
        assert [note for note in found.notes if LOST in note]
    assert file_of(here).with_name(LOST).read_bytes() == garbage
    with opened(SHOP, here) as found:
        assert found.notes == ()


@pytest.mark.parametrize("what", ["link", "folder", "pipe"])
def test_what_is_no_file_is_kept_aside_too(here: Environment, what: str, tmp_path: Path) -> None:
    port_of(SHOP, here)
    file_of(here).unlink()
    if what == "link":
        (tmp_path / "mine").write_text("precious")
        file_of(here).symlink_to(tmp_path / "mine")
    elif what == "pipe":
        os.mkfifo(file_of(here))
    else:
        file_of(here).mkdir()
    with opened(SHOP, here) as found:
        assert [note for note in found.notes if LOST in note]
    assert list(remembered(here)) == ["shop"]
    assert what != "link" or (tmp_path / "mine").read_text() == "precious"


def test_the_memory_of_another_version_is_not_touched(here: Environment) -> None:
    port_of(SHOP, here)
    file_of(here).write_text('{"version": "2.0", "ports": []}')
    with opened(SHOP, here) as found:
        assert "2.0" in found.notes[0]
    assert file_of(here).read_text() == '{"version": "2.0", "ports": []}'


def test_a_folder_that_is_not_safe_is_not_used_and_the_server_starts(here: Environment) -> None:
    port_of(SHOP, here)
    file_of(here).parent.chmod(0o755)
    with opened(BLOG, here) as found:
        assert "mode is 755" in found.notes[0]
        assert found.moved is None or found.moved.next_time is NextTime.UNKNOWN
    assert list(remembered(here)) == ["shop"]


def test_a_process_that_keeps_the_lock_does_not_hang_others(here: Environment) -> None:
    port = port_of(SHOP, here)
    with state_folder(here) as folder, turn(folder, Turn.ALONE, 0) as is_ours:
        assert is_ours
        with opened(SHOP, here) as found:
            assert found.listeners.port == port  # what is remembered can still be read
            assert "has locked" in found.notes[0]
        with opened(BLOG, here) as found:
            assert found.listeners.port != port
    assert list(remembered(here)) == ["shop"]


def test_a_target_that_cannot_be_had_leaves_nothing_open_and_no_lock(here: Environment) -> None:
    before = sorted(os.listdir("/proc/self/fd"))
    elsewhere = BindPlan(targets=(Target(ip="192.0.2.55"),), ports=(), asked=False)
    with pytest.raises(Exception, match="not an address of this computer"):
        open_at_home(elsewhere, SHOP, here)
    assert sorted(os.listdir("/proc/self/fd")) == before
    assert port_of(SHOP, here)


def test_fifty_at_once_have_fifty_ports_and_have_them_again(here: Environment) -> None:
    def once(turned: int) -> dict[int, int]:
        with ExitStack() as stack:
            children = []
            for number in range(50):
                child = subprocess.Popen(
                    [sys.executable, "-c", CHILD, f"/home/ada/{(number * turned) % 53}"],
                    env=os.environ | here,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
                stack.callback(child.wait, 60)
                stack.callback(child.kill)
                children.append(child)
            for child in children:
                assert child.stdin is not None
                child.stdin.write("go\n")
                child.stdin.flush()
            found = {}
            for number, child in enumerate(children):
                assert child.stdout is not None and child.stdin is not None
                port, _, notes = child.stdout.readline().strip().partition(" ")
                assert not notes
                found[(number * turned) % 53] = int(port)
                sock = socket.create_connection(("127.0.0.1", int(port)), 10)
                sock.close()
            for child in children:
                assert child.stdin is not None and child.stdout is not None
                child.stdin.close()
                child.stdout.close()
            return found

    first = once(1)
    assert len(set(first.values())) == 50
    again = once(7)  # in another order, with some that were not there before
    assert len(set(again.values())) == 50
    assert all(first[number] == port for number, port in again.items() if number in first)

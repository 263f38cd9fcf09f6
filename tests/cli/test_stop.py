"""`homeport stop`, with real servers and their clients."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeport.core.errors import ExitCode
from tests.cli.command import NOBODY, can_be_others, ended
from tests.cli.servers import server
from tests.cli.terminal import in_terminal
from tests.cli.test_port import data, free_port, project, told
from tests.engine.live import environment, eventually, homeport, is_alive, is_free

__all__ = ["project"]

as_others = pytest.mark.skipif(
    not can_be_others(), reason="needs root, and a Python that other users may run"
)


@contextlib.contextmanager
def uvicorn_reload(folder: Path) -> Iterator[tuple[int, int]]:
    """`uvicorn --reload`: its pid and port. The parent and the child both hold the socket."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "main:app", "--reload", "--port", str(port)],
        cwd=folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        eventually(lambda: not is_free(port), "uvicorn listens")
        yield process.pid, port
    finally:
        with contextlib.suppress(ProcessLookupError):
            subprocess.run(["pkill", "-KILL", "-s", str(process.pid)], check=False)
        process.kill()
        process.wait()


@pytest.mark.parametrize("by", ["pid", "project", "child"])
def test_a_server_is_stopped_by_its_exact_pid_or_project(project: Path, by: str) -> None:
    with server(project, "127.0.0.1,::1", "child") as held:
        match = {"pid": str(held.pid), "project": "shop", "child": str(held.child)}[by]
        end = ended(project, "stop", str(held.port), "--yes", match)
        assert held.process.wait(10) == -signal.SIGTERM
        eventually(lambda: not is_alive(held.child), "the child has ended")
    assert end.code == ExitCode.OK
    assert "shop, branch checkout" in told(end)
    assert f"Port {held.port} is free." in told(end)


@pytest.mark.parametrize("wrong", ["1", "sho", "Shop", "99999999", ""])
def test_what_is_not_exactly_it_stops_nothing(project: Path, wrong: str) -> None:
    with server(project) as held:
        end = ended(project, "stop", str(held.port), "--yes", wrong)
        assert held.process.poll() is None
    assert end.code == ExitCode.NOT_STOPPED
    assert f"--yes {held.pid}" in end.err


def test_without_a_terminal_nothing_is_asked_and_nothing_is_stopped(project: Path) -> None:
    with server(project) as held:
        end = ended(project, "stop", str(held.port))
        (event,) = ended(project, "stop", str(held.port), "--json").events
        assert held.process.poll() is None
    assert end.code == ExitCode.NOT_STOPPED
    assert f"homeport stop {held.port} --yes {held.pid}" in end.err
    assert event["code"] == "needs-yes"


def test_a_port_without_a_server_is_said_to_be_so(project: Path) -> None:
    port = free_port()
    end = ended(project, "stop", str(port), "--yes", "1")
    assert end.code == ExitCode.NOTHING_THERE
    assert f"Nothing listens on port {port}." in end.err


def test_a_homeport_server_ends_in_order(project: Path) -> None:
    with homeport(project) as running:
        running.ready()
        workers = running.workers()
        pid = str(running.process.pid)
        end = ended(project, "stop", str(running.port), "--yes", pid, "--json")
        assert running.wait() == ExitCode.OK
        assert [event["event"] for event in running.events][-2:] == ["stopping", "stopped"]
    assert data(end)["free"] is True
    assert not any(map(is_alive, workers))


def test_uvicorn_with_reload_is_stopped_as_a_whole(project: Path) -> None:
    with uvicorn_reload(project) as (pid, port):
        facts = data(ended(project, "port", str(port), "--json"))
        pids = [holder["pid"] for holder in facts["servers"][0]["holders"]]
        assert (len(facts["servers"]), pids[0]) == (1, pid)
        end = ended(project, "stop", str(port), "--yes", str(pid))
        assert end.code == ExitCode.OK, end.err
        assert is_free(port)
        assert not any(is_alive(each) for each in pids[1:])


def test_a_reload_child_without_its_parent_is_one_server_left_behind(project: Path) -> None:
    with uvicorn_reload(project) as (pid, port):
        eventually(lambda: len(children_with_port(project, port)) > 1, "the child is up")
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: pid not in children_with_port(project, port), "the parent has ended")
        text = told(ended(project, "port", str(port)))
        (orphan,) = children_with_port(project, port)
        assert "left behind" in text
        assert text.count(f"  pid {orphan} ") == 1
        end = ended(project, "stop", str(port), "--yes", str(orphan))
        assert (end.code, is_free(port)) == (ExitCode.OK, True), end.err


def children_with_port(folder: Path, port: int) -> list[int]:
    """The pids of all that hold it, as `homeport port` tells."""
    servers = data(ended(folder, "port", str(port), "--json"))["servers"]
    return [holder["pid"] for server in servers for holder in server["holders"]]


def test_one_that_ignores_the_request_is_left_and_that_is_said(project: Path) -> None:
    with server(project, "127.0.0.1", "deaf") as held:
        end = ended(project, "stop", str(held.port), "--yes", str(held.pid))
        assert held.process.poll() is None
    assert end.code == ExitCode.NOT_STOPPED
    assert f"kill -9 {held.pid}" in end.err


def test_clients_of_the_port_go_on(project: Path) -> None:
    with server(project) as held, socket.create_connection(("127.0.0.1", held.port)) as client:
        client_port = client.getsockname()[1]
        end = ended(project, "stop", str(held.port), "--yes", str(held.pid))
        assert end.code == ExitCode.OK
        # We are the client, and also the parent of it all: stopping our own port is refused.
        with socket.create_server(("127.0.0.1", 0)) as mine:
            port = mine.getsockname()[1]
            refused = ended(project, "stop", str(port), "--yes", "shop")
    assert client_port
    assert refused.code == ExitCode.NOT_STOPPED


def test_what_runs_this_very_command_is_never_stopped(project: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mine:
        port = mine.getsockname()[1]
        end = ended(project, "stop", str(port), "--yes", str(os.getpid()))
    assert end.code == ExitCode.NOT_STOPPED
    assert "this very command" in end.err


def test_two_servers_on_one_port_have_to_be_told_apart(project: Path) -> None:
    with server(project) as first, server(project, "::1", str(first.port)) as other:
        both = ended(project, "stop", str(first.port), "--yes", "shop")
        assert both.code == ExitCode.NOT_STOPPED
        assert f"--yes {other.pid}" in both.err
        one = ended(project, "stop", str(first.port), "--yes", str(other.pid))
        assert one.code == ExitCode.OK, one.err
        assert first.process.poll() is None


def test_in_a_terminal_one_of_two_is_chosen_by_its_pid(project: Path) -> None:
    with (
        server(project) as first,
        server(project, "::1", str(first.port)) as other,
        in_terminal(project, "stop", str(first.port)) as term,
    ):
        term.until("The pid of the one to stop:")
        term.type(f"{other.pid}\n")
        assert term.exit_code() == ExitCode.OK
        assert other.process.wait(10) == -signal.SIGTERM
        assert first.process.poll() is None


def test_who_asks_for_it_is_never_ended_for_it(project: Path) -> None:
    """The parent runs the same program, holds another port, and waits for the answer."""
    caller = (
        "import socket, subprocess, sys, time\n"
        "mine = socket.create_server(('127.0.0.1', 0))\n"
        "child = subprocess.Popen([sys.executable, '-c', sys.argv[1]], stdout=subprocess.PIPE)\n"
        "port = int(child.stdout.readline())\n"
        "stop = [sys.executable, '-m', 'homeport', 'stop', str(port), '--yes', str(child.pid)]\n"
        "code = subprocess.run(stop, stdout=subprocess.DEVNULL).returncode\n"
        "print(code, child.wait())\n"
    )
    child = (
        "import socket, signal; s = socket.create_server(('127.0.0.1', 0));"
        "print(s.getsockname()[1], flush=True); signal.pause()"
    )
    done = subprocess.run(
        [sys.executable, "-c", caller, child],
        cwd=project,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.stdout.split() == ["0", str(-signal.SIGTERM)], done.stderr


@as_others
def test_the_server_of_another_user_is_not_touched(project: Path) -> None:
    with server(project) as held:
        end = ended(project, "stop", str(held.port), "--yes", str(held.pid), user=NOBODY)
        assert held.process.poll() is None
    assert end.code == ExitCode.NOT_STOPPED
    assert "sudo homeport stop" in end.err


@pytest.mark.parametrize(
    ("keys", "stops", "own"),
    [("y\n", True, False), ("\n", False, False), ("\n", True, True), ("n\n", False, True)],
)
def test_it_asks_and_enter_means_yes_only_for_the_own_project(
    project: Path, tmp_path: Path, keys: str, stops: bool, own: bool
) -> None:
    with (
        server(project) as held,
        in_terminal(project if own else tmp_path, "stop", str(held.port)) as term,
    ):
        screen = term.until("Stop it?")
        assert f"pid {held.pid}" in screen
        assert ("[Y/n]" if own else "[y/N]") in term.until("]")
        term.type(keys)
        assert term.exit_code() == (ExitCode.OK if stops else ExitCode.NOT_STOPPED)
        if stops:
            assert held.process.wait(10) == -signal.SIGTERM
        else:
            assert held.process.poll() is None


def test_it_asks_a_second_time_before_it_kills(project: Path) -> None:
    with (
        server(project, "127.0.0.1", "deaf") as held,
        in_terminal(project, "stop", str(held.port)) as term,
    ):
        term.until("Stop it?")
        term.type("y\n")
        term.until("Kill it")
        assert held.process.poll() is None
        term.type("y\n")
        assert term.exit_code() == ExitCode.OK
        assert held.process.wait(10) == -signal.SIGKILL

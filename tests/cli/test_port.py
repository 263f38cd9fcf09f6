"""`homeport port`, as people and scripts type it."""

import json
import re
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from homeport.core.errors import ExitCode
from tests.cli.command import NOBODY, Ended, can_be_others, ended, started
from tests.cli.servers import server
from tests.engine.live import HELLO, eventually, homeport

as_others = pytest.mark.skipif(
    not can_be_others(), reason="needs root, and a Python that other users may run"
)


@pytest.fixture
def project() -> Iterator[Path]:
    """A folder that every user may read, on the branch `checkout`."""
    with tempfile.TemporaryDirectory(prefix="homeport-test-") as name:
        folder = Path(name)
        (folder / "pyproject.toml").write_text('[project]\nname = "shop"\n')
        (folder / ".git").mkdir()
        (folder / ".git" / "HEAD").write_text("ref: refs/heads/checkout\n")
        (folder / "main.py").write_text(HELLO)
        folder.chmod(0o755)
        yield folder


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        return port


def told(end: Ended) -> str:
    assert "Traceback" not in end.out + end.err
    return end.out


def data(end: Ended) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(end.out)
    return found


def test_a_free_port_is_free_and_scripts_see_it_by_the_exit_code(project: Path) -> None:
    port = free_port()
    end = ended(project, "port", str(port))
    assert end.code == ExitCode.OK
    assert f"Port {port} can be bound" in told(end)  # it is one of the ephemeral ports
    facts = data(ended(project, "port", str(port), "--json"))
    assert (facts["free"], facts["level"]) == (True, "not_shadowing")
    assert [each["code"] for each in facts["obstacles"]] == ["ephemeral"]


def test_a_held_port_is_explained_with_its_project_and_what_to_type(project: Path) -> None:
    with server(project) as held:
        end = ended(project, "port", str(held.port))
        facts = data(ended(project, "port", str(held.port), "--json"))
    text = told(end)
    assert end.code == ExitCode.BIND
    assert f"Port {held.port} is held" in text
    assert f"pid {held.pid}" in text
    assert "shop, branch checkout" in text
    assert re.search(rf"http://127\.0\.0\.1:{held.port} .*pid {held.pid}", text)
    assert f"http://[::1]:{held.port}" in text
    assert "nobody listens there" in text
    assert f"homeport stop {held.port}" in text
    assert facts["servers"][0]["project"] == {
        "name": "shop",
        "folder": str(project),
        "branch": "checkout",
        "worktree": None,
    }


def test_a_parent_and_its_child_are_one_server_drawn_as_a_tree(project: Path) -> None:
    with server(project, "127.0.0.1,::1", "child") as held:
        end = ended(project, "port", str(held.port))
        facts = data(ended(project, "port", str(held.port), "--json"))
    assert [holder["pid"] for holder in facts["servers"][0]["holders"]] == [held.pid, held.child]
    lines = told(end).splitlines()
    parent = next(line for line in lines if line.strip().startswith(f"pid {held.pid} "))
    child = next(line for line in lines if line.strip().startswith(f"pid {held.child} "))
    assert child.index("pid") > parent.index("pid")


def test_two_servers_behind_localhost_are_both_named(project: Path) -> None:
    with server(project) as first, server(project, "::1", str(first.port)):
        facts = data(ended(project, "port", str(first.port), "--json"))
    assert len(facts["servers"]) == 2
    localhost = facts["answers"][0]
    assert localhost["url"] == f"http://localhost:{first.port}"
    assert len(set(localhost["who"])) == 2


def test_a_socket_that_is_bound_and_does_not_listen_is_named(project: Path) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        end = ended(project, "port", str(port))
    assert end.code == ExitCode.BIND
    assert "does not listen" in told(end)


@as_others
@pytest.mark.parametrize("ip", ["127.0.0.1", "::1", "0.0.0.0", "::"])
def test_what_root_holds_is_never_free_for_another_user(project: Path, ip: str) -> None:
    with server(project, ip) as held:
        end = ended(project, "port", str(held.port), user=NOBODY)
        facts = data(ended(project, "port", str(held.port), "--json", user=NOBODY))
    assert end.code == ExitCode.BIND
    assert "user root" in told(end)
    assert "sudo" in told(end)
    assert facts["free"] is False
    assert facts["servers"][0]["holders"] == []


def test_without_a_port_some_are_suggested_that_can_be_bound(project: Path) -> None:
    def can_be_bound() -> bool:
        facts = data(ended(project, "port", "--json"))
        assert len(facts["free"]) == 5
        return all(map(is_bindable, facts["free"]))

    eventually(can_be_bound, "five ports that nobody else has taken meanwhile")
    assert "homeport --port " in told(ended(project, "port"))


def is_bindable(port: int) -> bool:
    with socket.socket() as sock:
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def test_a_port_that_is_bound_and_does_not_listen_is_not_suggested(project: Path) -> None:
    (first, *_) = data(ended(project, "port", "--json"))["free"]
    with socket.socket() as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", first))
        assert first not in data(ended(project, "port", "--json"))["free"]


def test_lost_output_is_no_success(project: Path) -> None:
    with open("/dev/full", "wb") as full, started(project, "port", stdout=full.fileno()) as end:
        assert end.process.wait(10) == ExitCode.BUG
        assert end.err == ""


def test_a_server_is_asked_for_its_name_only_on_demand(project: Path) -> None:
    with homeport(project) as running:
        running.ready()
        port = str(running.port)
        before = len(running.events)
        assert "FastAPI" not in told(ended(project, "port", port))
        assert "FastAPI" in told(ended(project, "port", port, "--probe"))
        running.until("request", path="/openapi.json")
        asked = [event for event in running.events[before:] if event["event"] == "request"]
        assert {event["path"] for event in asked} == {"/", "/openapi.json"}


@pytest.mark.parametrize("word", ["0", "70000", "-1", "abc", "80.5", "８０"])
def test_what_is_no_port_is_a_usage_error(project: Path, word: str) -> None:
    end = ended(project, "port", word)
    assert end.code == ExitCode.USAGE
    assert "homeport" in end.err
    assert "Traceback" not in end.err
    (event,) = ended(project, "port", word, "--json").events
    assert (event["event"], event["exit_code"]) == ("error", 2)


@pytest.mark.parametrize("command", ["ls", "port", "reach", "stop"])
def test_every_command_has_help_and_refuses_what_it_does_not_know(
    project: Path, command: str
) -> None:
    shown = ended(project, command, "--help")
    assert shown.code == ExitCode.OK
    assert shown.out.startswith(f"homeport {command} ")
    assert "Exit codes" in shown.out
    wrong = ended(project, command, "8000", "--frobnicate")
    assert wrong.code == ExitCode.USAGE
    assert f"homeport {command} --help" in wrong.err
    assert wrong.err.count("--help") == 1


@pytest.mark.parametrize(("typed", "meant"), [("lss", "ls"), ("prot", "port"), ("raech", "reach")])
def test_a_command_with_a_typing_error_is_no_app(project: Path, typed: str, meant: str) -> None:
    end = ended(project, typed)
    assert end.code == ExitCode.USAGE
    assert f"did you mean:  homeport {meant}" in end.err
    (project / f"{typed}.py").write_text("x = 1\n")
    assert "did you mean" not in ended(project, typed, "--no-reload").err

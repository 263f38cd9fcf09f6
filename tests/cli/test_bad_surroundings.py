"""Bad surroundings: ports that are taken, other users, folders that are gone or shut."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from homeport.core.errors import ExitCode
from tests.cli.bad_input import GOOD
from tests.cli.command import (
    DEADLINE,
    NAMELESS,
    NOBODY,
    Ended,
    Running,
    can_be_others,
    ended,
    started,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
as_others = pytest.mark.skipif(
    not can_be_others(), reason="needs root, and a Python that other users may run"
)


LISTEN = """
import socket
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
input()
"""


@pytest.fixture
def project() -> Iterator[Path]:
    """A folder with a good app that every user may read (`tmp_path` is only for its owner)."""
    with tempfile.TemporaryDirectory(prefix="homeport-test-") as name:
        folder = Path(name)
        (folder / "main.py").write_text(GOOD)
        folder.chmod(0o755)
        yield folder


@contextlib.contextmanager
def busy_port(folder: Path) -> Iterator[tuple[int, int]]:
    """A port that another process has, and the process's id."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", LISTEN]
    with subprocess.Popen(command, cwd=folder, stdin=pipe, stdout=pipe, text=True) as holder:
        try:
            assert holder.stdout
            yield int(holder.stdout.readline()), holder.pid
        finally:
            holder.kill()


def refusal(end: Ended) -> dict[str, object]:
    """The only line of a command that refuses."""
    (event,) = end.events
    assert (event["event"], event["exit_code"]) == ("error", end.code)
    assert "Traceback" not in end.err
    assert end.left == ()
    return event


def told(end: Ended) -> str:
    """What a person reads."""
    assert "Traceback" not in end.out + end.err
    assert end.left == ()
    return end.out + end.err


def test_who_has_a_busy_port_is_said_with_everything_that_helps(project: Path) -> None:
    with busy_port(project) as (port, pid):
        text = told(ended(project, "main:app", "--port", str(port)))
        end = ended(project, "main:app", "--port", str(port), "--json")
    assert f"Port {port} (--port) is in use: 127.0.0.1:{port} cannot be opened." in text
    assert f"127.0.0.1:{port}  pid {pid}  {sys.executable}" in text
    assert f"in {project}, user " in text
    assert ", since " in text
    assert "homeport main:app --port 0" in text
    assert f"homeport stop {port}" in text
    event = refusal(end)
    assert (end.code, event["code"], event["port"]) == (ExitCode.BIND, "port-busy", port)
    assert f'"pid": {pid}' in json.dumps(event["holders"])


@as_others
def test_a_port_of_another_user_is_said_to_be_out_of_sight(project: Path) -> None:
    with busy_port(project) as (port, _):
        end = ended(project, "main:app", "--port", str(port), user=NOBODY)
        event = refusal(ended(project, "main:app", "--port", str(port), "--json", user=NOBODY))
    assert end.code == ExitCode.BIND
    assert f"127.0.0.1:{port}  owner not visible to you, user root" in told(end)
    assert "sudo ss -ltnp" in told(end)
    assert (event["code"], event["holders"]) == ("port-busy", [])


@as_others
def test_a_port_below_the_limit_is_not_for_ordinary_users(project: Path) -> None:
    limit = int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    if limit <= 80:
        pytest.skip("every user may have port 80 here")
    end = ended(project, "main:app", "--port", "80", user=NOBODY)
    event = refusal(ended(project, "main:app", "--port", "80", "--json", user=NOBODY))
    assert end.code == ExitCode.BIND
    assert f"ordinary users get {limit} and up" in told(end)
    assert "homeport main:app --port 8000" in told(end)
    assert event["code"] == "port-privileged"


@pytest.fixture
def network() -> Iterator[str]:
    """A network namespace of its own: its only interface is down and has no address."""
    name = f"homeport-test-{os.getpid()}"
    if shutil.which("ip") is None or subprocess.run(["ip", "netns", "add", name]).returncode:
        pytest.skip("no network namespace can be made here")
    try:
        yield name
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)


def test_an_interface_without_address_cannot_be_listened_on(project: Path, network: str) -> None:
    inside = ("ip", "netns", "exec", network)
    end = ended(project, "main:app", "--host", "lo", wrapper=inside)
    event = refusal(ended(project, "main:app", "--host", "lo", "--json", wrapper=inside))
    assert end.code == ExitCode.BIND
    assert "Network interface lo has no address to listen on and is down." in told(end)
    assert "ip addr show lo" in told(end)
    assert event["code"] == "interface-without-address"


def test_a_folder_that_was_deleted_is_left_alone(tmp_path: Path) -> None:
    inside = ("sh", "-c", 'mkdir gone && cd gone && rmdir ../gone && exec "$@"', "sh")
    end = ended(tmp_path, "main:app", wrapper=inside)
    event = refusal(ended(tmp_path, "main:app", "--json", wrapper=inside))
    assert end.code == ExitCode.USAGE
    assert "The current folder does not exist any more." in told(end)
    assert event["code"] == "folder-gone"


@as_others
@pytest.mark.parametrize("what", ["main.py", "shut.env", "pyproject.toml", "shut"])
def test_what_we_may_not_read_is_named(project: Path, what: str) -> None:
    shut = project / what
    if what == "shut":
        shut.mkdir()
        (shut / "main.py").write_text(GOOD)
    else:
        shut.write_text(GOOD)
    shut.chmod(0)
    arguments = {"shut.env": ("--env-file", "shut.env"), "shut": ("--app-dir", "shut")}
    command = ("main:app", *arguments.get(what, ()), "--no-reload", "--port", "0")
    end = ended(project, *command, user=NOBODY)
    assert end.code == (ExitCode.APP if what == "main.py" else ExitCode.USAGE)
    assert str(shut) in told(end)
    assert "Permission denied" in told(end)


@as_others
def test_from_a_folder_we_may_not_enter_nothing_is_served(project: Path) -> None:
    (project / "shut").mkdir(0o700)
    (project / "shut/main.py").write_text(GOOD)
    for arguments in (("shut/main.py",), ("shut",), ("main:app", "--app-dir", "shut")):
        end = ended(project, *arguments, user=NOBODY)
        assert end.code == ExitCode.USAGE
        assert "Permission denied" in told(end)


def assert_serves(server: Running) -> None:
    """It answers, and ends when it is told to; said with `--json`."""
    port = server.until("listening")["port"]
    server.until("ready")
    assert httpx.get(f"http://127.0.0.1:{port}", timeout=DEADLINE).text == "good"
    end = server.stop()
    assert (end.code, end.err, end.left) == (ExitCode.OK, "", ())


COMMAND = ("main:app", "--port", "0", "--json")


@as_others
def test_a_folder_we_may_not_write_to_is_served_from(project: Path) -> None:
    with started(project, *COMMAND, user=NOBODY) as server:
        assert_serves(server)
    assert [path.name for path in project.iterdir()] == ["main.py"]


def test_without_a_home_it_serves(project: Path) -> None:
    with started(project, *COMMAND, env={"HOME": None}) as server:
        assert_serves(server)


@as_others
@pytest.mark.parametrize("home", [None, "/nowhere"])
def test_a_user_without_a_name_is_served(project: Path, home: str | None) -> None:
    with started(project, *COMMAND, user=NAMELESS, env={"HOME": home}) as server:
        assert_serves(server)


@as_others
@pytest.mark.parametrize("home", [None, "/nowhere"])
def test_a_user_without_a_name_gets_text_too(project: Path, home: str | None) -> None:
    text = ("main:app", "--port", "0")
    with started(project, *text, user=NAMELESS, env={"HOME": home}) as server:
        while "ready in" not in server.line():
            pass
        assert server.stop().code == ExitCode.OK

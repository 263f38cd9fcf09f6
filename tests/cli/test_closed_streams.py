"""Standard streams that are closed, and readers that go away."""

import os
import select
import socket
import sys
from pathlib import Path

import httpx
import pytest

from homeport.core.errors import ExitCode
from tests.cli.bad_input import GOOD
from tests.cli.command import DEADLINE, ended, started

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(GOOD)
    return tmp_path


def test_a_reader_that_goes_away_does_not_end_the_server(project: Path) -> None:
    with started(project, "main:app", "--port", "0", "--json") as server:
        port = server.until("listening")["port"]
        server.until("ready")
        assert server.process.stdout is not None
        server.process.stdout.close()
        for _ in range(3):  # each is a line of the access log that nobody reads
            assert httpx.get(f"http://127.0.0.1:{port}", timeout=DEADLINE).text == "good"
        end = server.stop()
    assert (end.code, end.err, end.left) == (ExitCode.OK, "", ())


@pytest.mark.parametrize("arguments", [("--port", "abc"), ("--port", "abc", "--json")])
def test_a_refusal_that_nobody_reads_has_its_exit_code(
    project: Path, arguments: tuple[str, ...]
) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        end = ended(project, "main:app", *arguments, stdout=write)
    finally:
        os.close(write)
    assert (end.code, end.left) == (ExitCode.USAGE, ())
    assert "Traceback" not in end.err


CLOSED = {
    "stdout": ("sh", "-c", 'exec "$@" >&-', "sh"),
    "stdin and stdout": ("sh", "-c", 'exec "$@" <&- >&-', "sh"),
    "all": ("sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"),
}

LIVE = """
import os
from contextlib import asynccontextmanager
from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app):
    with open(os.environ["STARTED"], "w") as fifo:
        fifo.write("started")
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/")
async def read() -> str:
    print("a line nobody reads")
    return "good"
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.mark.parametrize(
    "closed",
    [
        "stdout",
        "stdin and stdout",
        "all",
    ],
)
@pytest.mark.parametrize("json", [(), ("--json",)])
def test_a_server_without_streams_serves(
    tmp_path: Path, closed: str, json: tuple[str, ...]
) -> None:
    (tmp_path / "main.py").write_text(LIVE)
    fifo, port = tmp_path / "started", free_port()
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDWR)
    command = ("main:app", "--port", str(port), *json)
    env = {"STARTED": str(fifo)}
    try:
        with started(tmp_path, *command, env=env, wrapper=CLOSED[closed]) as server:
            assert read_with_deadline(reader) == b"started", server.err
            for _ in range(3):
                assert httpx.get(f"http://127.0.0.1:{port}", timeout=DEADLINE).json() == "good"
            end = server.stop()
        assert (end.code, end.out, end.err, end.left) == (ExitCode.OK, "", "", ())
    finally:
        os.close(reader)


def read_with_deadline(descriptor: int) -> bytes:
    ready = select.select([descriptor], [], [], DEADLINE)[0]
    return os.read(descriptor, 100) if ready else b""


@pytest.mark.parametrize("closed", CLOSED)
@pytest.mark.parametrize("arguments", [("--port", "abc"), ("--port", "abc", "--json")])
def test_a_refusal_without_streams_has_its_exit_code(
    project: Path, closed: str, arguments: tuple[str, ...]
) -> None:
    end = ended(project, "main:app", *arguments, wrapper=CLOSED[closed])
    assert (end.code, end.out, end.left) == (ExitCode.USAGE, "", ())
    assert "Traceback" not in end.err
    assert ("--port is 'abc'" in end.err) is ("--json" not in arguments and closed != "all")

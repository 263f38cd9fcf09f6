"""What goes wrong around a server, and what it does about it."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.engine.live import (
    HELLO,
    PATIENCE,
    Homeport,
    environment,
    eventually,
    homeport,
    is_alive,
    is_free,
    save,
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(HELLO)
    return tmp_path


def version_of(url: str) -> int:
    return int(httpx.get(url).json()["version"])


def test_a_reader_that_stalls_keeps_nobody_from_stopping_the_server(project: Path) -> None:
    """An editor or agent that starts a server and never reads its pipe."""
    command = [sys.executable, "-m", "homeport", "--port", "0", "--json"]
    process = subprocess.Popen(
        command, cwd=project, env=environment(), stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        assert process.stdout is not None
        port = 0
        for line in process.stdout:
            if b'"port"' in line:
                port = int(line.partition(b'"port": ')[2].partition(b",")[0])
            if b'"ready"' in line:
                break
        with httpx.Client() as client:
            for number in range(1500):
                client.get(f"http://127.0.0.1:{port}/?{number:0100}")
        save(project / "main.py", HELLO.replace('"version": 1', '"version": 2'))
        eventually(lambda: version_of(f"http://127.0.0.1:{port}/") == 2, "the save")
        process.terminate()
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.communicate()


def test_a_process_the_app_forks_does_not_hold_the_port(project: Path) -> None:
    (project / "main.py").write_text(
        HELLO
        + """

@app.get("/fork")
async def fork() -> int:
    import os
    import time

    pid = os.fork()
    if pid == 0:
        time.sleep(600)
        os._exit(0)
    return pid
"""
    )
    with homeport(project) as server:
        child = int(httpx.get(server.ready() + "/fork").text)
        try:
            server.process.send_signal(signal.SIGINT)  # its output stays open: the child has it
            assert server.process.wait(PATIENCE) == 0
            assert is_alive(child)
            assert is_free(server.port)
        finally:
            os.kill(child, signal.SIGKILL)


def test_a_worker_that_cannot_be_started_leaves_the_old_code_serving(
    project: Path, tmp_path: Path
) -> None:
    """The virtual environment was rebuilt under a running server."""
    python = tmp_path / "python"
    python.symlink_to(sys.executable)
    script = (
        f"import sys; sys.path[:0] = {sys.path!r}; sys.executable = {str(python)!r}; "
        "from homeport.ui.cli.main import main; main()"
    )
    paths = os.pathsep.join(path for path in sys.path if path)
    command = [sys.executable, "-c", script, "--port", "0", "--json"]
    server = Homeport(command, project, environment(PYTHONPATH=paths))
    try:
        url = server.ready()
        python.unlink()
        save(project / "main.py", HELLO.replace('"version": 1', '"version": 2'))
        failed = server.until("failed")
        assert "No worker could be started" in failed["message"]
        assert failed["still_serving"] is True
        assert version_of(url) == 1
        assert server.end() == 0
    finally:
        server.kill()


@pytest.mark.parametrize("place", ["build/tool.py", "env/tool.py"])
def test_imported_code_is_watched_even_where_nobody_edits(project: Path, place: str) -> None:
    file = project / place
    file.parent.mkdir()
    file.write_text("number = 1\n")
    module = place.removesuffix(".py").replace("/", ".")
    (project / "main.py").write_text(
        f"from {module} import number\n" + HELLO.replace('"version": 1', '"version": number')
    )
    with homeport(project) as server:
        url = server.ready()
        save(file, "number = 2\n")
        eventually(lambda: version_of(url) == 2, "the change")


def test_an_imported_link_is_watched_where_it_leads_to(project: Path, tmp_path: Path) -> None:
    other = tmp_path / ".elsewhere"
    other.mkdir()
    (other / "real.py").write_text("number = 1\n")
    (project / "linked.py").symlink_to(other / "real.py")
    (project / "main.py").write_text(
        "from linked import number\n" + HELLO.replace('"version": 1', '"version": number')
    )
    with homeport(project) as server:
        url = server.ready()
        save(other / "real.py", "number = 2\n")
        eventually(lambda: version_of(url) == 2, "the change behind the link")


def test_an_env_file_that_is_gone_changes_nothing(project: Path) -> None:
    (project / "local.env").write_text("A=1\n")
    with homeport(project, "--env-file", "local.env") as server:
        url = server.ready()
        (project / "local.env").unlink()
        failed = server.until("failed")
        assert "local.env (--env-file) cannot be read" in failed["message"]
        assert failed["still_serving"] is True
        assert version_of(url) == 1


def test_the_answer_and_not_the_request_says_what_is_an_endless_stream(project: Path) -> None:
    """MCP clients accept both forms on every POST; plain curl accepts a stream by `*/*`."""
    (project / "main.py").write_text(
        HELLO
        + """

@app.post("/slow")
async def slow() -> str:
    import asyncio, pathlib

    pathlib.Path("asked").touch()
    await asyncio.sleep(0.8)
    return "whole"
"""
    )
    with homeport(project) as server:
        server.ready()
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as sock:
            sock.sendall(
                b"POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"
                b"Accept: application/json, text/event-stream\r\n\r\n"
            )
            eventually((project / "asked").exists, "the request")
            save(project / "main.py", HELLO)
            server.until("reloaded")
            answer = b"".join(iter(lambda: sock.recv(4096), b""))
        assert answer.endswith(b'"whole"')
        assert [e for e in server.events if e["event"] == "cut"] == []


def test_a_stream_does_not_delay_the_end_whatever_its_reader_accepts(project: Path) -> None:
    (project / "main.py").write_text(
        HELLO
        + """
from fastapi.responses import StreamingResponse


async def ticks():
    import asyncio

    while True:
        yield "data: tick\\n\\n"
        await asyncio.sleep(0.02)


@app.get("/stream")
async def stream() -> StreamingResponse:
    return StreamingResponse(ticks(), media_type="text/event-stream")
"""
    )
    with homeport(project, "--stop-timeout", "600") as server:
        url = server.ready()
        with httpx.stream("GET", url + "/stream", timeout=10) as stream:
            lines = stream.iter_lines()  # kept: a reader that is dropped closes the connection
            assert next(lines) == "data: tick"
            assert server.end() == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"x-forwarded-for": "203.0.113.9"}, 503),
        ({"via": "1.1 tunnel"}, 503),
        ({"host": "localhost.evil.example"}, 421),
    ],
)
def test_a_traceback_is_not_for_visitors_through_a_proxy_or_tunnel(
    project: Path, headers: dict[str, str], status: int
) -> None:
    (project / "main.py").write_text("secret = 1 / 0\n")
    with homeport(project) as server:
        port = server.until("listening")["port"]
        server.until("failed")
        url = f"http://localhost:{port}/"
        assert "ZeroDivisionError" in httpx.get(url).text
        answer = httpx.get(url, headers=headers)
        assert answer.status_code == status
        assert "ZeroDivisionError" not in answer.text


def test_nohup_is_obeyed(project: Path) -> None:
    command = ["nohup", sys.executable, "-m", "homeport", "--port", "0", "--json"]
    server = Homeport(command, project, environment())
    try:
        url = server.ready()
        server.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 0.3
        while time.monotonic() < deadline:
            assert version_of(url) == 1
        assert server.end(signal.SIGTERM) == 0
    finally:
        server.kill()


def test_the_docs_link_works_with_a_root_path(project: Path) -> None:
    with homeport(project, "--root-path", "api/") as server:
        server.ready()
        assert httpx.get(server.events[-1]["docs"]).status_code == 200


def test_an_app_named_by_pyproject_is_found_from_a_folder_below(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.homeport]\napp = "main:app"\n')
    (project / "docs").mkdir()
    with homeport(project / "docs") as server:
        assert version_of(server.ready()) == 1


def test_the_apps_own_signal_handlers_end_nothing(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        HELLO
        + """
import signal
import homeport

if __name__ == "__main__":
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
    homeport.run("main:app", port=0, json=True)
    signal.setitimer(signal.ITIMER_REAL, 0)
"""
    )
    server = Homeport([sys.executable, "main.py"], tmp_path, environment())
    try:
        url = server.ready()
        deadline = time.monotonic() + 0.3
        while time.monotonic() < deadline:
            assert version_of(url) == 1
        assert server.end() == 0
    finally:
        server.kill()

"""`homeport.serve`: there when the block begins, gone when it ends, whatever happens in between."""

import asyncio
import gc
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

import homeport
from homeport.core.errors import AppFailedError, AppNotFoundError, NotStoppedError, UsageError
from homeport.engine import registry
from homeport.engine.life import new_loop
from tests.engine.live import HELLO, children_of, environment, eventually, is_free
from tests.engine.runtime import home

WHO = """
import os
async def app(scope, receive, send):
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(os.getpid()).encode()})
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """We are in a project of our own, with a registry of our own."""
    for name in [name for name in os.environ if name.startswith("HOMEPORT_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("PORT", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", home(tmp_path / "run")["XDG_RUNTIME_DIR"])
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "run"))
    (tmp_path / "pyproject.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """No thread, no process, no descriptor."""
    new_loop().close()  # the first one opens a pipe that libuv keeps for good
    gc.collect()
    threads, children = set(threading.enumerate()), set(children_of(os.getpid()))
    descriptors = len(os.listdir("/proc/self/fd"))
    yield
    assert set(threading.enumerate()) <= threads
    assert set(children_of(os.getpid())) <= children
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) <= descriptors


class Told:
    """An app that tells what happens to it."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.threads: set[int] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.threads.add(threading.get_ident())
        if scope["type"] == "lifespan":
            while True:
                kind = (await receive())["type"]
                self.heard.append(kind)
                await send({"type": kind + ".complete"})
                if kind == "lifespan.shutdown":
                    return
        self.heard.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"hello"})


def raise_it() -> None:
    raise RuntimeError("no database")


def test_an_object_is_served_by_a_thread(folder: Path) -> None:
    app = Told()
    with homeport.serve(app) as server:
        assert httpx.get(server.url + "/items").text == "hello"
        assert httpx.get(f"http://[::1]:{server.port}").text == "hello"
        assert server.url == f"http://127.0.0.1:{server.port}"
        assert server.name is None
        assert registry.entries() == ()
        port = server.port
    assert app.heard == ["lifespan.startup", "/items", "/", "lifespan.shutdown"]
    assert threading.get_ident() not in app.threads
    assert is_free(port)


def test_a_name_is_served_by_a_process(folder: Path) -> None:
    (folder / "main.py").write_text(WHO)
    with homeport.serve("main:app") as server:
        pid = int(httpx.get(server.url).text)
        assert pid in children_of(os.getpid())
        assert registry.entries() == ()
        port = server.port
    assert is_free(port)
    assert not Path(f"/proc/{pid}").exists()


def test_without_a_name_the_app_is_found_as_usual(folder: Path) -> None:
    (folder / "app").mkdir()
    (folder / "app" / "main.py").write_text(HELLO)
    with homeport.serve() as server:
        assert httpx.get(server.url).json() == {"version": 1}


def test_what_the_project_says_of_real_servers_does_not_count(folder: Path) -> None:
    settings = 'app = "main:app"\nhost = "all"\nport = 8000\ntls = true\nname = "shop"\n'
    (folder / "pyproject.toml").write_text("[tool.homeport]\n" + settings)
    (folder / "main.py").write_text(HELLO)
    with homeport.serve() as server, homeport.serve() as second:
        assert server.url != second.url
        assert server.url.startswith("http://127.0.0.1:")
        assert server.port != 8000
        assert httpx.get(server.url).json() == httpx.get(second.url).json() == {"version": 1}
        assert registry.entries() == ()


def test_with_a_name_others_find_it(folder: Path) -> None:
    with homeport.serve(Told(), name="shop") as server:
        assert homeport.find("shop").url == server.url
        assert server.name == "shop"
        with homeport.connect("shop") as client:
            assert client.get("/").text == "hello"
        ask = [sys.executable, "-m", "homeport", "url", "shop"]
        done = subprocess.run(ask, capture_output=True, text=True, timeout=20)
        assert done.stdout == server.url + "\n"
    assert registry.entries() == ()


def test_a_name_that_is_taken_is_refused_in_words_that_fit_a_program(folder: Path) -> None:
    with homeport.serve(Told(), name="shop"):
        with pytest.raises(homeport.NameTakenError) as refusal:
            homeport.serve(Told(), name="shop").__enter__()
        assert 'name="shop-2"' in str(refusal.value)
        assert " --" not in str(refusal.value)


def test_several_at_once_and_one_after_the_other(folder: Path) -> None:
    (folder / "main.py").write_text(WHO)
    with ExitStack() as stack:
        servers = [stack.enter_context(homeport.serve(Told())) for _ in range(3)]
        servers += [stack.enter_context(homeport.serve("main:app")) for _ in range(2)]
        assert len({httpx.get(server.url).text for server in servers}) == 3
        assert len({server.port for server in servers}) == 5


def test_the_same_one_can_be_entered_again_but_not_twice_at_once(folder: Path) -> None:
    server = homeport.serve(Told())
    with pytest.raises(RuntimeError, match="inside its block"):
        _ = server.url
    for _ in range(2):
        with server:
            assert httpx.get(server.url).text == "hello"
            with pytest.raises(RuntimeError, match="already"):
                server.__enter__()


def test_an_error_of_the_block_comes_out_and_the_server_is_gone(folder: Path) -> None:
    app = Told()
    with pytest.raises(ZeroDivisionError), homeport.serve(app):
        _ = 1 / 0
    assert app.heard[-1] == "lifespan.shutdown"


@pytest.mark.parametrize("how", ["object", "name"])
def test_a_failing_startup_is_raised_with_the_traceback_of_the_app(folder: Path, how: str) -> None:
    lifespan = (
        "import fastapi, contextlib\n"
        "@contextlib.asynccontextmanager\n"
        "async def life(app):\n    raise RuntimeError('no database')\n    yield\n"
        "app = fastapi.FastAPI(lifespan=life)\n"
    )
    (folder / "failing.py").write_text(lifespan)
    scope: dict[str, Any] = {}
    if how == "object":
        exec(compile(lifespan, "failing.py", "exec"), scope)
    with pytest.raises(AppFailedError) as refusal, homeport.serve(scope.get("app", "failing:app")):
        pass
    assert "RuntimeError: no database" in str(refusal.value)
    assert "failing.py" in str(refusal.value)
    assert (refusal.value.code, refusal.value.exit_code) == ("startup-failed", 3)


def test_a_module_that_cannot_be_imported_is_raised_with_its_traceback(folder: Path) -> None:
    (folder / "main.py").write_text("import json\n1 / 0\n")
    with pytest.raises(AppFailedError, match="ZeroDivisionError: division by zero"):
        homeport.serve("main:app").__enter__()


def test_what_names_no_app_is_told_apart(folder: Path) -> None:
    (folder / "main.py").write_text(HELLO)
    for wrong in ("main:ap", "nowhere:app", object()):
        with pytest.raises(AppNotFoundError):
            homeport.serve(wrong).__enter__()
    with pytest.raises(UsageError, match="env_file"):
        homeport.serve(Told(), env_file=".env").__enter__()


def test_a_function_that_builds_the_app_is_refused_in_words_that_fit_a_program(
    folder: Path,
) -> None:
    with pytest.raises(AppNotFoundError, match="The app that was given takes no") as refused:
        homeport.serve(lambda: Told()).__enter__()
    assert refused.value.next_steps == ("factory=True",)
    with pytest.raises(AppFailedError) as failed:
        homeport.serve(lambda: lambda: Told(), factory=True).__enter__()
    assert failed.value.next_steps == ("it must end with:  return app",)


def test_that_the_projects_app_is_built_by_a_function_says_nothing_of_an_object(
    folder: Path,
) -> None:
    (folder / "pyproject.toml").write_text(
        '[tool.homeport]\napp = "main:create_app"\nfactory = true\n'
    )
    with homeport.serve(Told()) as server:
        assert httpx.get(server.url).text == "hello"


def test_a_process_reads_its_env_file_and_ours_is_left_alone(folder: Path) -> None:
    (folder / "main.py").write_text(HELLO.replace("1}", 'int(__import__("os").environ["N_"])}'))
    (folder / "local.env").write_text("N_=7\n")
    with homeport.serve("main:app", env_file="local.env") as server:
        assert httpx.get(server.url).json() == {"version": 7}
    assert "N_" not in os.environ


def test_a_factory_and_a_root_path_are_as_ever(folder: Path) -> None:
    app = Told()
    with homeport.serve(lambda: app, factory=True, root_path="/api") as server:
        httpx.get(server.url + "/items")
    assert "/api/items" in app.heard


def test_the_guard_stands_before_it(folder: Path) -> None:
    with homeport.serve(Told(), allow_host="shop.example") as server:
        assert httpx.get(server.url, headers={"Host": "evil.example"}).status_code == 421
        assert httpx.get(server.url, headers={"Host": "shop.example"}).text == "hello"


def test_with_tls_a_client_of_ours_trusts_it(folder: Path) -> None:
    with homeport.serve(Told(), tls=True, name="shop") as server:
        assert server.url.startswith("https://127.0.0.1:")
        with homeport.connect("shop") as client:
            assert client.get("/").text == "hello"


def test_a_port_that_was_asked_for_is_had_or_refused(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(homeport.HomeportError, match=str(port)):
            homeport.serve(Told(), port=port).__enter__()
    with homeport.serve(Told(), port=port) as server:
        assert server.port == port


def test_a_startup_that_hangs_is_given_up(folder: Path) -> None:
    (folder / "main.py").write_text("import time\ntime.sleep(600)\n")
    with pytest.raises(AppFailedError, match=r"not ready within 0\.2 s"):
        homeport.serve("main:app", start_timeout=0.2).__enter__()


def test_a_process_that_dies_is_told_at_the_end_but_not_over_an_error(folder: Path) -> None:
    (folder / "main.py").write_text(WHO)
    with pytest.raises(AppFailedError, match="SIGKILL"), homeport.serve("main:app") as server:
        _kill(int(httpx.get(server.url).text))
    with pytest.raises(ZeroDivisionError), homeport.serve("main:app") as server:
        _kill(int(httpx.get(server.url).text))
        _ = 1 / 0


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: pid not in children_of(os.getpid()), "it is gone")


def test_a_thread_that_hangs_is_told(folder: Path) -> None:
    goes_on = threading.Event()

    async def hanging(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        goes_on.wait()  # in the loop: nothing else can happen there

    server = homeport.serve(hanging, stop_timeout=0.1)
    server.__enter__()
    with socket.create_connection(("127.0.0.1", server.port)) as visitor:
        visitor.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        _until_hanging()
        with pytest.raises(NotStoppedError, match="goes on in its thread"):
            server.__exit__(None, None, None)
        goes_on.set()
    eventually(lambda: threading.active_count() == 1, "it has ended after all")


def _until_hanging() -> None:
    from sys import _current_frames

    def hangs() -> bool:
        return any(
            "hanging" in [each.f_code.co_name for each in _stack(frame)]
            for frame in _current_frames().values()
        )

    eventually(hangs, "the request is there")


def _stack(frame: Any) -> Iterator[Any]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def test_it_runs_while_a_loop_runs_here_and_async_with_lets_that_go_on(folder: Path) -> None:
    async def visit() -> None:
        with homeport.serve(Told()) as server:
            async with httpx.AsyncClient() as client:
                assert (await client.get(server.url)).text == "hello"
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.001)
                ticks += 1

        ticking = asyncio.create_task(tick())
        async with homeport.serve("main:app") as server, httpx.AsyncClient() as client:
            assert ticks > 10
            assert (await client.get(server.url)).json() == {"version": 1}
        ticking.cancel()

    (folder / "main.py").write_text(HELLO)
    asyncio.run(visit())


def test_a_cancelled_start_leaves_nothing(folder: Path) -> None:
    async def visit() -> None:
        starting = asyncio.create_task(homeport.serve("main:app").__aenter__())
        await asyncio.sleep(0.05)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting

    (folder / "main.py").write_text(HELLO)
    asyncio.run(visit())


def test_it_prints_nothing_and_errors_of_the_app_are_logged(
    folder: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            raise_it()

    (folder / "main.py").write_text(HELLO)
    with homeport.serve(broken) as server, homeport.serve("main:app") as other:
        assert httpx.get(server.url).status_code == 500
        assert httpx.get(other.url).status_code == 200
    assert "no database" in caplog.text
    assert capfd.readouterr() == ("", "")


def test_the_collector_of_the_test_run_is_left_alone(folder: Path) -> None:
    before = gc.get_freeze_count(), gc.get_threshold()
    with homeport.serve(Told()) as server:
        httpx.get(server.url)
    assert (gc.get_freeze_count(), gc.get_threshold()) == before


INTERRUPTED = """
import os, signal, sys, threading, time, homeport
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            kind = (await receive())["type"]
            print(kind, flush=True)
            await send({"type": kind + ".complete"})
            if kind == "lifespan.shutdown":
                return
try:
    with homeport.serve(app if sys.argv[1] == "object" else "main:app") as server:
        os.killpg(0, signal.SIGINT)
        time.sleep(600)
except KeyboardInterrupt:
    print("interrupted", threading.active_count())
"""


@pytest.mark.parametrize("how", ["object", "name"])
def test_ctrl_c_ends_the_block_in_order(folder: Path, how: str) -> None:
    (folder / "main.py").write_text(INTERRUPTED.partition("try:")[0])
    command = [sys.executable, "-c", INTERRUPTED, how]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment(),
        start_new_session=True,
        timeout=20,
    )
    lines = ["lifespan.startup", "lifespan.shutdown", "interrupted 1"]
    assert (done.stdout.splitlines(), done.stderr, done.returncode) == (lines, "", 0)


def test_no_process_is_left_when_the_test_run_is_killed(folder: Path) -> None:
    (folder / "main.py").write_text(WHO)
    text = "import homeport, httpx, time\nwith homeport.serve('main:app') as server:\n"
    text += "    print(httpx.get(server.url).text, flush=True)\n    time.sleep(600)\n"
    command = [sys.executable, "-c", text]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as run:
        assert run.stdout is not None
        pid = int(run.stdout.readline())
        run.kill()
        run.wait()
    eventually(lambda: not Path(f"/proc/{pid}").exists(), "the app's process is gone")

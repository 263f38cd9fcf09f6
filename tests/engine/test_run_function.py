"""`homeport.run()` in a script: by name, by object, and where it must not be called."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.engine.live import HELLO, Homeport, environment, eventually, homeport, is_free, save

IMPORTED = """
import pathlib
with pathlib.Path(__file__).with_name("imports").open("a") as out:
    out.write(__name__ + "\\n")
"""
CALL = """
import homeport

if __name__ == "__main__":
    homeport.run({arguments}, port=0, json=True)
"""


@contextmanager
def script(folder: Path, text: str, *, cwd: Path | None = None) -> Iterator[Homeport]:
    (folder / "main.py").write_text(text)
    command = [sys.executable, str(folder / "main.py")]
    server = Homeport(command, cwd or folder, environment())
    try:
        yield server
    finally:
        server.kill()


def test_the_founding_form_imports_main_once_per_worker(tmp_path: Path) -> None:
    text = IMPORTED + HELLO + CALL.format(arguments='"main:app", host="127.0.0.1", reload=True')
    with script(tmp_path, text) as server:
        url = server.ready()
        assert server.events[-1]["urls"][0]["url"] == url
        assert httpx.get(url).json() == {"version": 1}
        assert (tmp_path / "imports").read_text().split() == ["__main__", "main"]
        save(tmp_path / "main.py", text.replace('"version": 1', '"version": 2'))
        server.until("reloaded")
        assert httpx.get(url).json() == {"version": 2}
        assert (tmp_path / "imports").read_text().split() == ["__main__", "main", "main"]
        assert server.end() == 0


def test_the_app_is_found_beside_the_script_from_any_folder(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    with script(inner, HELLO + CALL.format(arguments='"main:app"'), cwd=tmp_path) as server:
        assert httpx.get(server.ready()).json() == {"version": 1}


def test_an_app_object_is_served_by_this_process(tmp_path: Path) -> None:
    with script(tmp_path, HELLO + CALL.format(arguments="app")) as server:
        url = server.ready()
        assert httpx.get(url).json() == {"version": 1}
        assert httpx.get(f"http://[::1]:{server.port}").json() == {"version": 1}
        assert server.workers() == []
        assert server.end() == 0
        assert server.events[-1]["event"] == "stopped"
        assert is_free(server.port)


def test_an_app_object_is_no_factory_although_the_projects_app_has_one(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.homeport]\nfactory = true\n")
    with script(tmp_path, HELLO + CALL.format(arguments="app")) as server:
        assert httpx.get(server.ready()).json() == {"version": 1}


def test_sigterm_ends_an_object_server_in_order(tmp_path: Path) -> None:
    with script(tmp_path, HELLO + CALL.format(arguments="app")) as server:
        server.ready()
        assert server.end(signal.SIGTERM) == 0
        assert [e["event"] for e in server.events][-2:] == ["stopping", "stopped"]


def test_an_object_server_reads_its_env_file_and_builds_by_a_factory(tmp_path: Path) -> None:
    (tmp_path / "local.env").write_text("NUMBER=7\n")
    text = "import os\n" + HELLO.replace('"version": 1', '"version": int(os.environ["NUMBER"])')
    call = CALL.format(arguments='lambda: app, factory=True, env_file="local.env"')
    with script(tmp_path, text + call) as server:
        assert httpx.get(server.ready()).json() == {"version": 7}


def test_what_is_no_app_is_refused(tmp_path: Path) -> None:
    with script(tmp_path, CALL.format(arguments="object()")) as server:
        assert server.until("failed")["code"] == "not-asgi"
        assert server.wait() == 2


def test_an_object_cannot_be_reloaded_and_that_is_said(tmp_path: Path) -> None:
    with script(tmp_path, HELLO + CALL.format(arguments="app, reload=True")) as server:
        assert server.until("error")["code"] == "reload-needs-a-name"
        assert httpx.get(server.ready()).json() == {"version": 1}


def test_a_second_signal_ends_an_object_server_too(tmp_path: Path) -> None:
    hanging = (
        HELLO
        + """

@app.get("/hang")
def hang() -> None:
    import pathlib, time

    pathlib.Path("hanging").touch()
    time.sleep(600)
"""
    )
    with script(tmp_path, hanging + CALL.format(arguments="app")) as server:
        url = server.ready()
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(url + "/hang", timeout=0.3)
        eventually((tmp_path / "hanging").exists, "the request")
        server.process.send_signal(signal.SIGINT)
        server.until("stopping")

        def impatient() -> bool:
            server.process.send_signal(signal.SIGINT)
            return server.process.poll() is not None

        eventually(impatient, "the end")
        assert server.wait() == 130


def test_a_missing_guard_is_explained(tmp_path: Path) -> None:
    text = HELLO + "\nimport homeport\nhomeport.run('main:app', port=0, json=True, reload=False)\n"
    with script(tmp_path, text) as server:
        failed = server.until("failed")
        assert "while the app was being imported" in failed["message"]
        assert any("__main__" in step for step in failed["next"])
        assert server.wait() == 3


def test_an_error_is_an_exit_code_not_a_traceback(tmp_path: Path) -> None:
    with script(tmp_path, HELLO + CALL.format(arguments='"main:ap"')) as server:
        assert server.until("failed")["code"] == "attribute-missing"
        assert server.wait() == 2
        assert server.errors == []


def test_a_name_that_is_taken_is_refused_in_words_of_a_script(tmp_path: Path) -> None:
    text = HELLO + CALL.format(arguments='"main:app", name="shop"')
    with script(tmp_path, text) as first:
        first.ready()
        with script(tmp_path, text) as second:
            refusal = second.until("error")
            assert refusal["code"] == "name-taken"
            assert refusal["next"][0].endswith('name="shop-2"')
            assert not any(" --" in step for step in refusal["next"])
            assert second.wait() == 7


def test_running_the_module_is_the_same_as_the_command(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(HELLO)
    with homeport(tmp_path, "main:app") as server:
        assert httpx.get(server.ready()).json() == {"version": 1}


def test_a_module_of_the_users_does_not_break_ours(tmp_path: Path) -> None:
    """`socket.py`, `signal.py` and the like beside the app are the app's business only."""
    for name in ("homeport", "wire", "selectors", "uvicorn"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('taken by mistake')\n")
    (tmp_path / "plain.py").write_text(
        "async def app(scope, receive, send):\n"
        "    await send({'type': 'http.response.start', 'status': 200, 'headers': []})\n"
        "    await send({'type': 'http.response.body', 'body': b'mine'})\n"
    )
    command = [os.path.join(os.path.dirname(sys.executable), "homeport"), "plain:app"]
    server = Homeport([*command, "--port", "0", "--json"], tmp_path, environment())
    try:
        assert httpx.get(server.ready()).text == "mine"
    finally:
        server.kill()

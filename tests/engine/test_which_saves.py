"""Only what changed matters: a save that cannot change what is served does not reload."""

from pathlib import Path

import httpx
import pytest

from tests.engine.live import HELLO, PATIENCE, Homeport, eventually, homeport, save

ANSWERING = """
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def read() -> dict[str, object]:
    return {"version": VERSION}
"""
DEBUG = ("--log-level", "debug")


def app_with(version: str, before: str = "") -> str:
    return before + ANSWERING.replace("VERSION", version)


def version_of(url: str) -> object:
    return httpx.get(url, timeout=PATIENCE).json()["version"]


def not_loaded(server: Homeport, name: str, why: str) -> None:
    """The next save that was noticed did nothing; that of `name` for this reason."""
    message = server.until("log", level="debug")["message"]
    assert message == f"saved, not loaded again: {name}: {why}"


def test_a_save_of_the_same_bytes_does_not_reload(tmp_path: Path) -> None:
    main = tmp_path / "main.py"
    main.write_text(HELLO)
    with homeport(tmp_path, *DEBUG) as server:
        server.ready()
        save(main, HELLO)
        not_loaded(server, "main.py", "the same bytes as before")
        main.write_text(HELLO)
        not_loaded(server, "main.py", "the same bytes as before")
        save(main, HELLO + "\n")
        server.until("reloaded")
        save(main, HELLO + "\n")
        not_loaded(server, "main.py", "the same bytes as before")
        assert [e["event"] for e in server.events].count("reloading") == 1


def test_a_file_that_nobody_imports_does_not_reload(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(HELLO)
    (tmp_path / "notes.py").write_text("x = 1\n")
    with homeport(tmp_path, *DEBUG) as server:
        server.ready()
        save(tmp_path / "notes.py", "x = 2\n")
        not_loaded(server, "notes.py", "not used by the app")
        (tmp_path / "tests").mkdir()
        (tmp_path / "tests" / "test_new.py").write_text("x = 1\n")
        not_loaded(server, "tests/test_new.py", "not used by the app")
        save(tmp_path / "main.py", HELLO + "\n")
        assert server.until("reloading")["reasons"] == ["main.py"]


def test_without_the_log_level_debug_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(HELLO)
    with homeport(tmp_path) as server:
        server.ready()
        (tmp_path / "new.py").write_text("x = 1\n")
        save(tmp_path / "main.py", HELLO + "\n")
        server.until("reloaded")
        assert server.end() == 0
        assert [e for e in server.events if e["event"] == "log"] == []


@pytest.mark.parametrize(
    "use",
    [
        "from part import number",
        "import importlib; number = importlib.import_module('part').number",
        "exec(open('part.py').read(), globals())",
        "import runpy; number = runpy.run_path('part.py')['number']",
        "import importlib.util as u, pathlib; s = u.spec_from_file_location('other', 'part.py');"
        "m = u.module_from_spec(s); s.loader.exec_module(m); number = m.number",
    ],
)
@pytest.mark.parametrize("lazy", [False, True], ids=["at the start", "inside a request"])
def test_whatever_way_code_is_read_it_counts(tmp_path: Path, use: str, lazy: bool) -> None:
    part = tmp_path / "part.py"
    part.write_text("number = 1\n")
    text = app_with("number", "" if lazy else use + "\n")
    if lazy:
        text = text.replace("    return", f"    {use.replace('globals()', 'g := {}')}\n    return")
        text = text.replace(
            '"version": number', '"version": g["number"]' if "g :=" in text else '"version": number'
        )
    (tmp_path / "main.py").write_text(text)
    with homeport(tmp_path) as server:
        url = server.ready()
        for number in (2, 3):
            version_of(url)
            part.write_text(f"number = {number}{' ' * number}\n")
            server.until("reloaded", reasons=["part.py"])
            assert version_of(url) == number


@pytest.mark.parametrize("new", ["extra.py", "extra/__init__.py"])
def test_a_new_file_that_an_import_looked_for_counts(tmp_path: Path, new: str) -> None:
    (tmp_path / "main.py").write_text(
        app_with(
            "number", "try:\n    from extra import number\nexcept ImportError:\n    number = 0\n"
        )
    )
    with homeport(tmp_path) as server:
        url = server.ready()
        assert version_of(url) == 0
        (tmp_path / new).parent.mkdir(exist_ok=True)
        (tmp_path / new).write_text("number = 7\n")
        server.until("reloaded")
        assert version_of(url) == 7


def test_a_new_plugin_in_a_folder_that_the_app_lists_counts(tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "__init__.py").touch()
    (tmp_path / "main.py").write_text(
        app_with(
            "names",
            "import pkgutil, plugins\n"
            "names = [m.name for m in pkgutil.iter_modules(plugins.__path__)]\n",
        )
    )
    with homeport(tmp_path, *DEBUG) as server:
        url = server.ready()
        (tmp_path / "other.py").write_text("x = 1\n")
        not_loaded(server, "other.py", "not used by the app")
        (tmp_path / "plugins" / "mail.py").write_text("x = 1\n")
        server.until("reloaded", reasons=["plugins/mail.py"])
        assert version_of(url) == ["mail"]


def test_after_a_failed_start_every_save_counts(tmp_path: Path) -> None:
    main = tmp_path / "main.py"
    main.write_text(HELLO)
    with homeport(tmp_path) as server:
        server.ready()
        save(main, "1 / 0\n")
        server.until("failed")
        save(main, "1 / 0\n")
        server.until("failed")
        (tmp_path / "unrelated.py").write_text("x = 1\n")
        server.until("reloading", reasons=["unrelated.py"])
        server.until("failed")
        save(main, HELLO)
        server.until("reloaded")


def test_after_a_failed_first_start_every_save_counts(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("import helper\n" + HELLO)
    with homeport(tmp_path) as server:
        server.until("failed")
        (tmp_path / "helper.py").write_text("x = 1\n")
        server.until("ready")


def test_a_deleted_module_is_noticed_and_so_is_its_return(tmp_path: Path) -> None:
    (tmp_path / "part.py").write_text("number = 1\n")
    (tmp_path / "main.py").write_text(app_with("number", "from part import number\n"))
    with homeport(tmp_path) as server:
        url = server.ready()
        (tmp_path / "part.py").unlink()
        assert server.until("failed")["still_serving"] is True
        (tmp_path / "part.py").write_text("number = 1\n")
        server.until("reloaded")
        assert version_of(url) == 1


def test_declared_files_count_when_their_bytes_differ(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(HELLO)
    page, env = tmp_path / "page.html", tmp_path / "local.env"
    page.write_text("<p>1")
    env.write_text("A=1\n")
    flags = (*DEBUG, "--reload-include", "*.html", "--env-file", "local.env")
    with homeport(tmp_path, *flags) as server:
        server.ready()
        for file, text in ((page, "<p>"), (env, "A=")):
            save(file, text + "1\n" * (file == env) + "1" * (file == page))
            not_loaded(server, file.name, "the same bytes as before")
            save(file, text + "2\n")
            server.until("reloaded", reasons=[file.name])
            save(file, text + "2\n")
            not_loaded(server, file.name, "the same bytes as before")


def test_an_app_that_writes_its_own_modules_starts_all_the_same(tmp_path: Path) -> None:
    """It writes the same bytes each time it starts; that must not start it again for ever."""
    (tmp_path / "main.py").write_text(
        app_with(
            "number",
            "import pathlib, time\n"
            "pathlib.Path(__file__).with_name('made.py').write_text('number = 4')\n"
            "time.sleep(0.2)\nfrom made import number\n",
        )
    )
    with homeport(tmp_path) as server:
        url = server.ready()
        assert version_of(url) == 4
        save(tmp_path / "main.py", (tmp_path / "main.py").read_text() + "\n")
        server.until("reloaded")
        assert sum(e["event"] == "reloading" for e in server.events) <= 2


def test_a_process_that_the_app_forks_imports_in_peace(tmp_path: Path) -> None:
    """It has our audit hook, but no way and no need to tell."""
    (tmp_path / "part.py").write_text("number = 1\n")
    (tmp_path / "main.py").write_text(
        app_with("number", "import os\n").replace(
            "    return",
            "    child = os.fork()\n    if child == 0:\n        import part\n"
            "        os._exit(part.number)\n"
            "    number = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])\n    return",
        )
    )
    with homeport(tmp_path) as server:
        url = server.ready()
        assert version_of(url) == 1
        eventually(lambda: version_of(url) == 1, "another answer")
        assert server.end() == 0

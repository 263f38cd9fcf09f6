"""Broken code at the very first start, with reload: it stays, shows why, and recovers."""

import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.cli.bad_input import FILES, GOOD, LIFESPAN
from tests.cli.command import DEADLINE, started
from tests.engine.live import save

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

BROKEN = {
    "an error while importing": ("", "import-failed", "x = 1 / 0\n", "ZeroDivisionError"),
    "a syntax error": ("", "import-failed", "def app(:\n", "SyntaxError"),
    "a missing package": ("", "import-failed", "import not_there\n", "pip install not_there"),
    "an exit": ("", "import-failed", "raise SystemExit(3)\n", "SystemExit: 3"),
    "a startup that fails": ("", "startup-failed", LIFESPAN, "the database is down"),
    "a factory that fails": ("--factory", "factory-failed", "def app():\n    1 / 0\n", "division"),
    "a factory without return": ("--factory", "factory-failed", "def app(): ...\n", "is None"),
}
MENDED = {"": GOOD, "--factory": GOOD.replace("app", "_app") + "\n\ndef app():\n    return _app\n"}


@pytest.mark.parametrize("broken", BROKEN)
def test_it_shows_what_is_broken_until_it_is_mended(tmp_path: Path, broken: str) -> None:
    flag, code, source, shown = BROKEN[broken]
    (tmp_path / "database.py").write_text(str(FILES["database.py"]))
    (tmp_path / "main.py").write_text(source)
    with started(tmp_path, "main:app", *flag.split(), "--port", "0", "--json") as server:
        url = f"http://127.0.0.1:{server.until('listening')['port']}"
        failed = server.until("failed")
        assert (failed["code"], failed["still_serving"]) == (code, False)
        assert failed["tries_again"] is True
        for accept, kind in (("*/*", "text/plain"), ("text/html", "text/html")):
            answer = httpx.get(url, headers={"accept": accept}, timeout=DEADLINE)
            assert answer.status_code == 503
            assert answer.headers["content-type"].startswith(kind)
            assert shown in answer.text
            assert "main.py" in answer.text or "is None" in answer.text
            assert "importlib" not in answer.text and "app_loader" not in answer.text
        save(tmp_path / "main.py", MENDED[flag])
        server.until("ready")
        assert answer_of(url, 200) == "good"
        end = server.stop()
    assert (end.code, end.left) == (0, ())


def test_it_shows_the_next_thing_that_is_broken(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("first_mistake\n")
    with started(tmp_path, "main:app", "--port", "0", "--json") as server:
        url = f"http://127.0.0.1:{server.until('listening')['port']}"
        assert "first_mistake" in server.until("failed")["error"]
        save(tmp_path / "main.py", "second_mistake\n")
        assert "second_mistake" in server.until("failed")["error"]
        deadline = time.monotonic() + DEADLINE
        while "second_mistake" not in httpx.get(url, timeout=DEADLINE).text:
            assert time.monotonic() < deadline


def answer_of(url: str, status: int) -> str:
    """The first answer with that status: for a moment old and new worker both accept."""
    deadline = time.monotonic() + DEADLINE
    while (answer := httpx.get(url, timeout=DEADLINE)).status_code != status:
        assert time.monotonic() < deadline, answer.text
    return answer.text

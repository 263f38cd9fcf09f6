"""The collector of a worker: quiet while the app is loaded, as usual from then on."""

import gc
from pathlib import Path

import httpx
import pytest

from tests.engine.live import eventually, homeport, save

APP = """
import gc, json
SET
LOADING = gc.get_threshold()
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    seen = json.dumps([LOADING, gc.get_threshold(), gc.get_freeze_count() > 1000, VERSION])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": seen.encode()})
"""
USUAL = list(gc.get_threshold())


def app(version: int = 1, first: str = "") -> str:
    return APP.replace("VERSION", str(version)).replace("SET", first)


@pytest.mark.parametrize("flags", [(), ("--cold",)])
def test_it_hardly_looks_while_the_app_is_loaded(tmp_path: Path, flags: tuple[str, ...]) -> None:
    main = tmp_path / "main.py"
    main.write_text(app())
    with homeport(tmp_path, "main:app", *flags) as server:
        url = server.ready()
        assert httpx.get(url).json() == [[100_000, 50, 100], USUAL, True, 1]
        if not flags:
            eventually(server.is_warm, "the template")
        save(main, app(2))
        eventually(lambda: httpx.get(url).json()[3] == 2, "the save")
        assert httpx.get(url).json() == [[100_000, 50, 100], USUAL, True, 2]


def test_what_the_app_wants_it_gets(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(app(first="gc.set_threshold(7, 8, 9)"))
    with homeport(tmp_path, "main:app") as server:
        assert httpx.get(server.ready()).json() == [[7, 8, 9], [7, 8, 9], True, 1]

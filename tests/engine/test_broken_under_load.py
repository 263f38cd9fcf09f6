"""Broken, fixed, broken again while people use the app: the old code answers all through."""

from itertools import cycle
from pathlib import Path

from tests.engine.live import eventually, homeport, save
from tests.engine.soak import addresses_of
from tests.engine.soak_app import FIRST, app_of
from tests.engine.soak_load import Load
from tests.engine.soak_visitors import Fresh, Kept, Slow, Socket, Upload

BROKEN = (
    "def (:\n",
    "raise RuntimeError('no')\n",
    "import os\nos._exit(7)\n",
    """
from fastapi import FastAPI


async def lifespan(app):
    raise RuntimeError("no start")
    yield


app = FastAPI(lifespan=lifespan)
""",
)
VISITORS = (Fresh, Fresh, Kept, Kept, Upload, Slow, Socket)
ANSWERS = 20


def test_the_old_code_answers_through_broken_fixed_broken(tmp_path: Path) -> None:
    main = tmp_path / "main.py"
    main.write_text(app_of(FIRST))
    with homeport(tmp_path, "--no-access-log") as server:
        server.ready()
        with Load(addresses_of(server), FIRST, VISITORS) as load:
            for number, broken in enumerate([*BROKEN, BROKEN[0]], start=1):
                save(main, broken)
                assert server.until("failed")["still_serving"] is True
                wanted = load.answers + ANSWERS
                eventually(lambda: load.answers >= wanted, "answers of the old code")  # noqa: B023
                load.saved = FIRST + number
                save(main, app_of(FIRST + number))
                server.until("reloaded")
                load.announced = FIRST + number
                wanted = load.answers + ANSWERS
                eventually(lambda: load.answers >= wanted, "answers of the fix")  # noqa: B023
        assert server.end() == 0
    assert load.wrong == []


def test_broken_saves_one_after_the_other_never_reach_anybody(tmp_path: Path) -> None:
    main = tmp_path / "main.py"
    main.write_text(app_of(FIRST))
    with homeport(tmp_path, "--no-access-log") as server:
        server.ready()
        with Load(addresses_of(server), FIRST, VISITORS) as load:
            for _, broken in zip(range(8), cycle(BROKEN), strict=False):
                save(main, broken)
                assert server.until("failed")["still_serving"] is True
            wanted = load.answers + ANSWERS
            eventually(lambda: load.answers >= wanted, "answers of the first version")
        assert load.wrong == []
        assert load.total("reopened") == load.total("ended") == 0
        assert server.end() == 0

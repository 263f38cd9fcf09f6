"""When a save is complete: time is passed in, the files are real."""

import select
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from homeport.core.wire import Used
from homeport.engine.relevance import LastStart
from homeport.engine.saves import FEW, LONGEST, MANY, ONE, Saves, Taken
from homeport.engine.versions import version_of
from homeport.engine.watch import Rules
from tests.engine.live import PATIENCE

SERVES = LastStart.SERVES


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    found = [tmp_path / f"part{i}.py" for i in range(9)]
    for file in found:
        file.write_text("x = 1")
    return found


@pytest.fixture
def saves(files: list[Path]) -> Iterator[Saves]:
    folder = str(files[0].parent)
    with closing(Saves(Rules((folder,)), folder)) as saves:
        versions = {str(file): list(version_of(str(file)) or ()) for file in files}
        saves.learn(Used(files=versions))
        assert saves.due is None
        yield saves


def due_after(saves: Saves) -> float:
    """Seconds from the note of what has just been done to files until it is complete."""
    assert select.select([saves], [], [], PATIENCE)[0]
    before = time.monotonic()
    saves.read()
    assert saves.due is not None
    return saves.due - before


def complete(saves: Saves) -> Taken:
    assert saves.due is not None
    return saves.take(saves.due, SERVES)


@pytest.mark.parametrize(("count", "quiet"), [(1, ONE), (2, FEW), (4, FEW), (5, MANY), (9, MANY)])
def test_the_more_files_the_longer_it_waits_for_another(
    saves: Saves, files: list[Path], count: int, quiet: float
) -> None:
    for file in files[:count]:
        file.write_text("x = 2")
    assert due_after(saves) >= quiet
    assert saves.due is not None
    assert saves.due <= time.monotonic() + quiet
    assert saves.take(saves.due - 0.001, SERVES) == Taken()
    assert complete(saves).changed == tuple(file.name for file in files[:count])
    assert saves.due is None


@pytest.mark.parametrize("empty", [True, False])
def test_half_a_save_is_waited_for(saves: Saves, files: list[Path], empty: bool) -> None:
    if empty:
        files[0].write_text("")
    else:
        files[0].unlink()
    due_after(saves)
    assert complete(saves) == Taken()
    files[0].write_text("x = 3")
    due_after(saves)
    assert complete(saves) == Taken(changed=("part0.py",))


def test_a_file_that_stays_away_is_a_change_in_the_end(saves: Saves, files: list[Path]) -> None:
    files[0].unlink()
    began = due_after(saves)
    taken, rounds = complete(saves), 0
    while not taken.changed:
        taken, rounds = complete(saves), rounds + 1
        assert rounds <= LONGEST / 0.1 + 1, began
    assert taken == Taken(changed=("part0.py",))

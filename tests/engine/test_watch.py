"""Told about saves, by the kernel or by watchfiles: the same files either way."""

import os
import select
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest

from homeport.engine.inotify import Change, Inotify
from homeport.engine.watch import InotifyWatcher, Rules, Watcher, folders_below, open_watcher
from homeport.engine.watch_portable import PortableWatcher
from tests.engine.live import PATIENCE, save

Maker = Callable[[Rules], Watcher]
MAKERS: list[Maker] = [InotifyWatcher, PortableWatcher, partial(PortableWatcher, poll=True)]


@contextmanager
def watching(make: Maker, rules: Rules) -> Iterator[Watcher]:
    watcher = make(rules)
    with closing(watcher):
        yield watcher


def changed(watcher: Watcher, wanted: Path, again: Callable[[], object]) -> set[str]:
    """Everything seen until `wanted` is; `again` repeats the change for slow starters."""
    seen: set[str] = set()
    deadline = time.monotonic() + PATIENCE
    while str(wanted) not in seen:
        assert time.monotonic() < deadline, f"never seen: {wanted}, only {seen}"
        again()
        if select.select([watcher], [], [], 0.5)[0]:
            seen |= watcher.read()
    return seen


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("how", ["replace", "overwrite", "append"])
def test_every_way_of_saving_is_seen(make: Maker, how: str, tmp_path: Path) -> None:
    file = tmp_path / "deep" / "main.py"
    file.parent.mkdir()
    file.write_text("x = 1")
    (tmp_path / "notes.txt").write_text("")

    def change() -> None:
        (tmp_path / "notes.txt").write_text(str(time.monotonic()))
        if how == "replace":
            save(file, f"x = {time.monotonic()}")
        else:
            with file.open("a" if how == "append" else "w") as out:
                out.write(f"\nx = {time.monotonic()}")

    with watching(make, Rules((str(tmp_path),))) as watcher:
        assert changed(watcher, file, change) == {str(file)}


@pytest.mark.parametrize("make", MAKERS)
def test_a_single_file_elsewhere_can_be_watched_later(make: Maker, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    file = there / "settings.env"
    with watching(make, Rules((str(here),))) as watcher:
        watcher.watch(Rules((str(here),), files=(str(file),)))
        assert changed(watcher, file, lambda: save(file, str(time.monotonic()))) == {str(file)}


@pytest.mark.parametrize("make", MAKERS)
def test_folders_nobody_edits_are_not_seen(make: Maker, tmp_path: Path) -> None:
    for name in (".git", "node_modules", "__pycache__", "env"):
        (tmp_path / name).mkdir()
    (tmp_path / "python").mkdir()
    (tmp_path / "python" / "pyvenv.cfg").touch()

    def change() -> None:
        for name in (".git", "node_modules", "__pycache__", "env", "python"):
            (tmp_path / name / "x.py").write_text(str(time.monotonic()))
        (tmp_path / "main.py").write_text(str(time.monotonic()))

    with watching(make, Rules((str(tmp_path),))) as watcher:
        assert changed(watcher, tmp_path / "main.py", change) == {str(tmp_path / "main.py")}


def test_the_kernel_is_not_even_asked_about_them(tmp_path: Path) -> None:
    for name in ("src/shop", ".venv/lib/x", "node_modules/a/b", ".git/objects", "src/__pycache__"):
        (tmp_path / name).mkdir(parents=True)
    assert {os.path.relpath(f, tmp_path) for f in folders_below(str(tmp_path))} == {
        *(".", "src", "src/shop"),
    }


def test_what_is_in_a_folder_that_appears_is_seen(tmp_path: Path) -> None:
    top, outside = tmp_path / "top", tmp_path / "outside"
    (outside / "inner").mkdir(parents=True)
    (outside / "inner" / "a.py").write_text("x = 1")
    top.mkdir()
    with watching(InotifyWatcher, Rules((str(top),))) as watcher:
        outside.rename(top / "moved")
        moved = top / "moved" / "inner" / "a.py"
        assert changed(watcher, moved, lambda: None) == {str(moved)}
        save(moved, "x = 2")
        assert changed(watcher, moved, lambda: None) == {str(moved)}


def test_an_overflow_of_the_kernels_queue_counts_as_a_change_of_everything(
    tmp_path: Path,
) -> None:
    class Overflowing(InotifyWatcher):
        def _changes(self) -> list[Change]:
            return [Change(None, False, False)]

    (tmp_path / "main.py").write_text("x")
    with watching(Overflowing, Rules((str(tmp_path),))) as watcher:
        assert watcher.read() == {str(tmp_path / "main.py")}


def test_links_count_when_they_appear(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1")
    with closing(Inotify()) as inotify:
        assert inotify.add(str(tmp_path))
        (tmp_path / "b.py").symlink_to("a.py")
        select.select([inotify], [], [], PATIENCE)
        assert str(tmp_path / "b.py") in {change.path for change in inotify.read()}
        assert not inotify.add(str(tmp_path / "nowhere"))


def test_the_portable_watcher_is_chosen_where_there_is_no_inotify(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_watcher(Rules((str(tmp_path),)))) as watcher:
        assert isinstance(watcher, InotifyWatcher)
    monkeypatch.setenv("HOMEPORT_PLATFORM", "portable")
    with closing(open_watcher(Rules((str(tmp_path),)))) as watcher:
        assert isinstance(watcher, PortableWatcher)


@pytest.mark.parametrize(
    ("path", "matters"),
    [
        ("/p/main.py", True),
        ("/p/a/b/main.py", True),
        ("/p/page.html", False),
        ("/p/templates/page.html", True),
        ("/p/templates/deep/page.html", True),
        ("/p/.env", True),
        ("/p/gen/x.py", False),
        ("/p/a/test_x.py", False),
        ("/q/main.py", False),
        ("/q/lib.py", True),
        ("/pp/main.py", False),
    ],
)
def test_which_files_matter(path: str, matters: bool) -> None:
    rules = Rules(
        ("/p",), files=("/q/lib.py",), include=("templates/", ".env"), exclude=("gen/*", "test_*")
    )
    assert rules.matter(path) is matters

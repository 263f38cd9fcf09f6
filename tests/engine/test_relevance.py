"""The rules by which a save counts, file by file."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from homeport.core.state import Phase, State, Worker
from homeport.core.wire import Used
from homeport.engine.relevance import LastStart, Relevance
from homeport.engine.versions import Version, version_of
from homeport.engine.watch import Rules

SERVES, UNDER_WAY, FAILED = LastStart.SERVES, LastStart.UNDER_WAY, LastStart.FAILED


def used(*files: Path, sought: tuple[str, ...] = (), listed: tuple[str, ...] = ()) -> Used:
    """As a worker that has just read them says it."""
    versions = {str(file): list(version_of(str(file)) or ()) for file in files}
    return Used(files=versions, sought=sought, listed=listed)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "main.py"
    path.write_text("x = 1")
    return path


def knowing(file: Path, *include: str, **more: tuple[str, ...]) -> Relevance:
    relevance = Relevance(Rules((str(file.parent),), include=include))
    assert relevance.learn(used(file, **more)) == set()
    return relevance


def same_stamp(file: Path, text: str) -> None:
    """Another text of the same size, and the mtime of before."""
    status = file.stat()
    file.write_text(text)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert file.stat().st_size == status.st_size


def test_used_files_count_when_their_bytes_differ_from_what_was_read(file: Path) -> None:
    relevance = knowing(file)
    assert not relevance.counts(str(file), SERVES)
    same_stamp(file, "x = 2")
    assert relevance.counts(str(file), SERVES)
    assert relevance.counts(str(file), SERVES)  # until a worker has read it
    file.write_text("x = 1")
    assert not relevance.counts(str(file), SERVES)  # back to what is served
    file.unlink()
    assert relevance.counts(str(file), SERVES)


def test_a_save_between_reading_and_telling_is_found(file: Path) -> None:
    relevance = Relevance(Rules((str(file.parent),)))
    told = used(file)
    same_stamp(file, "x = 2")
    assert relevance.learn(told) == {str(file)}


def test_a_young_stamp_is_not_trusted(file: Path) -> None:
    """A second write within one tick of the file system's clock leaves the same stamp."""
    status = file.stat()
    earlier = Version.made_of(status, b"x = 0")
    assert (earlier.changed, earlier.size) == (status.st_ctime_ns, status.st_size)
    assert not earlier.is_still(str(file), status.st_ctime_ns + 1_000_000)
    assert earlier.is_still(str(file), status.st_ctime_ns + 10**10)


def test_while_a_worker_starts_new_bytes_count_and_old_ones_do_not(file: Path) -> None:
    relevance = knowing(file)
    relevance.forget()
    assert not relevance.counts(str(file), UNDER_WAY)
    file.write_text("x = 2")
    assert relevance.counts(str(file), UNDER_WAY)
    assert not relevance.counts(str(file), UNDER_WAY)
    other = file.with_name("other.py")
    other.write_text("")
    assert relevance.counts(str(other), UNDER_WAY)
    assert not relevance.counts(str(other), UNDER_WAY)


def test_until_the_worker_has_told_what_it_uses_new_bytes_count(file: Path) -> None:
    relevance = knowing(file)
    relevance.forget()
    other = file.with_name("other.py")
    other.write_text("")
    assert relevance.counts(str(other), SERVES)


def test_after_a_failed_start_everything_counts(file: Path) -> None:
    relevance = knowing(file)
    assert relevance.counts(str(file), FAILED)
    assert relevance.counts(str(file.with_name("nothing.py")), FAILED)


@pytest.mark.parametrize(
    ("new", "counts"),
    [
        ("extra.py", True),
        ("extra/__init__.py", True),
        ("extra/deep/part.py", True),  # a folder is a package without __init__.py too
        ("extras.py", False),
        ("plugins/a.py", True),
        ("plugins/deep/a.py", True),
        ("plugin.py", False),
    ],
)
def test_new_files_count_where_the_next_worker_would_find_them(
    file: Path, new: str, counts: bool
) -> None:
    top = file.parent
    relevance = knowing(file, sought=(str(top / "extra"),), listed=(str(top / "plugins"),))
    path = top / new
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x = 1")
    assert relevance.counts(str(path), SERVES) is counts
    assert not relevance.counts(str(path), SERVES)  # the next worker has had its chance


def test_a_name_that_was_sought_and_saved_before_it_was_told_is_found(file: Path) -> None:
    relevance = knowing(file)
    extra = file.with_name("extra.py")
    extra.write_text("x = 1")
    assert not relevance.counts(str(extra), SERVES)
    assert relevance.learn(used(sought=(str(extra)[:-3],))) == {str(extra)}
    assert relevance.counts(str(extra), SERVES)


def test_a_name_that_was_found_in_the_end_is_no_news(file: Path) -> None:
    """Sought in vain, then made by the app itself and imported."""
    relevance = Relevance(Rules((str(file.parent),)))
    assert relevance.learn(used(file, sought=(str(file)[:-3],))) == set()


def test_other_spellings_of_a_path_are_the_same_file(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    (real / "a.py").write_text("x = 1")
    for number, (told, saved) in enumerate(((link, real), (real, link)), 2):
        relevance = Relevance(Rules((str(tmp_path),)))
        relevance.learn(used(told / "a.py", sought=(str(told / "new"),), listed=(str(told / "p"),)))
        same_stamp(real / "a.py", f"x = {number}")
        assert relevance.counts(str(saved / "a.py"), SERVES)
        (real / "p").mkdir(exist_ok=True)
        for name in ("new.py", "p/x.py"):
            (real / name).write_text(str(told))
            assert relevance.counts(str(saved / name), SERVES), (told, name)


def test_what_was_declared_counts_by_its_bytes_whoever_uses_it(file: Path) -> None:
    page = file.with_name("page.html")
    page.write_text("<p>")
    relevance = knowing(file, "*.html")
    assert not relevance.counts(str(page), SERVES)
    page.write_text("<b>")
    assert relevance.counts(str(page), SERVES)
    assert not relevance.counts(str(page), SERVES)
    page.unlink()
    assert relevance.counts(str(page), SERVES)


def test_half_a_save_is_one_of_a_file_that_had_bytes_and_has_none(file: Path) -> None:
    relevance = knowing(file)
    assert not relevance.is_half_saved(str(file))
    file.write_text("")
    assert relevance.is_half_saved(str(file))
    file.unlink()
    assert relevance.is_half_saved(str(file))
    new = file.with_name("__init__.py")
    assert not relevance.is_half_saved(str(new))
    new.touch()
    assert not relevance.is_half_saved(str(new))


def test_what_is_no_file_has_no_version(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    assert version_of(str(tmp_path / "pipe.py")) is None
    assert version_of(str(tmp_path)) is None
    assert version_of(str(tmp_path / "nothing.py")) is None


@pytest.mark.parametrize(
    ("current", "upcoming", "expected"),
    [
        (None, None, FAILED),
        (Worker(number=2), None, SERVES),
        (Worker(number=1), None, FAILED),  # the second has failed, the first goes on
        (Worker(number=2, page=True), None, FAILED),
        (Worker(number=1), Worker(number=2), UNDER_WAY),
        (None, Worker(number=2), UNDER_WAY),
        (None, Worker(number=2, page=True), FAILED),
    ],
)
def test_how_the_last_start_went(
    current: Worker | None, upcoming: Worker | None, expected: LastStart
) -> None:
    state = State(reload=True, overtime=1, phase=Phase.SERVING, spawned=2)
    assert LastStart.of(replace(state, current=current, upcoming=upcoming)) is expected

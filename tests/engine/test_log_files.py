"""Log files that do not grow without end, and reading them."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeport.engine.log_files import FILES, LARGEST, LogFiles, newest_first
from homeport.engine.log_reading import Log


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "homeport" / "logs"
    path.mkdir(parents=True)
    for each in (path, path.parent):
        each.chmod(0o700)
    yield path


@pytest.fixture
def handle(folder: Path) -> Iterator[int]:
    number = os.open(folder, os.O_RDONLY)
    yield number
    os.close(number)


def line(number: int) -> bytes:
    return f"{number:08} {'x' * 990}\n".encode()


def write(handle: int, numbers: range, at_once: int = 70) -> None:
    files = LogFiles(handle, "shop")
    data = b"".join(line(number) for number in numbers)
    size = at_once * 1000 + 7  # not at the end of a line
    for at in range(0, len(data), size):
        files.write(data[at : at + size])
    files.close()


def test_every_file_has_whole_lines_and_at_most_its_size(handle: int, folder: Path) -> None:
    write(handle, range(3500))
    names = sorted(each.name for each in folder.iterdir())
    assert names == ["shop.log", "shop.log.1", "shop.log.2", "shop.log.3"]
    data = b"".join((folder / name).read_bytes() for name in reversed(names))
    assert data == b"".join(line(number) for number in range(3500))
    for name in names:
        file = folder / name
        assert file.stat().st_size <= LARGEST
        assert file.read_bytes().endswith(b"\n")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_oldest_is_given_up(handle: int, folder: Path) -> None:
    write(handle, range(8000))
    assert len(list(folder.iterdir())) == FILES
    assert (folder / "shop.log").read_bytes().endswith(line(7999))


def test_a_line_longer_than_a_file_is_cut_and_nothing_hangs(handle: int, folder: Path) -> None:
    files = LogFiles(handle, "shop")
    files.write(b"y" * (2 * LARGEST + 5))
    files.close()
    assert sum(file.stat().st_size for file in folder.iterdir()) == 2 * LARGEST + 5


def test_a_next_server_of_that_name_goes_on_in_the_same_log(handle: int, folder: Path) -> None:
    write(handle, range(3))
    write(handle, range(3, 5))
    assert (folder / "shop.log").read_bytes() == b"".join(map(line, range(5)))


def test_a_link_in_the_place_of_the_log_is_not_followed(
    handle: int, folder: Path, tmp_path: Path
) -> None:
    (folder / "shop.log").symlink_to(tmp_path / "victim")
    write(handle, range(3))
    assert not (tmp_path / "victim").exists()


def test_what_was_rotated_by_another_keeper_is_not_rotated_again(handle: int, folder: Path) -> None:
    old, new = LogFiles(handle, "shop"), LogFiles(handle, "shop")
    old.write(b"z" * (LARGEST - 10) + b"\n")
    new.write(b"second keeper\n" * 2)
    old.write(b"of the old one\n")
    old.close()
    new.close()
    assert len(list(folder.iterdir())) == 2
    assert b"of the old one\n" in (folder / "shop.log").read_bytes()


def test_the_last_lines_come_from_older_files_too(
    handle: int, folder: Path, tmp_path: Path
) -> None:
    write(handle, range(1100))
    with Log("shop", {"XDG_STATE_HOME": str(tmp_path)}) as log:
        assert b"".join(log.last(100)) == b"".join(map(line, range(1000, 1100)))
    with Log("shop", {"XDG_STATE_HOME": str(tmp_path)}) as log:
        assert log.last(0) == []
    with Log("shop", {"XDG_STATE_HOME": str(tmp_path)}) as log:
        assert len(log.last(99999)) == 1100


def followed(log: Log, last: bytes) -> list[bytes | None]:
    """What comes until `last` has come, in the order it came."""
    found: list[bytes | None] = []
    for data in log.following():
        found.append(data)
        if data is not None and data.endswith(last):
            return found
    raise AssertionError("it goes on for ever")


def test_following_goes_over_rotations(handle: int, folder: Path, tmp_path: Path) -> None:
    write(handle, range(10))
    with Log("shop", {"XDG_STATE_HOME": str(tmp_path)}) as log:
        log.last(0)
        for numbers in (range(10, 1500), range(1500, 1510), range(1510, 5500)):
            write(handle, numbers)
            data = [each for each in followed(log, line(numbers[-1])) if each is not None]
            assert b"".join(data) == b"".join(map(line, numbers))


def test_where_the_log_is_too_short_to_follow_that_is_known(
    handle: int, folder: Path, tmp_path: Path
) -> None:
    write(handle, range(10))
    with Log("shop", {"XDG_STATE_HOME": str(tmp_path)}) as log:
        log.last(0)
        write(handle, range(10, 9000))
        found = followed(log, line(8999))
        place = found.index(None)
    before, after = (b"".join(filter(None, part)) for part in (found[:place], found[place:]))
    kept = b"".join((folder / name).read_bytes() for name in reversed(list(newest_first("shop"))))
    assert (before.startswith(line(10)), after) == (True, kept)


def test_there_is_no_log_of_what_never_ran(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Log("shop", {"XDG_STATE_HOME": str(tmp_path)})

"""The folder that only we may use: where it is, how it is made, when it is refused."""

import os
import stat
from pathlib import Path

import pytest

from homeport.core.errors import UsageError
from homeport.engine.private_folder import PrivateFolder
from homeport.engine.runtime_folder import runtime_folder, state_folder
from tests.cli.command import NOBODY
from tests.engine.runtime import home

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def refused(environment: dict[str, str]) -> UsageError:
    with pytest.raises(UsageError) as refusal:
        runtime_folder(environment, make=True).close()
    assert refusal.value.code == "runtime-folder"
    assert refusal.value.next_steps
    return refusal.value


def test_it_is_made_for_us_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with runtime_folder(home(tmp_path / "run"), make=True) as folder:
            assert folder.path == str(tmp_path / "run" / "homeport")
            assert mode(Path(folder.path)) == 0o700
            os.close(folder.begin("x", b"data"))
            folder.put("x")
            assert mode(Path(folder.path) / "x") == 0o600
            assert folder.read("x", 3) == b"dat"
            assert folder.names() == ["x"]
    finally:
        os.umask(before)


def test_looking_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        runtime_folder(home(tmp_path / "run"))
    assert list((tmp_path / "run").iterdir()) == []


def test_without_a_runtime_folder_of_the_session_it_is_in_the_home(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path)}
    with runtime_folder(environment, make=True) as folder:
        assert folder.path == str(tmp_path / ".local/state/homeport/run")
    with state_folder(environment) as folder:
        assert folder.path == str(tmp_path / ".local/state/homeport")
        assert mode(Path(folder.path)) == 0o700


def test_what_stays_is_in_the_state_folder_that_was_named(tmp_path: Path) -> None:
    with state_folder({"HOME": "/x", "XDG_STATE_HOME": str(tmp_path)}, make=True) as folder:
        assert folder.path == str(tmp_path / "homeport")


@pytest.mark.parametrize("base", ["relative", "", "/nowhere/at/all"])
def test_a_base_that_is_no_absolute_folder_does_not_count(tmp_path: Path, base: str) -> None:
    environment = {
        "XDG_RUNTIME_DIR": base,
        "XDG_STATE_HOME": base.removeprefix("/"),
        "HOME": str(tmp_path),
    }
    with runtime_folder(environment, make=True) as folder:
        assert folder.path == str(tmp_path / ".local/state/homeport/run")


@as_root
def test_a_base_of_another_user_is_left_alone(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o700)
    os.chown(theirs, NOBODY, NOBODY)
    xdg = {"XDG_RUNTIME_DIR": str(theirs), "XDG_STATE_HOME": str(theirs)}
    both = {**xdg, "HOME": str(tmp_path)}
    with runtime_folder(both, make=True) as folder:
        assert folder.path == str(tmp_path / ".local/state/homeport/run")
    refused({**xdg, "HOME": str(theirs)})
    assert list(theirs.iterdir()) == []


@as_root
def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    environment = home(tmp_path / "run")
    (tmp_path / "run" / "homeport").mkdir(mode=0o700)
    os.chown(tmp_path / "run" / "homeport", NOBODY, NOBODY)
    assert "belongs to the user with the id 65534" in refused(environment).message


@pytest.mark.parametrize("bits", [0o755, 0o770, 0o701, 0o1777])
def test_a_folder_that_is_open_to_others_is_refused(tmp_path: Path, bits: int) -> None:
    environment = home(tmp_path / "run")
    folder = tmp_path / "run" / "homeport"
    folder.mkdir()
    folder.chmod(bits)
    refusal = refused(environment)
    assert f"{bits:o}" in refusal.message
    assert refusal.next_steps[-1].endswith(f"chmod 700 {folder}")
    folder.chmod(0o700)
    runtime_folder(environment).close()


@pytest.mark.parametrize("target", ["real", "nowhere"])
def test_a_link_to_a_folder_is_refused(tmp_path: Path, target: str) -> None:
    environment = home(tmp_path / "run")
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "run" / "homeport").symlink_to(tmp_path / target)
    assert refused(environment).facts["fault"] == "not-a-folder"
    assert list((tmp_path / "real").iterdir()) == []


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    environment = home(tmp_path / "run")
    (tmp_path / "run" / "homeport").write_text("mine")
    assert refused(environment).facts["fault"] == "not-a-folder"
    assert (tmp_path / "run" / "homeport").read_text() == "mine"


def test_a_path_that_cannot_be_is_refused_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / ".local").write_text("a file")
    assert "cannot be used" in refused({"HOME": str(tmp_path)}).message
    with pytest.raises(UsageError, match="its parent is not there"):
        PrivateFolder.open(str(tmp_path / "a" / "b"), make=True)
    with pytest.raises(UsageError, match="cannot be used"):
        PrivateFolder.open(str(tmp_path / ("x" * 300)), make=True)


def test_files_are_never_reached_through_links_nor_waited_for(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    with runtime_folder(home(tmp_path / "run"), make=True) as folder:
        inside = Path(folder.path)
        (inside / "link").symlink_to(tmp_path / "secret")
        os.mkfifo(inside / "pipe")
        (inside / "folder").mkdir()
        for name in ("link", "pipe", "folder", "none"):
            with pytest.raises(OSError):
                folder.read(name, 10)
        os.close(folder.begin("link", b"new"))
        folder.put("link")
        assert folder.read("link", 10) == b"new"
    assert (tmp_path / "secret").read_text() == "secret"


def test_the_folder_that_was_checked_is_the_one_that_is_used(tmp_path: Path) -> None:
    with runtime_folder(home(tmp_path / "run"), make=True) as folder:
        inside = Path(folder.path)
        inside.rename(tmp_path / "moved")
        inside.mkdir()
        os.close(folder.begin("x", b"data"))
        folder.put("x")
        assert list(inside.iterdir()) == []
        assert (tmp_path / "moved" / "x").read_bytes() == b"data"

from pathlib import Path

import pytest

from homeport.host import project_of
from homeport.host.project import MARKERS


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path.resolve()


@pytest.fixture
def folder(home: Path) -> Path:
    path = home / "code/app/src/deep"
    path.mkdir(parents=True)
    return path


@pytest.mark.parametrize("marker", MARKERS)
def test_the_nearest_parent_with_a_marker_is_the_project(
    home: Path, folder: Path, marker: str
) -> None:
    (home / "code" / marker).touch()
    assert project_of(folder) == home / "code"
    (home / "code/app" / marker).touch()
    assert project_of(folder) == home / "code/app"
    (folder / marker).mkdir()
    assert project_of(folder) == folder


def test_without_a_marker_the_folder_stands_for_itself(folder: Path) -> None:
    assert project_of(folder) == folder


def test_the_home_folder_is_not_a_project(home: Path, folder: Path) -> None:
    (home / ".git").mkdir()
    assert project_of(folder) == folder
    assert project_of(home) == home


def test_the_root_is_not_a_project() -> None:
    assert project_of(Path("/")) == Path("/").resolve()


def test_links_and_relative_folders_are_resolved(
    home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "code/app/pyproject.toml").touch()
    (home / "link").symlink_to(folder)
    monkeypatch.chdir(home)
    assert project_of(Path("link")) == home / "code/app"

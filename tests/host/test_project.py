import os
import shutil
import subprocess
from pathlib import Path

import pytest

from homeport.core.facts import Project
from homeport.host import project_of
from homeport.host.project import MARKERS, project_at


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


def found(folder: Path | str) -> Project:
    project = project_at(str(folder))
    assert project is not None
    return project


PROJECT_FILES = {
    '[project]\nname = "shop"': "shop",
    '\ufeff[project]\nname = "shop"': "shop",
    '[tool.poetry]\nname = "shop"': "shop",
    "[tool.ruff]\nline-length = 100": "deep",
    "[project]\nname = 3": "deep",
    '[project]\nname = ""': "deep",
    "project = 3": "deep",
    '[tool.x]\nname = "other"\n\n[ project ] # ours\nversion = "1"\n\n  name="shop" # x': "shop",
    '[project]\nversion = "1"\n[project.urls]\nname = "other"': "deep",
    '[project]\r\nname = "shop"\r\nversion = "1"\r\n': "shop",
    '[project]\n\n[tool . poetry]\nname = "shop"': "shop",
    "[project]\nname = 'shop'": "shop",
    '[project]\nname = "shop': "deep",
    "[project]\nname = " + "[" * 400: "deep",
    "[project]\nname = {" + "a." * 200 + "a = 1}": "deep",
    "[project": "deep",
    '[project]\nname = "\\u001b[31mred\\n\\u202e!"': "red !",
    '[project]\nname = "\\u202e"': "deep",
    f'[project]\nname = "{"x" * 300}"': "x" * 100,
    f'[project]\nname = "big"\n#{"x" * 300_000}': "deep",
    "a = " + "[" * 20_000: "deep",
    "a." * 100_000 + 'a = 1\n[project]\nname = "harm"': "harm",
    "[project]\n" + "a." * 100_000 + "name = 1": "deep",
    "[project]\n" + "\n " * 60_000: "deep",
    "[project]\n" + " \t" * 60_000: "deep",
    "[" + " " * 120_000: "deep",
    "[project]\nname = " + "a." * 60_000: "deep",
}


@pytest.mark.parametrize("text", PROJECT_FILES, ids=lambda text: text[:40])
def test_pyproject_names_the_project(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(text, "utf-8")
    assert found(folder).name == PROJECT_FILES[text]
    assert found(folder).folder == str(folder)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('{"name": "@shop/web"}', "@shop/web"),
        ('{"name": ["x"]}', "deep"),
        ("[]", "deep"),
        ("{", "deep"),
        ("[" * 100_000, "deep"),
    ],
    ids=lambda text: text[:20],
)
def test_package_json_names_the_project(folder: Path, text: str, name: str) -> None:
    (folder / "package.json").write_text(text, "utf-8")
    assert found(folder).name == name


def test_a_pyproject_without_a_name_leaves_it_to_package_json(folder: Path) -> None:
    (folder / "pyproject.toml").write_text("[tool.ruff]")
    (folder / "package.json").write_text('{"name": "web"}')
    assert found(folder).name == "web"
    (folder / "pyproject.toml").write_text('[project]\nname = "api"')
    assert found(folder).name == "api"


def test_a_project_file_that_is_not_text_is_not_read(folder: Path) -> None:
    (folder / "pyproject.toml").mkdir()
    os.mkfifo(folder / "package.json")
    assert found(folder).name == "deep"
    (folder / "pyproject.toml").rmdir()
    (folder / "pyproject.toml").write_bytes(b"\xff\xfe")
    assert found(folder).name == "deep"


def test_nothing_is_taken_out_of_a_pipe(folder: Path) -> None:
    os.mkfifo(folder / "package.json")
    pipe = os.open(folder / "package.json", os.O_RDWR)
    os.write(pipe, b'{"name": "piped"}')
    assert found(folder).name == "deep"
    assert os.read(pipe, 100) == b'{"name": "piped"}'
    os.close(pipe)


@pytest.mark.parametrize(
    ("head", "branch"),
    [
        ("ref: refs/heads/main\n", "main"),
        ("ref: refs/heads/feature/x y\n", "feature/x y"),
        ("ref:refs/heads/main", "main"),
        ("ref: refs/heads/\x1b[31mred\n", "red"),
        ("0123456789abcdef0123456789abcdef01234567\n", "0123456"),
        ("0123456789abcdef" * 4, "0123456"),
        ("ref: refs/heads/.invalid\n", None),
        ("ref: \n", None),
        ("0123456", None),
        ("g" * 40, None),
        ("", None),
    ],
)
def test_head_tells_the_branch_or_the_commit(folder: Path, head: str, branch: str | None) -> None:
    (folder / ".git").mkdir()
    (folder / ".git/HEAD").write_text(head)
    assert found(folder) == Project(name="deep", folder=str(folder), branch=branch)


def test_a_repository_without_a_head_has_no_branch(folder: Path) -> None:
    (folder / ".git").mkdir()
    assert found(folder).branch is None


def test_the_branch_is_that_of_the_repository_around_the_project(home: Path, folder: Path) -> None:
    (home / "code/.git").mkdir()
    (home / "code/.git/HEAD").write_text("ref: refs/heads/main")
    (home / "code/pyproject.toml").write_text('[project]\nname = "all"')
    (home / "code/app/package.json").write_text('{"name": "web"}')
    expected = Project(name="web", folder=str(home / "code/app"), branch="main")
    assert found(folder) == expected


def test_a_repository_inside_a_project_is_a_project_of_its_own(home: Path, folder: Path) -> None:
    (home / "code/pyproject.toml").write_text('[project]\nname = "all"')
    (home / "code/app/.git").mkdir()
    assert found(folder) == Project(name="app", folder=str(home / "code/app"))


def linked(folder: Path, pointer: str, git: Path) -> Project:
    git.mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/fix")
    (folder / ".git").write_text(pointer)
    return found(folder)


def test_a_linked_worktree_has_its_name(home: Path, folder: Path) -> None:
    git = home / "code/repo/.git/worktrees/hotfix"
    project = linked(folder, f"gitdir: {git}\n", git)
    assert (project.name, project.branch, project.worktree) == ("repo", "fix", "hotfix")


def test_the_name_of_the_main_worktree_is_only_for_what_has_none(home: Path, folder: Path) -> None:
    git = home / "code/repo/.git/worktrees/hotfix"
    linked(folder, f"gitdir: {git}\n", git)
    (folder / "web").mkdir()
    (folder / "web/package.json").write_text("{}")
    assert found(folder / "web").name == "web"
    (folder / "pyproject.toml").write_text('[project]\nname = "shop"')
    assert found(folder).name == "shop"


def test_a_worktree_of_a_bare_repository_has_its_own_name(home: Path, folder: Path) -> None:
    git = home / "code/repo.git/worktrees/hotfix"
    project = linked(folder, f"gitdir: {git}\n", git)
    assert (project.name, project.branch, project.worktree) == ("deep", "fix", "hotfix")


def test_the_pointer_to_a_worktree_may_be_relative(home: Path, folder: Path) -> None:
    git = home / "code/repo/.git/worktrees/hotfix"
    project = linked(folder, "gitdir: ../../../repo/.git/worktrees/hotfix\n", git)
    assert (project.branch, project.worktree) == ("fix", "hotfix")


def test_a_submodule_is_no_worktree(home: Path, folder: Path) -> None:
    git = home / "code/app/.git/modules/deep"
    project = linked(folder, "gitdir: ../../.git/modules/deep\n", git)
    assert (project.name, project.branch, project.worktree) == ("deep", "fix", None)


@pytest.mark.parametrize("pointer", ["", "nonsense", "gitdir:", "gitdir: /nowhere", "gitdir: a\0b"])
def test_a_broken_pointer_tells_no_branch(folder: Path, pointer: str) -> None:
    (folder / ".git").write_text(pointer)
    assert found(folder) == Project(name="deep", folder=str(folder))


def test_a_folder_with_an_unprintable_name_is_a_question_mark(home: Path) -> None:
    odd = home / "\u202e"
    (odd / ".git").mkdir(parents=True)
    assert found(odd).name == "?"


def test_a_folder_that_is_gone_belongs_to_the_project_that_is_left(
    home: Path, folder: Path
) -> None:
    (home / "code/app/pyproject.toml").write_text('[project]\nname = "shop"')
    assert found(f"{folder}/gone (deleted)").name == "shop"


@pytest.mark.parametrize(
    "odd", ["", ".", "code", "/", "/nowhere/at/all", "/x\0y", "/\udcff", "/\ud800", "(deleted)"]
)
def test_a_folder_in_no_project_has_none(home: Path, odd: str) -> None:
    assert project_at(odd) is None


def test_dotfiles_in_git_make_no_project_of_the_home_folder(home: Path, folder: Path) -> None:
    (home / ".git").mkdir()
    assert project_at(str(folder)) is None
    assert project_at(str(home)) is None


def test_links_in_a_circle_end(home: Path) -> None:
    (home / "a").symlink_to(home / "b")
    (home / "b").symlink_to(home / "a")
    assert project_at(str(home / "a")) is None


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_real_repository_and_its_real_worktree(folder: Path) -> None:
    def git(*words: str) -> None:
        name = ("-c", "user.name=x", "-c", "user.email=x@example.org")
        subprocess.run(["git", *name, *words], cwd=folder, check=True, capture_output=True)

    git("init", "--initial-branch=trunk")
    git("commit", "--allow-empty", "--message=x")
    git("worktree", "add", "-b", "fix/it", "../side")
    assert found(folder).branch == "trunk"
    side = found(folder.parent / "side")
    assert (side.name, side.branch, side.worktree) == ("deep", "fix/it", "side")
    git("checkout", "--detach")
    assert len(found(folder).branch or "") == 7

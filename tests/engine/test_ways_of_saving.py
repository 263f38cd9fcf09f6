"""What editors and git really do to files is one reload each, and never of half a file."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.engine.live import HELLO, Homeport, eventually, homeport, save


def with_version(number: int) -> str:
    return HELLO.replace('"version": 1', f'"version": {number}')


def version_of(url: str) -> int:
    return int(httpx.get(url).json()["version"])


def run(*command: str, folder: Path) -> None:
    """A tool that reads no settings of the person who runs the tests."""
    env = {**os.environ, "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", "TERM": "dumb"}
    subprocess.run(
        command, cwd=folder, env=env, check=True, timeout=60,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def truncate_and_write(file: Path, text: str) -> None:
    """VS Code, nano: the file is empty for a moment; here it is left open in the middle too."""
    with file.open("w") as out:
        out.flush()
        half = len(text) // 2
        out.write(text[:half])
        out.flush()
        os.fsync(out.fileno())
        out.write(text[half:])


def empty_first(file: Path, text: str) -> None:
    """`: > file; cat >> file` of a script."""
    file.write_text("")
    with file.open("a") as out:
        out.write(text)


def safe_write(file: Path, text: str) -> None:
    """PyCharm: a new file, the old one aside, the new one in its place, the old one away."""
    new, old = (file.with_name(f"{file.name}___jb_{part}___") for part in ("tmp", "old"))
    new.write_text(text)
    file.rename(old)
    new.rename(file)
    old.unlink()


def remove_and_write(file: Path, text: str) -> None:
    file.unlink()
    file.write_text(text)


def sed(file: Path, text: str) -> None:
    number = text.partition('"version": ')[2].partition("}")[0]
    run("sed", "-i", f's/"version": [0-9]*/"version": {number}/', file.name, folder=file.parent)


def vim(file: Path, text: str, *settings: str) -> None:
    number = text.partition('"version": ')[2].partition("}")[0]
    change = rf'%s/"version": \d\+/"version": {number}/'
    commands = [f"+{command}" for command in (*settings, change, "wq")]
    run("vim", "-u", "NONE", "-N", "-es", *commands, file.name, folder=file.parent)


def vim_in_a_new_file(file: Path, text: str) -> None:
    vim(file, text, "set writebackup backupcopy=no")


def vim_in_the_same_file(file: Path, text: str) -> None:
    vim(file, text, "set writebackup backupcopy=yes")


WAYS: list[Callable[[Path, str], None]] = [
    save,
    truncate_and_write,
    empty_first,
    safe_write,
    remove_and_write,
    sed,
    vim_in_a_new_file,
    vim_in_the_same_file,
]


TRIES = 6


def reasons(server: Homeport) -> list[str]:
    return [name for e in server.events if e["event"] == "reloading" for name in e["reasons"]]


def fewest_reloads(server: Homeport, url: str, change: Callable[[int], object]) -> int:
    """Of some changes to versions 2, 3, …; each of them is served in the end, whatever happens.

    On a machine that is busy for longer than we wait, one change may well be two reloads.
    """
    counts: list[int] = []
    for number in range(2, TRIES + 2):
        before = sum(e["event"] == "reloading" for e in server.events)
        change(number)
        server.until("reloaded")
        while version_of(url) != number:
            server.until("reloaded")
        counts.append(sum(e["event"] == "reloading" for e in server.events) - before)
        if counts[-1] == 1:
            break
    return min(counts)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_each_way_of_saving_is_one_reload(tmp_path: Path, way: Callable[[Path, str], None]) -> None:
    if way.__name__.startswith("vim") and shutil.which("vim") is None:
        pytest.skip("no vim here")
    main = tmp_path / "main.py"
    main.write_text(HELLO)
    with homeport(tmp_path) as server:
        url = server.ready()
        assert fewest_reloads(server, url, lambda n: way(main, with_version(n))) == 1
        assert {*reasons(server)} == {"main.py"}


def test_a_formatter_that_writes_again_is_served_in_the_end(tmp_path: Path) -> None:
    main = tmp_path / "main.py"
    main.write_text(HELLO)
    with homeport(tmp_path) as server:
        url = server.ready()
        for number in (2, 4, 6):
            save(main, with_version(number))
            server.until("reloading")
            truncate_and_write(main, with_version(number + 1))
            eventually(lambda: version_of(url) == number + 1, "what it wrote")  # noqa: B023


PARTS = 500


def package(folder: Path, number: int) -> None:
    """An app that imports 500 modules; it answers with their number, if they have but one."""
    folder.joinpath("shop").mkdir(exist_ok=True)
    for i in range(PARTS):
        folder.joinpath("shop", f"part{i}.py").write_text(f"number = {number}\n")
    names = f"(importlib.import_module(f'shop.part{{i}}').number for i in range({PARTS}))"
    main = f"import importlib\n(number,) = set({names})\n" + HELLO
    folder.joinpath("main.py").write_text(main.replace('"version": 1', '"version": number'))


@pytest.mark.skipif(shutil.which("git") is None, reason="no git here")
def test_a_checkout_of_500_files_is_one_reload(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "gc.auto=0")
        run("git", *who, *words, folder=tmp_path)

    git("init", "-q", "-b", "one")
    for number in range(1, TRIES + 2):
        package(tmp_path, number)
        git("add", "-A")
        git("commit", "-q", "-m", "version")
        git("tag", f"v{number}")
    git("checkout", "-q", "v1")
    with homeport(tmp_path) as server:
        url = server.ready()
        assert fewest_reloads(server, url, lambda n: git("checkout", "-q", f"v{n}")) == 1
        assert len(reasons(server)) >= PARTS


def test_files_that_are_saved_together_are_one_reload(tmp_path: Path) -> None:
    parts = [tmp_path / name for name in ("a.py", "b.py", "c.py")]

    def change(number: int) -> None:
        for part in parts:
            save(part, f"x = {number}\n")

    change(1)
    text = HELLO.replace('"version": 1', '"version": min(a.x, b.x, c.x)')
    (tmp_path / "main.py").write_text("import a, b, c\n" + text)
    with homeport(tmp_path) as server:
        assert fewest_reloads(server, server.ready(), change) == 1

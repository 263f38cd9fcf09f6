"""Recorded on Linux 6.18: /proc of a process, put together from files in a folder of its own."""

import os
import threading
from pathlib import Path

import pytest

from homeport.core.facts import Ancestor, Holder, Origin, Project
from homeport.host.proc_files import (
    parse_boot_time,
    parse_command,
    parse_effective_uid,
    parse_stat,
)
from homeport.host.processes import holders
from tests.host.damaged import damaged_texts

STAT = (
    "20234 (python) R 7 20231 10297 0 -1 4194560 2199 122 1 8 1 1 0 0 20 0 1 0 245412 16232448"
    " 2981 18446744073709551615 93909989773312 93909989773653 140735245143344 0 0 0 0 16781312 2 0"
)
STATUS = "Name:\tpython\nUmask:\t0022\nPid:\t20234\nUid:\t1234567\t{uid}\t0\t0\nGid:\t0\t0\t0\t0\n"
BOOT = (
    "cpu  34147 1119 14228 435760 1031 0 2672 27 0 0\nctxt 9\nbtime 1795213754\nprocesses 20234\n"
)


def test_a_process_name_may_hold_anything() -> None:
    stat = parse_stat(STAT.replace("(python)", "(a) R (b c)"))
    assert stat == ("a) R (b c", 7, 245412)


def test_garbage_raises_nothing() -> None:
    for text in damaged_texts([STAT, STATUS.format(uid=0), BOOT, "python\0main.py\0"], seed=5):
        parse_stat(text), parse_boot_time(text), parse_effective_uid(text), parse_command(text)
    assert parse_stat("") is None
    assert parse_boot_time("btime x\nbtime") is parse_effective_uid("Uid:") is None
    assert parse_stat(STAT.replace("245412", "9" * 5000)) is None


def test_a_command_line_keeps_empty_words_in_the_middle() -> None:
    assert parse_command("a\0\0b\0") == ["a", "", "b"]
    assert parse_command("\0\0") == parse_command("") == []


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A /proc without processes."""
    (tmp_path / "stat").write_text(BOOT)
    (tmp_path / "uptime").write_text("1 1")
    return tmp_path


def add_process(proc: Path, pid: int, *, holds: tuple[int, ...] = (), **texts: str) -> Path:
    """A process; a text of "" removes that file."""
    folder = proc / str(pid)
    (folder / "fd").mkdir(parents=True)
    (folder / "fd/0").symlink_to("/dev/null")
    for number, inode in enumerate(holds, start=3):
        (folder / f"fd/{number}").symlink_to(f"socket:[{inode}]")
        (folder / f"fd/{number + 100}").symlink_to(f"socket:[{inode}]")
    (folder / "cwd").symlink_to(proc / "srv")
    files = {"stat": STAT, "status": STATUS.format(uid=0), "cmdline": "python\0main.py\0"}
    for name, text in (files | texts).items():
        if text:
            (folder / name).write_text(text)
    return folder


def pids(proc: Path, inode: int) -> list[int]:
    return [holder.pid for holder in holders([inode], proc).get(inode, ())]


def test_a_holder_is_told_with_its_details(proc: Path) -> None:
    (proc / "srv/.git").mkdir(parents=True)
    command = "python\0-m\0uvicorn\0main:app\0--token\0abc\0"
    cgroup = "0::/system.slice/shop.service\n"
    add_process(proc, 20234, holds=(11,), cmdline=command, cgroup=cgroup)
    add_process(proc, 7, stat=STAT.replace("R 7 ", "R 1 "), cmdline="bash\0")
    add_process(proc, 1, stat=STAT.replace("R 7 ", "R 0 "), cmdline="/sbin/init\0")
    assert holders([11, 12], proc)[11] == (
        Holder(
            pid=20234,
            started=1795213754 + 2454.12,
            command="python -m uvicorn main:app --token ***",
            user="root",
            folder=str(proc / "srv"),
            program="uvicorn",
            ancestors=(Ancestor(pid=7, program="bash"), Ancestor(pid=1, program="init")),
            project=Project(name="srv", folder=str(proc / "srv")),
            origin=Origin(unit="shop.service"),
        ),
    )


def test_all_holders_of_each_socket_are_told_the_oldest_first(proc: Path) -> None:
    add_process(proc, 30, holds=(11,), stat=STAT.replace("245412", "245400"))
    add_process(proc, 20, holds=(12, 11))
    add_process(proc, 10, holds=(11,))
    add_process(proc, 40, holds=(13,))
    found = holders([11, 12, 14], proc)
    assert {inode: [one.pid for one in some] for inode, some in found.items()} == {
        11: [30, 10, 20],
        12: [20],
    }


def test_the_effective_user_counts_and_a_nameless_one_is_a_number(proc: Path) -> None:
    add_process(proc, 10, holds=(11,), status=STATUS.format(uid=1234568))
    [holder] = holders([11], proc)[11]
    assert holder.user == "1234568"


@pytest.mark.parametrize("gone", ["stat", "status", "cmdline"])
def test_a_process_that_vanished_is_left_out(proc: Path, gone: str) -> None:
    add_process(proc, 10, holds=(11,), **{gone: ""})
    add_process(proc, 11, holds=(11,))
    assert pids(proc, 11) == [11]


def test_a_process_without_a_command_line_has_its_short_name(proc: Path) -> None:
    add_process(proc, 10, holds=(11,), cmdline="\0")
    [holder] = holders([11], proc)[11]
    assert (holder.command, holder.program) == ("python", "python")


def test_what_is_hidden_is_none(proc: Path) -> None:
    folder = add_process(proc, 10, holds=(11,), status="Name:\n")
    (folder / "cwd").unlink()
    (proc / "stat").unlink()
    [holder] = holders([11], proc)[11]
    assert (holder.folder, holder.started, holder.user) == (None, None, None)
    assert (holder.ancestors, holder.project, holder.origin) == ((), None, Origin())


def test_a_circle_of_parents_ends(proc: Path) -> None:
    add_process(proc, 7, holds=(11,))
    [holder] = holders([11], proc)[11]
    assert {one.pid for one in holder.ancestors} == {7}
    assert len(holder.ancestors) < 100


def test_descriptors_that_cannot_be_read_are_no_error(proc: Path) -> None:
    (proc / "10").mkdir()
    (proc / "10/fd").write_text("not a folder")
    (proc / "11/fd").mkdir(parents=True)
    (proc / "11/fd/0").write_text("not a link")
    assert holders([11], proc) == {}


def test_control_characters_in_a_folder_are_not_shown(proc: Path) -> None:
    folder = add_process(proc, 10, holds=(11,))
    (folder / "cwd").unlink()
    (folder / "cwd").symlink_to("/srv/\x1b[31mred")
    [holder] = holders([11], proc)[11]
    assert holder.folder == "/srv/red"


def test_no_descriptor_is_left_open(proc: Path) -> None:
    add_process(proc, 10, holds=(11,))
    add_process(proc, 11, holds=(11,), stat="")
    before = os.listdir("/proc/self/fd")
    assert pids(proc, 11) == [10]
    assert len(os.listdir("/proc/self/fd")) == len(before)


def test_a_process_that_cannot_be_understood_is_left_out(proc: Path) -> None:
    add_process(proc, 10, holds=(11,), stat="garbage")
    assert pids(proc, 11) == []


def test_a_process_that_lets_go_while_we_look_is_left_out(proc: Path) -> None:
    folder = add_process(proc, 10, holds=(11,), cmdline="")
    add_process(proc, 12, holds=(11,))
    os.mkfifo(folder / "cmdline")

    def let_go() -> None:
        with (folder / "cmdline").open("w") as file:  # waits until somebody reads it
            for name in ("3", "103"):
                (folder / "fd" / name).unlink()
            file.write("python\0")

    thread = threading.Thread(target=let_go)
    thread.start()
    assert pids(proc, 11) == [12]
    thread.join()

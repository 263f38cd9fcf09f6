"""Programs below a keeper: what they write, how they end, and that nothing of them is left."""

import os
import select
import signal
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeport.engine.command_process import KeptProcess, start
from tests.cli.several import Several
from tests.engine.live import PATIENCE, environment, eventually

DEAF = "trap '' TERM; "


class Kept:
    """A program and the mark of all its processes."""

    def __init__(self, folder: Path) -> None:
        self.project = Several(folder / "x", "")
        self.code: int | None = None

    def start(self, script: str, *, group: bool = True, grace: float = PATIENCE) -> KeptProcess:
        env = environment(**self.project.env)
        folder = str(self.project.folder)
        self.process = start(("/bin/sh", "-c", script), folder, env, group=group, grace=grace)
        return self.process

    def ended(self) -> int:
        """Its exit code, when nothing of it is left."""
        eventually(self._has_ended, "it has ended")
        assert self.project.processes() == [], "the keeper ends last"
        assert self.code is not None
        return self.code

    def _has_ended(self) -> bool:
        self.code = self.process.reap()
        return self.code is not None

    def says(self, text: str) -> None:
        seen, until = b"", time.monotonic() + PATIENCE
        while text.encode() not in seen:
            assert select.select([self.process.out], [], [], max(until - time.monotonic(), 0))[0]
            data = os.read(self.process.out.fileno(), 65536)
            assert data, f"it ended without {text!r}: {seen!r}"
            seen += data


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    made = Kept(tmp_path)
    yield made
    if made.code is None:
        made.process.kill()
        eventually(made._has_ended, "it has ended")
    made.process.close()
    made.project.all_gone()


@pytest.mark.parametrize(
    ("script", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137), ("kill -15 $$", 143)]
)
def test_the_exit_code_is_told_as_a_shell_tells_it(kept: Kept, script: str, code: int) -> None:
    kept.start(script)
    assert kept.ended() == code


def test_what_a_program_leaves_behind_ends_with_it(kept: Kept) -> None:
    kept.start(f"setsid sh -c '{DEAF} sleep 600' & setsid sleep 601 & exit 3")
    assert kept.ended() == 3


def test_asked_to_end_all_of_a_command_are_asked(kept: Kept) -> None:
    kept.start(
        "sh -c 'trap \"echo child asked; exit\" TERM; echo up; while :; do sleep 0.01; done'; :"
    )
    kept.says("up")
    kept.process.terminate()
    kept.says("child asked")
    kept.ended()


def test_of_a_server_only_the_first_process_is_asked(kept: Kept) -> None:
    child = "sh -c 'trap \"touch asked; exit\" TERM; echo up; while :; do sleep 0.01; done'"
    judge = "trap 'sleep 0.3; test -e asked && exit 6; exit 5' TERM"
    kept.start(f"{judge}; {child} & wait; exit 7", group=False)
    kept.says("up")
    kept.process.terminate()
    assert kept.ended() == 5


@pytest.mark.parametrize("group", [True, False])
def test_who_does_not_end_in_time_is_killed(kept: Kept, group: bool) -> None:
    kept.start(DEAF + "echo up; while :; do sleep 0.01; done", group=group, grace=0.2)
    kept.says("up")
    kept.process.terminate()
    assert kept.ended() == 137


def test_kill_does_not_wait_for_the_grace(kept: Kept) -> None:
    kept.start(DEAF + "echo up; while :; do sleep 0.01; done", grace=600)
    kept.says("up")
    kept.process.terminate()
    kept.process.kill()
    assert kept.ended() == 137


def test_a_lifeline_that_closes_ends_all(kept: Kept) -> None:
    kept.start(f"{DEAF} setsid sleep 600 & echo up; while :; do sleep 0.01; done", grace=0.2)
    kept.says("up")
    os.close(kept.process._lifeline)
    kept.process._lifeline = os.open(os.devnull, os.O_RDONLY)
    assert kept.ended() == 137


def test_a_keeper_that_is_killed_takes_its_session_along(kept: Kept) -> None:
    kept.start("sleep 600 & echo up; sleep 601")
    kept.says("up")
    os.kill(kept.process.pid, signal.SIGKILL)
    eventually(kept._has_ended, "it has ended")
    assert kept.code == 137
    kept.project.all_gone()


def test_signals_that_python_ignores_are_not_ignored_by_programs(kept: Kept) -> None:
    bits = 1 << (signal.SIGPIPE - 1) | 1 << (signal.SIGXFSZ - 1)
    kept.start(
        f"read -r _ mask <<E\n$(grep SigIgn /proc/self/status)\nE\nexit $((0x$mask & {bits}))"
    )
    assert kept.ended() == 0


def test_a_folder_that_is_not_there_is_an_error_and_leaves_no_descriptor(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(FileNotFoundError):
        start(("/bin/true",), str(tmp_path / uuid.uuid4().hex), {}, group=True, grace=1)
    assert len(os.listdir("/proc/self/fd")) == before

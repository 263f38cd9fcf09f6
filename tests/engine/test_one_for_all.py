"""One process begins, the others use it, the last to leave ends it: real processes, real locks."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

PROGRAM = """
import os, sys
from contextlib import contextmanager
from pathlib import Path
from homeport.engine.one_for_all import one_for_all

@contextmanager
def begin():
    if "fails" in sys.argv:
        raise SystemExit(9)
    print("begun", flush=True)
    yield str(os.getpid())
    print("ended", flush=True)

with one_for_all(Path(sys.argv[1]), begin) as text:
    print(text, flush=True)
    sys.stdin.readline()
    print("leaves", flush=True)
"""


class User:
    """A process that uses it until it is told to leave."""

    def __init__(self, path: Path, *more: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(path), *more],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def says(self) -> str:
        """The next line."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        """Ask it to."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self) -> None:
        """Whatever it does."""
        self.process.kill()
        self.process.communicate(timeout=10)


class Users:
    """All of them end with the test."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self._path, self._stack = path, stack

    def one(self, *more: str) -> User:
        """One more."""
        user = User(self._path, *more)
        self._stack.callback(user.end)
        return user


@pytest.fixture
def users(tmp_path: Path) -> Iterator[Users]:
    with ExitStack() as stack:
        yield Users(tmp_path / "one", stack)


def test_the_first_begins_and_the_others_get_what_it_has(users: Users) -> None:
    first = users.one()
    assert first.says() == "begun"
    text = first.says()
    assert [users.one().says() for _ in range(3)] == [text] * 3


def test_of_many_at_once_one_begins(users: Users) -> None:
    several = [users.one() for _ in range(6)]
    said = [user.says() for user in several]
    assert said.count("begun") == 1
    begun = several[said.index("begun")]
    assert {*said} - {"begun"} == {begun.says()}


def test_it_is_ended_after_the_last_has_left(users: Users) -> None:
    first = users.one()
    assert first.says() == "begun"
    text = first.says()
    other = users.one()
    assert other.says() == text
    first.leave()
    assert first.says() == "leaves"
    with pytest.raises(subprocess.TimeoutExpired):
        first.process.wait(0.3)
    other.leave()
    assert first.says() == "ended"
    assert first.process.wait(10) == 0


def test_the_next_begins_anew_when_the_first_was_killed(users: Users) -> None:
    first = users.one()
    assert first.says() == "begun"
    before = first.says()
    other = users.one()
    assert other.says() == before
    first.end()
    assert users.one().says() == "begun"


def test_the_next_tries_when_it_could_not_be_begun(users: Users) -> None:
    assert users.one("fails").process.wait(10) == 9
    assert users.one().says() == "begun"

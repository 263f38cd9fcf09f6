"""Fixtures of the command line's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.named import User, user


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[User]:
    """Somebody with a project."""
    with user(tmp_path) as someone:
        yield someone

"""`--ready-fd N`: the program that started the server is told once, on its own descriptor."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from homeport.core.errors import ExitCode
from tests.cli.command import environment
from tests.cli.named import User
from tests.cli.test_background import read
from tests.engine.live import PATIENCE


@contextmanager
def with_pipe(shop: User, *arguments: str) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """A server that got the write end of a pipe as `--ready-fd`, and our end."""
    read_end, write_end = os.pipe()
    words = ("main:app", "--port", "0", *arguments)
    process = subprocess.Popen(
        [sys.executable, "-m", "homeport", *words, "--ready-fd", str(write_end)],
        cwd=shop.folder,
        env=environment(shop.env),
        pass_fds=[write_end],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    os.close(write_end)
    try:
        yield process, read_end
    finally:
        process.terminate()
        process.wait(PATIENCE)
        assert process.stderr is not None
        process.stderr.close()
        os.close(read_end)


def all_of(descriptor: int) -> bytes:
    """Until everybody has closed the other end."""
    data = b""
    while select.select([descriptor], [], [], PATIENCE)[0]:
        more = os.read(descriptor, 4096)
        if not more:
            return data
        data += more
    raise AssertionError(f"never closed: {data!r}")


@pytest.mark.parametrize("more", [(), ("-d",), ("--json",), ("--cold",)])
def test_one_line_with_the_urls_and_then_the_end(shop: User, more: tuple[str, ...]) -> None:
    with with_pipe(shop, *more) as (_, descriptor):
        (line,) = all_of(descriptor).splitlines()
        told: dict[str, Any] = json.loads(line)
        assert read(told["url"]) == b'{"version":1}'
        entry = shop.entry()
        assert told["urls"] == list(entry.urls)
        assert (told["name"], told["instance"], told["pid"]) == (
            entry.name, entry.instance, entry.pid,
        )  # fmt: skip


def test_the_end_without_a_line_means_that_it_did_not_start(shop: User) -> None:
    shop.main.write_text("raise ValueError\n")
    with with_pipe(shop, "--no-reload") as (process, descriptor):
        assert all_of(descriptor) == b""
        assert process.wait(PATIENCE) == ExitCode.APP


def test_a_reader_that_has_left_stops_nothing(shop: User) -> None:
    with with_pipe(shop) as (_, descriptor):
        spare = os.open(os.devnull, os.O_RDONLY)
        os.dup2(spare, descriptor)
        os.close(spare)
        assert shop.do("wait", "shop").code == ExitCode.OK


def test_a_restart_does_not_write_again(shop: User) -> None:
    with with_pipe(shop) as (_, descriptor):
        all_of(descriptor)
        assert shop.do("restart", "shop").code == ExitCode.OK


@pytest.mark.parametrize("number", ["x", "-1", "0", "2", "77", "1000000000", "9" * 5000, "", "٣"])
def test_a_bad_number_is_a_usage_error(shop: User, number: str) -> None:
    end = shop.do("main:app", "--port", "0", f"--ready-fd={number}", "--json")
    assert (end.code, end.events[-1]["code"]) == (ExitCode.USAGE, "bad-ready-fd")


def test_one_that_is_open_for_reading_only_is_refused(shop: User) -> None:
    null = os.open(os.devnull, os.O_RDONLY)
    done = subprocess.run(
        [sys.executable, "-m", "homeport", "main:app", "--ready-fd", str(null)],
        cwd=shop.folder,
        env=environment(shop.env),
        pass_fds=[null],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    os.close(null)
    assert done.returncode == ExitCode.USAGE
    assert "open for reading only" in done.stderr

"""Homeports of other versions beside this one: they agree on who runs and who has which name."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from homeport.core.errors import ExitCode
from tests.cli.named import User
from tests.cli.test_background import read
from tests.engine.live import PATIENCE

PROGRAM = Path(__file__).with_name("other_homeport.py")


@contextmanager
def other(shop: User, version: str) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """One of that version called `shop`, which serves the same folder; the process, its port."""
    folder = shop.runtime / "homeport"
    command = [sys.executable, str(PROGRAM), version, str(folder), "shop", str(shop.folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process, int(process.stdout.readline())
    finally:
        process.kill()
        process.wait(PATIENCE)
        process.stdout.close()


def test_one_with_more_fields_and_words_is_used_like_our_own(shop: User) -> None:
    with other(shop, "1.9") as (process, port):
        url = f"http://127.0.0.1:{port}"
        assert shop.do("url", "shop").out == url + "\n"
        assert shop.asked("wait", "shop")["phase"] == "serving"
        rows = json.loads(shop.do("ls", "--json").out)["servers"]
        (row,) = (row for row in rows if row["port"] == port)
        assert (row["name"], row["phase"]) == ("shop", "serving")
        assert shop.do("completion", "names").out == "shop\n"
        second = shop.do("-d", "main:app", "--port", "0", "--name", "shop")
        assert second.code == 7 and f"at {url} (main)" in second.err
        instead = shop.do("--restart", "-d", "main:app", "--port", "0", "--name", "shop")
        assert instead.code == 1 and "cannot hand its place over" in instead.err
        assert read(url) == b"other", "it goes on"
        assert shop.do("reload", "shop").err.strip() == "It says something new."
        assert shop.asked("stop", "shop")["stopped"][0]["taken"] == []
        assert process.wait(PATIENCE) == 0
    shop.start()
    shop.do("stop", "shop")
    shop.has_nothing_left()


def test_one_of_another_major_version_is_told_and_left_alone(shop: User) -> None:
    with other(shop, "2.0") as (process, port):
        before = sorted(
            path.read_bytes() for path in (shop.runtime / "homeport").glob("shop.[jk]*")
        )
        for words in (
            ("url", "shop"),
            ("wait", "shop", "--timeout", "1"),
            ("reload", "shop"),
            ("stop", "shop"),
            ("stop", "--all", "--yes"),
        ):
            end = shop.do(*words)
            assert end.code == 1, words
            assert "shop runs under a homeport that writes entries of version 2.0" in end.err
        rows = json.loads(shop.do("ls", "--json").out)["servers"]
        (row,) = (row for row in rows if row["port"] == port)
        assert (row["name"], row["homeport"]) == (None, False)
        assert shop.do("completion", "names").out == "shop\n"
        for more in ((), ("--restart",)):
            end = shop.do("-d", "main:app", "--port", "0", "--name", "shop", *more)
            assert end.code == 7 and "entries of version 2.0" in end.err
        shop.start("shop-2")
        assert shop.do("stop", "--all", "--yes").code == 1, "shop is left"
        assert read(f"http://127.0.0.1:{port}") == b"other" and process.poll() is None
        after = sorted(path.read_bytes() for path in (shop.runtime / "homeport").glob("shop.[jk]*"))
        assert after == before
    shop.start()
    assert shop.do("stop", "shop").code == ExitCode.OK
    shop.has_nothing_left()

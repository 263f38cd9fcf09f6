"""Links in the registry, another user, a clock that jumps: nobody is misled."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeport.core.errors import ExitCode
from tests.cli.command import NOBODY, can_be_others, python_for_others
from tests.cli.named import User, user
from tests.cli.test_background import read
from tests.engine.live import PATIENCE, open_to_others

as_others = pytest.mark.skipif(
    not can_be_others(), reason="needs root, and a Python that other users may run"
)
FILES = (".lock", "shop.json", "shop.key", "shop.sock", "shop.json~", "shop.key~", "s~")


@pytest.mark.parametrize("target", ["precious", "not-there", "folder"])
@pytest.mark.parametrize("name", FILES)
def test_a_link_in_the_registry_is_never_followed(shop: User, name: str, target: str) -> None:
    precious = shop.folder.with_name("precious")
    precious.write_text("mine")
    folder = shop.folder.with_name("folder")
    folder.mkdir()
    registry = shop.runtime / "homeport"
    registry.mkdir(mode=0o700)
    (registry / name).symlink_to(shop.folder.with_name(target))
    end = shop.do("-d", "main:app", "--port", "0", "--name", "shop", "--json")
    if name == "shop.json":
        assert end.code == 7, end
    else:
        assert end.code == 0, end
        assert read(end.events[0]["urls"][0]["url"]) == b'{"version":1}'
    for words in (("ls",), ("url", "shop"), ("wait", "shop", "--timeout", "0"), ("stop", "shop")):
        assert shop.do(*words).code in (ExitCode.OK, ExitCode.NOTHING_THERE, ExitCode.USAGE), words
    assert precious.read_text() == "mine" and list(folder.iterdir()) == []
    assert not shop.folder.with_name("not-there").exists()


TRYING = """
import os, pathlib, socket, sys
folder = pathlib.Path(sys.argv[1])
def tries(what):
    try:
        what()
    except OSError as error:
        print(type(error).__name__)
    else:
        print("done")
tries(lambda: os.listdir(folder))
tries(lambda: (folder / "shop.json").read_text())
tries(lambda: (folder / "shop.key").read_bytes())
tries(lambda: (folder / "shop.json").write_text("forged"))
tries(lambda: (folder / "api.json").write_text("forged"))
tries(lambda: (folder / "shop.sock").unlink())
tries(lambda: folder.rename(folder.with_name("away")))
tries(lambda: socket.socket(socket.AF_UNIX).connect(str(folder / "shop.sock")))
"""


@pytest.fixture
def seen() -> Iterator[User]:
    """As `shop`, in a folder that others can come to: pytest shuts its own at any time."""
    with tempfile.TemporaryDirectory() as folder, user(Path(folder)) as someone:
        yield someone


@as_others
def test_another_user_can_neither_read_nor_forge_nor_take_over(seen: User) -> None:
    shop = seen
    shop.start()
    before = shop.entry()
    open_to_others(shop.folder)
    shop.runtime.chmod(0o755)
    python = python_for_others()
    assert python is not None
    told = subprocess.run(
        [python, "-c", TRYING, str(shop.runtime / "homeport")],
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert told.stdout.split() == ["PermissionError"] * 8, told
    home = shop.folder.with_name("home")
    home.mkdir(mode=0o700)
    os.chown(home, NOBODY, NOBODY)
    theirs = {"HOME": str(home), "XDG_STATE_HOME": str(home / "state")}
    for words in (("url", "shop"), ("stop", "shop"), ("stop", "--all", "--yes")):
        assert shop.do(*words, user=NOBODY, env=theirs).code == ExitCode.NOTHING_THERE, words
    instead = shop.do("-d", "main:app", "--restart", "--port", "0", user=NOBODY, env=theirs)
    assert instead.code == ExitCode.OK, instead
    assert shop.entry() == before, "each has a registry of their own"
    assert read(before.urls[0]) == b'{"version":1}'
    assert shop.do("stop", "shop", user=NOBODY, env=theirs).code == ExitCode.OK
    assert shop.asked("wait", "shop")["instance"] == before.instance


@as_others
def test_what_another_user_puts_into_a_shared_base_does_not_count(shop: User) -> None:
    shop.runtime.chmod(0o1777)
    theirs = shop.folder.with_name("theirs")
    theirs.mkdir(mode=0o777)
    os.chown(theirs, NOBODY, NOBODY)
    (shop.runtime / "homeport").symlink_to(theirs)
    os.chown(shop.runtime / "homeport", NOBODY, NOBODY, follow_symlinks=False)
    shop.start()
    assert shop.do("url", "shop").code == 0
    assert shop.entry().socket.startswith(str(shop.state))
    assert list(theirs.iterdir()) == []


def fake(**how: str) -> dict[str, str]:
    """An environment whose clock is not that of the others."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
    if library is None:
        pytest.skip("needs libfaketime")
    return {"LD_PRELOAD": str(library), **how}


@pytest.mark.parametrize("server", ["+0", "+400d", "-400d"])
@pytest.mark.parametrize("command", ["+9000d", "-9000d"])
def test_clocks_that_differ_change_words_only(shop: User, server: str, command: str) -> None:
    start = ("-d", "main:app", "--port", "0", "--name", "shop", "--json")
    assert shop.do(*start, env=fake(FAKETIME=server)).code == 0
    entry, now = shop.entry(), fake(FAKETIME=command)
    assert shop.do("url", "shop", env=now).code == 0
    (waited,) = shop.do("wait", "shop", "--json", env=now).events
    assert (waited["phase"], waited["instance"]) == ("serving", entry.instance)
    rows = json.loads(shop.do("ls", "--json", env=now).out)["servers"]
    assert entry.ports & {row["port"] for row in rows if row["name"] == "shop"}
    second = shop.do(*start, env=now)
    assert second.code == 7 and second.events[0]["since"] == entry.started
    assert shop.do("reload", "shop", env=now).code == 0
    assert shop.do("stop", "shop", env=now).code == 0
    shop.has_nothing_left()


def test_a_clock_that_jumps_while_a_server_runs_changes_nothing(shop: User) -> None:
    clock = shop.folder.with_name("clock")
    clock.write_text("+0")
    file = {"FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1"}
    env = fake(**file, FAKETIME_DONT_FAKE_MONOTONIC="1")
    end = shop.do("-d", "main:app", "--port", "0", "--name", "shop", env=env)
    assert end.code == 0, end
    before = shop.entry()
    for jump in ("+9000d", "-9000d"):
        clock.write_text(jump)
        assert shop.do("url", "shop").code == 0
        assert shop.asked("reload", "shop")["phase"] == "serving"
        assert shop.asked("wait", "shop")["instance"] == before.instance
        assert shop.do("main:app", "--port", "0", "--name", "shop").code == 7
    assert shop.entry() == before
    assert shop.do("stop", "shop").code == 0
    shop.has_nothing_left()

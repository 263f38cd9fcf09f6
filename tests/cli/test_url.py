"""`homeport url`: the URL and nothing else, for scripts; and a Node program that uses it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import ended
from tests.engine.live import HELLO, environment, homeport
from tests.engine.runtime import Environment, home, server

EXAMPLE = Path(__file__).parents[2] / "examples" / "javascript" / "shop.mjs"


@pytest.fixture
def here(tmp_path: Path) -> Environment:
    return home(tmp_path / "run")


@pytest.fixture
def shop(here: Environment) -> Iterator[Environment]:
    with server("shop", here, 8001):
        yield here


def test_it_prints_the_url_and_nothing_else(shop: Environment, tmp_path: Path) -> None:
    for name in ("shop", "SHOP", "8001"):
        done = ended(tmp_path, "url", name, env=shop)
        assert (done.out, done.err, done.code) == ("http://127.0.0.1:8001\n", "", 0)


def test_without_a_name_it_is_the_only_server(shop: Environment, tmp_path: Path) -> None:
    assert ended(tmp_path, "url", env=shop).out == "http://127.0.0.1:8001\n"
    with server("api", shop, 8002):
        done = ended(tmp_path, "url", env=shop)
        assert (done.out, done.code) == ("", 2)
        assert "Several servers are running: api, shop" in done.err


def test_its_json_says_what_else_is_known(shop: Environment, tmp_path: Path) -> None:
    found = json.loads(ended(tmp_path, "url", "shop", "--json", env=shop).out)
    assert (found["url"], found["port"], found["source"]) == (
        "http://127.0.0.1:8001",
        8001,
        "registry",
    )
    assert (found["name"], found["project"], found["app"]) == ("shop", "/shop", "main")
    assert len(found["instance"]) == 32


def test_who_does_not_run_is_answered_with_those_that_do(shop: Environment, tmp_path: Path) -> None:
    done = ended(tmp_path, "url", "shup", env=shop)
    assert (done.out, done.code) == ("", 5)
    assert "shop  http://127.0.0.1:8001" in done.err
    told = json.loads(ended(tmp_path, "url", "shup", "--json", env=shop).out)
    assert (told["event"], told["running"]) == ("error", ["shop"])


def test_the_environment_comes_first(shop: Environment, tmp_path: Path) -> None:
    said = shop | {"HOMEPORT_URL_SHOP": "https://shop.example/"}
    assert ended(tmp_path, "url", "shop", env=said).out == "https://shop.example\n"
    wrong = shop | {"HOMEPORT_URL_SHOP": "8001"}
    done = ended(tmp_path, "url", "shop", env=wrong)
    assert (done.out, done.code) == ("", 2)
    assert "HOMEPORT_URL_SHOP is '8001'" in done.err


@pytest.mark.parametrize("words", [("a", "b"), ("--bad",), ("shop", "--port")])
def test_what_it_does_not_understand_is_refused(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = ended(tmp_path, "url", *words)
    assert (done.out, done.code) == ("", 2)
    assert "homeport url --help" in done.err
    assert "homeport url [NAME|PORT]" in ended(tmp_path, "url", "--help").out


def test_when_nobody_takes_the_url_the_exit_code_says_so(shop: Environment, tmp_path: Path) -> None:
    command = f'"{sys.executable}" -m homeport url shop > /dev/full'
    done = subprocess.run(["sh", "-c", command], env=environment(**shop), timeout=20)
    assert done.returncode == 1


def test_a_server_is_started_with_urls_of_others_in_its_environment(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(HELLO)
    with homeport(tmp_path, HOMEPORT_URL_API="http://127.0.0.1:8001") as process:
        process.ready()
        assert process.end() == 0


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node here")
def test_a_node_program_finds_its_server_by_name(tmp_path: Path, here: Environment) -> None:
    (tmp_path / "main.py").write_text(HELLO)
    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "homeport").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m homeport "$@"\n')
    (commands / "homeport").chmod(0o755)
    variables = environment(**here, PATH=f"{commands}:{os.environ['PATH']}")

    def node(**extra: str) -> "subprocess.CompletedProcess[str]":
        command = ["node", str(EXAMPLE), "shop", "/"]
        return subprocess.run(
            command, env=variables | extra, capture_output=True, text=True, timeout=60
        )

    with homeport(tmp_path, "--name", "shop", **here) as process:
        process.ready()
        done = node()
        assert (done.stdout, done.stderr, done.returncode) == ('{"version":1}\n', "", 0)
    done = node()
    assert done.returncode == 1
    assert "No homeport server of yours is called 'shop'" in done.stderr
    node_only = os.path.dirname(shutil.which("node") or "")
    if shutil.which("homeport", path=node_only) is None:
        assert "not on the PATH" in node(PATH=node_only).stderr

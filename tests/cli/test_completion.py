"""`homeport completion`: in the real shells, where they are installed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from homeport.core.errors import ExitCode
from homeport.core.options import OPTIONS
from homeport.ui.cli.commands import LOOKING
from homeport.ui.cli.completion_words import commands, serve_flags
from tests.cli.command import environment
from tests.cli.named import User
from tests.engine.live import PATIENCE

SHELLS = ("bash", "zsh", "fish")

BASH = """
source ./script
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_homeport
printf '%s\\n' "${COMPREPLY[@]}"
"""
FISH = 'source ./script; complete -C "$argv"'
# A real line editor in a pseudo-terminal: compadd only works within completion.
ZSH = """
zmodload zsh/zpty
zpty shell "zsh -f -i"
zpty -w shell "PS1= PROMPT= TERM=dumb; fpath=(. \\$fpath); autoload -Uz compinit; compinit -u"
zpty -w shell "bindkey '^I' list-choices; LISTMAX=0"
zpty -w shell "source ./script; echo it-is-read"
zpty -r -m shell line '*it-is-read*it-is-read*'
zpty -w -n shell "$LINE"$'\\t'
zpty -r -m shell offered "*$WANT*"
print -r -- "$offered"
zpty -w -n shell $'\\C-u'
zpty -w shell "echo the-end"
while zpty -r shell line; do print -r -- "$line"; [[ $line == *the-end* ]] && break; done
"""


def completed(shop: User, shell: str, *words: str, want: str) -> set[str]:
    """What the Tab key offers for the last of the words, `want` among it.

    zsh shows nothing while more is typed, so its editor is left alone until it has.
    """
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    (shop.folder / "script").write_text(shop.do("completion", shell).out)
    bin_folder = shop.folder.parent / "bin"
    bin_folder.mkdir(exist_ok=True)
    ours = bin_folder / "homeport"
    ours.write_text(f'#!/bin/sh\nexec {sys.executable} -m homeport "$@"\n')
    ours.chmod(0o755)
    env = environment(shop.env | {"PATH": f"{bin_folder}:{os.environ['PATH']}"})
    command = {
        "bash": ["bash", "--norc", "-c", BASH, "bash", "homeport", *words],
        "zsh": ["zsh", "-f", "-c", ZSH],
        "fish": ["fish", "--no-config", "-c", FISH, " ".join(("homeport", *words))],
    }[shell]
    env["WANT"] = want
    env["LINE"] = " ".join(("homeport", *words))
    env["HOME"] = str(shop.folder.parent)
    done = subprocess.run(
        command,
        cwd=shop.folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0 or shell == "zsh", done.stderr
    if shell == "fish":
        return {line.partition("\t")[0] for line in done.stdout.splitlines()}
    return set(re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", " ", done.stdout).split())


@pytest.mark.parametrize("shell", SHELLS)
def test_names_of_running_servers_are_offered(shop: User, shell: str) -> None:
    shop.start("shop")
    shop.start("shop-api")
    shop.start("other")
    assert {"shop", "shop-api"} <= completed(shop, shell, "stop", "sho", want="shop-api")
    assert {"shop", "shop-api", "other"} <= completed(shop, shell, "reload", "", want="other")
    assert "other" not in completed(shop, shell, "stop", "shop-", want="shop-api")


@pytest.mark.parametrize("shell", SHELLS)
def test_up_and_down_are_offered_the_apps_of_the_table(shop: User, shell: str) -> None:
    (shop.folder / "pyproject.toml").write_text('[tool.homeport.apps]\napi = "a"\nweb = "b"\n')
    shop.start("other", "--cold")
    for command in ("up", "down"):
        offered = completed(shop, shell, command, "", want="web")
        assert {"api", "web"} <= offered and "other" not in offered


@pytest.mark.parametrize("shell", SHELLS)
def test_commands_and_flags_are_offered(shop: User, shell: str) -> None:
    assert {"restart", "reload", "reach"} <= completed(shop, shell, "re", want="restart")
    assert "--reload-dir" in completed(shop, shell, "main:app", "--reload-d", want="--reload-dir")
    assert "--timeout" in completed(shop, shell, "wait", "--ti", want="--timeout")
    assert {"bash", "zsh", "fish"} <= completed(shop, shell, "completion", "", want="fish")
    shop.start("shop")
    both = completed(shop, shell, "export", "", want="systemd")
    assert {"systemd", "launchd", "compose", "caddy", "shop"} <= both


def test_every_command_and_every_setting_can_be_completed() -> None:
    found = {each.name: each for each in commands()}
    assert {*LOOKING, "demo"} == set(found)
    flags = set(serve_flags())
    assert {f"--{option.name}" for option in OPTIONS} - flags == {"--warm"}
    assert {"-d", "--detach", "--ready-fd", "--cold", "--no-reload"} <= flags
    named = {name for name, each in found.items() if "names" in each.lists}
    assert {"open", "wait", "logs", "reload", "restart", "stop", "share", "unshare"} <= named
    assert {name for name, each in found.items() if "apps" in each.lists} == {"up", "down"}
    assert not named & {"up", "down", "ls", "demo", "completion", "trust"}
    assert {"-f", "--follow", "-n", "--json"} <= set(found["logs"].flags)
    assert {"--all", "--yes", "--json"} <= set(found["stop"].flags)


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_right_for_its_shell(shop: User, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    script = shop.folder / "script"
    script.write_text(shop.do("completion", shell).out)
    done = subprocess.run([shell, "-n", str(script)], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")


def test_names_are_given_without_asking_anybody_and_the_dead_not(
    shop: User, tmp_path: Path
) -> None:
    assert shop.do("completion", "names").out == ""
    shop.start()
    (shop.runtime / "homeport" / "dead.json").write_text("{}")
    end = shop.do("completion", "names")
    assert (end.code, end.out) == (0, "shop\n")
    shop.runtime.joinpath("homeport").chmod(0o777)
    end = shop.do("completion", "names")
    assert (end.out, end.err) == ("", "")
    shop.runtime.joinpath("homeport").chmod(0o700)


@pytest.mark.parametrize("text", ["", "[tool.homeport.apps]\n1 = 2", "["])
def test_without_a_table_of_apps_none_is_given_and_nothing_said(shop: User, text: str) -> None:
    (shop.folder / "pyproject.toml").write_text(text)
    end = shop.do("completion", "apps")
    assert (end.out, end.err) == ("", "")


def test_another_shell_is_a_usage_error(shop: User) -> None:
    end = shop.do("completion", "powershell")
    assert end.code == ExitCode.USAGE and "bash, zsh and fish" in end.err


def test_names_import_next_to_nothing() -> None:
    code = (
        "import sys; from homeport.ui.cli.main import main; import os\n"
        "os._exit = lambda code: (print(*sorted(sys.modules)), sys.stdout.flush(), sys.exit())\n"
        "sys.argv = ['homeport', 'completion', 'names']; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    loaded = set(done.stdout.split())
    slow = {"argparse", "socket", "subprocess", "asyncio", "ipaddress", "homeport.core.options"}
    assert "homeport.engine.held_names" in loaded and not loaded & slow

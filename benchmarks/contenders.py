"""How each contender is started: the command a user would type, for the app `main:app`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

Mode = Literal["run", "reload"]

# name: (command, what {mode} stands for in run mode, in reload mode)
COMMANDS: dict[str, tuple[str, str, str]] = {
    "homeport": ("homeport main:app --port {port} {mode}", "--no-reload", "--reload"),
    "uvicorn": ("uvicorn main:app --host 127.0.0.1 --port {port} {mode}", "", "--reload"),
    "uvicorn-quiet": (
        "uvicorn main:app --host 127.0.0.1 --port {port} --no-access-log {mode}",
        "",
        "--reload",
    ),
    "granian": (
        "granian --interface asgi --host 127.0.0.1 --port {port} {mode} main:app",
        "",
        "--reload",
    ),
    "hypercorn": ("hypercorn --bind 127.0.0.1:{port} {mode} main:app", "", "--reload"),
    "uvicorn-hmr": ("uvicorn-hmr main:app --host 127.0.0.1 --port {port} {mode}", "", ""),
    "fastapi": ("fastapi {mode} main.py --host 127.0.0.1 --port {port}", "run", "dev"),
}
# The same command under a second name: how far it is from its twin is the noise of this machine.
COMMANDS["uvicorn-twin"] = COMMANDS["uvicorn"]


def argv(name: str, mode: Mode, port: int) -> list[str]:
    """The command line; the script is the one beside the Python that runs the benchmark."""
    command, run, reload = COMMANDS[name]
    words = command.format(port=port, mode=run if mode == "run" else reload).split()
    return [str(script(name)), *words[1:]]


def script(name: str) -> Path:
    """Where the contender's console script is, or would be."""
    return Path(sys.executable).parent / COMMANDS[name][0].split()[0]


def installed(names: Sequence[str]) -> list[str]:
    """The contenders that can be started; each of the others is named on standard error."""
    unknown = [name for name in names if name not in COMMANDS]
    if unknown:
        sys.exit(f"unknown contender {', '.join(unknown)}; there are {', '.join(COMMANDS)}")
    for name in names:
        if not script(name).exists():
            print(f"{name}: skipped, there is no {script(name)}", file=sys.stderr)
    present = [name for name in names if script(name).exists()]
    if not present:
        sys.exit("no contender is installed")
    return present


def rotated(names: Sequence[str], turn: int) -> list[str]:
    """The names in order, beginning one further each turn, so that nobody is always first."""
    first = turn % len(names)
    return [*names[first:], *names[:first]]

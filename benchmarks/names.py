"""Servers by name: how long `homeport url`, `find()` and `homeport -d` take.

`--servers` servers run; the one that is asked for is the last one started. "find()" is a call in a
process that has made it before; commands are timed from spawn to exit with the output thrown away.
"foreground" is spawn to the line on `--ready-fd` of `homeport main:app`, "homeport -d" the same
command line with -d, spawn to exit; both are started on a free port and stopped again each round.
Contenders alternate run by run and the first one rotates; one round before is not counted.
"""

import argparse
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import contenders
import processes
import report
from server import START_SECONDS, Failure, free_port
from workspace import Workspace, warn_uncompiled, workspace

import homeport

FIND, URL, LS = "find()", "homeport url NAME", "homeport ls"
PYTHON = "(floor: python -c pass)"
FOREGROUND, BACKGROUND = "foreground, to ready", "homeport -d"
LOOKUPS = 20  # calls of find() in each round; their mean is one value
COLUMNS = "what|n|median ms|min|max|÷ python|÷ foreground"

Values = defaultdict[str, list[float]]


def homeport_command(*words: str) -> list[str]:
    """A command line of the homeport beside this Python."""
    return [str(contenders.script("homeport")), *words]


@contextmanager
def running(count: int, place: Workspace) -> Iterator[str]:
    """That many servers in the background; gives the name of the last one."""
    names = [f"bench-{number}" for number in range(count)]
    try:
        for name in names:
            command("-d", "main:app", "--name", name, "--port", str(free_port()), place=place)
        yield names[-1]
    finally:
        command("stop", "--all", "--yes", place=place)


def command(*words: str, place: Workspace) -> None:
    """Run to its end; Failure when that is not exit code 0."""
    run(homeport_command(*words), place)


def run(argv: list[str], place: Workspace) -> None:
    """Any command in the app's folder; Failure when it does not succeed."""
    done = subprocess.run(
        argv, cwd=place.app, env=place.environment, capture_output=True, timeout=START_SECONDS
    )
    if done.returncode != 0:
        raise Failure(f"{' '.join(argv)}: code {done.returncode}\n{done.stderr.decode()}")


def timed(action: Callable[[], object]) -> float:
    """Milliseconds."""
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1000


def find(name: str) -> float:
    """Milliseconds of one lookup in this process."""
    return timed(lambda: [homeport.find(name) for _ in range(LOOKUPS)]) / LOOKUPS


def foreground(place: Workspace) -> float:
    """Milliseconds from spawn to the line that says it is ready; stopped afterwards."""
    reader, writer = os.pipe()
    argv = homeport_command(*_fresh(), "--ready-fd", str(writer))
    start = time.perf_counter()
    with subprocess.Popen(
        argv,
        cwd=place.app,
        env=place.environment,
        pass_fds=(writer,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    ) as process:
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            line = pipe.readline()
        spent = (time.perf_counter() - start) * 1000
        process.terminate()
    if not line:
        raise Failure(f"{' '.join(argv)}: code {process.returncode} before it was ready")
    return spent


def background(place: Workspace) -> float:
    """Milliseconds from spawn to exit of the same command with -d; stopped afterwards."""
    spent = timed(lambda: command("-d", *_fresh(), place=place))
    command("stop", "fresh", "--yes", place=place)
    return spent


def _fresh() -> tuple[str, ...]:
    return ("main:app", "--name", "fresh", "--port", str(free_port()))


def measure(runs: int, name: str, place: Workspace, dropped: dict[str, str]) -> Values:
    """All rounds. Round 0 warms the caches and is not counted."""
    asked: dict[str, Callable[[], float]] = {
        PYTHON: lambda: timed(lambda: run([sys.executable, "-c", "pass"], place)),
        FIND: lambda: find(name),
        URL: lambda: timed(lambda: command("url", name, place=place)),
        LS: lambda: timed(lambda: command("ls", place=place)),
        FOREGROUND: lambda: foreground(place),
        BACKGROUND: lambda: background(place),
    }
    values: Values = defaultdict(list)
    for turn in range(runs + 1):
        for what in contenders.rotated(list(asked), turn):
            if what in dropped:
                continue
            with report.dropping(what, dropped):
                spent = asked[what]()
                report.say(f"{turn}/{runs} {what} {spent:.1f} ms")
                if turn:
                    values[what].append(spent)
    return values


def row(what: str, values: Values) -> list[str]:
    """One table row, in ms with a decimal."""
    spent = values[what]
    spread = [report.median(spent), min(spent, default=None), max(spent, default=None)]
    return [
        what,
        str(len(spent)),
        *(report.number(value, 2 if what == FIND else 1) for value in spread),
        *(report.ratio(spent, values[reference]) for reference in (PYTHON, FOREGROUND)),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=15, help="counted rounds (default: 15)")
    parser.add_argument("--servers", type=int, default=3, help="that run meanwhile (default: 3)")
    options = parser.parse_args()
    processes.adopt_orphans()
    warn_uncompiled()
    dropped: dict[str, str] = {}
    with workspace("hello") as place:
        os.environ.update(place.environment)  # where find() in this process looks
        with running(options.servers, place) as name:
            values = measure(options.runs, name, place, dropped)
    print(report.header(f"Names: {options.servers} servers run"))
    print(report.table(COLUMNS, [row(what, values) for what in values]) + report.notes(dropped))


if __name__ == "__main__":
    main()

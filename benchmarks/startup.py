"""Startup, Ctrl-C, memory and idle CPU of each contender.

Startup is spawn to first 200, polled every 2 ms. The floor is a bare interpreter that imports the
app and calls os._exit, spawn to exit. Then, once the tree is quiet: memory (PSS), CPU use over
5 s (in the first --idle-runs rounds) and Ctrl-C, SIGINT to the process group until the whole tree
is gone. Contenders alternate run by run and the first one rotates; one round before is not counted.
"""

import subprocess
import sys
import time
from argparse import Namespace
from collections import defaultdict
from typing import cast

import contenders
import processes
import report
from server import START_SECONDS, Failure, Server
from workspace import App, Workspace, warn_uncompiled, workspace

FLOOR = "(floor)"
IDLE_SECONDS = 5.0
COLUMNS = "app, mode|contender|n|median ms|min|max|÷ uvicorn|÷ floor|Ctrl-C ms|PSS MiB|idle CPU %"

Values = defaultdict[tuple[str, str], list[float]]  # (contender, what) -> one value per run


def floor(place: Workspace) -> float:
    """Milliseconds from spawn to exit of an interpreter that does no more than import the app."""
    command = [sys.executable, "-c", "import os, main; os._exit(0)"]
    start = time.perf_counter()
    with subprocess.Popen(command, cwd=place.app, env=place.environment) as process:
        with processes.watched([process.pid]) as handles:
            end = processes.wait_gone(handles, start + START_SECONDS)
        if end is None:
            process.kill()
    if end is None or process.returncode != 0:
        raise Failure(f"{FLOOR}: importing the app failed, code {process.returncode}")
    return (end - start) * 1000


def measure(name: str, mode: contenders.Mode, place: Workspace, *, idle: bool) -> dict[str, float]:
    """One run of one contender."""
    if name == FLOOR:
        return {"start": floor(place)}
    with Server(name, mode, place) as server:
        values = {"start": server.first_answer()}
        server.settle()
        values["pss"] = server.pss_mib()
        if idle:
            values["idle"] = server.cpu_percent(IDLE_SECONDS)
        values["stop"] = server.interrupt()
    return values


def series(options: Namespace, app: App, dropped: dict[str, str]) -> Values:
    """All rounds for one app. Round 0 warms the caches and is not counted."""
    values: Values = defaultdict(list)
    names = [FLOOR, *options.contenders]
    with workspace(app) as place:
        for turn in range(options.runs + 1):
            for name in contenders.rotated(names, turn):
                if name in dropped:
                    continue
                idle = 0 < turn <= options.idle_runs
                with report.dropping(name, dropped):
                    got = measure(name, options.mode, place, idle=idle)
                    report.say(f"{app} {turn}/{options.runs} {name} {got['start']:.0f} ms")
                    for what, value in got.items() if turn else ():
                        values[name, what].append(value)
    return values


def rows(options: Namespace, app: App, values: Values) -> list[list[str]]:
    """One table row per contender."""
    made = []
    for name in [FLOOR, *options.contenders]:
        start = values[name, "start"]
        made.append(
            [
                f"{app}, {options.mode}",
                name,
                str(len(start)),
                *report.spread(start),
                report.ratio(start, values["uvicorn", "start"]),
                report.ratio(start, values[FLOOR, "start"]),
                report.number(report.median(values[name, "stop"])),
                report.number(report.median(values[name, "pss"])),
                report.number(report.median(values[name, "idle"]), 2),
            ]
        )
    return made


def main() -> None:
    parser = report.parser(
        __doc__, names="homeport,uvicorn,granian,hypercorn,fastapi", runs=15, unit="counted rounds"
    )
    parser.add_argument("--mode", choices=("run", "reload"), default="reload")
    parser.add_argument("--apps", default="hello,large", help="default: hello,large")
    parser.add_argument("--idle-runs", type=int, default=3, help="rounds that measure idle CPU")
    options = parser.parse_args()
    processes.adopt_orphans()
    warn_uncompiled()
    print(report.header("Startup: spawn to first 200"))
    for name in options.apps.split(","):
        app = cast(App, name)
        dropped: dict[str, str] = {}
        values = series(options, app, dropped)
        print(report.table(COLUMNS, rows(options, app, values)) + report.notes(dropped), flush=True)


if __name__ == "__main__":
    main()

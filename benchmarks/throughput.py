"""Requests per second under wrk: 2 threads, 64 connections, 5 s, one worker.

The server is pinned to one CPU and wrk to another. Every run starts the server anew, checks the
answer once and drives it for 1 s uncounted. Contenders alternate run by run and the first one
rotates. Latencies are medians over the runs, in ms; the server's CPU is in percent of one CPU.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from argparse import Namespace
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import contenders
import processes
import report
from server import Failure, Server, ask
from workspace import App, Workspace, warn_uncompiled, workspace

UPLOAD_BYTES = 100 * 1024
UPLOAD = f"""\
wrk.method = "POST"
wrk.body = string.rep("x", {UPLOAD_BYTES})
wrk.headers["Content-Type"] = "application/octet-stream"
"""
MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}
COLUMNS = "case|contender|n|median req/s|min|max|÷ uvicorn|÷ granian|p50 ms|p99 ms|server CPU %"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    title: str
    app: App
    path: str = "/"
    upload: bool = False
    least_bytes: int = 1  # in an answer that is taken for the right one


CASES = {
    "raw": Case(title="raw ASGI hello", app="raw"),
    "hello": Case(title="FastAPI hello JSON", app="hello"),
    "big": Case(
        title="FastAPI, 10 KB pydantic response", app="hello", path="/big", least_bytes=9000
    ),
    "upload": Case(title="POST 100 KB, length of body", app="hello", path="/length", upload=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one run of wrk gave."""

    rate: float  # requests per second
    p50: float  # ms
    p99: float  # ms
    cpu: float = 0.0  # of the server, percent of one CPU


def parse(output: str) -> Result:
    """Read wrk's report; errors and answers other than 2xx or 3xx make the run worthless."""
    if bad := re.search(r"Socket errors.*|Non-2xx.*", output):
        raise Failure(f"wrk: {bad[0].strip()}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    times = dict(re.findall(r"^\s+(50|99)%\s+([\d.]+[a-z]+)", output, re.MULTILINE))
    if rate is None or len(times) != 2:
        raise Failure(f"wrk: cannot read\n{output}")
    return Result(rate=float(rate[1]), p50=milliseconds(times["50"]), p99=milliseconds(times["99"]))


def milliseconds(text: str) -> float:
    """`812.00us`, `2.31ms`, `1.02s` in ms."""
    digits = text.rstrip("mus")
    return float(digits) * MILLISECONDS[text[len(digits) :]]


def drive(port: int, case: Case, script: Path, seconds: int, cpu: int) -> Result:
    """Run wrk once."""
    command = ["taskset", "-c", str(cpu), "wrk", "-t2", "-c64", f"-d{seconds}s", "--latency"]
    if case.upload:
        command += ["-s", str(script)]
    command.append(f"http://127.0.0.1:{port}{case.path}")
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 20)
    if done.returncode != 0:
        raise Failure(f"wrk: code {done.returncode}: {done.stdout}{done.stderr}")
    return parse(done.stdout)


def verify(port: int, case: Case) -> None:
    """Ask once and look at the answer, so that nobody is fast by answering something else."""
    status, body = ask(port, case.path, body=b"x" * UPLOAD_BYTES if case.upload else None)
    right = not case.upload or json.loads(body) == {"length": UPLOAD_BYTES}
    if status != 200 or not right or len(body) < case.least_bytes:
        raise Failure(f"answers {status} {body[:80]!r} to {case.path}")


def measure(name: str, case: Case, place: Workspace, seconds: int) -> Result:
    """One run of one contender, on the first two CPUs this process may use."""
    ours, theirs = sorted(os.sched_getaffinity(0))[:2]
    script = place.spare / "upload.lua"
    script.write_text(UPLOAD)
    with Server(name, "run", place, prefix=("taskset", "-c", str(ours))) as server:
        try:
            server.first_answer()
            verify(server.port, case)
            drive(server.port, case, script, 1, theirs)
            start, before = time.perf_counter(), server.cpu_seconds()
            result = drive(server.port, case, script, seconds, theirs)
            used = (server.cpu_seconds() - before) / (time.perf_counter() - start) * 100
        except OSError as error:
            raise Failure(f"{name}: {error!r}") from error
    return Result(rate=result.rate, p50=result.p50, p99=result.p99, cpu=used)


def series(options: Namespace, case: Case, dropped: dict[str, str]) -> dict[str, list[Result]]:
    """All runs of one case."""
    results: dict[str, list[Result]] = defaultdict(list)
    with workspace(case.app) as place:
        for turn in range(options.runs):
            for name in contenders.rotated(options.contenders, turn):
                if name in dropped:
                    continue
                with report.dropping(name, dropped):
                    got = measure(name, case, place, options.seconds)
                    results[name].append(got)
                    report.say(f"{case.title} {turn + 1}/{options.runs} {name} {got.rate:.0f}/s")
    return results


def rows(case: Case, names: list[str], results: dict[str, list[Result]]) -> list[list[str]]:
    """One table row per contender."""
    rates = {name: [result.rate for result in results[name]] for name in results}
    made = []
    for name in names:
        runs = results.get(name, [])
        made.append(
            [
                case.title,
                name,
                str(len(runs)),
                *report.spread(rates.get(name, [])),
                report.ratio(rates.get(name, []), rates.get("uvicorn", [])),
                report.ratio(rates.get(name, []), rates.get("granian", [])),
                report.number(report.median([result.p50 for result in runs]), 1),
                report.number(report.median([result.p99 for result in runs]), 1),
                report.number(report.median([result.cpu for result in runs])),
            ]
        )
    return made


def main() -> None:
    parser = report.parser(
        __doc__, names="homeport,uvicorn,uvicorn-quiet,granian", runs=5, unit="runs"
    )
    parser.add_argument("--cases", default=",".join(CASES), help=f"default: {','.join(CASES)}")
    parser.add_argument("--seconds", type=int, default=5, help="of each run (default: 5)")
    options = parser.parse_args()
    for tool in ("wrk", "taskset"):
        if shutil.which(tool) is None:
            sys.exit(f"{tool} is needed and not on the PATH")
    if len(os.sched_getaffinity(0)) < 2:
        sys.exit("two CPUs are needed, one for the server and one for wrk")
    processes.adopt_orphans()
    warn_uncompiled()
    print(report.header("Throughput: wrk, 2 threads, 64 connections, one worker"))
    for name in options.cases.split(","):
        dropped: dict[str, str] = {}
        results = series(options, CASES[name], dropped)
        made = rows(CASES[name], options.contenders, results)
        print(report.table(COLUMNS, made) + report.notes(dropped), flush=True)


if __name__ == "__main__":
    main()

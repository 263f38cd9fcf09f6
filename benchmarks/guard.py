"""What the guard costs: requests per second of FastAPI hello on loopback, with it and without.

The same server is started in each way, all at once, and wrk drives them in turn, in short rounds,
each time in another order; wrk and the servers are pinned to different CPUs. `bare` is our
connection with uvicorn's own reading put back, in this file only; `wire` checks what arrives below
ASGI; `guard` does so too and has the Doorkeeper before the app, at a door that is opened as a
worker opens it. Beside the rate stands the CPU time per request: on a machine with other work it is
the steadier of the two.
"""

import argparse
import asyncio
import os
import runpy
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import contenders
import report
import uvloop
from server import Failure
from throughput import CASES, Case, drive, verify
from uvicorn.config import Config
from workspace import APPS

from homeport.core.door import DoorKind, Policy
from homeport.core.opened_door import OpenedDoor
from homeport.engine.channel import Channel
from homeport.engine.guarding.doorkeeper import Doorkeeper
from homeport.engine.serving.connection import HttpConnection
from homeport.engine.serving.door import Door
from homeport.engine.serving.doorway import Doorway
from homeport.engine.worker_doors import WorkerDoors
from tests.engine.wire_fuzz import Wire

WAYS = ("bare", "wire", "guard")
ALONE = "headers|bare, CPU µs|wire, CPU µs|guard, CPU µs|guard − bare|guard ÷ bare"
SHORT = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n"
LONG = (
    SHORT[:-2]
    + b"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0\r\n"
    b"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    b"Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"
    b"Cookie: session=0123456789abcdef0123456789abcdef\r\nSec-Fetch-Dest: empty\r\n"
    b"Sec-Fetch-Mode: cors\r\nSec-Fetch-Site: same-origin\r\nConnection: keep-alive\r\n\r\n"
)
OTHER = LONG.replace(b"text/html,application/xhtml+xml,application/xml;q=0.9,", b"")
HEADS = {
    "wrk's headers": (SHORT,),
    "a browser's headers": (LONG,),
    "a browser's, two kinds in turn": (LONG, OTHER),
}
BROWSER = """\
wrk.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
wrk.headers["Accept"] = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
wrk.headers["Accept-Language"] = "en-US,en;q=0.5"
wrk.headers["Accept-Encoding"] = "gzip, deflate, br, zstd"
wrk.headers["Cookie"] = "session=0123456789abcdef0123456789abcdef"
wrk.headers["Sec-Fetch-Dest"] = "empty"
wrk.headers["Sec-Fetch-Mode"] = "cors"
wrk.headers["Sec-Fetch-Site"] = "same-origin"
"""
COLUMNS = "way|n|median req/s|min|max|÷ bare|CPU µs per request|÷ bare"


def bare() -> Any:
    """Our connection with uvicorn's reading put back, and nothing else."""
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as Uvicorn

    names = ("data_received", "on_headers_complete", "on_body")
    return type("Bare", (HttpConnection,), {name: getattr(Uvicorn, name) for name in names})


def opened_door(port: int) -> OpenedDoor:
    """The door of a server at home, as the supervisor tells of it."""
    policy = Policy(kind=DoorKind.LOOPBACK, ip="127.0.0.1", port=port, name="hello")
    return OpenedDoor(number=0, policy=policy, instance="0" * 32)


def serve(way: str, descriptor: int) -> None:
    """Be one of the servers until killed."""
    from homeport.engine.serving import server as serving

    if way == "bare":
        vars(serving)["HttpConnection"] = bare()
    app = runpy.run_path(str(APPS / "hello.py"))["app"]

    async def main() -> None:
        sock = socket.socket(fileno=descriptor)
        sock.setblocking(False)
        server = serving.Server(app, serving.AppSettings(), None)
        await server.start()
        if way == "guard":  # as a worker does it
            channel = Channel(socket.socketpair()[0])
            facts = opened_door(sock.getsockname()[1]).to_json()
            await WorkerDoors(server, channel, ()).open(sock, facts)
        else:
            await server.accept_on(sock, Door(0))
        await asyncio.Event().wait()

    uvloop.run(main())


async def nothing(scope: Any, receive: Any, send: Any) -> None:
    """The cheapest app there is."""
    headers = [(b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def alone(app: Any, repeats: int, requests: int = 400) -> list[list[str]]:
    """The connection without sockets: least CPU µs per request."""
    loop = asyncio.get_running_loop()
    config = Config(app, ws="none", log_config=None, lifespan="off", proxy_headers=False)
    config.load()
    unguarded = Doorway(Door(0), config.loaded_app, loop)
    keeper = Doorkeeper(config.loaded_app, opened_door(8000).policy)
    guarded = Doorway(Door(0, app=keeper), config.loaded_app, loop)
    kinds = {"bare": bare(), "wire": HttpConnection, "guard": HttpConnection}
    least: dict[tuple[str, str], float] = {}
    for _ in range(repeats):
        for way, kind in kinds.items():
            for title, heads in HEADS.items():
                doorway = guarded if way == "guard" else unguarded
                connection, wire = kind(config, doorway, {}, loop), Wire()
                connection.connection_made(wire)
                start = time.process_time()
                for number in range(requests):
                    connection.data_received(heads[number % len(heads)])
                    while not connection.cycle.response_complete:
                        await asyncio.sleep(0)
                used = (time.process_time() - start) / requests * 1e6
                assert wire.written.count(b"HTTP/1.1 200") == requests
                connection.connection_lost(None)
                least[title, way] = min(used, least.get((title, way), used))
    unguarded.close()
    guarded.close()
    return [
        [title, *(f"{least[title, way]:.2f}" for way in WAYS), f"{more:+.2f}", f"{ratio:.3f}"]
        for title in HEADS
        for more in [least[title, "guard"] - least[title, "bare"]]
        for ratio in [least[title, "guard"] / least[title, "bare"]]
    ]


class Way:
    """One of the servers as a process."""

    def __init__(self, name: str, cpu: int) -> None:
        self.name = name
        with socket.create_server(("127.0.0.1", 0), backlog=1024) as sock:
            self.port = sock.getsockname()[1]
            command = [sys.executable, __file__, "--serve", name, str(sock.fileno())]
            self.process = subprocess.Popen(
                ["taskset", "-c", str(cpu), *command], pass_fds=[sock.fileno()]
            )

    def cpu_seconds(self) -> float:
        """Used until now (proc(5))."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


def rounds(ways: list[Way], runs: int, seconds: int, script: Path | None, cpu: int) -> Any:
    """Rates and CPU times by way."""
    case = Case(title="", app="hello", upload=script is not None)  # `upload` hands wrk the script
    rates, costs = defaultdict(list), defaultdict(list)
    for turn in range(runs):
        for name in contenders.rotated([way.name for way in ways], turn):
            way = next(one for one in ways if one.name == name)
            before = way.cpu_seconds()
            result = drive(way.port, case, script or Path(), seconds, cpu)
            rates[name].append(result.rate)
            used = way.cpu_seconds() - before
            costs[name].append(used / (result.rate * seconds) * 1e6)
            report.say(f"{turn + 1}/{runs} {name} {result.rate:.0f}/s {costs[name][-1]:.1f} µs")
    return rates, costs


def table(ways: list[Way], rates: Any, costs: Any) -> str:
    """One row per way."""
    rows = [
        [
            way.name,
            str(len(rates[way.name])),
            *report.spread(rates[way.name]),
            _ratio(rates[way.name], rates["bare"]),
            report.number(report.median(costs[way.name]), 1),
            _ratio(costs[way.name], costs["bare"]),
        ]
        for way in ways
    ]
    return report.table(COLUMNS, rows)


def _ratio(values: list[float], reference: list[float]) -> str:
    return report.number((report.median(values) or 0) / (report.median(reference) or 1), 3)


def main() -> None:
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], int(sys.argv[3]))
        return
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=15, help="rounds of each way (default: 15)")
    parser.add_argument("--seconds", type=int, default=2, help="of each round (default: 2)")
    options = parser.parse_args()
    if shutil.which("wrk") is None or len(os.sched_getaffinity(0)) < 2:
        sys.exit("wrk and two CPUs are needed, one for the servers and one for wrk")
    ours, theirs = sorted(os.sched_getaffinity(0))[:2]
    ways = [Way(name, ours) for name in WAYS]
    folder = tempfile.mkdtemp(prefix="bench-")
    try:
        print(report.header("The guard's cost: FastAPI hello, wrk, 2 threads, 64 connections"))
        hello = runpy.run_path(str(APPS / "hello.py"))["app"]
        for title, app, repeats in (
            ("no app to speak of", nothing, 60),
            ("FastAPI hello", hello, 25),
        ):
            print(f"without sockets, {title}\n")
            print(report.table(ALONE, uvloop.run(alone(app, repeats))), flush=True)
        script = Path(folder) / "browser.lua"
        script.write_text(BROWSER)
        for way in ways:
            verify(way.port, CASES["hello"])
            drive(way.port, CASES["hello"], script, 1, theirs)
        for title, headers in (("wrk's headers", None), ("a browser's headers", script)):
            rates, costs = rounds(ways, options.runs, options.seconds, headers, theirs)
            print(f"{title}\n\n{table(ways, rates, costs)}", flush=True)
    except (Failure, OSError) as error:
        sys.exit(str(error))
    finally:
        for way in ways:
            way.close()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()

"""Who listens: homeport beside lsof and ss, on this machine as it is and with many sockets.

Idle is the machine with one more listener; loaded is with 1,000 more in 20 processes, which hold
2,000 established connections among them. "in process" is a call of homeport's function in a
process that has made it before; everything else is a whole command, from spawn to exit with its
output thrown away. Contenders alternate run by run and the first one rotates; one round before is
not counted. Run as root, or lsof and ss are asked for less than they are for.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import contenders
import report
from server import Failure

from homeport import host

PROCESSES = 20
LISTENERS = 50  # in each process
CONNECTIONS = 100  # in each process, to itself: both ends are sockets here
COMMAND_SECONDS = 60
HELD = 4  # the exit code of `homeport port` for a port that is held

HOLDER = """if True:
    import json, socket, sys
    listeners, connections = map(int, sys.argv[1:])
    kept = servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(listeners)]
    for number in range(connections):
        server = servers[number % listeners]
        kept = [*kept, socket.create_connection(server.getsockname()), server.accept()[0]]
    print(json.dumps([server.getsockname()[1] for server in servers]), flush=True)
    sys.stdin.read()
"""

WITHOUT, WITH, LSOF, SS = "in process, no owners", "in process", "lsof", "ss"
COMMAND, LSOF_PORT = "homeport port", "lsof -i"
LIST_COLUMNS = "all listeners|contender|n|median ms|min|max|÷ lsof|÷ ss"
PORT_COLUMNS = "one port|contender|n|median ms|min|max|÷ lsof -i"

Values = defaultdict[str, list[float]]


@contextmanager
def holders(count: int, listeners: int, connections: int) -> Iterator[list[int]]:
    """Processes that listen and are connected; gives the ports. They end with the block."""
    command = [sys.executable, "-c", HOLDER, str(listeners), str(connections)]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    try:
        yield [port for child in started for port in ports(child)]
    finally:
        for child in started:
            child.kill()
            child.communicate()


def ports(child: "subprocess.Popen[str]") -> list[int]:
    """What a child listens on; Failure when it could not."""
    assert child.stdout
    line = child.stdout.readline()
    if not line:
        raise Failure(f"a process with the sockets ended with {child.wait(COMMAND_SECONDS)}")
    return [int(port) for port in json.loads(line)]


def command(*argv: str, code: int = 0) -> Callable[[], None]:
    """What runs a command; Failure when it does not end with `code`."""

    def run() -> None:
        done = subprocess.run(argv, capture_output=True, timeout=COMMAND_SECONDS)
        if done.returncode != code:
            words = " ".join(argv)
            raise Failure(f"{words}: code {done.returncode}\n{done.stderr.decode()}")

    return run


def questions(port: int) -> dict[str, Callable[[], object]]:
    """What each contender does."""
    return {
        WITHOUT: lambda: host.listeners(owners=False),
        WITH: host.listeners,
        LSOF: command("lsof", "-nP", "-iTCP", "-sTCP:LISTEN"),
        SS: command("ss", "-ltnp"),
        COMMAND: command(sys.executable, "-m", "homeport", "port", str(port), code=HELD),
        LSOF_PORT: command("lsof", "-i", f":{port}"),
    }


def measure(port: int, runs: int, dropped: dict[str, str]) -> Values:
    """All rounds in one state of the machine. Round 0 warms the caches and is not counted."""
    values: Values = defaultdict(list)
    asked = questions(port)
    for turn in range(runs + 1):
        for name in contenders.rotated(list(asked), turn):
            if name in dropped:
                continue
            with report.dropping(name, dropped):
                start = time.perf_counter()
                asked[name]()
                if turn:
                    values[name].append((time.perf_counter() - start) * 1000)
    return values


def row(state: str, name: str, values: Values, references: Sequence[str]) -> list[str]:
    """One table row, in ms with a decimal."""
    spent = values[name]
    spread = [report.median(spent), min(spent, default=None), max(spent, default=None)]
    return [
        state,
        name,
        str(len(spent)),
        *(report.number(value, 1) for value in spread),
        *(report.ratio(spent, values[reference]) for reference in references),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=15, help="counted rounds (default: 15)")
    options = parser.parse_args()
    if os.geteuid() != 0:
        report.say("not root: the sockets of other users have no owners here")
    results: dict[str, Values] = {}
    dropped: dict[str, str] = {}
    loads = {"idle": (1, 1, 0), "loaded": (PROCESSES, LISTENERS, CONNECTIONS)}
    for state, load in loads.items():
        with holders(*load) as listening:
            report.say(f"{state}: {len(host.listeners(owners=False))} listeners")
            results[state] = measure(listening[len(listening) // 2], options.runs, dropped)
    print(report.header("Ports: who listens, and who holds one port"))
    for columns, names, references in (
        (LIST_COLUMNS, (WITHOUT, WITH, LSOF, SS), (LSOF, SS)),
        (PORT_COLUMNS, (COMMAND, LSOF_PORT), (LSOF_PORT,)),
    ):
        made = [row(state, name, results[state], references) for state in loads for name in names]
        print(report.table(columns, made))
    print(report.notes(dropped))


if __name__ == "__main__":
    main()

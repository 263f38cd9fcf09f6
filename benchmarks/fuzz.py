"""Fuzz: any bytes on any number of connections, and the server stays up for others.

In bulk: inputs go into connections of this process, each twice and cut at different places; what
the app sees and what is answered must be the same. --sockets: on real sockets to a real server,
which answers an ordinary request after every hundred. Exit code 1 when anything did not hold; the
input that did it is in the message, and --seed makes it again.
"""

import argparse
import asyncio
import random
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import report
import uvloop

from tests.engine.doors import LAST, House, play, statuses
from tests.engine.wire_fuzz import Fuzzer, cut, one_input

SAMPLES, EVERY = 10, 100
MOST_GROWTH = 10.0  # MiB, of the least in the second half over the least in the first


def resident() -> float:
    """MiB of this process in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


async def in_bulk(count: int, seed: int) -> tuple[Fuzzer, list[float]]:
    """All inputs, and the memory after each tenth of them."""
    fuzzer, memory = Fuzzer(seed), []
    for number in range(count):
        await fuzzer.one()
        if (number + 1) % max(count // SAMPLES, 1) == 0:
            memory.append(resident())
            report.say(f"{number + 1} inputs, {memory[-1]:.0f} MiB")
    fuzzer.close()
    return fuzzer, memory


def by_sockets(count: int, seed: int) -> int:
    """How many ordinary requests were answered between those inputs: all of them, or it fails."""
    asked = 0

    async def story(house: House) -> None:
        nonlocal asked
        await house.door()
        dice = random.Random(seed)
        for number in range(count):
            client = house.client()
            try:
                for piece in cut(dice, one_input(dice)):
                    client.send(piece)
                    await asyncio.sleep(0)
            except OSError:
                pass  # it was refused while we spoke
            client.close()
            house.clients.clear()
            if number % EVERY == 0:
                assert statuses(await house.say(LAST)) == [200], number
                house.app.scopes.clear()
                house.faults.clear()
                asked += 1

    assert play(uvloop.new_event_loop, story, patience=3600) == []
    return asked


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=100_000, help="in bulk (default: 100,000)")
    parser.add_argument("--sockets", type=int, default=10_000, help="inputs on real sockets")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(report.header("Fuzzing the wire"))
    start = time.perf_counter()
    loop = uvloop.new_event_loop()
    fuzzer, memory = loop.run_until_complete(in_bulk(options.inputs, options.seed))
    loop.close()
    took = time.perf_counter() - start
    print(f"{fuzzer.inputs:,} inputs, each twice, in {took:.0f} s: all held.\n")
    rows = sorted(fuzzer.tally.items(), key=lambda pair: -pair[1])
    print(report.table("outcome|times", [(what, f"{times:,}") for what, times in rows]))
    asked = by_sockets(options.sockets, options.seed)
    print(f"{options.sockets:,} inputs on sockets, {asked} ordinary requests between: all 200.\n")
    print(f"Memory: {', '.join(f'{sample:.0f}' for sample in memory)} MiB.")
    half = len(memory) // 2
    grown = min(memory[half:]) - min(memory[:half]) if half else 0.0
    if grown > MOST_GROWTH:
        sys.exit(f"memory grew by {grown:.0f} MiB")


if __name__ == "__main__":
    main()

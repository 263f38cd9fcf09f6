"""Soak: what must hold over hundreds of reloads, kills and quick saves of one homeport server.

Without a switch all three parts run. --reloads saves version after version under load: fresh and
kept connections, slow uploads and answers, pipelined requests, WebSockets, server-sent streams.
--stale saves pairs of equal size 10 ms to 1.2 s apart. --kill sends SIGKILL to the worker, the
template and the supervisor at random moments of reloads. `make test` runs each of them shortened,
with the same code (tests/engine). Exit code 1 when anything did not hold.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import report

from tests.engine import pairs, tree
from tests.engine.kills import kill_again_and_again
from tests.engine.live import homeport
from tests.engine.soak import Story, soak
from tests.engine.soak_app import FIRST, app_of

FLAT_FROM = 100
SAMPLES = 10


def project(text: str) -> "tempfile.TemporaryDirectory[str]":
    """A folder with that main.py."""
    folder = tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True)
    (Path(folder.name) / "main.py").write_text(text)
    return folder


def reloads(count: int, seed: int) -> bool:
    """The soak; whether all held."""
    first = min(FLAT_FROM, max(count // 4, 1))
    step = max((count - first) // (SAMPLES - 1), 1)
    sampled = {*range(first, count, step), count}
    with project(app_of(FIRST)) as name, homeport(Path(name), "--no-access-log") as server:
        server.ready()
        main = Path(name) / "main.py"
        story = soak(server, main, reloads=count, sampled=sampled, seed=seed)
        server.end()
    print(of_reloads(story))
    print(of_visitors(story))
    print(of_samples(story.samples))
    broken = [*story.growth()]
    if len(story.took) != count or story.reloadings != count:
        broken.append(f"{count} saves, {story.reloadings} begun, {len(story.took)} reloaded")
    if reopened := sum(story.reopened().values()):
        broken.append(f"{reopened} kept connections were closed")
    for what in broken:
        print(f"* {what}")
    if story.wrong:
        print(story.told())
    return not (broken or story.wrong)


def of_reloads(story: Story) -> str:
    took = [float(ms) for ms in story.took]
    row = [str(len(took)), *report.spread(took), report.number(report.percentile(took, 0.9))]
    return report.table("reloads|median ms (save seen to announced)|min|max|p90", [row])


def of_visitors(story: Story) -> str:
    wrong: dict[str, int] = {}
    for one in story.wrong:
        wrong[one.visitor] = wrong.get(one.visitor, 0) + 1
    names = sorted({visitor for visitor, _ in story.counts} | set(wrong))
    kinds = ("answers", "over a reload", "reopened", "ended")
    rows = [
        [name, *(str(story.of(name, kind)) for kind in kinds), str(wrong.get(name, 0))]
        for name in names
    ]
    return report.table("visitor|answers|over a reload|reopened|streams ended|failures", rows)


def of_samples(samples: list[tree.Sample]) -> str:
    rows = [
        [str(s.reloads), str(s.processes), str(s.descriptors), f"{s.pss:.1f}", f"{s.anonymous:.1f}"]
        for s in samples
    ]
    return report.table("after reloads|processes|descriptors|PSS MiB|of it anonymous", rows)


def stale(count: int, seed: int) -> bool:
    """Pairs of saves; whether all held."""
    with project(pairs.hello(FIRST)) as name, homeport(Path(name), "--no-access-log") as server:
        url, main = server.ready(), Path(name) / "main.py"
        found = pairs.stale_pairs(url, main, pairs.distances(count, seed))
        server.end()
    row = [str(count), str(pairs.reloads_of(server)), str(len(found))]
    print(report.table("pairs of saves|reloads|stale in the end", [row]))
    for what in found:
        print(f"* {what}")
    return not found


def kill(count: int, seed: int) -> bool:
    """Kills; whether all held."""
    with tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as name:
        story = kill_again_and_again(sys.executable, Path(name), kills=count, seed=seed)
    whom = ("worker", "template", "supervisor")
    row = [*(str(story.met[name]) for name in whom), str(len(story.wrong))]
    print(report.table("kill -9 of the worker|template|supervisor|did not hold", [row]))
    for what in story.wrong:
        print(f"* {what}")
    return not story.wrong


PARTS: dict[str, tuple[Callable[[int, int], bool], int]] = {
    "reloads": (reloads, 1000),
    "stale": (stale, 200),
    "kill": (kill, 200),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    for name, (_, count) in PARTS.items():
        parser.add_argument(
            f"--{name}", type=int, nargs="?", const=count, metavar="N", help=f"default: {count}"
        )
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    options = vars(parser.parse_args())
    chosen = [name for name in PARTS if options[name] is not None] or list(PARTS)
    print(report.header("Soak: reloads, quick saves, kills"))
    print(f"seed {options['seed']}\n")
    held = True
    for name in chosen:
        part, count = PARTS[name]
        began = time.monotonic()
        good = part(options[name] or count, options["seed"])
        minutes = (time.monotonic() - began) / 60
        print(f"{name}: {'all held' if good else 'NOT ALL HELD'}, {minutes:.1f} min\n", flush=True)
        held = held and good
    sys.exit(not held)


if __name__ == "__main__":
    main()

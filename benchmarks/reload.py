"""Reload: from the save of a file to the first response of the new code, and what failed meanwhile.

Each edit replaces main.py (os.replace) by one that answers with a new marker; the time from just
before it until an answer with the marker has arrived is measured, asking on new connections every
2 ms. Meanwhile two visitors, one with fresh connections and one with a kept-alive one, ask about
every 10 ms each; their visits count from the save until 0.5 s after the marker. A server gets
--edits edits per start; contenders alternate start by start and the first one rotates. "Old after
new" are visits that began after the new code was seen and got the old. The gap is the longest time
between two good answers to the fresh visitor, median over the edits.
"""

import http.client
import time
from argparse import Namespace
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import contenders
import processes
import report
from server import POLL_SECONDS, Server, ask
from visitors import Visit, Visitor
from workspace import App, Workspace, warn_uncompiled, workspace

LIMIT_SECONDS = 15.0  # an edit not seen by then is missed
AFTER_SECONDS = 0.5  # how long visits still count once the new code was seen
# Edits lie further apart than a whole second: CPython trusts bytecode whose source has the same
# whole-second mtime and size, which is a fault of fast reloading, but not the one measured here.
APART_SECONDS = 1.5
COLUMNS = (
    "app|contender|edits|missed|median ms|p90|min|max|÷ uvicorn|failed per reload, fresh"
    "|kept-alive|reloads with a failure|kept-alive reopened per reload|old after new|gap ms"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What one edit led to."""

    ms: float | None  # save to new code; None: missed
    failed_fresh: int
    failed_kept: int
    reopened: int
    old_after_new: int
    gap: float  # ms


def save(place: Workspace, marker: str) -> float:
    """Replace main.py at once by one that answers the marker; when (perf_counter, s)."""
    draft = place.spare / "main.py"
    draft.write_text((place.spare / "original").read_text().replace("world", marker))
    moment = time.perf_counter()
    draft.replace(place.app / "main.py")
    return moment


def wait_for(server: Server, marker: str, saved: float) -> float | None:
    """When an answer with the marker had arrived (perf_counter, s), or None."""
    while (now := time.perf_counter()) < saved + LIMIT_SECONDS:
        server.check()
        with suppress(OSError, http.client.HTTPException):
            left = saved + LIMIT_SECONDS - now
            if marker in ask(server.port, timeout=left)[1].decode():
                return time.perf_counter()
        time.sleep(POLL_SECONDS)
    return None


def longest_gap(visits: list[Visit], saved: float, until: float) -> float:
    """Longest time without a good answer that lasted beyond the save, in ms."""
    good = [visit.end for visit in visits if visit.body is not None]
    gaps = [after - before for before, after in pairwise([*good, until]) if after > saved]
    return max(gaps, default=until - saved) * 1000


def one_edit(server: Server, place: Workspace, marker: str, fresh: Visitor, kept: Visitor) -> Edit:
    """Save, wait for the new code, and look at what the visitors met."""
    saved = save(place, marker)
    seen = wait_for(server, marker, saved)
    time.sleep(AFTER_SECONDS)
    until = time.perf_counter()
    met_fresh, met_kept = fresh.since(saved), kept.since(saved)
    late = [v for v in met_fresh + met_kept if seen is not None and v.start > seen]
    time.sleep(max(0.0, saved + APART_SECONDS - until))
    return Edit(
        ms=None if seen is None else (seen - saved) * 1000,
        failed_fresh=sum(visit.body is None for visit in met_fresh),
        failed_kept=sum(visit.body is None for visit in met_kept),
        reopened=sum(visit.reopened and visit.body is not None for visit in met_kept),
        old_after_new=sum(v.body is not None and marker not in v.body for v in late),
        gap=longest_gap(fresh.visits, saved, until),
    )


def one_start(name: str, place: Workspace, edits: range) -> list[Edit]:
    """Start the server, let it come to rest, edit again and again."""
    save(place, "edit-first")
    with Server(name, "reload", place) as server:
        server.first_answer()
        server.settle()
        fresh = Visitor(server.port, keep_alive=False)
        kept = Visitor(server.port, keep_alive=True)
        fresh.start()
        kept.start()
        try:
            time.sleep(AFTER_SECONDS)
            return [one_edit(server, place, f"edit-{n:05d}", fresh, kept) for n in edits]
        finally:
            fresh.finish()
            kept.finish()


def series(options: Namespace, app: App, dropped: dict[str, str]) -> dict[str, list[Edit]]:
    """All edits of all contenders."""
    results: dict[str, list[Edit]] = defaultdict(list)
    with workspace(app) as place:
        (place.app / "main.py").rename(place.spare / "original")
        for turn, first in enumerate(range(0, options.runs, options.edits)):
            edits = range(first, min(first + options.edits, options.runs))
            for name in contenders.rotated(options.contenders, turn):
                if name in dropped:
                    continue
                with report.dropping(name, dropped):
                    results[name] += one_start(name, place, edits)
                    report.say(f"{app} {edits.stop}/{options.runs} {name}")
    return results


def times(edits: list[Edit]) -> list[float]:
    return [edit.ms for edit in edits if edit.ms is not None]


def rows(app: App, names: list[str], results: dict[str, list[Edit]]) -> list[list[str]]:
    """One table row per contender."""
    made = []
    for name in names:
        edits = results.get(name, [])
        ms = times(edits)
        count = max(1, len(edits))
        middle, least, most = report.spread(ms)
        made.append(
            [
                app,
                name,
                str(len(edits)),
                str(len(edits) - len(ms)),
                middle,
                report.number(report.percentile(ms, 0.9)),
                least,
                most,
                report.ratio(ms, times(results.get("uvicorn", []))),
                report.number(sum(edit.failed_fresh for edit in edits) / count, 2),
                report.number(sum(edit.failed_kept for edit in edits) / count, 2),
                str(sum(edit.failed_fresh + edit.failed_kept > 0 for edit in edits)),
                report.number(sum(edit.reopened for edit in edits) / count, 2),
                str(sum(edit.old_after_new for edit in edits)),
                report.number(report.median([edit.gap for edit in edits])),
            ]
        )
    return made


def main() -> None:
    parser = report.parser(
        __doc__, names="homeport,uvicorn,granian,hypercorn", runs=20, unit="edits per contender"
    )
    parser.add_argument("--edits", type=int, default=5, help="edits per start (default: 5)")
    parser.add_argument("--apps", default="hello", help="hello, large or both (default: hello)")
    options = parser.parse_args()
    processes.adopt_orphans()
    warn_uncompiled()
    print(report.header("Reload: save to first response with the new code"))
    for name in options.apps.split(","):
        app = cast(App, name)
        dropped: dict[str, str] = {}
        results = series(options, app, dropped)
        made = rows(app, options.contenders, results)
        print(report.table(COLUMNS, made) + report.notes(dropped), flush=True)


if __name__ == "__main__":
    main()

"""Reload: from the save of a file to the first response of the new code, and what failed meanwhile.

Each edit replaces main.py (os.replace) by one that answers with a new marker; the time from just
before it until an answer with the marker has arrived is measured, asking on new connections every
2 ms. Meanwhile two visitors, one with fresh connections and one with a kept-alive one, ask about
every 10 ms each; their visits count from the save until 0.5 s after the marker. A server gets
--edits edits per start; contenders alternate start by start and the first one rotates. "Old after
new" are visits that began after the new code was seen and got the old. The gap is the longest time
between two good answers to the fresh visitor, per edit. The import floor is how long the large
app's own import takes in an interpreter that has all the rest (import_floor.py). The second table
says what each contender does besides being fast (traits.py).
"""

import importlib.util
import time
from argparse import Namespace
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import cast

import contenders
import processes
import report
import traits
from edits import APART_SECONDS, save, wait_for
from import_floor import floor
from server import Server
from visitors import Visit, Visitor
from workspace import App, Workspace, warn_uncompiled, workspace

FLOOR = "(import floor)"
HEAVY = ("numpy", "pandas", "sqlalchemy", "httpx", "boto3")
AFTER_SECONDS = 0.5  # how long visits still count once the new code was seen
COLUMNS = (
    "app|contender|edits|missed|median ms|p90|min|max|÷ uvicorn|failed per reload, fresh"
    "|kept-alive|reloads with a failure|kept-alive reopened per reload|old after new"
    "|longest gap ms, median|max|PSS MiB after the reloads"
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


@dataclass(slots=True)
class Series:
    """All edits of one contender; `pss` (MiB) is that of the tree at rest after each start's."""

    edits: list[Edit] = field(default_factory=list)
    pss: list[float] = field(default_factory=list)


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


def one_start(name: str, place: Workspace, edits: range) -> Series:
    """Start the server, let it come to rest, edit again and again, let it come to rest."""
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
            made = [one_edit(server, place, f"edit-{n:05d}", fresh, kept) for n in edits]
        finally:
            fresh.finish()
            kept.finish()
        server.settle()
        return Series(made, [server.pss_mib()])


def series(options: Namespace, app: App, dropped: dict[str, str]) -> dict[str, Series]:
    """All edits of all contenders."""
    results: dict[str, Series] = defaultdict(Series)
    with workspace(app) as place:
        (place.app / "main.py").rename(place.spare / "original")
        for turn, first in enumerate(range(0, options.runs, options.edits)):
            edits = range(first, min(first + options.edits, options.runs))
            for name in contenders.rotated(options.contenders, turn):
                if name in dropped:
                    continue
                with report.dropping(name, dropped):
                    got = one_start(name, place, edits)
                    results[name].edits += got.edits
                    results[name].pss += got.pss
                    report.say(f"{app} {edits.stop}/{options.runs} {name}")
    return results


def times(edits: list[Edit]) -> list[float]:
    return [edit.ms for edit in edits if edit.ms is not None]


def rows(app: App, names: list[str], results: dict[str, Series]) -> list[list[str]]:
    """One table row per contender."""
    made = []
    for name in names:
        edits = results[name].edits
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
                report.ratio(ms, times(results["uvicorn"].edits)),
                report.number(sum(edit.failed_fresh for edit in edits) / count, 2),
                report.number(sum(edit.failed_kept for edit in edits) / count, 2),
                str(sum(edit.failed_fresh + edit.failed_kept > 0 for edit in edits)),
                report.number(sum(edit.reopened for edit in edits) / count, 2),
                str(sum(edit.old_after_new for edit in edits)),
                report.number(report.median([edit.gap for edit in edits])),
                report.number(max((edit.gap for edit in edits), default=None)),
                report.number(report.median(results[name].pss)),
            ]
        )
    return made


def of_floor(app: App, dropped: dict[str, str]) -> list[list[str]]:
    """The row of the app's own import, where it has much of it."""
    if app != "large":
        return []
    with workspace(app) as place, report.dropping(FLOOR, dropped):
        ms = floor(place)
        middle, least, most = report.spread(ms)
        cells = [middle, report.number(report.percentile(ms, 0.9)), least, most]
        row = [app, FLOOR, str(len(ms)), "0", *cells]
        return [row + [report.number(None)] * (len(COLUMNS.split("|")) - len(row))]
    return []


def missing(app: App) -> list[str]:
    """What the app imports and is not installed."""
    needed = HEAVY if app == "heavy" else ()
    return [name for name in needed if importlib.util.find_spec(name) is None]


def main() -> None:
    parser = report.parser(
        __doc__,
        names="homeport,uvicorn,fastapi,granian,hypercorn,uvicorn-hmr",
        runs=20,
        unit="edits per contender; with 0 there is only the table of traits",
    )
    parser.add_argument("--edits", type=int, default=5, help="edits per start (default: 5)")
    parser.add_argument("--apps", default="hello,large,heavy", help="default: hello,large,heavy")
    options = parser.parse_args()
    processes.adopt_orphans()
    warn_uncompiled()
    print(report.header("Reload: save to first response with the new code"))
    for name in options.apps.split(",") if options.runs else ():
        app = cast(App, name)
        if lacking := missing(app):
            report.say(f"{app}: skipped, it needs {', '.join(lacking)}")
            continue
        dropped: dict[str, str] = {}
        results = series(options, app, dropped)
        made = rows(app, options.contenders, results) + of_floor(app, dropped)
        print(report.table(COLUMNS, made) + report.notes(dropped), flush=True)
    print(traits.table(options.contenders), flush=True)


if __name__ == "__main__":
    main()

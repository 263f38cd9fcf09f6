"""Command line arguments, statistics and Markdown tables, the same for every benchmark."""

import argparse
import math
import os
import platform
import statistics
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata

import contenders
from server import Failure

PACKAGES = ("homeport", "uvicorn", "uvicorn-hmr", "fastapi", "fastapi-cli", "granian", "hypercorn")


def parser(description: str | None, *, names: str, runs: int, unit: str) -> argparse.ArgumentParser:
    """An argument parser with --contenders and --runs."""
    made = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    made.add_argument(
        "--contenders",
        type=lambda text: contenders.installed(text.split(",")),
        default=names,
        metavar="A,B",
        help=f"default: {names}; there are: {', '.join(contenders.COMMANDS)}",
    )
    made.add_argument("--runs", type=int, default=runs, help=f"{unit} (default: {runs})")
    return made


def header(title: str) -> str:
    """The title, the machine, the versions."""
    versions = []
    for name in PACKAGES:
        try:
            versions.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return (
        f"## {title}\n\n{time.strftime('%Y-%m-%d %H:%M')}, {platform.platform()}, "
        f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}; {', '.join(versions)}\n"
    )


def table(columns: str, rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; the column titles are joined by `|`."""
    titles = columns.split("|")
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def number(value: float | None, digits: int = 0) -> str:
    """With thousands separators; an en dash where there is no value."""
    return "–" if value is None else f"{value:,.{digits}f}"


def median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None


def percentile(values: Sequence[float], part: float) -> float | None:
    """The smallest value that at least that part of the values does not exceed."""
    if not values:
        return None
    return sorted(values)[max(1, math.ceil(part * len(values))) - 1]


def spread(values: Sequence[float]) -> list[str]:
    """Median, minimum and maximum, as cells."""
    if not values:
        return [number(None)] * 3
    return [number(statistics.median(values)), number(min(values)), number(max(values))]


def ratio(values: Sequence[float], reference: Sequence[float]) -> str:
    """The median over the reference's median of the same series, as a cell."""
    if not values or not reference:
        return number(None)
    return number(statistics.median(values) / statistics.median(reference), 2)


def say(text: str) -> None:
    """Progress and failures go to standard error, so that standard output is the report."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def dropping(name: str, dropped: dict[str, str]) -> Iterator[None]:
    """Note a contender that fails, with the reason, instead of ending the whole benchmark."""
    try:
        yield
    except Failure as failure:
        say(str(failure))
        dropped[name] = str(failure).partition("\n")[0]


def notes(dropped: dict[str, str]) -> str:
    """The lines below a table about those that were dropped from then on."""
    return "".join(f"\nDropped: {reason}\n" for reason in dropped.values())

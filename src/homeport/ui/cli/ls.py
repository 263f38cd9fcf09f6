"""`homeport ls`: what listens on this computer."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from homeport.core import words
from homeport.core.errors import ExitCode
from homeport.core.facts import Facts, System
from homeport.core.occupant_words import (
    elsewhere,
    hidden_owners,
    is_homeport,
    listens_on,
    project_title,
    remark,
    title,
)
from homeport.core.occupants import Occupant, occupants
from homeport.core.reach import reach
from homeport.core.reach_words import short
from homeport.engine.listening_of import is_of
from homeport.engine.roll_call import Known, roll_call
from homeport.host import me
from homeport.host.survey import facts
from homeport.ui.cli.page import Arguments, columns, paint, prose, show, show_json, width

HELP = """\
homeport ls [--all] [--json]     what listens on this computer, homeport servers first

One row per server: a supervisor and its workers are one, both addresses of localhost are one.

  --all    other network namespaces too (containers), as far as this user may look into them
  --json   one JSON object

Exit codes: 0 listed, 1 the system does not show its sockets.
"""

HEAD = ("PORT", "NAME", "SERVER", "LISTENS ON", "WHO CAN REACH IT", "SINCE")
ROOM_FOR_NAMES = 60
"""Columns of a page that has one for names; on others they stand before the server."""


class Row(NamedTuple):
    """A server, who can reach it in a few words, and what it tells itself if it is one of ours."""

    occupant: Occupant
    reach: str
    known: Known | None


def run(arguments: Sequence[str]) -> ExitCode:
    """The command."""
    parser = Arguments("ls")
    parser.add_argument("--all", action="store_true")
    given = parser.read(arguments)
    seen = facts(everywhere=given.all)
    registered = roll_call()
    rows = [
        Row(each, short(reach(each.listeners, seen)), _known(each, registered))
        for each in occupants(seen.listeners)
    ]
    rows.sort(key=lambda row: not _is_ours(row))
    if given.json:
        show_json(_as_object(rows, seen))
    else:
        show(_page(rows, seen))
    return ExitCode.OK


def _known(occupant: Occupant, registered: Sequence[Known]) -> Known | None:
    """It has the port, and its process, or one below it, holds that."""
    found = (
        each
        for each in registered
        if occupant.port in each.entry.ports
        and any(is_of(listener, each.entry.pid) for listener in occupant.listeners)
    )
    return next(found, None)


def _is_ours(row: Row) -> bool:
    """A homeport server, or a command of `homeport up`."""
    return is_homeport(row.occupant) or row.known is not None


def _page(rows: Sequence[Row], seen: Facts) -> Iterator[str]:
    if not rows:
        yield "Nothing listens on this computer."
    else:
        cells = [_cells(row, seen) for row in rows]
        wide = width() >= ROOM_FOR_NAMES
        page = [each if wide else _narrow(each) for each in (HEAD, *cells)]
        head, *table = columns(page, width() - 2)
        yield from (paint("2", line) for line in head)
        for row, lines in zip(rows, table, strict=True):
            style = "1" if _is_ours(row) else ""
            yield from (paint(style, line) for line in lines)
    hidden = sum(not row.occupant.holders for row in rows)
    if hidden:
        yield ""
        sudo = not me.is_root() and seen.system is not System.WINDOWS
        yield from prose(hidden_owners(hidden, sudo=sudo))
    if seen.namespaces:
        yield ""
        for namespace in seen.namespaces:
            yield from prose(elsewhere(namespace))


def _cells(row: Row, seen: Facts) -> tuple[str, ...]:
    occupant = row.occupant
    project = f": {project_title(occupant.project)}" if occupant.project else ""
    known, reach = row.known, row.reach
    is_failed = known is not None and known.phase == "failed"
    remarks = [remark(occupant), "its app does not start" if is_failed else ""]
    said = "".join(f" ({each})" for each in remarks if each)
    started = occupant.started
    at = f" at {known.entry.urls[0]}" if known is not None and known.entry.urls else ""
    if known is not None and known.shared_until is not None:
        reach += f"; shared until {words.since(known.shared_until, seen.time)}"
    return (
        str(occupant.port),
        known.entry.name if known is not None else "-",
        title(occupant) + at + project + said,
        listens_on(occupant.listeners, seen.interfaces),
        reach,
        "-" if started is None else words.since(started, seen.time),
    )


def _told(known: Known | None) -> dict[str, object]:
    """From the registry: null for what is not in it."""
    entry = known.entry if known is not None else None
    return {
        "name": entry.name if entry is not None else None,
        "instance": entry.instance if entry is not None else None,
        "urls": entry.urls if entry is not None else None,
        "app": entry.app if entry is not None else None,
        "since": entry.started if entry is not None else None,
        "phase": known.phase if known is not None else None,
        "background": known.background if known is not None else None,
        "shared_until": known.shared_until if known is not None else None,
    }


def _narrow(cells: Sequence[str]) -> tuple[str, ...]:
    port, name, server, *others = cells
    named = name not in ("-", HEAD[1])
    return (port, f"{name}: {server}" if named else server, *others)


def _as_object(rows: Sequence[Row], seen: Facts) -> dict[str, object]:
    return {
        "servers": [
            {
                "port": row.occupant.port,
                "homeport": is_homeport(row.occupant),
                **_told(row.known),
                "project": row.occupant.project,
                "program": row.occupant.program,
                "user": row.occupant.user,
                "listens_on": listens_on(row.occupant.listeners, seen.interfaces),
                "addresses": [listener.address for listener in row.occupant.listeners],
                "reach": row.reach,
                "started": row.occupant.started,
                "remark": remark(row.occupant),
                "holders": row.occupant.holders,
            }
            for row in rows
        ],
        "hidden": sum(not row.occupant.holders for row in rows),
        "namespaces": seen.namespaces,
    }

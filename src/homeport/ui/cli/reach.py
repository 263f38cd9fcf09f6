"""`homeport reach [PORT]`: who can reach a server, as a table and a drawing."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from homeport.core import reach_words, refusals, stop_refusals
from homeport.core.audience import AudienceKind, Finding, Question, Reach, Verdict
from homeport.core.diagram import mermaid, svg, text
from homeport.core.diagram.model import Diagram
from homeport.core.errors import ExitCode
from homeport.core.facts import Facts
from homeport.core.occupant_words import is_homeport, listens_on, project_title, title
from homeport.core.occupants import Occupant, occupants
from homeport.core.questions import questions
from homeport.core.reach import reach
from homeport.core.reach_pictures import comparison, side_by_side, way_of
from homeport.engine.roll_call import tls_servers
from homeport.host.survey import facts
from homeport.ui.cli.folders import own_project
from homeport.ui.cli.output import has_colour
from homeport.ui.cli.page import (
    Arguments,
    columns,
    is_ascii_only,
    paint,
    prose,
    show,
    show_json,
    show_text,
    width,
)

HELP = """\
homeport reach [PORT] [--svg FILE | --mermaid | --ascii | --json]     who can reach a server

A verdict for each audience, with its reason: yes, no, or maybe when a fact cannot be read from
here. Then localhost beside 0.0.0.0 for this port, drawn with the interfaces of this computer.
Without PORT: the server of this project, else all that can be reached from outside this computer.

  --svg FILE   write the drawings, for a page or a README (light and dark): FILE, and FILE-way
               for the way of a request
  --mermaid    print the drawing as Mermaid
  --ascii      draw with - | + only
  --json       one JSON object

Exit codes: 0 told, 5 nothing listens there.
"""


class Found(NamedTuple):
    """A server, who can reach it, and the founding questions about that."""

    occupant: Occupant
    reach: Reach
    questions: tuple[Question, ...]


_COLOURS = {Verdict.NO: "31", Verdict.UNKNOWN: "33", Verdict.YES: "32"}


def run(arguments: Sequence[str]) -> ExitCode:
    """The command. Raises NothingThereError."""
    parser = Arguments("reach")
    parser.add_argument("port", metavar="PORT", nargs="?")
    pictures = parser.formats
    pictures.add_argument("--svg", metavar="FILE")
    pictures.add_argument("--mermaid", action="store_true")
    pictures.add_argument("--ascii", action="store_true")
    given = parser.read(arguments)
    port = None if given.port is None else parser.port_number(given.port)
    seen = facts()
    tls = tls_servers()
    wanted = _wanted(seen, port)
    found = [Found(*each, questions(each[1], seen, tls)) for each in wanted]
    if given.json:
        show_json({"servers": [_as_object(each) for each in found]})
    elif given.svg or given.mermaid:
        _draw(found, seen, given.svg)
    elif not found:
        show(["No server on this computer can be reached from outside of it.", "", _ALL])
    else:
        show(_page(found, seen, ascii=given.ascii or is_ascii_only()))
    return ExitCode.OK


_ALL = "what listens:  homeport ls"


def _wanted(seen: Facts, port: int | None) -> list[tuple[Occupant, Reach]]:
    """The servers that are asked about. NothingThereError for a port without one."""
    everything = occupants(seen.listeners)
    if port is not None:
        chosen = [each for each in everything if each.port == port]
        if not chosen:
            raise stop_refusals.nothing_listens(port)
        return [(each, reach(each.listeners, seen)) for each in chosen]
    project = own_project()
    own = [each for each in everything if each.project and each.project.folder == project]
    own = [each for each in own if is_homeport(each)] or own
    if own:
        return [(each, reach(each.listeners, seen)) for each in own]
    reaches = [(each, reach(each.listeners, seen)) for each in everything]
    return [each for each in reaches if any(map(_comes_from_outside, each[1].findings))]


def _comes_from_outside(finding: Finding) -> bool:
    inside = finding.audience.kind in (AudienceKind.SELF, AudienceKind.USERS)
    return not inside and finding.verdict is not Verdict.NO


def _page(found: Sequence[Found], seen: Facts, *, ascii: bool) -> Iterator[str]:
    room = width() - 2
    alike = len({each.occupant.port for each in found}) == 1
    for each in found:
        if each != found[0]:
            yield ""
        yield from _table(each.occupant, each.reach, seen, room)
        if alike:
            yield from _answers(each)
    if not alike:
        yield ""
        yield f"drawn, one of them:  homeport reach {found[0].occupant.port}"
        return
    for diagram in _drawings(found, seen):
        yield ""
        drawn = text.render(diagram, width=room, ascii=ascii, colour=has_colour())
        yield from drawn.splitlines()


def _answers(found: Found) -> Iterator[str]:
    """The founding questions, and what would let more in."""
    yield ""
    for question in found.questions:
        first, *rest = prose(reach_words.question(question))
        yield paint(_COLOURS[question.verdict], first)
        yield from (f"  {line}" for line in rest)
    for finding in found.reach.findings:
        for allow, undo in reach_words.ufw_commands(finding, found.occupant.port):
            yield f"to let them in:  {allow}"
            yield f"  and afterwards:  {undo}"


def _drawings(found: Sequence[Found], seen: Facts) -> list[Diagram]:
    """The ways of requests of the first client that has a link, then who comes in by what."""
    ways = []
    for occupant, _, asked in found:
        drawn = [way for way in (way_of(each, occupant, seen) for each in asked) if way]
        ways += drawn[:1]
    if len(found) == 1:
        return [*ways, comparison(found[0].reach, seen)]
    return [*ways, side_by_side([(title(each.occupant), each.reach) for each in found], seen)]


def _table(occupant: Occupant, reached: Reach, seen: Facts, room: int) -> Iterator[str]:
    project = f"  {project_title(occupant.project)}" if occupant.project else ""
    where = listens_on(occupant.listeners, seen.interfaces)
    yield f"{paint('1', f'port {occupant.port}')}  {title(occupant)}{project}  on {where}"
    rows = [
        (
            reach_words.verdict(finding.verdict),
            reach_words.audience(finding.audience),
            reach_words.why(finding),
        )
        for finding in reached.findings
    ]
    for finding, lines in zip(reached.findings, columns(rows, room), strict=True):
        word = reach_words.verdict(finding.verdict)
        yield paint(_COLOURS[finding.verdict], word) + lines[0][len(word) :]
        yield from lines[1:]


def _draw(found: Sequence[Found], seen: Facts, file: str | None) -> None:
    ports = sorted({each.occupant.port for each in found})
    if len(ports) != 1:
        raise refusals.bad_flag(
            "A drawing is of one port: name it.",
            *(f"homeport reach {port} --mermaid" for port in ports[:3]),
        )
    *ways, compared = _drawings(found, seen)
    if file is None:
        panels = tuple(panel for each in (compared, *ways) for panel in each.panels)
        show_text(mermaid.render(replace(compared, panels=panels)) + "\n")
        return
    path = Path(file)
    drawn = {path: compared, **{path.with_stem(f"{path.stem}-way"): way for way in ways[:1]}}
    for place in drawn:
        _check(place)
    for place, diagram in drawn.items():
        _write(place, svg.render(diagram))
    show(f"written: {place}" for place in drawn)


def _check(path: Path) -> None:
    """Only a drawing of ours is written over."""
    try:
        if path.exists() and svg.MARK not in path.read_text("utf-8", errors="replace")[:400]:
            raise refusals.unwritable(str(path), "--svg", "there is another file of that name")
    except OSError:
        pass  # what is wrong with it is said when it is written


def _write(path: Path, picture: str) -> None:
    try:
        path.write_text(picture, "utf-8")
    except OSError as error:
        raise refusals.unwritable(str(path), "--svg", error.strerror or str(error)) from None


def _as_object(found: Found) -> dict[str, object]:
    occupant, reached, asked = found
    return {
        "port": occupant.port,
        "program": occupant.program,
        "project": occupant.project,
        "addresses": [listener.address for listener in occupant.listeners],
        "summary": reach_words.short(reached),
        "findings": [
            {
                "audience": finding.audience,
                "who": reach_words.audience(finding.audience),
                "verdict": reach_words.verdict(finding.verdict),
                "why": reach_words.why(finding),
                "reasons": finding.reasons,
                "addresses": finding.addresses,
            }
            for finding in reached.findings
        ],
        "questions": [
            {
                "asker": each.asker,
                "verdict": reach_words.verdict(each.verdict),
                "url": each.url,
                "answer": reach_words.question(each),
            }
            for each in asked
        ],
    }

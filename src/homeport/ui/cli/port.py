"""`homeport port [PORT]`: is it free, who holds it, who answers there."""

import time
from collections.abc import Iterator, Sequence

from homeport import host
from homeport.core import port_words, words
from homeport.core.address import LOOPBACK, Address
from homeport.core.availability import suggestions
from homeport.core.errors import ExitCode
from homeport.core.facts import Ancestor, Holder
from homeport.core.occupant_words import (
    elsewhere,
    listed,
    listens_on,
    project_title,
    remark,
    title,
)
from homeport.core.occupants import Occupant
from homeport.core.port_report import Destination, PortReport
from homeport.engine.roll_call import tls_servers
from homeport.host.survey import free_ports, port_report
from homeport.ui.cli.page import (
    Arguments,
    columns,
    paint,
    prose,
    show,
    show_json,
    width,
)

HELP = """\
homeport port [PORT] [--probe] [--json]     is PORT free, who holds it, who answers there

"Free" has five levels: a legal number, can be bound on 127.0.0.1 and ::1, nobody answers localhost
in our place, we take no connection from another server, and it stays free (no port that the system
gives to outgoing connections, nor the usual one of another tool). Without PORT: ports to take.

  --probe  also ask what answers there who it is (HTTP, on this computer only)
  --json   one JSON object

Exit codes: 0 free (it can be bound), 4 it is not.
"""


def run(arguments: Sequence[str]) -> ExitCode:
    """The command."""
    parser = Arguments("port")
    parser.add_argument("port", metavar="PORT", nargs="?")
    parser.add_argument("--probe", action="store_true")
    given = parser.read(arguments)
    if given.port is None:
        return _suggest(json=given.json)
    report = port_report(parser.port_number(given.port))
    if report.occupants:
        report = report.in_tls(tls_servers())
    probes = _probed(report) if given.probe else ()
    if given.json:
        show_json(_as_object(report, probes))
    else:
        show(_page(report, probes))
    return ExitCode.OK if report.availability.bindable else ExitCode.BIND


def _suggest(*, json: bool) -> ExitCode:
    taken = {listener.address.port for listener in host.listeners(owners=False)}
    best = free_ports(suggestions(taken, host.port_rules(), count=50), 5)
    if json:
        show_json({"free": best})
    else:
        show(
            [
                f"Free: {listed(best)}",
                "",
                f"serve there:   homeport --port {best[0]}",
                f"ask about one: homeport port {best[0]}",
            ]
            if best
            else ["No free port was found."]
        )
    return ExitCode.OK if best else ExitCode.BIND


def _page(report: PortReport, probes: Sequence[tuple[str, str]]) -> Iterator[str]:
    free = report.availability
    colour = "32" if free.bindable else "33"
    yield from (paint(colour, line) for line in prose(port_words.headline(free)))
    for note in port_words.notes(free):
        yield from prose(note)
    for occupant in report.occupants:
        yield ""
        yield from _occupant(occupant)
    if any(each.winners for each in report.destinations):
        yield from _answers(report)
    yield from (f"{url}  {said}" for url, said in probes)
    for namespace in report.elsewhere:
        yield ""
        yield from prose(elsewhere(namespace))
    steps = port_words.next_steps(free)
    if steps:
        yield ""
        yield from steps


def _occupant(occupant: Occupant) -> Iterator[str]:
    yield f"{paint('1', title(occupant))}  {listens_on(occupant.listeners, ())}"
    if occupant.project:
        yield f"  {project_title(occupant.project)}  {paint('2', occupant.project.folder)}"
    if said := remark(occupant):
        yield paint("33", f"  {said}")
    depths = {holder.pid: _depth(holder, occupant.holders) for holder in occupant.holders}
    for holder in occupant.holders:
        yield from prose(_process(holder), "  " + "  " * depths[holder.pid])
    above = _started_by(occupant)
    if above:
        chain = " < ".join(f"{each.program} ({each.pid})" for each in above)
        yield from (paint("2", line) for line in prose(f"started by  {chain}", "  "))


def _process(holder: Holder) -> str:
    since = "" if holder.started is None else words.since(holder.started, time.time())
    facts = [f"user {holder.user or 'unknown'}", f"since {since}" if since else ""]
    if holder.origin.container or holder.origin.unit:
        facts.append(holder.origin.container or holder.origin.unit or "")
    tail = "  ".join(fact for fact in facts if fact)
    return f"pid {holder.pid}  {holder.command or 'unknown command'}  {tail}"


def _depth(holder: Holder, family: Sequence[Holder]) -> int:
    pids = {each.pid for each in family}
    return sum(ancestor.pid in pids for ancestor in holder.ancestors)


def _started_by(occupant: Occupant) -> tuple[Ancestor, ...]:
    """The parents that are not part of the server."""
    return occupant.holders[0].ancestors if occupant.holders else ()


def _answers(report: PortReport) -> Iterator[str]:
    yield ""
    rows = [row for each in report.destinations for row in _rows(each)]
    for lines in columns(rows, width() - 2):
        yield from lines


def _rows(destination: Destination) -> list[tuple[str, str]]:
    """A name that means several addresses has a row for each, unless they agree."""
    said = {each.ip: port_words.who_answers(each) for each in destination.answers}
    if len(set(said.values())) == 1:
        return [(destination.url, next(iter(said.values())))]
    return [(f"{destination.url} as {ip}", who) for ip, who in said.items()]


def _probed(report: PortReport) -> tuple[tuple[str, str], ...]:
    """What answers at each loopback address, as it says itself."""
    from homeport.host.probe import check_program, probe

    found = []
    for ip in LOOPBACK:
        address = Address(ip=ip, port=report.port)
        on_it = [o for o in report.occupants if any(each.covers(ip) for each in o.listeners)]
        if not on_it:
            continue
        try:
            for occupant in on_it:
                check_program(occupant.program)
            told = probe(address)
        except ValueError as refusal:
            said = str(refusal)
        else:
            parts = (told.title, told.server, told.status and f"status {told.status}")
            said = ", ".join(str(part) for part in parts if part) or "does not answer in HTTP"
        found.append((address.url(), f"asked: {said}"))
    return tuple(found)


def _as_object(report: PortReport, probes: Sequence[tuple[str, str]]) -> dict[str, object]:
    free = report.availability
    return {
        "port": report.port,
        "free": free.bindable,
        "level": free.level,
        "message": port_words.headline(free),
        "notes": port_words.notes(free),
        "next": port_words.next_steps(free),
        "obstacles": [
            {"code": each.code, "level": each.level, "ips": each.ips, "detail": each.detail}
            for each in free.obstacles
        ],
        "servers": [
            {
                "program": occupant.program,
                "project": occupant.project,
                "addresses": [listener.address for listener in occupant.listeners],
                "holders": occupant.holders,
                "user": occupant.user,
                "origin": occupant.origin,
            }
            for occupant in report.occupants
        ],
        "answers": [
            {"url": each.url, "who": [port_words.who_answers(one) for one in each.answers]}
            for each in report.destinations
        ],
        "remnants": report.remnants,
        "elsewhere": report.elsewhere,
        "probes": dict(probes),
    }

"""From one server's reach to its two drawings: who comes in by which interface, and the way in."""

from collections.abc import Sequence
from dataclasses import replace

from homeport.core.address import LOOPBACK, WILDCARD, Address, Interface
from homeport.core.audience import Asker, Audience, Question, Reach, Verdict
from homeport.core.diagram.interfaces import Binding, interfaces
from homeport.core.diagram.model import Diagram
from homeport.core.diagram.way import Client, Route, way
from homeport.core.facts import Facts, Holder, Listener
from homeport.core.occupants import Occupant
from homeport.core.overlap import answer
from homeport.core.reach import reach
from homeport.core.reach_words import why

LOCALHOST_TITLE = "--host localhost"
EVERYWHERE_TITLES = {WILDCARD[:1]: "--host 0.0.0.0", WILDCARD: "--host all"}

_CLIENTS = {
    Asker.BROWSER: Client.BROWSER,
    Asker.PYTHON: Client.PYTHON,
    Asker.PHONE: Client.PHONE,
    Asker.COMPUTER: Client.COMPUTER,
}


def comparison(now: Reach, facts: Facts) -> Diagram:
    """localhost beside 0.0.0.0 for the port of a server, and what is so now if it is neither.

    A server on every address of both families stands in the place of 0.0.0.0.
    """
    own = {ip for interface in facts.interfaces for ip in interface.ips}
    local = tuple(ip for ip in LOOPBACK if ip in own) or LOOPBACK[:1]
    every = WILDCARD if _is_on(now, WILDCARD) else WILDCARD[:1]
    panels = [
        _panel(LOCALHOST_TITLE, local, now, facts),
        _panel(EVERYWHERE_TITLES[every], every, now, facts),
    ]
    if not any(panel.is_now for panel in panels):
        panels.insert(0, _binding("as it is", now, is_now=True))
    # One without an address takes no part, and is never the answer to a question about a port.
    return interfaces(now.port, panels, [each for each in facts.interfaces if each.addresses])


def side_by_side(servers: Sequence[tuple[str, Reach]], facts: Facts) -> Diagram:
    """Several servers on one port, each with its title: who comes in to which."""
    panels = [_binding(title, found, is_now=True) for title, found in servers]
    present = [each for each in facts.interfaces if each.addresses]
    return interfaces(servers[0][1].port, panels, present)


def _panel(title: str, ips: tuple[str, ...], now: Reach, facts: Facts) -> Binding:
    if _is_on(now, ips):
        return _binding(title, now, is_now=True)
    made_up = tuple(
        Listener(address=Address(ip=ip, port=now.port), v6only=":" in ip or None, user=facts.user)
        for ip in ips
    )
    # As if it were alone on the port: whom it would meet there is another question.
    others = tuple(one for one in facts.listeners if one.address.port != now.port)
    imagined = replace(facts, listeners=(*others, *made_up))
    return _binding(title, reach(made_up, imagined), is_now=False)


def _is_on(found: Reach, ips: tuple[str, ...]) -> bool:
    return sorted(one.address.ip for one in found.listeners) == sorted(ips)


def _binding(title: str, found: Reach, *, is_now: bool) -> Binding:
    reasons: dict[Audience, str] = {
        finding.audience: why(finding)
        for finding in found.findings
        if finding.verdict is Verdict.UNKNOWN
    }
    return Binding(title=title, reach=found, is_now=is_now, why=reasons)


def way_of(question: Question, occupant: Occupant, facts: Facts) -> Diagram | None:
    """The way of one request; None when there is no link that this client could open."""
    if question.url is None or question.finding is None or not question.finding.addresses:
        return None
    ips = question.finding.addresses
    # Programs that ask for `localhost` try ::1 first (RFC 6724 section 2.1).
    ip = "::1" if "//localhost" in question.url and "::1" in ips else ips[0]
    interface = _interface_of(ip, facts)
    on_port = [one for one in facts.listeners if one.address.port == occupant.port]
    device = interface.name if interface else None
    winners = answer(ip, on_port, facts.system, device).winners
    listener = winners[0] if winners else None
    route = Route(
        client=_CLIENTS[question.asker],
        url=question.url,
        address=Address(ip=ip, port=occupant.port),
        interface=interface,
        listener=listener,
        holder=_server(listener, occupant),
        verdict=question.verdict,
        why="" if question.verdict is Verdict.YES else why(question.finding),
    )
    return way(route)


def _interface_of(ip: str, facts: Facts) -> Interface | None:
    return next((each for each in facts.interfaces if ip in each.ips), None)


def _server(listener: Listener | None, occupant: Occupant) -> Holder | None:
    """The process that accepts, if the listener is this server's."""
    return occupant.server if listener in occupant.listeners else None

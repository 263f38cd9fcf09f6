"""The comparison: for one port, which interface lets whom in, with one binding beside another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from homeport.core.address import Address, Interface, InterfaceKind, ip_version, is_link_local
from homeport.core.audience import Audience, Reach, Verdict
from homeport.core.diagram import clients
from homeport.core.diagram.model import WORDS, Box, Diagram, Lane, Line, Panel, Tone
from homeport.core.facts import Listener

ORDER = (
    *(InterfaceKind.LOOPBACK, InterfaceKind.WIFI, InterfaceKind.ETHERNET, InterfaceKind.WSL),
    *(InterfaceKind.VPN, InterfaceKind.CONTAINER, InterfaceKind.OTHER),
)
MOST_ADDRESSES = 6
"""An interface with more has them counted."""
EVERY = {4: "every IPv4 address", 6: "every IPv6 address"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """One panel: what is, or would be, bound and who can reach it.

    `is_now` marks what is really so. `why` gives an audience the short reason of its verdict.
    """

    title: str
    reach: Reach
    is_now: bool = False
    why: Mapping[Audience, str] = field(default_factory=dict)


def interfaces(port: int, bindings: Sequence[Binding], interfaces: Sequence[Interface]) -> Diagram:
    """A panel for each binding, in each a lane for each interface, in the same order.

    The loopback interface comes first, then Wi-Fi, Ethernet and the others; of one kind those that
    are up. Findings that belong to no interface given share a last lane.
    """
    ordered = tuple(sorted(interfaces, key=lambda one: (ORDER.index(one.kind), not one.up)))
    homeless = any(
        clients.home(finding, ordered) is None
        for binding in bindings
        for finding in binding.reach.findings
    )
    panels = tuple(_panel(binding, ordered, homeless=homeless) for binding in bindings)
    return Diagram(
        title=f"Port {port}: who can come in, and by which interface of this computer",
        description=" ".join(sentence for panel in panels for sentence in _told(panel)),
        panels=panels,
    )


def listening(listeners: Sequence[Listener], ip: str, interface: str) -> Verdict:
    """Whether one of `listeners` takes connections to `ip` that come in by `interface`.

    UNKNOWN: only if an IPv6 socket takes IPv4 too, which the source did not tell.
    """
    found = [one for one in listeners if one.device in (None, interface) and one.covers(ip)]
    sure = [one for one in found if one.address.version == ip_version(ip) or one.v6only is False]
    return Verdict.YES if sure else Verdict.UNKNOWN if found else Verdict.NO


def _panel(binding: Binding, ordered: tuple[Interface, ...], *, homeless: bool) -> Panel:
    reach, why = binding.reach, binding.why
    lanes = [
        Lane(sources=clients.sources(reach, why, ordered, one), target=_door(one, reach))
        for one in ordered
    ]
    if homeless:
        elsewhere = Box(title="no interface of its own", tone=Tone.MUTED)
        lanes.append(Lane(sources=clients.sources(reach, why, ordered, None), target=elsewhere))
    return Panel(
        title=binding.title,
        badge="now" if binding.is_now else "",
        lines=(_bound(reach.listeners),),
        content=tuple(lanes),
    )


def _bound(listeners: Sequence[Listener]) -> str:
    told = [
        f"{one.address}{f' ({_scope(one)})' if one.address.is_wildcard else ''}"
        f"{f' on {one.device} only' if one.device else ''}"
        for one in listeners
    ]
    # Sockets that share an address (SO_REUSEPORT) are one place.
    return f"listens on {' and '.join(dict.fromkeys(told))}" if told else "does not listen"


def _scope(listener: Listener) -> str:
    both = listener.address.version == 6 and listener.v6only is False
    return f"{EVERY[6]} and {EVERY[4]}" if both else EVERY[listener.address.version]


def _door(interface: Interface, reach: Reach) -> Box:
    """The box of an interface: its state, its addresses, and on which of them the port listens."""
    ips = sorted(_own_ips(interface, reach.listeners), key=is_link_local)
    state = {ip: listening(reach.listeners, ip, interface.name) for ip in ips}
    lines = [] if interface.up else [Line(text="down")]
    if interface.up and not interface.running:
        lines.append(Line(text="no link"))
    shown, more = ips[:MOST_ADDRESSES], ips[MOST_ADDRESSES:]
    silent = all(one is Verdict.NO for one in state.values())
    if not ips:
        lines.append(Line(text="no address"))
    elif silent:
        lines += [Line(text=ip) for ip in shown]
        lines += [Line(text=f"and {len(more)} more")] if more else []
        lines.append(Line(text="does not listen", mark=Verdict.NO))
    else:
        lines += [_listens(ip, state[ip], reach.port) for ip in shown]
        lines += [_rest([state[ip] for ip in more])] if more else []
    tone = Tone.PLACE if interface.up and not silent else Tone.MUTED
    return Box(title=interface.name, note=interface.kind.value, lines=tuple(lines), tone=tone)


def _own_ips(interface: Interface, listeners: Sequence[Listener]) -> tuple[str, ...]:
    """With the further loopback addresses that are bound: 127.0.0.0/8 is nowhere listed whole."""
    if interface.kind is not InterfaceKind.LOOPBACK:
        return interface.ips
    bound = [one.address.ip for one in listeners if one.address.is_loopback]
    return tuple(dict.fromkeys((*interface.ips, *bound)))


def _listens(ip: str, verdict: Verdict, port: int) -> Line:
    address = Address(ip=ip, port=port)
    said = {
        Verdict.YES: f"listens on {address}",
        Verdict.UNKNOWN: f"may listen on {address}",
        Verdict.NO: f"not on {ip}",
    }
    return Line(text=said[verdict], mark=verdict)


def _rest(verdicts: Sequence[Verdict]) -> Line:
    count = sum(one is not Verdict.NO for one in verdicts)
    return Line(text=f"and {len(verdicts)} more, listens on {count} of them")


def _told(panel: Panel) -> list[str]:
    """The panel in sentences."""
    told = [f"{panel.title}{' (now)' if panel.badge else ''}: {' '.join(panel.lines)}."]
    for lane in panel.content if isinstance(panel.content, tuple) else ():
        for source in lane.sources:
            who = " ".join((source.box.title, *(line.text for line in source.box.lines)))
            told.append(f"By {lane.target.title}: {who}: {WORDS[source.verdict]}.")
    return told

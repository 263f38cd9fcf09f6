"""The way of one request: from the client through this computer to the app, and back."""

from dataclasses import dataclass
from enum import Enum

from homeport.core.address import Address, Interface, InterfaceKind
from homeport.core.audience import Verdict
from homeport.core.diagram.cells import shorten
from homeport.core.diagram.model import Arrow, Box, Chain, Diagram, Line, Panel, Tone
from homeport.core.facts import Holder, Listener

LONGEST_URL, LONGEST_FOLDER = 120, 60


class Client(Enum):
    """The programs of the founding question."""

    BROWSER = "browser"
    PYTHON = "Python client"
    PHONE = "phone"
    COMPUTER = "another computer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What is known of one way.

    `address` is what `url` leads to, `interface` where that comes in. `verdict` is whether the
    request arrives at the interface and passes; `why` the short reason if not YES. `listener` is
    the socket that takes it, None when none does. `holder` has that socket open, None when it is
    not visible to this user. `app` is `main:app`, empty when not known.
    """

    client: Client
    url: str
    address: Address
    interface: Interface | None
    listener: Listener | None
    holder: Holder | None = None
    app: str = ""
    verdict: Verdict = Verdict.YES
    why: str = ""


def way(route: Route) -> Diagram:
    """A chain from the client to the app. It ends where the request does."""
    url = shorten(route.url, LONGEST_URL)
    first = f"{url} ({route.why})" if route.why else url
    onward = Arrow(label=first, verdict=route.verdict)
    steps: list[tuple[Box, Arrow]] = []
    if route.interface:
        steps.append((_door(route.interface), onward))
        onward = Arrow(label=f"to {route.address}")
    if not steps or route.verdict is not Verdict.NO:
        steps += _inside(route, onward)
    arrives = all(arrow.verdict is not Verdict.NO for _, arrow in steps)
    boxes = (_client(route), *(box for box, _ in steps))
    chain = Chain(boxes=boxes, arrows=tuple(arrow for _, arrow in steps), answered=arrives)
    end = "The answer goes back the same way." if arrives else "It gets no further."
    return Diagram(
        title=f"The way of a request to {url}",
        description=f"{', then '.join(box.heading for box in boxes)}. {end}",
        panels=(Panel(title="", content=chain),),
    )


def _inside(route: Route, arrow: Arrow) -> list[tuple[Box, Arrow]]:
    """From the socket on, which `arrow` leads to."""
    if route.listener is None:
        nothing = Box(title=str(route.address), note="nothing listens here", tone=Tone.MUTED)
        return [(nothing, Arrow(label=arrow.label, verdict=Verdict.NO))]
    steps = [(_socket(route.listener), arrow)]
    if arrow.verdict is Verdict.NO:
        return steps
    steps.append((_program(route.holder), Arrow(label="the program that has it open")))
    if route.app:
        app = Box(title=route.app, note="app", tone=Tone.SERVER)
        steps.append((app, Arrow(label="calls")))
    return steps


def _client(route: Route) -> Box:
    elsewhere = route.client in (Client.PHONE, Client.COMPUTER)
    where = "another device" if elsewhere else "a program on this computer"
    return Box(title=route.client.value, lines=(Line(text=where),), tone=Tone.CLIENT)


def _door(interface: Interface) -> Box:
    local = interface.kind is InterfaceKind.LOOPBACK
    network = "stays inside this computer" if local else "comes in from the network"
    lines = [Line(text=network)]
    if not interface.up or not interface.running:
        lines.append(Line(text="no link" if interface.up else "down"))
    return Box(title=interface.name, note=interface.kind.value, lines=tuple(lines))


def _socket(listener: Listener) -> Box:
    lines = []
    if listener.address.is_wildcard:
        every = f"takes every IPv{listener.address.version} address of this computer"
        lines.append(Line(text=every))
    if listener.address.is_wildcard and listener.address.version == 6 and not listener.v6only:
        unknown = listener.v6only is None
        lines.append(
            Line(text="perhaps every IPv4 address" if unknown else "and every IPv4 address")
        )
    if listener.device:
        lines.append(Line(text=f"only what comes in by {listener.device}"))
    return Box(title=str(listener.address), note="listening socket", lines=tuple(lines))


def _program(holder: Holder | None) -> Box:
    if holder is None:
        hidden = Line(text="its process is not visible to this user")
        return Box(title="server program", lines=(hidden,), tone=Tone.SERVER)
    lines = []
    if project := holder.project:
        branch = f" (branch {project.branch})" if project.branch else ""
        lines.append(Line(text=f"project {project.name}{branch}"))
        if project.worktree:
            lines.append(Line(text=f"worktree {project.worktree}"))
    if holder.folder:
        lines.append(Line(text=f"in {shorten(holder.folder, LONGEST_FOLDER)}"))
    if holder.user:
        lines.append(Line(text=f"user {holder.user}"))
    return Box(
        title=holder.program or shorten(holder.command, LONGEST_FOLDER) or "server program",
        note=f"pid {holder.pid}",
        lines=tuple(lines),
        tone=Tone.SERVER,
    )

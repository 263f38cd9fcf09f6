"""Who comes in by which interface: the lanes' left side."""

from collections.abc import Mapping

from homeport.core.address import Interface, InterfaceKind
from homeport.core.audience import Audience, AudienceKind, Finding, Reach
from homeport.core.diagram.model import Box, Line, Source, Tone

HERE = "on this computer"
CLIENTS = {
    AudienceKind.SELF: "browser, Python client",
    AudienceKind.USERS: "other users",
    AudienceKind.CONTAINERS: "containers and VMs",
    AudienceKind.NETWORK: "phone, other computers",
    AudienceKind.VPN: "VPN peers",
    AudienceKind.INTERNET: "beyond the router",
}
LOCAL = (AudienceKind.SELF, AudienceKind.USERS)


def home(finding: Finding, interfaces: tuple[Interface, ...]) -> str | None:
    """The interface a finding is drawn at; None when no interface of this computer is its own.

    Local programs use the loopback interface even to reach a network address of their computer.
    The internet comes in by a default route: the one that has an address to connect to, if any.
    """
    if finding.audience.kind in LOCAL:
        kinds = {one.kind: one.name for one in reversed(interfaces)}
        return kinds.get(InterfaceKind.LOOPBACK)
    if finding.audience.interface is not None:
        names = [one.name for one in interfaces]
        return finding.audience.interface if finding.audience.interface in names else None
    doors = [one for one in interfaces if one.gateways]
    fitting = [one for one in doors if set(one.ips) & set(finding.addresses)]
    return next((one.name for one in [*fitting, *doors]), None)


def sources(
    reach: Reach,
    why: Mapping[Audience, str],
    interfaces: tuple[Interface, ...],
    interface: Interface | None,
) -> tuple[Source, ...]:
    """Those who would come in by `interface`; with None, by no interface of `interfaces`."""
    name = interface.name if interface else None
    ips = interface.ips if interface else ()
    return tuple(
        Source(box=_client(finding, why, ips), verdict=finding.verdict)
        for finding in reach.findings
        if home(finding, interfaces) == name
    )


def _client(finding: Finding, why: Mapping[Audience, str], ips: tuple[str, ...]) -> Box:
    audience = finding.audience
    lines = [Line(text=HERE)] if audience.kind in LOCAL else []
    if audience.networks:
        lines.append(Line(text=f"on {', '.join(audience.networks)}"))
    elif audience.interface:
        lines.append(Line(text=f"by {audience.interface}"))
    if finding.addresses and not set(finding.addresses) & set(ips):
        lines.append(Line(text=f"by {', '.join(finding.addresses)}"))
    if audience in why:
        lines.append(Line(text=why[audience]))
    return Box(title=CLIENTS[audience.kind], lines=tuple(lines), tone=Tone.CLIENT)

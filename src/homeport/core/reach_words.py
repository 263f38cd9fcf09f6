"""Who can reach it, in sentences (research/sharing-and-security.md, E).

Said is what it listens on, what was read and what could not be read. A loopback address is no work
of a firewall, and "yes" is only what this computer does: the network between is not seen.
"""

from homeport.core.address import InterfaceKind
from homeport.core.audience import (
    Asker,
    Audience,
    AudienceKind,
    Finding,
    Question,
    Reach,
    Reason,
    ReasonCode,
    Verdict,
)
from homeport.core.firewall import FrontEnd
from homeport.core.reach_links import is_tailnet

_REASONS = {
    ReasonCode.LISTENING: "it listens on {}",
    ReasonCode.NOT_LISTENING: "it listens on {}, on no address that leads there",
    ReasonCode.LOOPBACK_ONLY: (
        "it listens on {}, not on a network address; this does not depend on a firewall"
    ),
    ReasonCode.SHADOWED: "another server on this port answers {}",
    ReasonCode.SHARED_PORT: "it shares {} with another server: either of them may answer",
    ReasonCode.V6ONLY_UNKNOWN: "whether its IPv6 socket also takes {} could not be read (V6ONLY)",
    ReasonCode.WINNER_UNKNOWN: "which of several servers answers {} is not certain",
    ReasonCode.SPLIT_LOCALHOST: (
        "localhost:{} is not certain: another server has one of its two addresses"
    ),
    ReasonCode.OTHER_INTERFACE: (
        "only if it sends packets for {} through this computer (containers usually do)"
    ),
    ReasonCode.ROUTE_LOCALNET: (
        "route_localnet is on for {}; a device on that network may reach addresses starting "
        "with 127 on this computer"
    ),
    ReasonCode.ADDRESS_GONE: "it listens on {}, which is the address of no interface now",
    ReasonCode.LINK_LOCAL: (
        "only by a link-local address (fe80::), which programs take with a zone and browsers not"
    ),
    ReasonCode.INTERFACE_DOWN: "{} is down",
    ReasonCode.NO_LINK: "{} has no link",
    ReasonCode.NO_NETWORK: "this computer is on no network now",
    ReasonCode.SAME_NETWORK: "{} has the same network, so the answers may leave there",
    ReasonCode.DETOUR: "answers to {}, a part of that network, are sent elsewhere (ip route)",
    ReasonCode.OTHER_ROUTING: "routing rules may send the answers elsewhere (ip rule)",
    ReasonCode.FILTER_EMPTY: "no firewall rules are loaded",
    ReasonCode.FILTER_LETS_IN: "the firewall rules let them in",
    ReasonCode.FILTER_DROPS: "the firewall rules refuse them (chain {})",
    ReasonCode.FILTER_DEPENDS: "the firewall rules let some of them in, not all (chain {})",
    ReasonCode.FILTER_UNCLEAR: "the firewall has rules that could not be interpreted",
    ReasonCode.FILTER_REWRITES: "a firewall rule sends other connections on to this port",
    ReasonCode.FILTER_REPLIES: (
        "the firewall rules let the first packet in, and perhaps not the rest (chain {})"
    ),
    ReasonCode.FILTER_NEIGHBOURS: (
        "the firewall rules may refuse neighbour discovery (ICMPv6), which IPv6 needs (chain {})"
    ),
    ReasonCode.FILTER_UNREAD: "firewall not checked",
    ReasonCode.FRONT_END_ON: "{} is on; its rules need administrator rights to read",
    ReasonCode.FRONT_END_DENIES: (
        "{} is on and refuses incoming connections by default; "
        "its rules need administrator rights to read"
    ),
    ReasonCode.ROUTER_PRIVATE: "only if a router passes the port on to {}; routers are not asked",
    ReasonCode.ROUTER_GLOBAL: (
        "{} is a public address; what a router or provider lets through cannot be read here"
    ),
    ReasonCode.NO_DEFAULT_ROUTE: (
        "there is no default route for {}: answers only find their way to a router that puts "
        "its own address on what it passes on"
    ),
}

_ASKERS = {
    Asker.BROWSER: "A browser on this computer",
    Asker.PYTHON: "A Python client on this computer",
    Asker.PHONE: "A phone on the same network",
    Asker.COMPUTER: "Another computer",
}
_WORDS = {Verdict.NO: "no", Verdict.UNKNOWN: "maybe", Verdict.YES: "yes"}


def verdict(value: Verdict) -> str:
    """yes, no or maybe."""
    return _WORDS[value]


def audience(value: Audience) -> str:
    """Who they are: "devices on Wi-Fi wlan0 (192.168.1.0/24)"."""
    networks = f" ({', '.join(value.networks)})" if value.networks else ""
    match value.kind:
        case AudienceKind.SELF:
            return "programs on this computer"
        case AudienceKind.USERS:
            return "other users of this computer"
        case AudienceKind.CONTAINERS:
            return f"containers and VMs on {value.interface}{networks}"
        case AudienceKind.VPN:
            what = "the tailnet" if is_tailnet(value.networks) else "the VPN"
            return f"peers in {what} {value.interface}{networks}"
        case AudienceKind.NETWORK:
            return f"devices on {_medium(value)}{value.interface}{networks}"
    return "beyond the router (other networks, the internet)"


def _medium(value: Audience) -> str:
    known = value.medium in (InterfaceKind.WIFI, InterfaceKind.ETHERNET)
    return f"{value.medium.value} " if value.medium and known else ""


def reason(value: Reason) -> str:
    """One link of the chain, without a capital letter and without a full stop."""
    if value.code is ReasonCode.FILTER_UNREAD and value.about:
        return f"firewall not checked ({value.about})"
    text = _REASONS[value.code]
    return text.format(value.about) if value.about else text.replace(" (chain {})", "")


def why(finding: Finding) -> str:
    """The links that decide, in one phrase: those as weak as the whole chain."""
    deciding = [link for link in finding.reasons if link.verdict is finding.verdict]
    if finding.verdict is Verdict.YES:
        by = " and ".join(finding.addresses)
        return "; ".join([f"by {by}", *map(reason, deciding[1:])])
    return "; ".join(dict.fromkeys(map(reason, deciding)))


def short(reach: Reach) -> str:
    """For one cell of a table: "this computer + Wi-Fi 192.168.1.0/24 (firewall not checked)"."""
    parts = []
    for finding in reach.findings:
        kind = finding.audience.kind
        if finding.verdict is Verdict.NO or kind is AudienceKind.USERS or _is_far(finding):
            continue
        parts.append(_circle(finding))
    return " + ".join(parts) or "no address leads to it"


def _is_far(finding: Finding) -> bool:
    """A maybe that takes more than a firewall: a router, or a device that makes an effort.

    Containers make none.
    """
    codes = {link.code for link in finding.reasons}
    routed = finding.audience.kind is AudienceKind.INTERNET
    public = ReasonCode.ROUTER_GLOBAL in codes
    by_itself = finding.audience.kind is AudienceKind.CONTAINERS
    sideways = ReasonCode.OTHER_INTERFACE in codes and not by_itself
    return (routed and not public) or sideways


def _circle(finding: Finding) -> str:
    about, name = finding.audience, "the internet"
    match about.kind:
        case AudienceKind.SELF | AudienceKind.USERS:
            name = "this computer"
        case AudienceKind.CONTAINERS:
            name = f"containers on {about.interface}"
        case AudienceKind.VPN:
            name = "tailnet" if is_tailnet(about.networks) else f"VPN {about.interface}"
        case AudienceKind.NETWORK:
            v4 = [network for network in about.networks if ":" not in network]
            name = f"{_medium(about) or 'network '}{(v4 or [*about.networks])[0]}"
    return name if finding.verdict is Verdict.YES else f"{name} ({_doubt(finding)})"


def _doubt(finding: Finding) -> str:
    """The first doubt, in two or three words."""
    for link in finding.reasons:
        if link.verdict is Verdict.UNKNOWN:
            match link.code:
                case ReasonCode.FILTER_UNREAD:
                    return "firewall not checked"
                case ReasonCode.FRONT_END_ON | ReasonCode.FRONT_END_DENIES:
                    return f"{link.about} is on"
                case ReasonCode.ROUTE_LOCALNET:
                    return "route_localnet is on"
    return "maybe"


def question(value: Question) -> str:
    """The answer to a founding question, as a whole sentence or two."""
    if value.finding is None:
        return f"{_ASKERS[value.asker]}: no. This computer is on no network that it could share."
    notes = "".join(f" {reason(note)[:1].upper()}{reason(note)[1:]}." for note in value.notes)
    if value.verdict is Verdict.YES:
        where = value.url or " or ".join(value.finding.addresses)
        return f"{_ASKERS[value.asker]}: yes, {where}.{notes}"
    link = f" {value.url} is what to try." if value.url else ""
    head = f"{_ASKERS[value.asker]}: {verdict(value.verdict)}"
    if value.finding.verdict is Verdict.YES:
        return f"{head}.{notes}"
    return f"{head}; {why(value.finding)}.{link}{notes}"


def ufw_commands(finding: Finding, port: int) -> tuple[tuple[str, str], ...]:
    """What lets `finding`'s network in where ufw refuses by default, and what takes it back.

    Nothing when ufw is not the doubt. One pair for each address it could connect to.
    """
    denies = ReasonCode.FRONT_END_DENIES, FrontEnd.UFW.value
    if denies not in [(link.code, link.about) for link in finding.reasons]:
        return ()
    pairs = []
    for ip in finding.addresses:
        for network in finding.audience.networks:
            if (":" in ip) == (":" in network):
                rule = f"allow from {network} to {ip} port {port} proto tcp"
                pairs.append((f"sudo ufw {rule}", f"sudo ufw delete {rule}"))
                break
    return tuple(pairs)

"""The rules of the guard: a visit and the policy of its door → may it pass.

`decide` asks the rules in order, and the first that fails decides. R8 (what an answer may say) is
in `core/guard_words`, R9 (time) is kept by whoever has a clock, `engine/guarding/guard`.

    R0 peer     came from where somebody was invited
    R1 wire     what an ASGI server lets through and no tool sends
    R2 host     the name it is for is one of ours: a list, looked up; this stops DNS rebinding
    R3 origin   the page that sends it is ours, or was listed
    R4 fetch    without an origin, nothing from another site but a person who follows a link
    R5 socket   a WebSocket has an origin, or no browser sends it
    R6 pass     on a shared door: a device that was let in
    R7 cookie   what a browser adds by itself is not enough to change something
"""

from collections.abc import Callable
from enum import Enum
from typing import assert_never

from homeport.core.authority import NULL, Authority, Origin, read_authority, read_origin
from homeport.core.decision import Allow, Ask, Decision, Deny, Drop, Fault, shown
from homeport.core.door import DoorKind, Policy
from homeport.core.door_rules import admits, own_names
from homeport.core.visit import PassKind, Via, Visit

__all__ = [
    "Allow",
    "Ask",
    "Decision",
    "Deny",
    "DoorKind",
    "Drop",
    "Fault",
    "PassKind",
    "Policy",
    "Via",
    "Visit",
    "admits",
    "decide",
]

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
REFUSED_METHODS = frozenset({"CONNECT", "TRACE", "TRACK"})
KNOWN_SITES = frozenset({b"same-origin", b"same-site", b"cross-site", b"none"})
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})


class _Standing(Enum):
    """Of the page that sends a request."""

    UNSAID = "no Origin"
    OWN = "the very authority that was asked"
    APPROVED = "another name of this door, or listed"


def decide(visit: Visit, policy: Policy) -> Decision:
    """Allow, refuse, ask for a pass, or drop."""
    if not admits(policy, visit.peer):
        return Drop()
    if fault := _wire(visit):
        return fault
    authority = _host(visit, policy)
    if isinstance(authority, Deny):
        return authority
    standing = _origin(visit, policy, authority)
    if isinstance(standing, Deny):
        return standing
    for rule in _LATER_RULES:
        if (found := rule(visit, policy, standing)) is not None:
            return found
    return Allow()


def _wire(visit: Visit) -> Deny | None:
    if visit.method.upper() in REFUSED_METHODS:
        return Deny(Fault.METHOD, shown(visit.method))
    if not visit.path.startswith("/") and (visit.path, visit.method) != ("*", "OPTIONS"):
        return Deny(Fault.TARGET, shown(visit.path.partition("?")[0]))
    if visit.h2c:
        return Deny(Fault.H2C)
    if visit.two_lengths:
        return Deny(Fault.TWO_LENGTHS)
    if len(visit.hosts) > 1:
        return Deny(Fault.TWO_HOSTS, shown(b", ".join(visit.hosts)))
    return None


def _host(visit: Visit, policy: Policy) -> Authority | Deny:
    if not visit.hosts or not visit.hosts[0]:
        return Deny(Fault.NO_HOST)
    authority = read_authority(visit.hosts[0])
    if authority is None:
        return Deny(Fault.BAD_HOST, shown(visit.hosts[0]))
    if not _is_ours(authority, visit, policy):
        return Deny(Fault.FOREIGN_HOST, shown(visit.hosts[0]))
    return authority


def _is_ours(authority: Authority, visit: Visit, policy: Policy) -> bool:
    """Only what is listed. The unspecified address reaches us, but nobody is ever told it."""
    if set(authority.host) <= set("[0.:]"):
        return False
    if str(authority) in policy.hosts and authority.port is not None:
        return True
    listed = authority.host in policy.hosts or authority.host in own_names(policy, visit.arrived_at)
    if policy.kind is DoorKind.SHARED:
        return listed and authority.port_under(policy.scheme) == policy.port
    return listed or "*" in policy.hosts


def _origin(visit: Visit, policy: Policy, authority: Authority) -> _Standing | Deny:
    if not visit.origins:
        return _Standing.UNSAID
    raw = visit.origins[0]
    if len(visit.origins) > 1:
        return Deny(Fault.TWO_ORIGINS, shown(b", ".join(visit.origins)))
    if raw == NULL:
        return _Standing.APPROVED if "null" in policy.origins else Deny(Fault.NULL_ORIGIN, "null")
    origin = read_origin(raw)
    if origin is None:
        return Deny(Fault.BAD_ORIGIN, shown(raw))
    here = (policy.scheme, authority.port_under(policy.scheme))
    same_port = here == (origin.scheme, origin.authority.port_under(origin.scheme))
    if same_port and origin.host == authority.host:
        return _Standing.OWN
    if same_port and origin.host in own_names(policy, visit.arrived_at):
        return _Standing.APPROVED
    if str(origin) in policy.origins or (policy.trusts_loopback_pages and _is_loopback(origin)):
        return _Standing.APPROVED
    return Deny(Fault.FOREIGN_ORIGIN, shown(raw))


def _is_loopback(origin: Origin) -> bool:
    """A page that only a program of this computer can have served, whatever its port."""
    by_name = origin.host in LOOPBACK_HOSTS or origin.host.endswith(".localhost")
    return by_name and origin.scheme in ("http", "https")


def _fetch_metadata(visit: Visit, policy: Policy, standing: _Standing) -> Deny | None:
    if not visit.sites:
        return None
    site = visit.sites[0]
    if len(visit.sites) > 1 or site not in KNOWN_SITES:
        return Deny(Fault.UNKNOWN_SITE, shown(b", ".join(visit.sites)))
    if site == b"none":
        return None
    if site == b"same-origin":
        # A development proxy that changes Host sends this honestly; in front of a share is none.
        lies = policy.kind is DoorKind.SHARED and standing is _Standing.APPROVED
        return Deny(Fault.CONTRADICTION, shown(visit.origins[0])) if lies else None
    if standing is _Standing.OWN:
        return Deny(Fault.CONTRADICTION, shown(visit.origins[0]))
    if standing is _Standing.APPROVED or _is_followed_link(visit):
        return None
    if site == b"same-site" and _is_embedded_here(visit, policy):
        return None
    return Deny(Fault.CROSS_SITE, shown(site))


def _is_followed_link(visit: Visit) -> bool:
    """A person went to another page, not inside a frame: the page before cannot read it."""
    to_a_page = (visit.modes, visit.dests) == ((b"navigate",), (b"document",))
    return to_a_page and visit.method in ("GET", "HEAD") and not visit.websocket


def _is_embedded_here(visit: Visit, policy: Policy) -> bool:
    """A picture or a script on a page of another server of this computer, which says no origin.

    The same site as a loopback name is that name alone, on any port.
    """
    authority = read_authority(visit.hosts[0]) if policy.trusts_loopback_pages else None
    at_home = authority is not None and authority.host in LOOPBACK_HOSTS
    return at_home and visit.method in ("GET", "HEAD") and not visit.websocket


def _socket(visit: Visit, policy: Policy, standing: _Standing) -> Deny | None:
    """Browsers always send the origin of a WebSocket; other programs have a header token."""
    if not visit.websocket or standing is not _Standing.UNSAID:
        return None
    if not policy.pairing or visit.via is Via.HEADER:
        return None
    return Deny(Fault.SOCKET_WITHOUT_ORIGIN)


def _pass(visit: Visit, policy: Policy, standing: _Standing) -> Deny | Ask | None:
    if not policy.pairing:
        presented = visit.via is Via.HEADER and visit.pass_ is not PassKind.NONE
        right = not presented or visit.pass_ is PassKind.VALID
        return None if right else Deny(Fault.WRONG_TOKEN)
    match visit.pass_:
        case PassKind.VALID:
            return None
        case PassKind.CODE:
            usable = visit.method == "GET" and not visit.websocket
            return None if usable else Deny(Fault.MISPLACED_CODE)
        case PassKind.CODE_USED:
            return Deny(Fault.USED_CODE)
        case PassKind.WRONG:
            return Deny(Fault.WRONG_TOKEN)
        case PassKind.NONE | PassKind.EXPIRED:
            return _without_pass(visit, standing)
        case _:
            assert_never(visit.pass_)


def _without_pass(visit: Visit, standing: _Standing) -> Deny | Ask | None:
    if visit.websocket:
        return Deny(Fault.SOCKET_WITHOUT_PASS)
    if visit.method == "OPTIONS" and visit.preflight and standing is _Standing.APPROVED:
        return None  # never carries a pass (Fetch, CORS-preflight fetch); the real request does
    return Ask()


def _cookie(visit: Visit, policy: Policy, standing: _Standing) -> Deny | None:
    if not policy.pairing or visit.via is not Via.COOKIE or standing is not _Standing.UNSAID:
        return None
    harmless = visit.method in SAFE and not visit.websocket
    return None if harmless or visit.sites == (b"same-origin",) else Deny(Fault.COOKIE_ALONE)


_Rule = Callable[[Visit, Policy, _Standing], Deny | Ask | None]
_LATER_RULES: tuple[_Rule, ...] = (_fetch_metadata, _socket, _pass, _cookie)

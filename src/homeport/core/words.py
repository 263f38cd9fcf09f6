"""Judgements → sentences; the ones that refuse something are in `core/refusals`.

Rules (research/sharing-and-security.md, E): say what is listened on and what was seen; never
"secure", never "nobody can reach", never 0.0.0.0 as a link; a firewall only when it was read.
"""

from datetime import datetime

from homeport.core.address import LOOPBACK, Interface, InterfaceKind, network_of
from homeport.core.facts import Holder, Listener

THIS_COMPUTER = "programs on this computer"
WHOEVER = "whoever can reach this address"


def same_by_family(version: int) -> str:
    """Beside the second and third link to the same listener pair."""
    return f"the same, IPv{version}"


def devices_on(interface: Interface, address: str) -> str:
    """Who may come through an interface; `address` is `ip/prefix-length`."""
    kind = "" if interface.kind is InterfaceKind.OTHER else f" ({interface.kind.value})"
    network = network_of(address)
    match interface.kind:
        case InterfaceKind.CONTAINER:
            who = f"containers and VMs here, {network}"
        case InterfaceKind.VPN:
            who = f"VPN peers, {network}"
        case _:
            who = f"devices on {network} can try; firewall not checked"
    return f"{interface.name}{kind}: {who}"


WATCHES_USED_UP = (
    "no more folders can be watched: changes in new ones are not seen; "
    "raise it with  sudo sysctl fs.inotify.max_user_watches=524288"
)
TWO_ALIVE = "that version was alive meanwhile; if only one may be:  homeport --single-lifespan"
ANY_HOST_IN_CONTAINER = (
    "this is a container: any Host is answered, for the names outside are not known here; "
    "name them with --allow-host to be strict"
)
OPEN_TO_OTHERS = (
    "open to all of them for as long as this runs; to let devices in one by one, for a while:  "
    "homeport share  on a server without --host"
)
NO_IPV6 = "this computer has no IPv6 loopback: listening on IPv4 only"


def not_loaded_again(same: tuple[str, ...], unused: tuple[str, ...]) -> str:
    """Why a save changes nothing; empty when there is nothing to say."""
    parts = [f"{_some(same)}: the same bytes as before"] if same else []
    parts += [f"{_some(unused)}: not used by the app"] if unused else []
    return "saved, not loaded again: " + "; ".join(parts) if parts else ""


def _some(names: tuple[str, ...]) -> str:
    more = len(names) - 3
    return ", ".join(names[:3]) + (f" and {more} more" if more > 0 else "")


def next_port(wanted: int, port: int, listeners: tuple[Listener, ...]) -> str:
    """Why the port is not the usual one."""
    by = f" by {who_holds(listeners)}" if listeners else ""
    return f"port {wanted} is in use{by}; using {port}"


def shadowed(strangers: tuple[Listener, ...]) -> str:
    """Sockets of others that get connections to a link of ours, or to `localhost`."""
    first = strangers[0].address
    local = any(listener.covers(ip) for listener in strangers for ip in LOOPBACK)
    url = f"http://localhost:{first.port}" if local else first.url()
    where = ", ".join(sorted({str(listener.address) for listener in strangers}))
    return f"{url} may reach another server: {where} is held by {who_holds(strangers)}"


def who_holds(listeners: tuple[Listener, ...]) -> str:
    """The holders in one phrase: the oldest first (a parent before its reload child)."""
    holders = holders_of(listeners)
    if not holders:
        users = sorted({listener.user for listener in listeners if listener.user})
        of = f" of user {users[0]}" if users else ""
        return f"a process{of} that is not visible to you"
    first = holders[0]
    more = f" and {len(holders) - 1} more" if len(holders) > 1 else ""
    return f"pid {first.pid}{more} ({first.command or 'unknown command'})"


def holders_of(listeners: tuple[Listener, ...]) -> tuple[Holder, ...]:
    """Every process that holds one of the sockets, oldest first."""
    found = {holder.pid: holder for listener in listeners for holder in listener.holders}
    return tuple(sorted(found.values(), key=lambda holder: (holder.started or 0.0, holder.pid)))


def holder_lines(listeners: tuple[Listener, ...], now: float) -> tuple[str, ...]:
    """What is known of the holders, a line each."""
    lines: list[str] = []
    for listener in listeners:
        for holder in listener.holders:
            started = "" if holder.started is None else f", since {since(holder.started, now)}"
            lines.append(
                f"{listener.address}  pid {holder.pid}  {holder.command or 'unknown command'}  "
                f"in {holder.folder or 'a folder not visible to you'}, "
                f"user {holder.user or 'unknown'}{started}"
            )
        if not listener.holders:
            lines.append(
                f"{listener.address}  owner not visible to you"
                + (f", user {listener.user}" if listener.user else "")
            )
    return tuple(dict.fromkeys(lines))


def since(started: float, now: float) -> str:
    """A point in time as a person says it: the clock today, the date otherwise."""
    then, today = datetime.fromtimestamp(started), datetime.fromtimestamp(now)
    return then.strftime("%H:%M:%S" if then.date() == today.date() else "%Y-%m-%d %H:%M")

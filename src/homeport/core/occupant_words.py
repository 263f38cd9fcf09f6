"""Servers in words: what they are called, where they listen, whose they are."""

from collections.abc import Iterable, Sequence

from homeport.core.address import LOOPBACK, WILDCARD, Interface
from homeport.core.facts import Listener, Namespace, Project, Remnant, RemnantKind
from homeport.core.occupants import FORKED, Occupant, occupants
from homeport.core.relays import relay

HOMEPORT = "homeport"


def is_homeport(occupant: Occupant) -> bool:
    """Whether it is one of ours, by its command line."""
    return occupant.program == HOMEPORT


def project_title(project: Project) -> str:
    """`shop`, `shop, branch checkout`."""
    parts = [project.name]
    if project.branch:
        parts.append(f"branch {project.branch}")
    if project.worktree and project.worktree not in (project.name, project.branch):
        parts.append(f"worktree {project.worktree}")
    return ", ".join(parts)


def title(occupant: Occupant) -> str:
    """Program and pid; what little is known of a hidden one."""
    if first := occupant.supervisor:
        more = f" and {len(occupant.holders) - 1} more" if len(occupant.holders) > 1 else ""
        return f"{first.program or 'a process'} (pid {first.pid}{more})"
    origin = occupant.origin
    if origin.container:
        return f"a process in container {origin.container}"
    if origin.unit:
        return f"a process of {origin.unit}"
    # Nobody tells whether two hidden sockets are of one process.
    many = len(occupant.listeners) > 1
    what = "one or more processes" if many else "a process"
    return f"{what} of user {occupant.user}" if occupant.user else f"{what} that you cannot see"


def remark(occupant: Occupant) -> str:
    """What a row of a list should not hide: it stands in for another, or was left behind."""
    first = occupant.supervisor
    if first is None:
        return ""
    if found := relay(first.program, first.command, first.pid, occupant.port):
        return f"passes connections on to {found.target}"
    if is_orphan(occupant):
        return "left behind: the process that started it has ended"
    return ""


def is_orphan(occupant: Occupant) -> bool:
    """A worker of a pool or a reloader whose parent is gone: such a child is never started alone.

    It was adopted by the first process, or by the user's service manager (a subreaper, prctl(2)).
    """
    first = occupant.supervisor
    if first is None or first.program != FORKED or not first.ancestors:
        return False
    parent = first.ancestors[0]
    return parent.pid == 1 or parent.program in ("systemd", "init", "launchd")


def listens_on(listeners: Sequence[Listener], interfaces: Sequence[Interface]) -> str:
    """The addresses of one server, as short as they can be said truly."""
    ips = {listener.address.ip for listener in listeners}
    devices = sorted({listener.device for listener in listeners if listener.device})
    dual = {listener.v6only for listener in listeners if listener.address.ip == WILDCARD[1]}
    said: list[str] = []
    if set(WILDCARD) <= ips or (False in dual):
        said.append("every address")
    elif WILDCARD[0] in ips:
        said.append("every IPv4 address")
    elif WILDCARD[1] in ips:
        said.append("every IPv6 address" + (", perhaps IPv4" if None in dual else ""))
    if set(LOOPBACK) <= ips:
        said.append("localhost")
        ips -= set(LOOPBACK)
    names = {ip: interface.name for interface in interfaces for ip in interface.ips}
    for ip in sorted(ips - set(WILDCARD)):
        name = names.get(ip)
        said.append(f"{ip} ({name})" if name and ip not in LOOPBACK else ip)
    return ", ".join(said) + (f" by {' and '.join(devices)} only" if devices else "")


def hidden_owners(count: int, *, sudo: bool) -> str:
    """The last line of a list that is not the whole truth."""
    whose = (
        "The process behind 1 row is" if count == 1 else f"The processes behind {count} rows are"
    )
    again = "; sudo homeport ls shows more" if sudo else ""
    return f"{whose} not visible to you{again}."


def stopped(port: int, taken: Sequence[Listener], remnants: Sequence[Remnant]) -> str:
    """What became of a port whose server has ended."""
    if taken:
        by = listed(title(occupant) for occupant in occupants(taken))
        return f"Stopped, but port {port} is held again: by {by}. Something started it anew."
    waiting = [r.seconds or 0.0 for r in remnants if r.kind is RemnantKind.TIME_WAIT]
    if waiting:
        return (
            f"Stopped. Port {port} is free for servers that set SO_REUSEADDR, as homeport and "
            f"uvicorn do; for others in {max(waiting):.0f} s."
        )
    return f"Stopped. Port {port} is free."


def elsewhere(namespace: Namespace) -> str:
    """Servers that are not in the way, because their network is another one."""
    origin = namespace.origin
    where = f"container {origin.container}" if origin.container else origin.unit
    ports = sorted({listener.address.port for listener in namespace.listeners})
    return (
        f"In another network of this computer ({where or f'that of pid {namespace.pid}'}): "
        f"{'port' if len(ports) == 1 else 'ports'} {listed(ports)}."
    )


def still_finishing(pids: Sequence[int]) -> tuple[str, ...]:
    """It gave the port back and lives on."""
    return (f"Process {listed(pids)} is still finishing what it has begun.",) if pids else ()


def listed(items: Iterable[object]) -> str:
    """`1, 2 and 3`."""
    texts = [str(item) for item in items]
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)

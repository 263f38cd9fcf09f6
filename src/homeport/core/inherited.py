"""What a service manager says in the environment, read: sd_listen_fds(3), sd_watchdog_enabled(3).

Also what has to be true of the sockets it gives, and the sentences when it is not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from homeport.core.address import Address, is_link_local, is_mapped
from homeport.core.errors import UsageError

VARIABLES = (
    *("LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "LISTEN_PIDFDID"),
    *("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"),
)
"""Meant for the supervisor alone: workers and their programs do not get them."""
FIRST = 3
"""The first descriptor that is passed (SD_LISTEN_FDS_START)."""
MOST = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Socket:
    """A descriptor as it was found. `kind` is tcp, udp, unix, other or none (not open).

    `both`: an IPv6 wildcard that takes IPv4 too.
    """

    descriptor: int
    name: str
    kind: str
    listens: bool = False
    address: Address | None = None
    both: bool = False


def descriptors(told: Mapping[str, str], pid: int) -> dict[int, str]:
    """Descriptor → its name, for those that are meant for the process `pid`; UsageError."""
    if not told.get("LISTEN_PID") or told["LISTEN_PID"] != str(pid):
        return {}  # started by somebody who was given them, and does not give them on
    said = told.get("LISTEN_FDS", "")
    if not (said.isascii() and said.isdigit() and len(said) < 4 and int(said) <= MOST):
        raise _bad(f"LISTEN_FDS is {said!r}, but must be a number from 0 to {MOST}")
    names = told.get("LISTEN_FDNAMES", "").split(":")
    named = names if len(names) == int(said) else [""] * int(said)
    return {FIRST + at: name for at, name in enumerate(named)}


def watchdog(told: Mapping[str, str], pid: int) -> float | None:
    """Seconds within which a sign of life is expected; None: none is."""
    said = told.get("WATCHDOG_USEC", "")
    if told.get("WATCHDOG_PID", str(pid)) != str(pid):
        return None
    if not (said.isascii() and said.isdigit() and len(said) < 19 and int(said)):
        return None
    return int(said) / 1e6


def addresses(sockets: Sequence[Socket]) -> tuple[Address, ...]:
    """Where they listen, in order. UsageError for a socket that cannot be served."""
    found = []
    for each in sockets:
        if (fault := _fault(each)) is not None:
            name = f" ({each.name})" if each.name else ""
            raise _bad(f"The socket on descriptor {each.descriptor}{name} {fault}")
        assert each.address is not None
        found.append(each.address)
    ports = sorted({address.port for address in found})
    if len(ports) > 1:
        shown = " and ".join(map(str, ports))
        raise _bad(f"The sockets are on ports {shown}, but a server has one port on all addresses")
    return tuple(found)


def _fault(sock: Socket) -> str | None:
    ours = "homeport serves listening TCP sockets"
    if sock.kind == "none":
        return "is not there, though LISTEN_FDS counts it"
    if sock.kind == "unix":
        return f"is a Unix socket (ListenStream=/path); {ours} (ListenStream=127.0.0.1:8000)"
    if sock.kind != "tcp":
        what = "a UDP socket (ListenDatagram=)" if sock.kind == "udp" else "no TCP socket"
        return f"is {what}; {ours} (ListenStream=127.0.0.1:8000)"
    if not sock.listens:
        return f"does not listen; {ours} (Accept=no)"
    address = sock.address
    if sock.both:
        return (
            "takes IPv4 and IPv6 at once, so that nobody could tell who comes in by which; "
            "write BindIPv6Only=ipv6-only and one ListenStream= for each address"
        )
    if (
        address is None
        or is_mapped(address.ip)
        or (address.version == 6 and is_link_local(address.ip))
    ):
        return "has an address that no link can name (link-local, or IPv4 written as IPv6)"
    return None


def contradiction(
    listening: Sequence[Address],
    port: int | None,
    port_origin: str,
    wanted: Sequence[str] | None,
    host_origin: str | None,
) -> UsageError | None:
    """When what was asked for is not what was given. `wanted` IPs None: nothing was asked for.

    Port 0 asks for any.
    """
    given = " and ".join(map(str, listening))
    step = "leave it away: the socket unit says where to listen"
    if port and any(address.port != port for address in listening):
        return _bad(f"{port_origin} is {port}, but the service manager has opened {given}", step)
    if wanted is not None and {address.ip for address in listening} != set(wanted):
        hosts = " and ".join(wanted)
        return _bad(
            f"{host_origin} means {hosts}, but the service manager has opened {given}", step
        )
    return None


def _bad(message: str, *steps: str) -> UsageError:
    return UsageError(
        f"{message}.",
        code="inherited-sockets",
        next_steps=(*steps, "a socket unit that fits:  homeport export systemd --socket"),
    )

"""Why a port or an address cannot be had, and what to type next.

A port that somebody else has is in `core/busy_refusals`.
"""

from collections.abc import Sequence

from homeport.core.address import Address, Interface, is_link_local
from homeport.core.errors import BindError, UsageError


def no_free_port(tried: Sequence[int]) -> BindError:
    """Nothing was asked for, and all of `tried` is taken; empty: any would have done."""
    if tried:
        what = f"All {len(tried)} ports that this server may have are in use"
        message = f"{what}, from {min(tried)} to {max(tried)}."
    else:
        message = "The system has no port that is free on all of these addresses."
    return BindError(
        message,
        code="no-free-port",
        next_steps=("any free port:  homeport --port 0", "who has them:  homeport ls"),
        facts={"tried": len(tried)},
    )


def port_out_of_range(value: str, origin: str) -> UsageError:
    """70000, -1."""
    return UsageError(
        f"{origin} is {value}, but a TCP port is a number from 0 to 65535 (0 means any free one).",
        code="port-out-of-range",
        next_steps=("homeport --port 8000",),
        facts={"value": value},
    )


def port_refused_by_browsers(port: int, origin: str) -> UsageError:
    """Ports of the Fetch standard's block list."""
    return UsageError(
        f"Port {port} ({origin}) is one of those that browsers refuse to connect to.",
        code="port-refused-by-browsers",
        next_steps=(
            "another port:  homeport --port 8000",
            f"for other clients only:  homeport --port {port} --force-port",
        ),
        facts={"port": port},
    )


def port_privileged(address: Address, first_free: int, origin: str) -> BindError:
    """EACCES below the machine's own limit."""
    return BindError(
        f"Port {address.port} ({origin}) is reserved for the system here: "
        f"ordinary users get {first_free} and up.",
        code="port-privileged",
        next_steps=("homeport --port 8000",),
        facts={"port": address.port, "first_unprivileged": first_free},
    )


def no_such_host(host: str, interfaces: tuple[Interface, ...]) -> UsageError:
    """Neither a word we know, nor an IP, nor an interface."""
    names = ", ".join(interface.name for interface in interfaces)
    return UsageError(
        f"--host {host} is neither an IP address nor a network interface of this computer"
        + (f" ({names})." if names else "."),
        code="no-such-host",
        next_steps=(
            "this computer only:  homeport --host localhost",
            "every network:  homeport --host all",
        ),
        facts={"host": host, "interfaces": [interface.name for interface in interfaces]},
    )


def unusable_address(ip: str) -> UsageError:
    """Link-local IPv6, or IPv4 written as IPv6."""
    return UsageError(
        f"--host {ip}: no client can open a link to such an address "
        "(link-local IPv6 needs a zone, IPv4 inside IPv6 has its own form).",
        code="unusable-address",
        next_steps=("homeport --host INTERFACE", "homeport --host 0.0.0.0"),
        facts={"ip": ip},
    )


def interface_without_address(name: str, up: bool) -> BindError:
    """An interface with nothing to bind."""
    return BindError(
        f"Network interface {name} has no address to listen on" + ("." if up else " and is down."),
        code="interface-without-address",
        next_steps=(
            "see its state:  ip addr show " + name,
            "this computer only:  homeport --host localhost",
        ),
        facts={"interface": name, "up": up},
    )


def address_not_here(ip: str, interfaces: tuple[Interface, ...]) -> BindError:
    """EADDRNOTAVAIL."""
    own = [
        f"{ip} ({interface.name})"
        for interface in interfaces
        for ip in interface.ips
        if not is_link_local(ip)
    ]
    return BindError(
        f"--host {ip} is not an address of this computer.",
        code="address-not-here",
        next_steps=(
            "its addresses:  " + ", ".join(own),
            "this computer only:  homeport --host localhost",
        ),
        facts={"ip": ip, "addresses": own},
    )


def bind_refused(address: Address, reason: str) -> BindError:
    """Any other answer of the system to bind or listen."""
    return BindError(
        f"{address} cannot be opened: {reason}.",
        code="bind-refused",
        next_steps=("homeport --host localhost --port 0",),
        facts={"address": str(address)},
    )

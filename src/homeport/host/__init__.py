"""What this computer says about its ports, interfaces and folders.

The only package that asks which operating system it is on, and the only home of psutil. Linux is
read from /proc; everything else, and Linux with `HOMEPORT_PLATFORM=portable`, goes through psutil.

This file must import in no time, because every start of homeport does it: what costs something
(dataclasses, ipaddress, psutil) is imported by the function that needs it.
"""

import os
import sys

TYPE_CHECKING = False  # what `typing.TYPE_CHECKING` is, without importing typing
if TYPE_CHECKING:
    from pathlib import Path

    from homeport.core.address import Interface
    from homeport.core.facts import Listener, Namespace, Remnant, System
    from homeport.core.neighbours import Gateway, Neighbour
    from homeport.core.port_rules import PortRules
    from homeport.core.runs_in import RunsIn

__all__ = [
    "can_fork",
    "first_unprivileged_port",
    "gateway",
    "interfaces",
    "listeners",
    "namespaces",
    "neighbours",
    "port_rules",
    "project_of",
    "remnants",
    "runs_in",
    "system",
    "try_bind",
    "user",
]


def system() -> "System":
    """Whose rules about sockets hold here; any other Unix counts as macOS, the stricter one."""
    from homeport.core.facts import System

    if sys.platform == "win32":
        return System.WINDOWS
    return System.LINUX if sys.platform == "linux" else System.MACOS


def user() -> str:
    """The name of the user we are, as `Listener.user` gives it."""
    if sys.platform == "win32":
        return os.getlogin()
    from homeport.host.socket_rows import user_name

    return user_name(os.geteuid())


def listeners(port: int | None = None, *, owners: bool = True) -> "tuple[Listener, ...]":
    """The TCP sockets listening on `port`, or on any port, on any address.

    With `owners` also who holds them, as far as we may see that; without, `holders` are empty and
    the answer comes several times faster. On Linux the sockets of one address are in the order in
    which the kernel looks through them. An OSError says that this system does not show its sockets
    to us, which is not the same as a free port.
    """
    if _reads_proc():
        from homeport.host import linux

        return linux.listeners(port, owners=owners)
    if sys.platform == "darwin" and not _is_portable():
        from homeport.host import macos

        return macos.listeners(port)
    from homeport.host import portable

    return portable.listeners(port, owners=owners)


def remnants(port: int) -> "tuple[Remnant, ...]":
    """What keeps `port` from being bound beside listeners: bound sockets and old connections.

    A connection is not listed while a listener takes those of its local address: it is that
    server's. OSError as of `listeners`.
    """
    if _reads_proc():
        from homeport.host import linux

        return linux.remnants(port)
    from homeport.host import portable

    return portable.remnants(port)


def namespaces(port: int | None = None) -> "tuple[Namespace, ...]":
    """What listens in other network namespaces of this computer (containers), on `port` or any.

    Only those that we may look into, and only on Linux. OSError without a /proc.
    """
    if not _reads_proc():
        return ()
    from homeport.host import network_namespaces

    return network_namespaces.namespaces(port)


def interfaces() -> "tuple[Interface, ...]":
    """The network interfaces with their addresses, in the order the system gives.

    On Linux without those that are only ports of a bridge.
    """
    from homeport.host import network

    if _reads_proc():
        from homeport.host import rtnetlink

        try:
            return rtnetlink.interfaces()
        except OSError:  # a sandbox, an Android
            pass
    return network.interfaces()


def neighbours() -> "tuple[Neighbour, ...]":
    """Who this computer spoke to lately on its own networks, or called in vain.

    Nobody is asked: a device that is not in it may well be there. OSError where it is not told.
    """
    if _reads_proc():
        from homeport.host import neighbour_table

        return neighbour_table.neighbours()
    if sys.platform == "win32":
        raise OSError("the neighbour table of Windows is not read yet")
    from homeport.host import arp_output

    return arp_output.neighbours()


def gateway(interface: str, version: int = 4) -> "Gateway | None":
    """Where the default route through `interface` leads; None without one or where not told.

    The MAC address is from the neighbour table: nothing is sent for it.
    """
    if not _reads_proc():
        return None
    from homeport.host import neighbour_table

    try:
        return neighbour_table.gateway(interface, version)
    except OSError:  # a sandbox, an Android
        return None


def runs_in() -> "RunsIn":
    """Whether this is a container or WSL; see `homeport.core.runs_in`."""
    from homeport.core.runs_in import RunsIn
    from homeport.core.runs_in import runs_in as judged

    if sys.platform != "linux":
        return RunsIn()
    from homeport.host import container_traces

    return judged(container_traces.traces())


def port_rules() -> "PortRules":
    """Which ports this system lets us have, and which it gives to outgoing connections."""
    from homeport.host import port_space

    return port_space.linux_rules() if _reads_proc() else port_space.other_rules()


def first_unprivileged_port() -> int:
    """The lowest port that every user may listen on."""
    return port_rules().first_unprivileged


def try_bind(ip: str, port: int) -> int | None:
    """Bind as a server would, and let go at once: None when that works, else the errno.

    ValueError when `ip` is no IP address.
    """
    from homeport.host import port_space

    return port_space.try_bind(ip, port)


def project_of(folder: "Path") -> "Path":
    """The project that `folder` belongs to: see `homeport.host.project`."""
    from homeport.host import project

    return project.project_of(folder)


def _reads_proc() -> bool:
    return sys.platform == "linux" and not _is_portable()


def _is_portable() -> bool:
    return os.environ.get("HOMEPORT_PLATFORM") == "portable"


def can_fork() -> bool:
    """Whether a process that has imported libraries may be forked and go on.

    Not on macOS: its frameworks start threads and give up in a fork (CPython issue 77906).
    """
    return _reads_proc()


def has_inotify() -> bool:
    """Whether the kernel tells about file changes by inotify(7)."""
    return _reads_proc()

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
    from homeport.core.facts import Listener

__all__ = [
    "ephemeral_ports",
    "first_unprivileged_port",
    "interfaces",
    "listeners",
    "project_of",
]


def listeners(port: int) -> "tuple[Listener, ...]":
    """The TCP sockets listening on `port`, on any address, with the processes that hold them.

    An OSError says that this system does not show its sockets to us, which is not the same as a
    free port.
    """
    if _reads_proc():
        from homeport.host import procfs

        return procfs.listeners(port)
    from homeport.host import portable

    return portable.listeners(port)


def interfaces() -> "tuple[Interface, ...]":
    """The network interfaces with their addresses, in the order the system gives."""
    from homeport.host import network

    return network.interfaces()


def first_unprivileged_port() -> int:
    """The lowest port that every user may listen on."""
    if _reads_proc():
        from homeport.host import procfs

        return procfs.first_unprivileged_port()
    return 0 if sys.platform == "win32" else 1024


def ephemeral_ports() -> range:
    """The ports that the system gives to outgoing connections, where a server is not safe."""
    if _reads_proc():
        from homeport.host import procfs

        return procfs.ephemeral_ports()
    # The IANA dynamic ports (RFC 6335 section 6): the default of macOS and of Windows.
    return range(49152, 65536)


def project_of(folder: "Path") -> "Path":
    """The project that `folder` belongs to: see `homeport.host.project`."""
    from homeport.host import project

    return project.project_of(folder)


def _reads_proc() -> bool:
    return sys.platform == "linux" and os.environ.get("HOMEPORT_PLATFORM") != "portable"


def has_inotify() -> bool:
    """Whether the kernel tells about file changes by inotify(7)."""
    return _reads_proc()

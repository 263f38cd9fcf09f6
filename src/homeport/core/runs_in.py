"""Where homeport runs: in a container, in WSL, or straight on a computer.

Judged by what such places leave lying about; nothing of it is a proof, and an engine may leave
none. Sources: podman-run(1) for /run/.containerenv, systemd's CONTAINER_INTERFACE.md for
`container=` and /run/systemd/container, Microsoft's "Accessing network applications with WSL".
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from homeport.core.cgroups import origin_of


class Engine(Enum):
    """What made the container."""

    DOCKER = "docker"
    PODMAN = "podman"
    KUBERNETES = "kubernetes"
    LXC = "lxc"
    NSPAWN = "systemd-nspawn"
    OTHER = "other"


class WslNetwork(Enum):
    """How WSL 2 is connected. UNKNOWN: nothing tells."""

    NAT = "nat"
    MIRRORED = "mirrored"
    VIRTIO = "virtioproxy"
    NONE = "none"
    BRIDGED = "bridged"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """What was read. Texts are empty, and None is None, where there is nothing or not for us.

    `manager`: /run/systemd/container; `init_environment`: /proc/1/environ; `wslinfo`: what
    `wslinfo --networking-mode` prints; `links`: name and driver of each interface but loopback, the
    driver "" for hardware; `ips` of all interfaces.
    """

    dockerenv: bool = False
    containerenv: str | None = None
    manager: str = ""
    init_environment: str = ""
    kubernetes: bool = False
    cgroup: str = ""
    mountinfo: str = ""
    osrelease: str = ""
    wslinfo: str = ""
    links: tuple[tuple[str, str], ...] | None = None
    ips: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsIn:
    """The judgement. `wsl` is 1, 2 or None.

    `own_network`: a container whose interfaces are not those of the computer, so that others come
    in only by what the engine passes on; None where it cannot be told, and outside of containers.
    """

    container: Engine | None = None
    own_network: bool | None = None
    wsl: int | None = None
    wsl_network: WslNetwork | None = None


_MANAGERS = {
    "docker": Engine.DOCKER,
    "podman": Engine.PODMAN,
    "lxc": Engine.LXC,
    "lxc-libvirt": Engine.LXC,
    "systemd-nspawn": Engine.NSPAWN,
}
_NO_CONTAINERS = frozenset({"", "wsl", "proot"})  # systemd counts these among containers
_MOUNTS = (  # where the engines keep the few files that they put over those of an image
    (Engine.KUBERNETES, "/kubelet/pods/"),
    (Engine.PODMAN, "/overlay-containers/"),
    (Engine.DOCKER, "/docker/containers/"),
    (Engine.OTHER, "/io.containerd."),
)
_PATHS = (
    (Engine.KUBERNETES, "kubepods"),
    (Engine.DOCKER, "docker"),
    (Engine.PODMAN, "libpod"),
    (Engine.LXC, "lxc"),
    (Engine.NSPAWN, "nspawn"),
)
_OVER_AN_IMAGE = ("/", "/etc/hostname", "/etc/hosts", "/etc/resolv.conf")


def runs_in(traces: Traces) -> RunsIn:
    """What the traces tell."""
    container = _container(traces)
    wsl = _wsl(traces.osrelease)
    return RunsIn(
        container=container,
        own_network=_own_network(traces.links) if container else None,
        wsl=wsl,
        wsl_network=_wsl_network(traces) if wsl == 2 else None,
    )


def _container(traces: Traces) -> Engine | None:
    """The most telling trace first: an orchestrator's containers look like its engine's too."""
    if traces.kubernetes:
        return Engine.KUBERNETES
    if traces.containerenv is not None:
        return Engine.PODMAN
    if traces.dockerenv:
        return Engine.DOCKER
    manager = traces.manager.strip() or _value(traces.init_environment, "container")
    if manager not in _NO_CONTAINERS:
        return _MANAGERS.get(manager, Engine.OTHER)
    return _by_mounts(traces.mountinfo) or _by_cgroup(traces.cgroup)


def _value(environment: str, name: str) -> str:
    """The value of a variable in the text of /proc/<pid>/environ (proc(5))."""
    for each in environment.split("\0"):
        key, equals, value = each.partition("=")
        if equals and key == name:
            return value
    return ""


def _by_mounts(mountinfo: str) -> Engine | None:
    """Fields 4 and 5 are what is mounted and where; behind the dash, how (proc(5))."""
    for line in mountinfo.splitlines():
        before, dash, after = line.partition(" - ")
        fields = before.split()
        if not dash or len(fields) < 5 or fields[4] not in _OVER_AN_IMAGE:
            continue
        source = after if fields[4] == "/" else fields[3]
        for engine, part in _MOUNTS:
            if part in source:
                return engine
    return None


def _by_cgroup(cgroup: str) -> Engine | None:
    if origin_of(cgroup).container is None:
        return None
    return next((engine for engine, part in _PATHS if part in cgroup), Engine.OTHER)


def _own_network(links: Iterable[tuple[str, str]] | None) -> bool | None:
    """Hardware is in the network of the computer (`--network host`, toolbox, distrobox)."""
    if links is None:
        return None
    return not any(driver == "" for _, driver in links)


def _wsl(osrelease: str) -> int | None:
    """`4.4.0-19041-Microsoft` is version 1, `5.15.90.1-microsoft-standard-WSL2` is 2."""
    if "microsoft" not in osrelease.lower():
        return None
    return 1 if re.search(r"-Microsoft\s*$", osrelease) else 2


def _wsl_network(traces: Traces) -> WslNetwork:
    """What WSL says itself, else by the interface that only the mirrored mode has."""
    said = traces.wslinfo.strip().lower()
    for mode in WslNetwork:
        if mode.value == said:
            return mode
    if any(name == "loopback0" for name, _ in traces.links or ()):
        return WslNetwork.MIRRORED
    inside = ipaddress.ip_network("172.16.0.0/12")
    # Windows gives its own inner network a part of this; Docker's bridge in WSL is no sign.
    nat = any(
        ipaddress.ip_address(ip) in inside for ip in traces.ips if not ip.startswith("172.17.")
    )
    return WslNetwork.NAT if nat else WslNetwork.UNKNOWN

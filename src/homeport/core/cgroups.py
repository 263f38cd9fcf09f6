"""Which systemd unit or container a control group belongs to.

The lines of /proc/<pid>/cgroup are those of cgroups(7); the names inside the paths are chosen by
systemd (`*.service`, `*.scope`: systemd.unit(5)) and by the container engines. Nothing here raises:
a path that tells nothing gives an empty `Origin`.
"""

import re

from homeport.core.facts import Origin
from homeport.core.plain import plain

_SHORT = 12  # digits of a container id, as the container engines print it
_LONGEST_NAME = 255  # bytes, of a unit (systemd.unit(5)) and of a folder

# A bare id is one only at full length. What runs beside a container (`libpod-conmon-`) is not it.
_CONTAINER = re.compile(
    r"(?:.*[:-])?(?<!conmon-)([0-9a-f]{64})(?:\.scope)?"
    r"|(?:docker|libpod|libpod-payload|cri-containerd|crio|nerdctl)-([0-9a-f]{12,64})(?:\.scope)?"
)
_ESCAPED = re.compile(r"\\x([0-9a-f]{2})")
# The engine's own unit says nothing about the container that runs below it.
_ENGINES = frozenset(
    f"{name}.service"
    for name in ("docker", "containerd", "crio", "k3s", "k3s-agent", "kubelet", "podman")
)


def origin_of(text: str) -> Origin:
    """The origin told by the lines of /proc/<pid>/cgroup, of version 1, 2 or both."""
    paths: dict[str, str] = {}
    for line in text.splitlines():
        _, colon, rest = line.partition(":")
        controllers, second, path = rest.partition(":")
        if colon and second:
            paths.setdefault(controllers, path)
    # "" is version 2, where systemd works today; version 1 has a hierarchy of its own for it.
    order = sorted(paths, key=lambda name: (name != "", name != "name=systemd"))
    unit = container = None
    for controllers in order:
        origin = origin_of_path(paths[controllers])
        unit = unit or origin.unit
        container = container or origin.container
    return Origin(unit=unit, container=container)


def origin_of_path(path: str) -> Origin:
    """The origin told by one path of a control group: `/system.slice/nginx.service`.

    The innermost unit and the innermost container count. A login session and what a desktop starts
    (`session-3.scope`, `vte-spawn-….scope`) is no unit, nor is the manager of a user's units.
    """
    parts = path.removesuffix(" (deleted)").split("/")
    unit = container = None
    for outer, part in zip(["", *parts], parts, strict=False):
        container = _container(outer, part) or container
        if part.endswith(".service") and not part.startswith("user@"):
            unit = part.removeprefix("_")  # systemd's mark for names that are taken
    if container and unit in _ENGINES:
        unit = None
    return Origin(unit=_shown(unit), container=_shown(container))


def _container(outer: str, part: str) -> str | None:
    """The short id or the name of the container that this folder stands for."""
    if match := _CONTAINER.fullmatch(part):
        return (match[1] or match[2])[:_SHORT]
    if part.startswith("lxc.payload."):
        return part.removeprefix("lxc.payload.")
    if outer in ("lxc", "lxc.payload") and part:
        return part
    machine = re.fullmatch(r"systemd-nspawn@(.+)\.service|machine-(?!qemu)(.+)\.scope", part)
    return _unescaped(machine[1] or machine[2]) if machine else None


def _unescaped(name: str) -> str:
    """Undo systemd's `\\x2d` for a dash (systemd-escape(1))."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), name)


def _shown(name: str | None) -> str | None:
    return plain(name)[:_LONGEST_NAME] or None if name else None

"""What containers and WSL leave lying about, read on Linux."""

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from homeport.core.runs_in import Traces
from homeport.host import netlink
from homeport.host.rtnetlink import parse_address, parse_link

_ROUTE, _GET_LINK, _GET_ADDRESS = 0, 18, 22
_LONGEST = 256 * 1024  # characters of a file; a mount table may be long
_TIMEOUT = 2.0
_WSLINFO = ("/usr/bin/wslinfo", "/bin/wslinfo")


def traces(
    folder: Path = Path("/"),
    environment: Mapping[str, str] = os.environ,
    dump: netlink.Dump = netlink.dump,
    wslinfo: Callable[[], str] | None = None,
) -> Traces:
    """The traces in the tree of files at `folder`. Never raises: what cannot be read is empty."""
    links, ips = _interfaces(dump)
    release = _text(folder / "proc/sys/kernel/osrelease") or ""
    return Traces(
        dockerenv=_exists(folder / ".dockerenv"),
        containerenv=_text(folder / "run/.containerenv"),
        manager=_text(folder / "run/systemd/container") or "",
        init_environment=_text(folder / "proc/1/environ") or "",
        kubernetes="KUBERNETES_SERVICE_HOST" in environment,
        cgroup=_text(folder / "proc/self/cgroup") or "",
        mountinfo=_text(folder / "proc/self/mountinfo") or "",
        osrelease=release,
        wslinfo=(wslinfo or _ask_wsl)() if "microsoft" in release.lower() else "",
        links=links,
        ips=ips,
    )


def _interfaces(dump: netlink.Dump) -> tuple[tuple[tuple[str, str], ...] | None, tuple[str, ...]]:
    try:
        links = [parse_link(each) for each in dump(_ROUTE, _GET_LINK, bytes(16))]
        places = [parse_address(each) for each in dump(_ROUTE, _GET_ADDRESS, bytes(8))]
    except OSError:
        return None, ()
    named = tuple((link.name, link.kind) for link in links if link and not link.loopback)
    return named, tuple(place.address.partition("/")[0] for place in places if place)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _text(path: Path) -> str | None:
    """None when it is not there; empty when it is not for us."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(_LONGEST)
    except PermissionError:
        return ""
    except OSError:
        return None


def _ask_wsl() -> str:
    for program in _WSLINFO:
        try:
            done = subprocess.run(
                (program, "--networking-mode"),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_TIMEOUT,
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        return done.stdout.decode("utf-8", "replace")
    return ""

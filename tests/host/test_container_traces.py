"""Folders that look like a container's, and one made-up container that is really entered."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from homeport.core.runs_in import Engine, RunsIn, Traces, WslNetwork, runs_in
from homeport.host.container_traces import traces
from tests.host.recordings import recorded

WSL2 = "5.15.153.1-microsoft-standard-WSL2\n"


def kernel(protocol: int, kind: int, body: bytes) -> list[bytes]:
    return recorded({18: "link", 22: "addr"}[kind])


def silent(protocol: int, kind: int, body: bytes) -> list[bytes]:
    raise PermissionError


def tree(folder: Path, **files: str) -> Path:
    """`proc__1__environ="…"` is the file proc/1/environ."""
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_nothing_readable_leaves_no_trace(tmp_path: Path) -> None:
    assert traces(tmp_path, {}, silent) == Traces()


def test_everything_is_read_from_its_place(tmp_path: Path) -> None:
    folder = tree(
        tmp_path,
        dot_dockerenv="",
        run__dot_containerenv='engine="podman-5.4.0"\n',
        run__systemd__container="podman\n",
        proc__1__environ="container=podman\0",
        proc__self__cgroup="0::/\n",
        proc__self__mountinfo="22 1 8:2 / / rw - ext4 /dev/sda2 rw\n",
        proc__sys__kernel__osrelease=WSL2,
    )
    environment = {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}
    seen = traces(folder, environment, kernel, lambda: "mirrored\n")
    assert seen == Traces(
        dockerenv=True,
        containerenv='engine="podman-5.4.0"\n',
        manager="podman\n",
        init_environment="container=podman\0",
        kubernetes=True,
        cgroup="0::/\n",
        mountinfo="22 1 8:2 / / rw - ext4 /dev/sda2 rw\n",
        osrelease=WSL2,
        wslinfo="mirrored\n",
        links=seen.links,
        ips=seen.ips,
    )
    assert seen.links is not None
    assert {("br0", "bridge"), ("vb", "veth")} <= set(seen.links)
    assert "10.2.0.1" in seen.ips
    assert runs_in(seen) == RunsIn(
        container=Engine.KUBERNETES, own_network=True, wsl=2, wsl_network=WslNetwork.MIRRORED
    )


def test_wslinfo_is_asked_in_wsl_only(tmp_path: Path) -> None:
    folder = tree(tmp_path, proc__sys__kernel__osrelease="6.12.9-amd64\n")

    def wslinfo() -> str:
        raise AssertionError("asked")

    assert traces(folder, {}, silent, wslinfo).wslinfo == ""


LOOK = """
import os, sys
os.chroot(sys.argv[1])
os.chdir("/")
from homeport import host
print(repr(host.runs_in()))
"""


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("unshare") is None, reason="needs root and unshare"
)
def test_from_inside_a_made_up_container_it_is_one(tmp_path: Path) -> None:
    """Its own network with one veth, and the file that Podman leaves."""
    script = f"""
set -e
mount --bind / {tmp_path}
mount -t tmpfs none {tmp_path}/run
echo 'engine="podman-5.4.0"' > {tmp_path}/run/.containerenv
ip link add eth0 type veth peer name other
exec {sys.executable} -c '{LOOK}' {tmp_path}
"""
    done = subprocess.run(
        ["unshare", "--mount", "--net", "--propagation", "private", "sh", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == repr(RunsIn(container=Engine.PODMAN, own_network=True))

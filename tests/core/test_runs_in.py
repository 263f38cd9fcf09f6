"""Texts as engines of today leave them, written down for these tests."""

import random

import pytest

from homeport.core.runs_in import Engine, RunsIn, Traces, WslNetwork, runs_in

ID = "4f1c" * 16
OVERLAY = "500 400 0:50 / / rw,relatime - overlay overlay rw,lowerdir=/l/A:/l/B,upperdir="
DOCKER_MOUNTS = f"""{OVERLAY}/var/lib/docker/overlay2/77/diff,workdir=/w
510 500 8:1 /var/lib/docker/containers/{ID}/resolv.conf /etc/resolv.conf rw - ext4 /dev/sda1 rw
511 500 8:1 /var/lib/docker/containers/{ID}/hostname /etc/hostname rw - ext4 /dev/sda1 rw
"""
PODMAN_MOUNTS = f"""{OVERLAY}/home/ada/.local/share/containers/storage/overlay/9/diff
520 500 0:30 /containers/storage/overlay-containers/{ID}/hosts /etc/hosts rw - tmpfs tmpfs
"""
KUBELET_MOUNTS = """530 500 8:1 /var/lib/kubelet/pods/6a/etc-hosts /etc/hosts rw - ext4 /dev/sda1 rw
"""
CONTAINERD_MOUNTS = OVERLAY + "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/s/8/fs\n"
LAPTOP_MOUNTS = f"""22 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw
90 22 0:60 / /var/lib/docker/containers/{ID}/mounts/shm rw - tmpfs shm rw
broken line
1 - x
"""
WSL1, WSL2 = "4.4.0-19041-Microsoft\n", "5.15.153.1-microsoft-standard-WSL2\n"


@pytest.mark.parametrize(
    ("traces", "engine"),
    [
        (Traces(), None),
        (Traces(mountinfo=LAPTOP_MOUNTS, cgroup="0::/user.slice/session-2.scope\n"), None),
        (Traces(dockerenv=True), Engine.DOCKER),
        (Traces(containerenv=""), Engine.PODMAN),
        (Traces(containerenv='engine="podman-5.4.0"\n', dockerenv=True), Engine.PODMAN),
        (Traces(kubernetes=True, dockerenv=True), Engine.KUBERNETES),
        (Traces(manager="systemd-nspawn\n"), Engine.NSPAWN),
        (Traces(manager="wsl"), None),
        (Traces(init_environment="PATH=/bin\0container=lxc\0TERM=linux\0"), Engine.LXC),
        (Traces(init_environment="mycontainer=lxc\0container"), None),
        (Traces(init_environment="container=oci\0"), Engine.OTHER),
        (Traces(mountinfo=DOCKER_MOUNTS), Engine.DOCKER),
        (Traces(mountinfo=PODMAN_MOUNTS), Engine.PODMAN),
        (Traces(mountinfo=KUBELET_MOUNTS), Engine.KUBERNETES),
        (Traces(mountinfo=CONTAINERD_MOUNTS), Engine.OTHER),
        (Traces(cgroup=f"12:pids:/docker/{ID}\n"), Engine.DOCKER),
        (Traces(cgroup=f"0::/machine.slice/libpod-{ID}.scope\n"), Engine.PODMAN),
        (Traces(cgroup=f"1:cpu:/kubepods/burstable/pod1/{ID}\n"), Engine.KUBERNETES),
        (Traces(cgroup="0::/lxc.payload.web\n"), Engine.LXC),
        (Traces(cgroup="0::/machine.slice/systemd-nspawn@web.service\n"), Engine.NSPAWN),
        (Traces(cgroup=f"0::/somewhere/{ID}\n"), Engine.OTHER),
    ],
)
def test_the_engine_is_told_by_what_it_leaves(traces: Traces, engine: Engine | None) -> None:
    assert runs_in(traces).container is engine


@pytest.mark.parametrize(
    ("links", "own"),
    [
        ((("eth0", "veth"),), True),
        ((("tap0", "tun"),), True),
        ((("eth0", "veth"), ("dummy0", "dummy")), True),
        ((), True),
        ((("enp3s0", ""), ("docker0", "bridge")), False),
        (None, None),
    ],
)
def test_with_the_hardware_of_the_computer_its_network_is_not_its_own(
    links: tuple[tuple[str, str], ...] | None, own: bool | None
) -> None:
    assert runs_in(Traces(dockerenv=True, links=links)).own_network is own
    assert runs_in(Traces(links=links)).own_network is None


@pytest.mark.parametrize(
    ("release", "version"),
    [
        ("6.12.9-amd64", None),
        (WSL1, 1),
        (WSL2, 2),
        ("4.19.84-microsoft-standard", 2),
        ("6.6.9-custom-microsoft-WSL2+", 2),
        ("", None),
    ],
)
def test_wsl_is_told_by_its_kernel(release: str, version: int | None) -> None:
    assert runs_in(Traces(osrelease=release)).wsl == version


@pytest.mark.parametrize(
    ("traces", "network"),
    [
        (Traces(osrelease=WSL2, wslinfo="mirrored\n"), WslNetwork.MIRRORED),
        (Traces(osrelease=WSL2, wslinfo="virtioproxy"), WslNetwork.VIRTIO),
        (Traces(osrelease=WSL2, wslinfo="nat", links=(("loopback0", ""),)), WslNetwork.NAT),
        (Traces(osrelease=WSL2, links=(("eth0", ""), ("loopback0", ""))), WslNetwork.MIRRORED),
        (Traces(osrelease=WSL2, ips=("127.0.0.1", "fe80::1", "172.24.7.9")), WslNetwork.NAT),
        (Traces(osrelease=WSL2, ips=("172.17.0.1", "192.168.1.20")), WslNetwork.UNKNOWN),
        (Traces(osrelease=WSL2, wslinfo="usage: wslinfo"), WslNetwork.UNKNOWN),
        (Traces(osrelease=WSL1, ips=("172.24.7.9",)), None),
        (Traces(ips=("172.24.7.9",)), None),
    ],
)
def test_how_wsl_is_connected(traces: Traces, network: WslNetwork | None) -> None:
    assert runs_in(traces).wsl_network is network


def test_garbage_raises_nothing() -> None:
    chance = random.Random(20261121)
    words = [*DOCKER_MOUNTS.split(" "), "\n", "\0", "container=", "0::/", ID, " - ", "microsoft"]
    for _ in range(2000):
        text = " ".join(chance.choice(words) for _ in range(chance.randrange(30)))
        runs_in(
            Traces(
                containerenv=None,
                manager=text,
                init_environment=text,
                cgroup=text,
                mountinfo=text,
                osrelease=text,
                wslinfo=text,
            )
        )


def test_straight_on_a_computer_there_is_nothing_to_say() -> None:
    assert runs_in(Traces(osrelease="6.12.9-amd64", links=(("enp3s0", ""),))) == RunsIn()

import random

import pytest

from homeport.core.cgroups import origin_of, origin_of_path
from homeport.core.facts import Origin

ID = "0123456789ab" + "cdef" * 13
SHORT = "0123456789ab"
USER = "/user.slice/user-1000.slice/user@1000.service"


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        ("/system.slice/nginx.service", "nginx.service"),
        ("/system.slice/nginx.service/workers", "nginx.service"),
        ("/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service"),
        (f"{USER}/app.slice/app-foo.service", "app-foo.service"),
        (f"{USER}/app.slice/app\\x2dbar.service", "app\\x2dbar.service"),
        ("/system.slice/_cgroup.service", "cgroup.service"),
        ("/system.slice/gone.service (deleted)", "gone.service"),
        ("/system.slice/evil\x1b[31m.service", "evil.service"),
    ],
)
def test_a_service_is_the_unit(path: str, unit: str) -> None:
    assert origin_of_path(path) == Origin(unit=unit)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/init.scope",
        "/user.slice/user-1000.slice/session-3.scope",
        f"{USER}/init.scope",
        f"{USER}/app.slice/app-org.gnome.Terminal.slice/vte-spawn-0a1b.scope",
        f"/machine.slice/libpod-conmon-{ID}.scope",
        f"/machine.slice/crio-conmon-{ID}.scope",
        "/machine.slice/machine-qemu\\x2d1\\x2ddebian.scope",
        "/lxc.monitor.web",
        "/lxc",
        f"/{ID[:-1]}",
    ],
)
def test_a_session_or_a_helper_is_neither_unit_nor_container(path: str) -> None:
    assert origin_of_path(path) == Origin()


@pytest.mark.parametrize(
    "path",
    [
        f"/system.slice/docker-{ID}.scope",
        f"/docker/{ID}",
        f"/machine.slice/libpod-{ID}.scope/container",
        f"/machine.slice/libpod-{SHORT}.scope",
        f"/libpod_parent/libpod-{ID}",
        f"{USER}/user.slice/libpod-{ID}.scope",
        f"/kubepods.slice/kubepods-pod7.slice/cri-containerd-{ID}.scope",
        f"/kubepods/besteffort/pod7/{ID}",
        f"/system.slice/containerd.service/kubepods-pod7.slice:cri-containerd:{ID}",
        f"/system.slice/docker.service/docker/{ID}",
        f"/kubepods.slice/crio-{ID}.scope",
        f"/../../docker-{ID}.scope",
    ],
)
def test_a_container_has_its_short_id(path: str) -> None:
    assert origin_of_path(path) == Origin(container=SHORT)


@pytest.mark.parametrize(
    ("path", "origin"),
    [
        ("/lxc.payload.web", Origin(container="web")),
        ("/lxc.payload/web/init.scope", Origin(container="web")),
        ("/lxc/101/ns", Origin(container="101")),
        ("/machine.slice/machine-my\\x2dbox.scope", Origin(container="my-box")),
        (
            "/machine.slice/systemd-nspawn@my\\x2dbox.service/payload",
            Origin(container="my-box", unit="systemd-nspawn@my\\x2dbox.service"),
        ),
        (
            f"/system.slice/web.service/libpod-payload-{ID}",
            Origin(container=SHORT, unit="web.service"),
        ),
        (
            f"/docker/{ID}/system.slice/nginx.service",
            Origin(container=SHORT, unit="nginx.service"),
        ),
        ("/system.slice/docker.service", Origin(unit="docker.service")),
    ],
)
def test_a_named_container_and_a_unit_around_or_inside_one(path: str, origin: Origin) -> None:
    assert origin_of_path(path) == origin


def test_version_2_has_one_line() -> None:
    assert origin_of("0::/system.slice/nginx.service\n") == Origin(unit="nginx.service")


def test_version_1_tells_the_unit_in_the_hierarchy_of_systemd() -> None:
    text = "12:pids:/user.slice\n4:memory:/system.slice/other.service\n"
    text += "1:name=systemd:/system.slice/nginx.service\n0::/\n"
    assert origin_of(text) == Origin(unit="nginx.service")


def test_any_hierarchy_of_version_1_tells_the_container() -> None:
    text = f"4:memory:/docker/{ID}\n1:name=systemd:/system.slice/a.service\n"
    assert origin_of(text) == Origin(unit="a.service", container=SHORT)


def test_a_path_may_hold_colons() -> None:
    text = f"0::/kubepods-pod7.slice:cri-containerd:{ID}"
    assert origin_of(text) == Origin(container=SHORT)


@pytest.mark.parametrize("text", ["", "\n", "0", "0:", "nonsense", "0::", ":::::"])
def test_lines_that_tell_nothing_give_no_origin(text: str) -> None:
    assert origin_of(text) == Origin()


def test_garbage_raises_nothing() -> None:
    chance = random.Random(20261121)
    parts = (
        "0::",
        "/",
        "docker-",
        ID,
        ".scope",
        ".service",
        "user@",
        "lxc",
        "\\x2d",
        "\0",
        "é",
        ":",
    )
    for _ in range(3000):
        text = "".join(chance.choice(parts) for _ in range(chance.randrange(12)))
        origin_of(text)
        origin_of(chance.randbytes(40).decode("latin-1"))

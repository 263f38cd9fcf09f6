from pathlib import Path

from homeport.core.facts import Origin
from homeport.host.cgroup_folders import folders, mount_point, origins
from tests.host.damaged import damaged_texts

# Recorded on a computer with both versions of cgroups, and a folder with a space in its name.
MOUNTS = r"""31 24 0:27 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:28 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
33 31 0:29 / /sys/fs/cgroup/uni\040fied rw,relatime shared:9 - cgroup2 cgroup2 rw
"""


def test_the_mount_of_version_2_is_found() -> None:
    assert mount_point(MOUNTS) == "/sys/fs/cgroup/uni fied"
    assert mount_point("") is mount_point(MOUNTS.replace("cgroup2", "cgroup")) is None


def test_garbage_raises_nothing() -> None:
    for text in damaged_texts([MOUNTS], seed=6):
        mount_point(text)


def test_folders_are_found_by_their_number_however_deep(tmp_path: Path) -> None:
    deep = tmp_path / "user.slice/user-1000.slice/app.service"
    deep.mkdir(parents=True)
    (tmp_path / "system.slice").mkdir()
    (tmp_path / "cgroup.procs").write_text("")
    (tmp_path / "system.slice/link").symlink_to(tmp_path)
    ids = {deep.stat().st_ino, (tmp_path / "system.slice").stat().st_ino, 1}
    assert folders(str(tmp_path), ids) == {
        deep.stat().st_ino: "/user.slice/user-1000.slice/app.service",
        (tmp_path / "system.slice").stat().st_ino: "/system.slice",
    }
    assert folders(str(tmp_path / "nowhere"), ids) == {}


def test_a_number_becomes_who_was_started_there(tmp_path: Path) -> None:
    service = tmp_path / "cg/system.slice/shop.service"
    service.mkdir(parents=True)
    (tmp_path / "self").mkdir()
    number = service.stat().st_ino
    assert origins([number], tmp_path) == {}
    line = f"33 31 0:29 / {tmp_path}/cg rw - cgroup2 cgroup2 rw\n"
    (tmp_path / "self/mountinfo").write_text(line)
    assert origins([number, 1], tmp_path) == {number: Origin(unit="shop.service")}


def test_links_to_other_places_are_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere/shop.service"
    elsewhere.mkdir(parents=True)
    (tmp_path / "cg").mkdir()
    (tmp_path / "cg/link").symlink_to(tmp_path / "elsewhere")
    assert folders(str(tmp_path / "cg"), {elsewhere.stat().st_ino}) == {}

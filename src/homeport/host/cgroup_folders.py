"""From the number of a cgroup, which the kernel tells of a socket, to who was started in it.

The number of a cgroup (version 2) is the inode number of its folder (include/linux/cgroup.h,
`cgroup_id`). Folders can be listed by every user, also those of processes we may not look into.
"""

import os
import re
from collections.abc import Collection
from pathlib import Path

from homeport.core.facts import Origin

_MAX_FOLDERS = 20_000
_OCTAL = re.compile(r"\\([0-7]{3})")


def origins(ids: Collection[int], proc: Path) -> dict[int | None, Origin]:
    """The origin of each cgroup that was found: a scan of all cgroups until all are."""
    from homeport.core.cgroups import origin_of_path

    mount = mount_point(_text(proc / "self/mountinfo"))
    return {
        number: origin_of_path(path)
        for number, path in (folders(mount, ids) if mount else {}).items()
    }


def mount_point(mountinfo: str) -> str | None:
    """Where the cgroup2 file system is mounted, from /proc/<pid>/mountinfo (proc(5))."""
    for line in mountinfo.splitlines():
        before, separator, after = line.partition(" - ")
        fields = before.split()
        if separator and after.startswith("cgroup2 ") and len(fields) > 4:
            return _OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[4])
    return None


def folders(mount: str, ids: Collection[int]) -> dict[int, str]:
    """The path below `mount` of each folder whose inode number is one of `ids`."""
    missing = set(ids)
    found: dict[int, str] = {}
    todo = [""]
    for _ in range(_MAX_FOLDERS):
        if not missing or not todo:
            break
        path = todo.pop()
        try:
            with os.scandir(mount + path) as entries:
                below = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
        except OSError:  # gone, or not for us
            continue
        for entry in below:
            if entry.inode() in missing:
                missing.remove(entry.inode())
                found[entry.inode()] = f"{path}/{entry.name}"
            todo.append(f"{path}/{entry.name}")
    return found


def _text(path: Path) -> str:
    try:
        return os.fsdecode(path.read_bytes())
    except OSError:
        return ""

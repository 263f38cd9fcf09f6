"""What a template was built from: files whose change makes it stale, looked at before each reload.

One stat(2) for each of them, about a millisecond per thousand. Watching their folders instead
would cost hundreds of inotify watches and a wake-up for every byte-compiled file.
"""

import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress

from homeport.core import warm
from homeport.core.wire import Job


class Surroundings:
    """As they were when this was made; `add` what the template has read."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._around = _versions_of(_files_around(job))
        self._names = _names_in(job.sys_path)
        self._tops = {name.partition(".")[0] for name in self._names}
        self._read: dict[str, warm.Version] = {}

    def add(self, files: Mapping[str, warm.Version]) -> None:
        """Path → version as the template found it."""
        self._read.update(files)

    def in_front(self, module: str) -> bool:
        """Whether the project had something of that name, which an import finds first."""
        top = module.partition(".")[0]
        return top in self._tops

    def change(self, modules: Iterable[str]) -> str | None:
        """Why a template with these modules is not true any more, in words."""
        changed = warm.first_change(self._around, _versions_of(_files_around(self._job)))
        changed = changed or warm.first_change(self._read, _versions_of(self._read))
        if changed is not None:
            return warm.rebuilt(changed, self._job.project)
        new = _names_in(self._job.sys_path) - self._names
        namesake = warm.covered(modules, sorted(new)) if new else None
        return warm.in_front(namesake) if namesake is not None else None


def _files_around(job: Job) -> list[str]:
    """Files and folders that say what is installed, and the variables that were set."""
    names: list[str] = []
    with suppress(OSError):
        names = sorted(name for name in os.listdir(job.project) if warm.is_lock_file(name))
    packages = [path for path in sys.path if path.endswith(warm.PACKAGE_FOLDERS)]
    env = [job.env_file] if job.env_file is not None else []
    return [*packages, *(os.path.join(job.project, name) for name in names), *env]


def _names_in(folders: Iterable[str]) -> set[str]:
    """What an import finds before installed code."""
    found: set[str] = set()
    for folder in folders:
        with suppress(OSError):
            found.update(os.listdir(folder))
    return found


def _versions_of(paths: Iterable[str]) -> dict[str, warm.Version]:
    """Path → what tells its states apart."""
    found: dict[str, warm.Version] = {}
    for path in paths:
        try:
            status = os.stat(path)
        except OSError:
            found[path] = None
        else:
            found[path] = [status.st_mtime_ns, status.st_size, status.st_ino]
    return found

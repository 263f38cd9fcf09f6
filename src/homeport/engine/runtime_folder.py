"""Where homeport keeps its files: those of running servers, and those that stay.

    $XDG_RUNTIME_DIR/homeport      running servers; without that variable the second one:
    ~/.local/state/homeport/run
    ~/.local/state/homeport        what stays; $XDG_STATE_HOME/homeport where that is set

XDG Base Directory Specification 0.8. A base folder of another user (`sudo -E`, `su`) does not
count: what we made there would be in its owner's way.
"""

import os
import stat
from collections.abc import Mapping

from homeport.core.registry_words import no_home, unusable_folder
from homeport.engine.private_folder import PrivateFolder


def runtime_folder(environment: Mapping[str, str], *, make: bool = False) -> PrivateFolder:
    """For running servers. Raises as `PrivateFolder.open`."""
    base = environment.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(base) and _is_ours(base):
        return PrivateFolder.open(os.path.join(base, "homeport"), make=make)
    with state_folder(environment, make=make) as above:
        return PrivateFolder.open(os.path.join(above.path, "run"), make=make)


def state_folder(environment: Mapping[str, str], *, make: bool = False) -> PrivateFolder:
    """For what stays: certificates, logs. Raises as `PrivateFolder.open`."""
    base = environment.get("XDG_STATE_HOME", "")
    if not os.path.isabs(base) or (os.path.exists(base) and not _is_ours(base)):
        home = environment.get("HOME") or os.path.expanduser("~")
        if not os.path.isabs(home) or not _is_ours(home):
            raise no_home()
        base = os.path.join(home, ".local", "state")
    if make:
        try:
            os.makedirs(base, mode=0o700, exist_ok=True)
        except OSError as error:
            raise unusable_folder(base, error.strerror or str(error)) from None
    return PrivateFolder.open(os.path.join(base, "homeport"), make=make)


def _is_ours(folder: str) -> bool:
    """Whether it is a folder where nobody else can put things."""
    try:
        status = os.stat(folder)
    except OSError:
        return False
    only_ours = status.st_uid == os.geteuid() and not status.st_mode & 0o022
    return stat.S_ISDIR(status.st_mode) and only_ours

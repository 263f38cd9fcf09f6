"""Which project a folder belongs to, by looking at files only.

No git is run: hooks, configuration and `safe.directory` of a stranger's folder are not ours to
trigger.
"""

import os
from pathlib import Path

MARKERS = ("pyproject.toml", "package.json", ".git")  # .git is a file in a worktree


def project_of(folder: Path) -> Path:
    """The nearest of `folder` and its parents with a marker, else `folder`; symlinks resolved.

    The home folder and the root are never taken for a project: dotfiles kept in git would turn
    everything below into one.
    """
    # os.path instead of Path: its questions never raise, also about folders we may not enter.
    start = os.path.realpath(folder)
    home = os.path.realpath(os.path.expanduser("~"))
    here = start
    while here not in (home, os.path.dirname(here)):
        if any(os.path.exists(os.path.join(here, marker)) for marker in MARKERS):
            return Path(here)
        here = os.path.dirname(here)
    return Path(start)

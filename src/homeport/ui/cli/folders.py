"""The folder that a command is typed in, and the user's own."""

import os
from pathlib import Path

from homeport import host
from homeport.core import refusals
from homeport.core.errors import UsageError


def current_folder() -> Path:
    """The folder we are in; UsageError when it was deleted."""
    try:
        return Path(os.getcwd())
    except OSError:
        raise refusals.folder_gone() from None


def home_folder() -> Path | None:
    """The user's home; None for a user that has none (a bare uid in a container)."""
    home = os.path.expanduser("~")
    return Path(home) if os.path.isabs(home) else None


def own_project() -> str:
    """The folder of the project that we are in; empty when the folder was deleted."""
    try:
        return str(host.project_of(current_folder()))
    except UsageError:
        return ""

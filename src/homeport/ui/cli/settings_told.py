"""How a running server was started, for those who want to start it again in another way."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from homeport.core.options import Settings


def answer_of(
    settings: Settings, *, command: bool
) -> Callable[[dict[str, Any]], Mapping[str, Any]]:
    """The answer to `settings` on the control socket; `command`: as in `serve`."""
    folder = _folder()

    def answer(request: dict[str, Any]) -> Mapping[str, Any]:
        return {
            "settings": asdict(settings),
            "folder": folder,
            "python": sys.executable,
            "command": command,
        }

    return answer


def _folder() -> str:
    try:
        return os.getcwd()
    except OSError:  # deleted by now
        return ""

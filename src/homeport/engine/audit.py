"""One audit hook per process (PEP 578). It cannot be taken out again, so it does next to nothing.

A handler may raise: then what it was told about does not happen. It is called in any thread.
"""

import sys
from collections.abc import Callable

handlers: dict[str, Callable[..., None]] = {}
"""Event → what is called with its arguments."""

_installed = False


def listen() -> None:
    """From now on call the handlers."""
    global _installed
    if not _installed:  # a worker that was forked from a template has it already
        _installed = True
        sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    handler = handlers.get(event)
    if handler is not None:
        handler(*arguments)

"""Refusals, where they are looked for: the error stream, or a JSON line."""

import json as jsonlib
import re
import shlex
import time
from collections.abc import Mapping, Sequence

from homeport.core.errors import HomeportError
from homeport.ui.cli.output import columns, has_colour, is_terminal, write

_COMMAND = re.compile("homeport (?=--(?!help))")


def tell(error: HomeportError, *, json: bool, app: str | None = None) -> None:
    """Say it. `app` was named, so it belongs to the next commands."""
    if app is not None:
        name = shlex.quote(app)
        error.next_steps = tuple(
            _COMMAND.sub(lambda _: f"homeport {name} ", step) for step in error.next_steps
        )
    if json:
        write(error_line(error))
        return
    red, plain = ("\x1b[31m", "\x1b[0m") if has_colour(2) else ("", "")
    lines = [f"  {red}{row}{plain}" for row in _rows(error.message, 2)]
    lines += [f"    {row}" for step in error.next_steps for row in _rows(step, 4)]
    write("\n".join(lines) + "\n", 2)


def _rows(text: str, margin: int) -> list[str]:
    """As they fit on a terminal; elsewhere a sentence is a line, whatever its length."""
    if not is_terminal(2) or len(text) + margin <= columns(2):
        return [text]
    from homeport.ui.cli.page import said_and_done

    return said_and_done(text, columns(2) - margin)


def error_line(error: HomeportError) -> str:
    """The `error` event."""
    data = {
        "event": "error",
        "time": round(time.time(), 3),
        "code": error.code,
        "message": error.message,
        "next": list(error.next_steps),
        "exit_code": int(error.exit_code),
        **error.facts,
    }
    return jsonlib.dumps(data) + "\n"


def wants_json(arguments: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Whether refusals are for a program to read, asked before anything else is understood."""
    said = environment.get("HOMEPORT_JSON", "")
    if "--json" in arguments or not said:
        return "--json" in arguments
    from homeport.core.options import switch

    return switch(said) is True

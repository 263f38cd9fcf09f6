"""The faces of `homeport up`: lines with the name of their app, or JSON."""

import json
import time
from collections.abc import Callable, Sequence

from homeport.core.prefixed_log import clean, prefixes
from homeport.core.up_words import lines
from homeport.engine.member import Said

Write = Callable[[str], object]


class UpText:
    """One whole line at a time; `names` in the order they are started in."""

    def __init__(self, write: Write, names: Sequence[str], *, colour: bool) -> None:
        self._write = write
        self._colour = colour
        self._prefixes = prefixes(names, colour=colour)

    def tell(self, said: Said) -> None:
        """All lines of an event."""
        if "app" not in said:
            self._write(f"{said['event']}\n")
            return
        prefix = self._prefixes[said["app"]]
        for line in lines(said):
            text = clean(line.text, colour=self._colour)
            if self._colour and line.style:
                text = f"\x1b[{line.style}m{text}\x1b[0m"
            self._write(f"{prefix}{text}".rstrip() + "\n")


class UpJson:
    """The same as events; those of servers as they are, with `app`."""

    def __init__(self, write: Write) -> None:
        self._write = write

    def tell(self, said: Said) -> None:
        """One line."""
        time_first = {"event": said["event"], "time": round(time.time(), 3)}
        self._write(json.dumps(time_first | said) + "\n")

"""`main:app`, `main.py`, `shop/`, `shop.api:create_app`: how an app is named.

Reading the name is pure; whether the place exists is looked up by `ui/cli` (files) and by the
worker (modules), the only one that ever imports it.
"""

import re
from dataclasses import dataclass

PLACES = ("main.py", "app.py", "api.py", "app/main.py", "app/app.py", "app/api.py")
"""Where an app is looked for when none is named: the same places as `fastapi dev`."""

NAMES = ("app", "api")
"""The objects tried when a module is named without one; then the first FastAPI instance."""

_IDENTIFIER = re.compile(r"[^\W\d]\w*\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class AppName:
    """A parsed name. Exactly one of `path` and `module` is set; `attribute` may be dotted."""

    path: str | None = None
    module: str | None = None
    attribute: str | None = None

    @classmethod
    def parse(cls, text: str) -> "AppName":
        """Read what a person typed; ValueError says what is wrong with it."""
        place, colon, attribute = text.partition(":")
        if len(place) == 1 and colon and attribute[:1] in ("\\", "/"):  # C:\shop\main.py:app
            rest, colon, attribute = attribute.partition(":")
            place = f"{place}:{rest}"
        if colon and not _dotted(attribute):
            raise ValueError(f"{attribute!r} after the colon is not the name of an object")
        if not place:
            raise ValueError("there is no module or file before the colon")
        named = attribute or None
        if _dotted(place) and not place.endswith(".py"):
            return cls(module=place, attribute=named)
        if place.endswith(".py") or "/" in place or "\\" in place or place.strip(".") == "":
            return cls(path=place, attribute=named)
        raise ValueError(f"{place!r} is neither a module nor a file")


def _dotted(text: str) -> bool:
    return all(_IDENTIFIER.match(part) for part in text.split("."))


@dataclass(frozen=True, slots=True, kw_only=True)
class AppLocation:
    """An app the worker can import: `module` is found below `folder` (an absolute path).

    `attribute` None means: look for one of `NAMES`, then the first FastAPI instance.
    """

    module: str
    attribute: str | None
    folder: str

    def __str__(self) -> str:
        return f"{self.module}:{self.attribute}" if self.attribute else self.module

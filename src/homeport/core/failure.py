"""Why an app did not start, or broke: a traceback as a value, with the user's frames first."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

from homeport.core.record import Record


class FailureKind(Enum):
    """What went wrong while starting the app; the first three mean the command named no app."""

    MODULE_MISSING = "module-missing"
    ATTRIBUTE_MISSING = "attribute-missing"
    NOT_ASGI = "not-asgi"
    IMPORT = "import-failed"
    FACTORY = "factory-failed"
    STARTUP = "startup-failed"
    DIED = "died"

    @property
    def names_no_app(self) -> bool:
        """Whether the name on the command line is at fault, not the code behind it."""
        return self in (self.MODULE_MISSING, self.ATTRIBUTE_MISSING, self.NOT_ASGI)


class Frame(Record):
    """One line of a traceback. `own` means: from the user's project, not from a library.

    `source` has a second line with carets where the place within the line is known.
    """

    file: str
    line: int
    function: str
    source: str
    own: bool


class Failure(Record):
    """`summary` is one sentence, `error` the exception's last line, `full` the whole traceback."""

    kind: FailureKind
    summary: str
    error: str = ""
    frames: tuple[Frame, ...] = ()
    full: str = ""
    next_steps: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """JSON-ready form; `from_json` reads it back."""
        frames = [frame.to_dict() for frame in self.frames]
        return {**self.to_dict(), "kind": self.kind.value, "frames": frames}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Failure":
        """The inverse of `to_json`."""
        return cls(
            kind=FailureKind(data["kind"]),
            summary=data["summary"],
            error=data["error"],
            frames=tuple(Frame(**frame) for frame in data["frames"]),
            full=data["full"],
            next_steps=tuple(data["next_steps"]),
        )


LIBRARY_FRAMES_SHOWN = 2
OWN_FRAMES_SHOWN = 12
"""More than a person reads: recursion makes a thousand of them."""


def short_traceback(frames: tuple[Frame, ...], error: str) -> list[str]:
    """The traceback a person wants: every own frame, then where a library raised, folded.

    Lines have no indentation of their own beyond two spaces for source text.
    """
    last_own = max((i for i, frame in enumerate(frames) if frame.own), default=-1)
    lines: list[str] = []
    own = [frame for frame in frames if frame.own]
    half = OWN_FRAMES_SHOWN // 2
    middle = own[half:-half] if len(own) > OWN_FRAMES_SHOWN else []
    for frame in own[:half] if middle else own:
        lines += _frame_lines(frame)
    if middle:
        lines.append(f"… {len(middle)} more frames not shown")
        for frame in own[-half:]:
            lines += _frame_lines(frame)
    below = frames[last_own + 1 :]
    shown = below[-LIBRARY_FRAMES_SHOWN:]
    if folded := len(below) - len(shown):
        lines.append(f"… {folded} library frame{'s' if folded > 1 else ''} not shown")
    for frame in shown:
        lines += _frame_lines(frame)
    return [*lines, *error.splitlines()]


def _frame_lines(frame: Frame) -> list[str]:
    where = f"{frame.file}:{frame.line}"
    place = f"{where} in {frame.function}" if frame.function not in ("", "<module>") else where
    return [place, *(f"  {line}" for line in frame.source.splitlines())]

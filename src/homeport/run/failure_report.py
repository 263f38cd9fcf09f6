"""From an exception to a `Failure`: which frames are the user's, and the text around them."""

import os
import traceback
from types import TracebackType

from homeport.core.failure import Failure, FailureKind, Frame
from homeport.run.fresh_import import is_library, library_folders

_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_DEMO = os.path.join(_HERE, "demo")


def failure_of(
    error: BaseException,
    kind: FailureKind,
    summary: str,
    *,
    project: str,
    next_steps: tuple[str, ...] = (),
) -> Failure:
    """`error` with its traceback; our own frames above the user's are left out.

    `project`: file names below this folder are shown relative to it.
    """
    frames = frames_of(error.__traceback__, project)
    if isinstance(error, SyntaxError) and error.filename:
        frames = (*frames, _syntax_frame(error, project))
    return Failure(
        kind=kind,
        summary=summary,
        error=last_line(error),
        frames=frames,
        full="".join(traceback.format_exception(error)),
        next_steps=next_steps,
    )


def last_line(error: BaseException) -> str:
    """`NameError: name 'foo' is not defined`, for syntax errors without the place."""
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg}"
    return "".join(traceback.format_exception_only(error)).strip()


def frames_of(trace: TracebackType | None, project: str) -> tuple[Frame, ...]:
    """The frames worth showing: no importlib machinery, none of homeport or its server."""
    libraries = library_folders()
    frames = []
    for entry in traceback.extract_tb(trace):
        file = entry.filename
        if file.startswith("<frozen importlib") or _is_ours(file):
            continue
        frames.append(
            Frame(
                file=_shown(file, project),
                line=entry.lineno or 0,
                function=entry.name,
                source=(entry.line or "").strip(),
                own=not is_library(file, libraries),
            )
        )
    return tuple(frames)


def _is_ours(file: str) -> bool:
    inside = file.startswith(_HERE + os.sep) and not file.startswith(_DEMO + os.sep)
    return inside or f"{os.sep}uvicorn{os.sep}" in file


def _shown(file: str, project: str) -> str:
    return os.path.relpath(file, project) if file.startswith(project + os.sep) else file


def _syntax_frame(error: SyntaxError, project: str) -> Frame:
    text = (error.text or "").rstrip("\n")
    source = text.strip()
    if source and error.offset:
        column = max(error.offset - 1 - (len(text) - len(text.lstrip())), 0)
        width = max((error.end_offset or 0) - error.offset, 1)
        source += "\n" + " " * (column + 2) + "^" * min(width, max(len(source) - column, 1))
    return Frame(
        file=_shown(error.filename or "", project),
        line=error.lineno or 0,
        function="",
        source=source,
        own=True,
    )

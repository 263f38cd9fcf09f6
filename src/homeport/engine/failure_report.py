"""From an exception to a `Failure`: which frames are the user's, and the text around them."""

import importlib
import os
import sys
import traceback
from types import TracebackType

from homeport.core.failure import Failure, FailureKind, Frame
from homeport.engine.fresh_import import is_library, library_folders

_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_DEMO = os.path.join(_HERE, "demo")
_CAUSES_SHOWN = 5


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
    last = error
    while isinstance(last, BaseExceptionGroup) and len(last.exceptions) == 1:  # a task group's
        last = last.exceptions[0]
        frames += frames_of(last.__traceback__, project)
    if isinstance(last, SyntaxError) and last.filename:
        frames = (*frames, _syntax_frame(last, project))
    return Failure(
        kind=kind,
        summary=summary,
        error="\n".join([*_last_lines(last), *_causes(last)]),
        frames=frames,
        full=_whole(error),
        next_steps=next_steps,
    )


def _last_lines(error: BaseException) -> list[str]:
    lines = [last_line(error)]
    if isinstance(error, BaseExceptionGroup):
        lines += [f"  {last_line(inner)}" for inner in error.exceptions]
    return lines


def last_line(error: BaseException) -> str:
    """`NameError: name 'foo' is not defined`, for syntax errors without the place."""
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg}"
    if isinstance(error, BaseExceptionGroup):
        return f"{type(error).__name__}: {error}"
    return "".join(traceback.format_exception_only(error)).strip()


def _causes(error: BaseException) -> list[str]:
    """A line for each error that led to this one, as Python's long form tells them."""
    lines: list[str] = []
    for _ in range(_CAUSES_SHOWN):
        if error.__cause__ is not None:
            how, error = "caused by", error.__cause__
        elif error.__context__ is not None and not error.__suppress_context__:
            how, error = "while handling", error.__context__
        else:
            break
        lines.append(f"{how} {last_line(error)}")
    return lines


def _whole(error: BaseException) -> str:
    """The traceback as Python writes it, without the frames of `_machinery`."""
    told = traceback.TracebackException.from_exception(error, compact=True)
    folders = _machinery()
    pending: list[traceback.TracebackException | None] = [told]
    while pending:
        part = pending.pop()
        if part is None:
            continue
        kept = [frame for frame in part.stack if not _is_machinery(frame.filename, folders)]
        part.stack = traceback.StackSummary.from_list(kept)
        pending += [part.__cause__, part.__context__, *(part.exceptions or ())]
    return "".join(told.format())


def frames_of(trace: TracebackType | None, project: str) -> tuple[Frame, ...]:
    """The frames worth showing: no importlib machinery, none of homeport or its server."""
    libraries = library_folders()
    folders = _machinery()
    return tuple(
        Frame(
            file=_shown(entry.filename, project),
            line=entry.lineno or 0,
            function=entry.name,
            source=(entry.line or "").strip(),
            own=not is_library(entry.filename, libraries),
        )
        for entry in traceback.extract_tb(trace)
        if not _is_machinery(entry.filename, folders)
    )


def _machinery() -> tuple[str, ...]:
    """Folders whose frames tell nobody anything: homeport, importlib, uvicorn."""
    server = list(sys.modules["uvicorn"].__path__) if "uvicorn" in sys.modules else []
    folders = (_HERE, os.path.dirname(importlib.__file__), *server)
    return tuple(folder + os.sep for folder in folders)


def _is_machinery(file: str, folders: tuple[str, ...]) -> bool:
    demo = file.startswith(_DEMO + os.sep)
    return file.startswith(("<frozen importlib", *folders)) and not demo


def _shown(file: str, project: str) -> str:
    return os.path.relpath(file, project) if file.startswith(project + os.sep) else file


def _syntax_frame(error: SyntaxError, project: str) -> Frame:
    """The place the parser complains about, marked below the line."""
    text = (error.text or "").rstrip("\n")
    source = text.strip()
    column = (error.offset or 0) - 1 - (len(text) - len(text.lstrip()))
    if source and column >= 0:
        one_line = error.end_lineno in (None, error.lineno)
        width = (error.end_offset or 0) - (error.offset or 0) if one_line else len(source)
        source += "\n" + " " * column + "^" * max(min(width, len(source) - column), 1)
    file = error.filename or ""
    return Frame(
        file=_shown(file, project),
        line=error.lineno or 0,
        function="",
        source=source,
        own=not is_library(file, library_folders()),
    )

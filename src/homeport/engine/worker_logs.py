"""What the worker prints besides access lines: errors of the app, with the user's frames first."""

import json
import logging
import sys
import time

from homeport.core.failure import FailureKind, short_traceback
from homeport.core.plain import plain_line
from homeport.core.wire import Job
from homeport.engine.failure_report import failure_of, last_line

_SERVICE_RESTART = 1012  # a close code of RFC 6455's registry
_UVICORN_LEVELS = {"debug": logging.DEBUG, "info": logging.WARNING, "warning": logging.WARNING}


def set_up(job: Job) -> None:
    """Route uvicorn's messages through us. The app's own logging is left alone.

    uvicorn's informational lines tell what our own lines tell already: only at debug level.
    """
    handler = logging.StreamHandler(sys.stdout if job.json else sys.stderr)
    handler.setFormatter(_JsonForm(job.project) if job.json else _TextForm(job))
    handler.addFilter(_is_news)
    for name, level in (("uvicorn", job.log_level), ("uvicorn.error", job.log_level)):
        logging.getLogger(name).setLevel(_UVICORN_LEVELS.get(level, logging.ERROR))
    logger = logging.getLogger("uvicorn")
    logger.handlers = [handler]
    logger.propagate = False


def _is_news(record: logging.LogRecord) -> bool:
    """All but the end that we put to WebSockets at a reload, where the app did not expect one."""
    error = record.exc_info[1] if record.exc_info else None
    ended = type(error).__name__ == "WebSocketDisconnect"
    return not (ended and getattr(error, "code", None) == _SERVICE_RESTART)


class _TextForm(logging.Formatter):
    def __init__(self, job: Job) -> None:
        super().__init__()
        self._project = job.project
        self._whole = job.log_level == "debug"
        self._red, self._normal = ("\x1b[31m", "\x1b[0m") if job.colour else ("", "")

    def format(self, record: logging.LogRecord) -> str:
        """The message, and a traceback without the frames nobody wants."""
        lines = record.getMessage().strip().splitlines()
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            failure = failure_of(error, FailureKind.DIED, "", project=self._project)
            whole = failure.full.splitlines()
            short = short_traceback(failure.frames, last_line(error))
            lines += ["  " + line for line in (whole if self._whole else short)]
        first, *rest = ["  " + plain_line(line) for line in lines or [""]]
        return "\n".join([f"{self._red}{first}{self._normal}", *rest])


class _JsonForm(logging.Formatter):
    def __init__(self, project: str) -> None:
        super().__init__()
        self._project = project

    def format(self, record: logging.LogRecord) -> str:
        """The `log` event of docs/json.md."""
        data = {
            "event": "log",
            "time": round(time.time(), 3),
            "level": record.levelname.lower(),
            "message": record.getMessage().strip(),
        }
        if record.exc_info and record.exc_info[1]:
            error = record.exc_info[1]
            data["traceback"] = failure_of(error, FailureKind.DIED, "", project=self._project).full
        return json.dumps(data)

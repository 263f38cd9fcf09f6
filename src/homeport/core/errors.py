"""Everything homeport refuses to do, as one tree.

The type says whose fault it is and fixes the exit code; the text says what was wanted, what was
found, and the next command to type.

    HomeportError                 exit 1   our own fault
    ├── UsageError                exit 2   the command line, a setting or an environment variable
    │   └── AppNotFoundError      exit 2   the named app is not there (module, attribute, file)
    ├── AppFailedError            exit 3   the app does not start, or its process has died
    ├── BindError                 exit 4   the address cannot be had
    │   └── PortBusyError         exit 4   another process has it
    ├── NothingThereError         exit 5   nothing listens there
    └── NotStoppedError           exit 6   a server that was to be stopped goes on

An app that is there and does not start is no error of a command: it is a `core.failure.Failure`,
which the life cycle turns into exit code 3 or waits to see mended. `homeport.serve` has nothing to
wait for, and raises it as an AppFailedError.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """The exit codes of every homeport command; documented in docs/json.md."""

    OK = 0
    BUG = 1
    USAGE = 2
    APP = 3
    BIND = 4
    NOTHING_THERE = 5
    NOT_STOPPED = 6
    INTERRUPTED = 130


class HomeportError(Exception):
    """A refusal a person can act on.

    `message` is what was wanted and what was found, `next_steps` are commands or edits that help,
    `code` is a stable word for programs, `facts` are JSON-ready details.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.BUG

    def __init__(
        self,
        message: str,
        *,
        code: str,
        next_steps: tuple[str, ...] = (),
        facts: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.next_steps = next_steps
        self.facts = dict(facts or {})

    def __str__(self) -> str:
        return "\n".join([self.message, *(f"  {step}" for step in self.next_steps)])


class UsageError(HomeportError):
    """The request itself cannot be meant so."""

    exit_code = ExitCode.USAGE


class AppNotFoundError(UsageError):
    """No app at the place that was named."""


class AppFailedError(HomeportError):
    """The app is there and does not start, or its process has died; only from `homeport.serve`."""

    exit_code = ExitCode.APP


class BindError(HomeportError):
    """This computer does not give us the address."""

    exit_code = ExitCode.BIND


class PortBusyError(BindError):
    """Another process holds the port on an address we need."""


class NothingThereError(HomeportError):
    """Nothing listens where a server was looked for."""

    exit_code = ExitCode.NOTHING_THERE


class NotStoppedError(HomeportError):
    """A server that was to be stopped is left running, or would not go."""

    exit_code = ExitCode.NOT_STOPPED

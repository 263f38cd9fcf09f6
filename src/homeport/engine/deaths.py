"""From an exit code to words: how a worker ended that was not told to."""

import signal

from homeport.core.failure import Failure, FailureKind

_HINTS = {
    signal.SIGSEGV: "a C extension of the app crashed; python -X faulthandler shows where",
    signal.SIGKILL: "by hand, or because the computer ran out of memory (see: dmesg | tail)",
    signal.SIGTERM: "by hand or by a service manager",
}


def not_started(error: OSError) -> Failure:
    """A worker process that could not be started at all."""
    return Failure(
        kind=FailureKind.DIED,
        summary=f"No worker could be started: {error.strerror or error}.",
        error=str(error),
        next_steps=("is the Python that runs homeport still installed?",),
    )


def death_of(exit_code: int) -> Failure:
    """`exit_code` as in subprocess: negative is the number of a signal."""
    if exit_code >= 0:
        return Failure(
            kind=FailureKind.DIED,
            summary=f"The worker ended itself with exit code {exit_code}.",
            next_steps=("perhaps something in the app calls os._exit()",),
        )
    try:
        number = signal.Signals(-exit_code)
    except ValueError:
        return Failure(
            kind=FailureKind.DIED, summary=f"The worker was ended by signal {-exit_code}."
        )
    description = signal.strsignal(number)
    hint = _HINTS.get(number)
    return Failure(
        kind=FailureKind.DIED,
        summary=f"The worker was ended by {number.name} ({description}).",
        next_steps=(hint,) if hint else (),
    )

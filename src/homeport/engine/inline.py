"""Serving an app *object*: it exists only in this process, so this process is the worker.

The supervisor is the same one, in a thread; its "worker process" is the main thread, which runs
the loop and obeys the same messages. What needs another process is not there: no reload, and no
restart after a crash.
"""

import os
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from homeport.core.errors import ExitCode
from homeport.core.events import Event
from homeport.core.wire import Job
from homeport.engine.channel import Channel
from homeport.engine.outside import Input, Process
from homeport.engine.signals import SignalPipe, Signals
from homeport.engine.worker import serve_job


class MainThread:
    """The main thread in the place of a worker process."""

    def __init__(self, before_exit: Callable[[], None]) -> None:
        self._before_exit = before_exit
        self.channel, self._theirs = Channel.pair()
        self._exit_code: int | None = None

    def serve(self, app: Any) -> None:
        """Do what a worker does, here and now."""
        channel = Channel(self._theirs)
        job = channel.receive().message
        assert isinstance(job, Job)
        code: int = ExitCode.BUG
        try:
            code = serve_job(job, channel, app)
        finally:
            self._exit_code = code
            channel.close()  # wakes the supervisor

    def kill(self) -> None:
        """Asked to end at once, and nothing else can end a thread."""
        if self._exit_code is None:
            if sys.exception() is not None:  # the supervisor's own fault
                traceback.print_exc()
            self._before_exit()
            os._exit(ExitCode.INTERRUPTED)

    def wait(self) -> None:
        """It has ended, or `kill` did not come back."""

    def reap(self) -> int | None:
        """The exit code once the loop has ended."""
        return self._exit_code

    def close(self) -> None:
        """Let go of our end."""
        self.channel.close()


Supervise = Callable[[Callable[[], Process], tuple[Input, ...]], ExitCode]


def serve_here(
    app: Any,
    supervise: Supervise,
    before_exit: Callable[[], None],
    hangup: Callable[[], list[Event]] | None = None,
) -> ExitCode:
    """Serve `app` in this thread until the end; `supervise(spawn, inputs)` runs beside it.

    `before_exit` is called when the process has to end at once, `hangup` as in `Signals`.
    """
    worker = MainThread(before_exit)
    codes: list[ExitCode] = []
    with ExitStack() as cleanup:
        signals = Signals(cleanup.enter_context(SignalPipe(shared=True)), hangup)
        thread = threading.Thread(
            target=lambda: codes.append(supervise(lambda: worker, (signals,))),
            name="homeport supervisor",
            daemon=True,
        )
        thread.start()
        worker.serve(app)
        thread.join()
    return codes[0]

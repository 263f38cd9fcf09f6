"""A worker that is a thread of a process that belongs to others, such as a test run.

It leaves nothing behind in the process: not its loop, not a handler of signals or logs, not what
the garbage collector thinks of their objects. What the app logs goes where the process wants it.
"""

import asyncio
import logging
import threading
from typing import Any

from homeport.core.errors import ExitCode
from homeport.core.wire import Failed, Job
from homeport.engine.channel import Channel


class GuestThread:
    """A worker as `engine/outside` has it; but a thread cannot be killed, so ask `reap`."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.channel, self._theirs = Channel.pair()
        self._exit_code: int | None = None
        self._thread = threading.Thread(target=self._work, name="homeport app", daemon=True)
        self._thread.start()

    def kill(self) -> None:
        """It notices at its next await that nobody is there any more."""
        self.channel.hang_up()

    def reap(self) -> int | None:
        """Its exit code once it has ended."""
        return None if self._thread.is_alive() else self._exit_code

    def wait(self) -> None:
        """Nobody can make it end."""

    def close(self) -> None:
        """Let go of our end."""
        self.channel.close()

    def _work(self) -> None:
        channel = Channel(self._theirs)
        code: int = ExitCode.BUG
        try:
            job = channel.receive().message
            assert isinstance(job, Job)
            code = _serve(self._app, job, channel)
        except EOFError:
            code = ExitCode.OK
        finally:
            self._exit_code = code
            channel.close()


def _serve(app: Any, job: Job, channel: Channel) -> int:
    """As `engine/worker.serve_job` does, without what it does to its own process."""
    from homeport.engine.app_loader import AppLoadError, prepared
    from homeport.engine.life import Life, new_loop

    _keep_quiet()
    try:
        app = prepared(app, job)
    except AppLoadError as error:
        channel.send(Failed(failure=error.failure.to_json()))
        return ExitCode.APP
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(Life(app, job, channel, is_guest=True).run())


def _keep_quiet() -> None:
    """Python prints what has no handler; those of the process hear it all the same."""
    logger = logging.getLogger("uvicorn")
    if not any(isinstance(handler, logging.NullHandler) for handler in logger.handlers):
        logger.addHandler(logging.NullHandler())

"""Programs that `homeport up` runs, each below a keeper (engine/keeper): start, output, end."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO


class KeptProcess:
    """One program. `out` and `err` are the reading ends of what it writes, non-blocking.

    `pid` is that of its keeper, the leader of the session that all of the program is in.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", lifeline: int) -> None:
        assert process.stdout is not None and process.stderr is not None
        self._process = process
        self._lifeline = lifeline
        self.pid = process.pid
        self.out: IO[bytes] = process.stdout
        self.err: IO[bytes] = process.stderr
        for stream in (self.out, self.err):
            os.set_blocking(stream.fileno(), False)

    def terminate(self) -> None:
        """Ask it to end; the keeper kills it when it takes too long."""
        self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End all of it now."""
        self._process.send_signal(signal.SIGINT)

    def reap(self) -> int | None:
        """Its exit code as a shell tells it, None while any of it lives."""
        if self._process.returncode is None and self._is_dead():
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)  # a keeper that was killed could not
        code = self._process.poll()
        return code if code is None or code >= 0 else 128 - code

    def _is_dead(self) -> bool:
        """Not waited for yet, so its id is nobody else's."""
        options = os.WEXITED | os.WNOWAIT | os.WNOHANG
        return os.waitid(os.P_PID, self.pid, options) is not None

    def close(self) -> None:
        """Let go of a program that has ended, or let it end."""
        self.out.close()
        self.err.close()
        os.close(self._lifeline)


def start(
    command: Sequence[str],
    folder: str,
    environment: Mapping[str, str],
    *,
    group: bool,
    grace: float,
) -> KeptProcess:
    """Run a program in `folder`. `group`: its children are asked to end too, not it alone.

    OSError when the folder is not there or no process can be started.
    """
    read_end, write_end = os.pipe()
    keeper = [sys.executable, "-P", "-m", "homeport.engine.keeper"]
    how = [str(read_end), "group" if group else "one", str(grace)]
    try:
        process = subprocess.Popen(
            [*keeper, *how, *command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=(read_end,),
        )
    except BaseException:
        os.close(write_end)
        raise
    finally:
        os.close(read_end)
    return KeptProcess(process, write_end)

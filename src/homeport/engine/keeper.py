"""The process between `homeport up` and one program: nothing of that program outlives it.

    up ── keeper (leader of a session of its own) ── the program ── whatever it starts

SIGTERM, and the end of `up` in whatever way (its lifeline closes): the program is asked to end,
killed when it takes too long; then whatever it has left behind, for a keeper is the subreaper of
all that comes from the program (prctl(2)). SIGINT kills at once. It ends with the program's exit
code, as a shell would (128 and the number of the signal).

Only children that were not waited for are signalled, and the own group: no pid can be a stranger's.
"""

import os
import selectors
import signal
import sys
import time
from contextlib import ExitStack, suppress

from homeport.host.subreaper import adopting_orphans, children

LEFT_BEHIND = 0.5
"""Seconds that what a program leaves behind has to end by itself."""
_GROUP = "group"
_PAUSE = 0.01


class _Keeper:
    """`group`: all processes of the program are asked to end, as Ctrl-C does, not only it."""

    def __init__(self, program: int, *, group: bool, grace: float) -> None:
        self._program = program
        self._group = group
        self._grace = grace
        self._deadline: float | None = None
        self.code: int | None = None

    @property
    def patience(self) -> float | None:
        """Seconds until `is_late` has to be asked again."""
        return None if self._deadline is None else max(self._deadline - time.monotonic(), 0)

    @property
    def is_late(self) -> bool:
        """Whether the time to end by itself is over."""
        return self._deadline is not None and time.monotonic() >= self._deadline

    def obey(self, signals: bytes) -> None:
        """SIGTERM: ask it to end, once; SIGINT: it is late at once."""
        if signal.SIGINT in signals:
            self._deadline = time.monotonic()
        elif signal.SIGTERM in signals:
            self.ask()

    def ask(self) -> None:
        """Let it end by itself, for some time."""
        if self._deadline is None:
            self._deadline = time.monotonic() + self._grace
            if self._group:
                os.killpg(0, signal.SIGTERM)  # it comes to us too, where it changes nothing
            elif self.code is None:
                os.kill(self._program, signal.SIGTERM)

    def reap(self) -> bool:
        """Take note of all that have ended; False: nothing is left."""
        try:
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                if found[0] == self._program:
                    code = os.waitstatus_to_exitcode(found[1])
                    self.code = code if code >= 0 else 128 - code
        except ChildProcessError:
            return False
        return True

    def end_what_is_left(self) -> None:
        """The program has ended: those it has left get a moment, or the rest of its time."""
        soon = time.monotonic() + LEFT_BEHIND
        self._deadline = soon if self._deadline is None else max(self._deadline, soon)
        signal_children(signal.SIGTERM)


def main() -> None:
    """`keeper LIFELINE one|group SECONDS PROGRAM …`; ends with the exit code of the program.

    LIFELINE is the number of a descriptor: of the read end of a pipe that `up` never writes to.
    """
    lifeline, how, grace, *command = sys.argv[1:]
    os.set_inheritable(int(lifeline), False)
    read_end, write_end = os.pipe()
    for descriptor in (read_end, write_end):
        os.set_blocking(descriptor, False)
    signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, _do_nothing)
    defaults = (signal.SIGPIPE, signal.SIGXFSZ)  # Python ignores these, a program must not
    with ExitStack() as cleanup:
        with suppress(OSError):  # else they go to the system's first process, and are not ended
            cleanup.enter_context(adopting_orphans())
        program = os.posix_spawn(command[0], command, os.environ, setsigdef=defaults)
        keeper = _Keeper(program, group=how == _GROUP, grace=float(grace))
        _wait(keeper, read_end, int(lifeline))
    os._exit(keeper.code if keeper.code is not None else 128 + signal.SIGKILL)


def _wait(keeper: _Keeper, wake: int, lifeline: int) -> None:
    """Until the program and all that came from it have ended, or have had their time."""
    selector = selectors.DefaultSelector()
    selector.register(wake, selectors.EVENT_READ)
    selector.register(lifeline, selectors.EVENT_READ)
    is_left = False
    while keeper.reap():
        if keeper.code is not None and not is_left:
            is_left = True
            keeper.end_what_is_left()
        if keeper.is_late:
            signal_children(signal.SIGKILL)
            time.sleep(_PAUSE)
            continue
        for key, _ in selector.select(keeper.patience):
            if key.fd == lifeline:
                selector.unregister(lifeline)
                keeper.ask()
            else:
                keeper.obey(os.read(wake, 4096))


def signal_children(number: signal.Signals) -> None:
    """To those that were not waited for; their own children become ours when they end."""
    for pid in children():
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _do_nothing(number: int, frame: object) -> None:
    """The wakeup descriptor tells."""


if __name__ == "__main__":
    main()

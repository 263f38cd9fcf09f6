"""The supervisor's side of the warm template: when there is one, what it holds, when it is stale.

A reload is forked from the template when that is there and true, and starts a fresh interpreter in
every other case: the template is an optimisation, and nothing may depend on it. It is built after
a worker was ready, from what that worker has imported (`engine/imports_seen`). One worker is forked
ahead and waits for its job: a fork takes longer than everything else that we do for a reload.
"""

import os
import select
import selectors
import socket
import time
from collections.abc import Callable, Iterable

from homeport.core import warm, wire
from homeport.core.events import Event
from homeport.engine.outside import Process
from homeport.engine.spawn import WorkerProcess, spawn_process, spawn_worker
from homeport.engine.surroundings import Surroundings
from homeport.host.subreaper import adopting_orphans

PATIENCE = 2.0
"""Seconds until a template that is to fork and does not answer is given up."""
IMPORT_PATIENCE = 60.0
"""Seconds it may import; meanwhile reloads start cold."""


class Warmth:
    """`spawn` gives worker processes, warm where possible. An `Input` of the supervisor."""

    def __init__(
        self,
        job: wire.Job,
        excluded: tuple[str, ...],
        warn: Callable[[str], None],
        spare: list[WorkerProcess],
    ) -> None:
        self._job = job
        self._excluded = excluded
        self._warn = warn
        self._spare = spare
        self._selector = selectors.EpollSelector()
        self._template: WorkerProcess | None = None
        self._waiting: WorkerProcess | None = None  # forked ahead, for the next reload
        self._ready = False
        self._asked_at = 0.0
        self._forbidden = False
        self._failures = 0  # of templates that ended or hung
        self._unanswered = 0  # what the template was asked and has not done yet
        self._rounds = 0  # templates in a row that only found out what must be left out
        self._modules: dict[str, None] = {}  # in the order of their import
        self._has_model = False
        self._asked: tuple[str, ...] = ()
        self._changes = False  # the project changes the environment while it is imported
        self._project: set[str] = set()
        self._left_out: dict[str, str] = {}
        self._surroundings = Surroundings(job)

    def fileno(self) -> int:
        """For selectors: readable when the template says something."""
        return self._selector.fileno()

    def spawn(self) -> Process:
        """A worker process that waits for its job. OSError when there can be none."""
        if self._spare:
            return self._spare.pop()
        if self._ready and (reason := self._surroundings.change(self._modules)) is not None:
            self._forget()
            self._warn(reason)
        hangs = time.monotonic() - self._asked_at > IMPORT_PATIENCE
        if self._template is not None and not self._ready and hangs:
            self._lose(f"did not finish its imports in {IMPORT_PATIENCE:g} s")
        self._fork_ahead()
        waiting, self._waiting = self._waiting, None
        return waiting if waiting is not None else spawn_worker()

    def _fork_ahead(self) -> None:
        """Have a worker waiting, if there is a template to fork it from."""
        if self._waiting is not None and self._waiting.reap() is not None:
            self._waiting.close()
            self._waiting = None
        if self._template is None or not self._ready or self._waiting is not None:
            return
        try:
            self._waiting = self._forked(self._template)
        except _LostError as error:
            self._lose(str(error))
        except OSError:  # no descriptors left, or prctl is not allowed here
            self._lose("cannot be used")

    def heard(self, imported: wire.Loaded) -> None:
        """A worker is up and has imported this."""
        if imported.unfit:
            self._forget()
            self._warn(warm.UNFIT)
            return
        if imported.asked is not None:
            self._asked, self._changes = imported.asked, imported.environment_changed
            self._has_model = True
        elif not self._has_model:
            return  # a worker that leaves; what it did is no model any more
        if imported.obstacle is not None and not self._forbidden:
            self._forbidden = True
            self._drop()
            self._warn(warm.forbidden(imported.obstacle))
        self._project.update(imported.project)
        if mistaken := self._modules.keys() & imported.project:  # the project has it by now
            for name in mistaken:
                del self._modules[name]
            self._drop()
        wanted = warm.preloadable(imported.modules, self._job.module, self._excluded)
        new = [name for name in wanted if name not in self._modules]
        self._modules.update(dict.fromkeys(new))
        if self._forbidden or self._failures >= warm.MOST_ROUNDS:
            return
        if self._template is None:
            self._build()
        elif new:
            self._ask(self._template, new)
        else:
            self._fork_ahead()

    def _build(self) -> None:
        self._surroundings = Surroundings(self._job)
        try:
            self._template = spawn_process("homeport.engine.template")
        except OSError:
            return  # the next reload will say so, if it finds the same
        self._selector.register(self._template.channel, selectors.EVENT_READ)
        self._ask(self._template, self._modules)

    def _ask(self, template: WorkerProcess, modules: Iterable[str]) -> None:
        self._discard_waiting()
        self._ready = False
        self._asked_at = time.monotonic()
        # A late word of a worker that has left may still name what the project has by now.
        wanted = tuple(
            name
            for name in modules
            if name not in self._left_out and not self._surroundings.in_front(name)
        )
        refused = tuple(sorted(self._project.union(self._excluded)))
        env_file = self._job.env_file
        template.channel.send(
            wire.Warm(
                modules=wanted,
                refused=refused,
                env_file=env_file,
                asked=self._asked,
                environment_changed=self._changes,
            )
        )
        self._unanswered += 1

    def read(self) -> list[Event]:
        """Take note of what the template says; nothing of it is an event of the server."""
        if self._template is not None and self._hear(self._template) is None:
            self._lose("has ended")
        self._fork_ahead()
        return []

    def _hear(self, template: WorkerProcess) -> list[wire.Message] | None:
        received = template.channel.read()
        if received is None:
            return None
        messages = [each.message for each in received]
        for message in messages:
            if isinstance(message, wire.Warmed):
                self._warmed(message)
        return messages

    def _warmed(self, warmed: wire.Warmed) -> None:
        self._surroundings.add(warmed.files)
        self._unanswered -= 1
        self._ready = self._unanswered == 0
        roots = {
            name: reason
            for name, reason in warmed.left_out.items()
            if name not in self._left_out and not reason.startswith("it imports ")
        }
        self._left_out |= warmed.left_out
        if roots:
            self._warn(warm.left_out(roots))
        if warmed.clean:
            self._rounds = 0
            return
        self._rounds += 1
        if self._rounds < warm.MOST_ROUNDS:
            self._drop()
            self._build()
        else:
            self._failures = warm.MOST_ROUNDS
            self._lose("cannot be had without half imported modules")

    def _forked(self, template: WorkerProcess) -> WorkerProcess:
        """A worker from the template. _LostError when it does not answer."""
        from homeport.engine.channel import Channel

        ours, theirs = socket.socketpair()
        read_end, write_end = os.pipe()
        try:
            with adopting_orphans():
                descriptors = (theirs.fileno(), read_end)
                template.channel.send(wire.Fork(descriptors=len(descriptors)), descriptors)
                pid = self._pid_from(template)
        except BaseException:
            ours.close()
            os.close(write_end)
            raise
        finally:
            theirs.close()
            os.close(read_end)
        return WorkerProcess(pid, Channel(ours), write_end)

    def _pid_from(self, template: WorkerProcess) -> int:
        deadline = time.monotonic() + PATIENCE
        poll = select.poll()
        poll.register(template.channel, select.POLLIN)
        while poll.poll(max(deadline - time.monotonic(), 0.0) * 1000):
            messages = self._hear(template)
            if messages is None:
                raise _LostError("has ended")
            for message in messages:
                if isinstance(message, wire.Forked):
                    if message.pid == 0:
                        raise _LostError("could not be forked")
                    return message.pid
        raise _LostError(f"did not answer for {PATIENCE:g} s")

    def _lose(self, how: str) -> None:
        self._failures += 1
        self._drop()
        for_good = self._failures >= warm.MOST_ROUNDS
        self._warn(warm.lost(how, for_good=for_good))

    def _drop(self) -> None:
        """End the template. The next worker that is ready leads to another one."""
        self._ready = False
        self._unanswered = 0
        self._discard_waiting()
        if self._template is not None:
            template, self._template = self._template, None
            self._selector.unregister(template.channel)
            _end(template)

    def _forget(self) -> None:
        """What was learned may be true no more: the next worker is the model."""
        self._drop()
        self._has_model = False
        self._modules, self._project, self._left_out = {}, set(), {}
        self._forbidden, self._failures, self._rounds = False, 0, 0

    def _discard_waiting(self) -> None:
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            _end(waiting)

    def close(self) -> None:
        """End everything that was started for later."""
        self._drop()
        self._selector.close()


class _LostError(Exception):
    """The template does not do its work; the text says what it did."""


def _end(process: WorkerProcess) -> None:
    process.kill()
    process.wait()
    process.close()

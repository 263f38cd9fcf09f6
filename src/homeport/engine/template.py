"""The template: a process that has imported the libraries and is forked for each reload.

Started as a worker is, as `python -P -m homeport.engine.template` with a channel on descriptor 3
and a lifeline on 4. It never sees the project's code, a listener or an event loop, and it has one
thread, so a fork of it is as good as a fresh interpreter with those modules loaded:

    Warm → import → Warmed → (Fork → fork → Forked) again and again

The fork runs `homeport.engine.worker` as `python -m` would. It is forked twice, so that the worker
becomes a child of the supervisor, which asked to adopt orphans (`host/subreaper`): the supervisor
waits for it as for any other worker, whether the template lives or not.
"""

import contextlib
import ctypes
import gc
import importlib
import importlib.util
import os
import select
import signal
import socket
import sys
import time
from types import ModuleType
from typing import NoReturn

from homeport.core.wire import Fork, Forked, Warm, Warmed
from homeport.engine import env_file, fresh_import, imports_seen, lifeline
from homeport.engine.channel import Channel
from homeport.engine.preloading import Preloading

CHANNEL, LIFELINE = 3, 4
WORKER = "homeport.engine.worker"

_OURS = (
    *("access_log", "app_loader", "failure_report", "imports_seen", "life", "lifeline"),
    "worker_logs",
    "serving.server",
    "worker_doors",
)
_UNTRUSTED = [0, 0, 0]
"""The version of a file that was changed while we imported: nobody knows what we have read."""


def main() -> NoReturn:
    """The life of a template, or in a fork of it that of a worker."""
    started = time.time_ns()
    lifeline.hold_on_to(LIFELINE)
    # A worker unblocks it when it has its handlers, with those that were blocked when we began.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGQUIT})
    for descriptor in (CHANNEL, LIFELINE):
        os.set_inheritable(descriptor, False)
    Template(Channel(socket.socket(fileno=CHANNEL)), started).run()
    _be_a_worker()


class Template:
    """Obeys its supervisor."""

    def __init__(self, channel: Channel, started: int) -> None:
        self._channel = channel
        self._started = started
        self._path = list(sys.path)
        for name in _OURS:
            importlib.import_module("homeport.engine." + name)
        libraries = fresh_import.library_folders()
        self._installed = [p for p in sys.path if fresh_import.is_library(p, libraries)]
        self._preloading = Preloading()
        self._files: dict[str, list[int]] = {}

    def run(self) -> None:
        """Until the supervisor hangs up; it returns only in a fork, which is to be a worker."""
        while True:
            try:
                received = self._channel.receive()
            except EOFError:
                os._exit(0)
            match received.message:
                case Warm() as warm:
                    self._warm(warm)
                case Fork():
                    if self._fork(*received.descriptors):
                        return
                case message:
                    raise AssertionError(f"not for a template: {message}")

    def _warm(self, warm: Warm) -> None:
        gc.disable()  # a fork shares what nobody touches: so tidy up once, then never again
        if warm.env_file is not None:
            with contextlib.suppress(OSError):  # a worker will say so
                env_file.load(warm.env_file)
        imports_seen.model = imports_seen.Model(frozenset(warm.asked), warm.environment_changed)
        sys.path[:] = self._installed
        self._preloading.load(warm.modules, warm.refused)
        sys.path[:] = self._path
        files = self._new_files()
        gc.collect()
        gc.freeze()
        gc.enable()
        left_out, clean = self._preloading.left_out, self._preloading.clean
        self._channel.send(Warmed(files=files, left_out=left_out, clean=clean))

    def _new_files(self) -> dict[str, list[int]]:
        """What was loaded since the last time."""
        new = {}
        for module in list(sys.modules.values()):
            path = getattr(getattr(module, "__spec__", None), "origin", None)
            if isinstance(path, str) and path not in self._files and os.path.isabs(path):
                with contextlib.suppress(OSError):
                    status = os.stat(path)
                    version = [status.st_mtime_ns, status.st_size, status.st_ino]
                    new[path] = _UNTRUSTED if status.st_mtime_ns > self._started else version
        self._files |= new
        return new

    def _fork(self, channel: int, lifeline_end: int) -> bool:
        """True in the worker."""
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, or None
                stream.flush()
        read_end, write_end = os.pipe()
        try:
            middle = os.fork()
        except OSError:
            middle = -1
        if middle == 0:
            if _second_fork(write_end):
                os.close(read_end)
                self._take_over(channel, lifeline_end)
                return True
        elif middle > 0:
            os.waitpid(middle, 0)  # from here on the worker is the supervisor's child
        os.close(write_end)
        with open(read_end, "rb") as pipe:
            pid = int(pipe.read() or 0)
        os.close(channel)
        os.close(lifeline_end)
        self._channel.send(Forked(pid=pid))
        return False

    def _take_over(self, channel: int, lifeline_end: int) -> None:
        """The descriptors of a worker are where those of the template were."""
        self._channel.detach()
        self._preloading.done()
        for source, target in ((channel, CHANNEL), (lifeline_end, LIFELINE)):
            os.dup2(source, target)
            os.close(source)


def _second_fork(write_end: int) -> bool:
    """In the middle process: True in the worker; the middle one only says its pid."""
    try:
        pid = os.fork()
        if pid == 0:
            os.close(write_end)
            return True
        os.write(write_end, str(pid).encode())
    except OSError:
        pass
    os._exit(0)


def _be_a_worker() -> NoReturn:
    """As `python -m homeport.engine.worker` begins, once there is a job for it."""
    _reseed()
    imports_seen.environment = dict(os.environ)
    spec = importlib.util.find_spec(WORKER)
    assert spec is not None and spec.origin is not None and spec.loader is not None
    main = ModuleType("__main__")
    main.__spec__, main.__file__, main.__loader__ = spec, spec.origin, spec.loader
    main.__package__, main.__cached__ = spec.parent, spec.cached  # type: ignore[attr-defined]
    main.__builtins__ = sys.modules["builtins"]  # type: ignore[attr-defined]
    sys.modules["__main__"] = main
    sys.argv[:] = [spec.origin]
    sys.orig_argv[:] = [WORKER if word == __spec__.name else word for word in sys.orig_argv]
    code = spec.loader.get_code(WORKER)  # type: ignore[attr-defined]
    poll = select.poll()
    poll.register(CHANNEL, select.POLLIN)
    poll.poll()
    _rename()
    exec(code, main.__dict__)
    raise AssertionError("a worker ends its process")


def _reseed() -> None:
    """Random numbers of our own. Python sees to `random`, OpenSSL to its own (by the pid)."""
    numpy = sys.modules.get("numpy.random")
    if numpy is not None:
        numpy.seed()


def _rename() -> None:
    """Let ps(1) and /proc say what this process is: write over its arguments, where they lie."""
    old, new = b"homeport.engine.template", WORKER.encode()
    with contextlib.suppress(OSError, ValueError, IndexError):
        with open("/proc/self/stat", "rb") as stat:
            fields = stat.read().rpartition(b")")[2].split()
        start, end = int(fields[45]), int(fields[46])  # arg_start and arg_end of proc(5)
        place = ctypes.string_at(start, end - start).find(old)
        if place >= 0:
            ctypes.memmove(start + place, new.ljust(len(old), b"\0"), len(old))


if __name__ == "__main__":
    main()

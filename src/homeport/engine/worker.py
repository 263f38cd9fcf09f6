"""A worker: the process that imports the app and serves it.

Started by the supervisor as `python -P -m homeport.engine.worker` with a channel on descriptor 3
and its lifeline on 4. It imports what serving needs while the supervisor still reads its command
line, then waits for its job:

    job → import the app → lifespan startup → ready → (listeners) → serving → (retire) → drain
        → lifespan shutdown → end
"""

import atexit
import contextlib
import importlib
import os
import signal
import socket
import sys
from typing import Any, NoReturn

from homeport.engine import garbage

if __name__ == "__main__":
    garbage.hardly_collect()

from homeport.core.errors import ExitCode
from homeport.core.failure import Failure, FailureKind
from homeport.core.wire import Imported, Job, Loaded, Message, Start, decode, encode
from homeport.engine import fresh_import, imports_seen, used_files
from homeport.engine.channel import Channel
from homeport.engine.imports_seen import ImportsSeen
from homeport.engine.life import Life, listening, report, run_loop
from homeport.engine.versions import version_of

CHANNEL, LIFELINE = 3, 4


def main() -> NoReturn:
    """The whole life of a worker process."""
    from homeport.engine import lifeline

    lifeline.hold_on_to(LIFELINE)
    os.register_at_fork(after_in_child=_let_go_after_fork)
    _ignore_the_terminal()
    channel = Channel(socket.socket(fileno=CHANNEL))
    os.set_inheritable(CHANNEL, False)
    os.set_inheritable(LIFELINE, False)
    for ours in ("serving.server", "worker_doors", "env_file", "app_loader", "worker_logs"):
        # While there is no job yet, and before code of our own could be taken for the project's.
        importlib.import_module("homeport.engine." + ours)
    try:
        job = _job_left_for_us() or channel.receive().message
    except EOFError:
        os._exit(ExitCode.OK)
    assert isinstance(job, Job)
    _set_up_imports(job)
    end(serve_job(job, channel))


def _job_left_for_us() -> Message | None:
    """By `_start_over`: on the descriptor that is our argument."""
    if len(sys.argv) < 2:
        return None
    with open(int(sys.argv.pop()), "rb") as file:
        return decode(file.read())


def _start_over(job: Job, channel: Channel) -> NoReturn:
    """This fork is not what a start without the template would be: become that, in place.

    The process, its channel and its lifeline stay, so nobody has to know (execve(2)).
    """
    channel.send(Loaded(unfit=True))
    left = os.memfd_create("job", 0)
    os.write(left, encode(job))
    os.lseek(left, 0, os.SEEK_SET)
    for descriptor in (CHANNEL, LIFELINE):
        os.set_inheritable(descriptor, True)
    environment = imports_seen.environment or dict(os.environ)
    os.execve(sys.executable, [*sys.orig_argv, str(left)], environment)


def _let_go_after_fork() -> None:
    """A process that the app forks may outlive us: it must not hold the port or our channel."""
    used_files.when_grown(None)
    for descriptor in (CHANNEL, LIFELINE):
        with contextlib.suppress(OSError):
            os.close(descriptor)
    for descriptor, inode in listening.items():
        with contextlib.suppress(OSError):
            if os.fstat(descriptor).st_ino == inode:
                os.close(descriptor)


def _ignore_the_terminal() -> None:
    """Ctrl-C reaches us too, SIGTERM to a process group also: the supervisor says what it means.

    A handler and not SIG_IGN: that would be inherited by programs the app starts.
    """
    numbers = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT}
    for number in numbers:
        signal.signal(number, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)


def _set_up_imports(job: Job) -> None:
    fresh_import.install()
    sys.path[:] = [*job.sys_path, *(path for path in sys.path if path not in job.sys_path)]
    # No import will look for what a template has loaded, but the project may get a module of that
    # name, which comes first in the next worker.
    for name in {name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names:
        for folder in job.sys_path:
            place = os.path.join(folder, name)
            if not os.path.exists(place) and not os.path.exists(place + ".py"):
                used_files.miss(place)


def serve_job(job: Job, channel: Channel, app: Any = None) -> ExitCode:
    """Load, serve until told to retire, shut down. `app` given: nothing is imported."""
    from homeport.engine import env_file, worker_logs
    from homeport.engine.app_loader import AppLoadError, load_app, prepared

    worker_logs.set_up(job)
    seen = ImportsSeen() if job.warm and job.failure is None else None
    try:
        if job.failure is not None:
            from homeport.engine.failure_page import FailurePage

            app = FailurePage(Failure.from_json(job.failure))
        else:
            if job.env_file is not None:
                if version := version_of(job.env_file):
                    used_files.note(job.env_file, version)
                env_file.load(job.env_file)
            app = load_app(job) if app is None else prepared(app, job)
    except AppLoadError as error:
        if seen is not None and seen.unfit():
            _start_over(job, channel)
        report(channel, error.failure)
        return ExitCode.APP
    except OSError as error:
        report(channel, _without_environment(error))
        return ExitCode.APP
    if seen is not None:
        seen.loaded()
        if seen.unfit():
            _start_over(job, channel)
    if job.single_lifespan and job.failure is None and not _may_start(channel):
        return ExitCode.OK
    return run_loop(Life(app, job, channel, seen))


def _may_start(channel: Channel) -> bool:
    """Wait for the word; False when there is nobody to give it any more."""
    channel.send(Imported())
    try:
        return isinstance(channel.receive().message, Start)
    except EOFError:
        return False


def _without_environment(error: OSError) -> Failure:
    summary = f"{error.filename} (--env-file) cannot be read: {error.strerror}."
    return Failure(kind=FailureKind.STARTUP, summary=summary, error=str(error))


def end(code: ExitCode) -> NoReturn:
    """Leave without tearing the interpreter down piece by piece: that can take half a second.

    What users rely on is done: exit handlers run, output is flushed.
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, or None
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()

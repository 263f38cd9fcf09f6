"""`homeport`: the first lines that run.

The worker's interpreter is started before anything else is imported: it takes longer to come up
than everything we do meanwhile. When the command line turns out to be wrong it is ended unused.
"""

import os
import signal
import sys
import time

from homeport.ui.cli.by_service_manager import from_service_manager
from homeport.ui.cli.commands import command_in, help_of, own_words, run_command
from homeport.ui.cli.output import open_standard_streams, write

TYPE_CHECKING = False  # as in typing, which takes longer to import than all of this
if TYPE_CHECKING:
    from typing import NoReturn

RENEWED = "_HOMEPORT_RENEWED"
"""`engine.renewal.VARIABLE`, whose module can wait until the worker is on its way."""


def main() -> "NoReturn":
    """The console script. Ends the process with one of `core.errors.ExitCode`."""
    started = time.monotonic()
    arguments = sys.argv[1:]
    open_standard_streams()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback for an early Ctrl-C
    command, rest = command_in(arguments)
    if any(word in ("--help", "-h", "--version") for word in own_words(arguments)):
        _leave(_tell(arguments, command))
    if command is not None:
        _leave(run_command(command, rest))
    _leave(_serve(arguments, started))


def _serve(arguments: list[str], started: float) -> int:
    manager = from_service_manager()
    from homeport.engine.spawn import spawn_worker

    kept, server, named = None, None, frozenset[int]()
    if RENEWED in os.environ:
        from homeport.engine.renewal import kept as kept_sockets

        kept = kept_sockets()
    if any(word.startswith("--ready-fd") for word in arguments):
        from homeport.ui.cli.ready_fd import keep_from_children

        named = keep_from_children(arguments)
    if kept is None and any(word in ("-d", "--detach") for word in arguments):
        from homeport.ui.cli.background import detach

        server = detach(arguments, named)
    try:
        spare = [spawn_worker()]
    except OSError:  # told when it is needed and fails again
        spare = []
    from homeport.ui.cli.serve import serve_command

    return serve_command(arguments, started, spare, server, kept, manager)


def _tell(arguments: list[str], command: str | None) -> int:
    if "--version" in arguments:
        from importlib.metadata import version

        return write(f"homeport {version('homeport')}\n")
    from homeport.ui.cli.help_page import fitted
    from homeport.ui.cli.page import width

    if command is not None:
        return write(fitted(help_of(command), width()))
    from homeport.ui.cli.arguments import help_text

    return write(fitted(help_text(all_of_it="all" in arguments), width()))


def _leave(code: int) -> "NoReturn":
    """Without the interpreter's long goodbye; everything has been written by now."""
    os._exit(code)


if __name__ == "__main__":
    main()

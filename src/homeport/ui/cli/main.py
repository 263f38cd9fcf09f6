"""`homeport`: the first lines that run.

The worker's interpreter is started before anything else is imported: it takes longer to come up
than everything we do meanwhile. When the command line turns out to be wrong it is ended unused.
"""

import os
import sys
import time
from typing import NoReturn


def main() -> NoReturn:
    """The console script. Ends the process with one of `core.errors.ExitCode`."""
    started = time.monotonic()
    arguments = sys.argv[1:]
    if any(word in ("--help", "-h", "--version") for word in arguments):
        _leave(_tell(arguments))
    from homeport.run.spawn import spawn_worker

    spare = spawn_worker()
    from homeport.ui.cli.serve import serve_command

    _leave(serve_command(arguments, started, spare))


def _tell(arguments: list[str]) -> int:
    from homeport.ui.cli.output import write

    if "--version" in arguments:
        from importlib.metadata import version

        return write(f"homeport {version('homeport')}\n")
    from homeport.ui.cli.arguments import help_text

    return write(help_text())


def _leave(code: int) -> NoReturn:
    """Without the interpreter's long goodbye; everything has been written by now."""
    os._exit(code)


if __name__ == "__main__":
    main()

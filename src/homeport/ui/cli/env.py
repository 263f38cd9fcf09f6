"""`homeport env`: a command that is told where servers are, once they are ready."""

import os
import signal
import time
from collections.abc import Mapping, Sequence
from typing import NoReturn

from homeport.core import refusals, up_refusals
from homeport.core.env_words import exports, split, twice, url_variable
from homeport.core.errors import ExitCode
from homeport.core.server_name import given as name_given
from homeport.engine.ready_url import ready_url, said_url
from homeport.ui.cli.apps import registered_here
from homeport.ui.cli.page import Arguments, show_json, show_text
from homeport.ui.cli.waiting import seconds

HELP = """\
homeport env NAME… [--timeout SEC] -- COMMAND …     run COMMAND with the URLs of these servers

  homeport env api -- pytest tests/api          API_URL=http://127.0.0.1:8000 for pytest
  homeport env api db-admin -- npm run e2e      API_URL and DB_ADMIN_URL
  eval "$(homeport env api)"                    without COMMAND: export lines for the shell

Waits until all of them answer. This project and its apps are meant by their names there, also in a
git worktree where they are registered as branch.name. HOMEPORT_URL_<NAME> in the environment comes
first. COMMAND takes the place of homeport: its output, its signals and its exit code are its own.

  --timeout SEC   wait for so long  [30]
  --json          without COMMAND: one JSON object

Exit codes: those of COMMAND; before it runs: 2 not to be meant so, 5 not ready in time,
126 COMMAND may not be run, 127 there is no COMMAND.
"""

USUAL_TIMEOUT = "30"
_OWN = "homeport env"
NOT_ALLOWED, NOT_FOUND = 126, 127
"""Of a command that cannot be run (POSIX.1-2017, XCU 2.8.2)."""


def run(arguments: Sequence[str]) -> int:
    """The command. Does not return when COMMAND is run. Raises NothingThereError, UsageError."""
    own, command = split(arguments)
    parser = Arguments("env")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--timeout", default=USUAL_TIMEOUT)
    given = parser.read(own)
    _check(given.names, command, has_mark="--" in arguments, json=given.json)
    variables = _variables(given.names, seconds(given.timeout, _OWN))
    if command:
        return _become(command, {**os.environ, **variables}, json=given.json)
    if given.json:
        show_json(variables)
    else:
        show_text(exports(variables))
    return ExitCode.OK


def _check(names: Sequence[str], command: Sequence[str], *, has_mark: bool, json: bool) -> None:
    example = "for example:  homeport env api -- pytest"
    if not names:
        raise refusals.bad_flag("homeport env needs the names of servers.", example, command=_OWN)
    if has_mark and not command:
        raise refusals.bad_flag("There is no command after --.", example, command=_OWN)
    if command and json:
        raise refusals.bad_flag(
            "--json is for homeport env without a command.", example, command=_OWN
        )
    for name in names:
        if name_given(name) is None:
            raise refusals.not_a(name, "NAME", "the name of a server", _OWN)
    if (same := twice(names)) is not None:
        raise up_refusals.same_variable(*same, url_variable(same[0]))


def _variables(names: Sequence[str], patience: float) -> dict[str, str]:
    """All of them, waiting together."""
    until = time.monotonic() + patience
    found = {}
    for name in names:
        url = said_url(name, os.environ)
        if url is None:
            url = ready_url(registered_here(name.strip().lower()), name, until, patience)
        found[url_variable(name)] = url
    return found


def _become(command: Sequence[str], environment: Mapping[str, str], *, json: bool) -> int:
    """Be the command: no process stands between it and who started us."""
    from homeport.ui.cli.telling import tell

    _forget_signals()
    try:
        _exec(command, environment)
    except OSError as error:
        tell(up_refusals.no_program(command[0], error.strerror or str(error)), json=json)
        is_missing = isinstance(error, FileNotFoundError | NotADirectoryError)
        return NOT_FOUND if is_missing else NOT_ALLOWED


def _forget_signals() -> None:
    """Python ignores these, and what is ignored stays so for the command."""
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)


def _exec(command: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    os.execvpe(command[0], list(command), dict(environment))

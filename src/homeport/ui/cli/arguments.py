"""The command line of `homeport [APP]`, from the one table of settings."""

import argparse
import difflib
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from homeport.core import refusals
from homeport.core.errors import UsageError
from homeport.core.options import OPTIONS, Kind, Option
from homeport.ui.cli.commands import GROUPS, LOOKING

COMMANDS = {"demo": "serve the built-in demo app"}
"""Words in the place of APP that are commands of their own; a file is `./demo.py`."""

ONCE = {
    "-d, --detach": "start in the background, return when ready",
    "--ready-fd N": "write the URLs to this descriptor when ready",
}
"""Flags of one start that are no settings, so not in pyproject.toml."""

EVERYDAY = frozenset(
    (
        *("host", "port", "name", "restart", "reload", "reload-dir", "env-file", "allow-host"),
        *("tls", "trust-proxy", "log-level", "open", "json"),
    )
)
"""Settings that have a line of their own in the short help."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        if missing := re.match(r"argument (\S+): expected one argument", message):
            raise refusals.bad_flag(f"{missing[1]} needs a value after it.")
        if extra := re.match(r"argument (\S+): ignored explicit argument (.*)", message):
            raise refusals.bad_flag(f"{extra[1]} takes no value, but {extra[2]} was given.")
        raise refusals.bad_flag(f"{message[:1].upper()}{message[1:]}.")


def parse(arguments: Sequence[str]) -> dict[str, Any]:
    """Setting → value for what was given, and `app`. UsageError for what cannot be meant."""
    parser = _Parser(prog="homeport", add_help=False, allow_abbrev=False)
    parser.add_argument("app", nargs="?")
    for option in OPTIONS:
        _add(parser, option)
    parser.add_argument("-d", "--detach", action="store_true", default=None)
    parser.add_argument("--ready-fd")
    given, unknown = parser.parse_known_args(arguments)
    if unknown:
        raise _not_understood(unknown, given.app)
    return {name: value for name, value in vars(given).items() if value is not None}


def _not_understood(unknown: list[str], app: str | None) -> UsageError:
    flags = [word.partition("=")[0] for word in unknown if word.startswith("-")]
    if not flags:
        return refusals.bad_flag(
            f"homeport serves one app, but got {app} and {' '.join(unknown)}.",
            f"the first one only:  homeport {app}",
            f"or:  homeport {unknown[0]}",
        )
    known = ["--" + option.name for option in OPTIONS] + [
        *("--no-reload", "--no-access-log", "--cold", "--detach", "--ready-fd"),
    ]
    opposite = "--" + flags[0].removeprefix("--no-")
    meant = [flag for flag in known if flag != opposite]
    nearest = difflib.get_close_matches(flags[0], meant, n=1, cutoff=0.7)
    return refusals.bad_flag(
        f"There is no option {flags[0]}.", *(f"did you mean {flag}?" for flag in nearest)
    )


def _add(parser: argparse.ArgumentParser, option: Option) -> None:
    flag = "--" + option.name
    if option.kind is Kind.SWITCH and option.name in ("reload", "access-log"):
        parser.add_argument(flag, action=argparse.BooleanOptionalAction, default=None)
    elif option.name == "warm":  # one setting, and a word for each of its sides
        parser.add_argument(flag, action="store_true", default=None)
        parser.add_argument("--cold", dest="warm", action="store_false", default=None)
    elif option.kind is Kind.SWITCH:
        parser.add_argument(flag, action="store_true", default=None)
    elif option.kind is Kind.LIST:
        parser.add_argument(flag, action="append")
    else:
        parser.add_argument(flag)


def help_text(*, all_of_it: bool) -> str:
    """One screen that names everything, or a line for everything."""
    from textwrap import wrap  # which no start needs

    listed = [option for option in OPTIONS if all_of_it or option.name in EVERYDAY]
    others = " ".join(_flag(option) for option in OPTIONS if option not in listed)
    commands = LOOKING if all_of_it else {"|".join(group): text for text, group in GROUPS.items()}
    flags = {_flag(option): option.help for option in listed} | ONCE
    wide, wide_flag = max(map(len, commands)), max(map(len, flags))
    lines = [
        "homeport [APP] [options]     serve APP to the programs on this computer",
        "",
        "APP is main:app, main.py, a package folder or pkg.mod:create_app; without it:",
        "pyproject.toml, else main.py, app.py or api.py here or in app/.",
        "",
        *(f"  {flag:<{wide_flag}}  {text}" for flag, text in flags.items()),
        *(f"  {row}" for row in wrap(others, 78, break_on_hyphens=False)),
        "",
        *(f"homeport {names:<{wide}}   {text}" for names, text in (COMMANDS | commands).items()),
        "",
        "Settings also come from HOMEPORT_… variables and [tool.homeport] in",
        "pyproject.toml. Exit codes: 0 stopped, 2 usage, 3 the app does not start, 4 no",
        "such address or port, 7 the name is taken.",
        "",
        "homeport COMMAND --help    of a command",
        "homeport --help all        a line for everything",
    ]
    return "\n".join(lines) + "\n"


def _flag(option: Option) -> str:
    prefix = "--[no-]" if option.name in ("reload", "access-log") else "--"
    return f"{prefix}{'cold' if option.name == 'warm' else option.name} {option.value}".strip()

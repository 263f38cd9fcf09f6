"""The command line of `homeport [APP]`, from the one table of settings."""

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from homeport.core.errors import UsageError
from homeport.core.options import OPTIONS, Kind, Option

COMMANDS = {"demo": "serve the built-in demo app"}
"""Words in the place of APP that are commands of their own; a file is `./demo.py`."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(
            f"{message[:1].upper()}{message[1:]}.",
            code="bad-arguments",
            next_steps=("what can be given:  homeport --help",),
        )


def parse(arguments: Sequence[str]) -> dict[str, Any]:
    """Setting → value for what was given, and `app`. UsageError for what cannot be meant."""
    parser = _Parser(prog="homeport", add_help=False, allow_abbrev=False)
    parser.add_argument("app", nargs="?")
    for option in OPTIONS:
        _add(parser, option)
    return {
        name: value
        for name, value in vars(parser.parse_args(arguments)).items()
        if value is not None
    }


def _add(parser: argparse.ArgumentParser, option: Option) -> None:
    flag = "--" + option.name
    if option.kind is Kind.SWITCH and option.name in ("reload", "access-log"):
        parser.add_argument(flag, action=argparse.BooleanOptionalAction, default=None)
    elif option.kind is Kind.SWITCH:
        parser.add_argument(flag, action="store_true", default=None)
    elif option.kind is Kind.LIST:
        parser.add_argument(flag, action="append")
    else:
        parser.add_argument(flag)


def help_text() -> str:
    """One screen."""
    lines = [
        "homeport [APP] [options]     serve APP to the programs on this computer",
        "",
        "APP is main:app, main.py, a package folder or pkg.mod:create_app; without it:",
        "pyproject.toml, else main.py, app.py or api.py here or in app/.",
        "",
    ]
    for option in OPTIONS:
        flag = "--[no-]" if option.name in ("reload", "access-log") else "--"
        lines.append(f"  {flag + option.name + ' ' + option.value:<23} {option.help}")
    lines += [
        "",
        *(f"homeport {name:<15} {text}" for name, text in COMMANDS.items()),
        "",
        "Settings also come from HOMEPORT_NAME and [tool.homeport] in pyproject.toml.",
        "Exit codes: 0 stopped, 2 usage, 3 the app does not start, 4 no such address or port.",
    ]
    return "\n".join(lines) + "\n"

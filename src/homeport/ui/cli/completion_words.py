"""What can be completed: read from the help texts and the settings, so that nothing is missing."""

import re
from typing import NamedTuple

from homeport.core.options import OPTIONS, Kind
from homeport.ui.cli.arguments import COMMANDS, ONCE
from homeport.ui.cli.commands import LOOKING, help_of

_FLAG = re.compile(r"(?<![\w-])(--?[a-z][a-z-]*)")
_CHOICE = re.compile(r"(?<=[ \[])[a-z]+(?:\|[a-z]+)+(?![|\w])")
_LISTS = {"NAME": "names", "APP": "apps"}
"""A word of a usage line → what `homeport completion` lists for it."""


class Command(NamedTuple):
    """`flags` with their hyphens. `lists` says what an argument may be, asked for each time:
    `names` of running servers, `apps` of the project. `words` are other arguments it takes.
    """

    name: str
    help: str
    flags: tuple[str, ...]
    lists: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


def commands() -> tuple[Command, ...]:
    """All of them."""
    return tuple(
        Command("demo", text, serve_flags()) if name in COMMANDS else _command(name, text)
        for name, text in (COMMANDS | LOOKING).items()
    )


def _command(name: str, text: str) -> Command:
    usage = help_of(name)
    first, _, rest = usage.partition("\n\n")
    # Prose may mention flags of other commands: only lines of usage and of options count.
    rows = [re.split(r" {3,}", line.strip())[0] for line in first.splitlines()]
    rows += [line.strip().partition("  ")[0] for line in rest.splitlines() if line[:3] == "  -"]
    flags = tuple(dict.fromkeys((*_FLAG.findall("\n".join(rows)), "--help")))
    words = (word for choice in _CHOICE.findall(first) for word in choice.split("|"))
    lists = (each for word, each in _LISTS.items() if re.search(rf"\b{word}\b", first))
    return Command(name, text, flags, tuple(lists), tuple(words))


def serve_flags() -> tuple[str, ...]:
    """Of `homeport [APP]`."""
    flags = []
    for option in OPTIONS:
        flags.append("--cold" if option.name == "warm" else f"--{option.name}")
        if option.kind is Kind.SWITCH and option.name in ("reload", "access-log"):
            flags.append(f"--no-{option.name}")
    once = (flag for text in ONCE for flag in _FLAG.findall(text))
    return (*flags, *once, "--help", "--version")

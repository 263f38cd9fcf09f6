"""`homeport completion`: a script for the shell that completes commands, flags and names.

The commands and flags are written into the script. The names of running servers are asked for each
time, by `homeport completion names`, which imports next to nothing; the apps of the project by
`homeport completion apps`.
"""

import os
from collections.abc import Callable, Iterable, Sequence

from homeport.core.errors import ExitCode, HomeportError
from homeport.ui.cli.output import write

HELP = """\
homeport completion bash|zsh|fish     prints a script that completes commands, flags and names

  bash   homeport completion bash >> ~/.bashrc
         (or, faster to start: into ~/.local/share/bash-completion/completions/homeport)
  zsh    homeport completion zsh > ~/.zfunc/_homeport
         with  fpath+=~/.zfunc; autoload -Uz compinit; compinit  in ~/.zshrc
  fish   homeport completion fish > ~/.config/fish/completions/homeport.fish

Exit codes: 0 printed.
"""


def run(arguments: Sequence[str]) -> int:
    """The command. UsageError for another shell."""
    if list(arguments) == ["names"]:
        return _listed(_names)
    if list(arguments) == ["apps"]:
        return _listed(_apps)
    from homeport.core.order_words import shells
    from homeport.ui.cli.completion_scripts import SCRIPTS
    from homeport.ui.cli.page import Arguments, show_text

    parser = Arguments("completion")
    parser.add_argument("shell", metavar="SHELL")
    shell = parser.read(arguments).shell
    if shell not in SCRIPTS:
        raise shells(shell)
    show_text(SCRIPTS[shell]())
    return ExitCode.OK


def _listed(found: Callable[[], Iterable[str]]) -> int:
    """A line each. Whoever presses the Tab key wants no messages."""
    try:
        return write("".join(f"{name}\n" for name in found()))
    except HomeportError:
        return ExitCode.USAGE


def _names() -> Iterable[str]:
    from homeport.engine.held_names import held_names

    return held_names(os.environ)


def _apps() -> Iterable[str]:
    from homeport.ui.cli.apps import apps_here

    apps = apps_here()
    return apps.table if apps is not None else ()

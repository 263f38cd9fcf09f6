"""The scripts of `homeport completion`."""

from collections.abc import Callable

from homeport.ui.cli.completion_words import Command, commands, serve_flags

_ASK = "homeport completion {} 2>/dev/null"


def _bash() -> str:
    cases = "\n".join(f"    {each.name}) {_bash_case(each)} ;;" for each in commands())
    names = " ".join(each.name for each in commands())
    return f"""\
# homeport completion bash
_homeport() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} command=${{COMP_WORDS[1]}} flags= words=
  COMPREPLY=()
  [[ $COMP_CWORD -eq 1 ]] && command=
  case $command in
{cases}
    *) flags="{" ".join(serve_flags())}"
       [[ $COMP_CWORD -eq 1 ]] && words="{names}" ;;
  esac
  [[ $word == -* ]] && words=$flags
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -o default -F _homeport homeport
"""


def _bash_case(command: Command) -> str:
    words = " ".join((*command.words, *(f"$({_ASK.format(each)})" for each in command.lists)))
    # Asked for only where a name can be meant: not while a flag is typed.
    said = f'[[ $word == -* ]] || words="{words}"' if words else ":"
    return f'flags="{" ".join(command.flags)}"; {said}'


def _zsh() -> str:
    described = "\n".join(
        f"    {_quoted(f'{each.name}:{each.help}')}" for each in commands() if each.help
    )
    cases = "\n".join(f"    {each.name}) {_zsh_case(each)} ;;" for each in commands())
    return f"""\
#compdef homeport
# homeport completion zsh
_homeport() {{
  local -a commands flags servers
  commands=(
{described}
  )
  if (( CURRENT == 2 )) && [[ $PREFIX != -* ]]; then
    _describe -t commands 'homeport command' commands
    _files
    return
  fi
  case $words[2] in
{cases}
    *) flags=({" ".join(serve_flags())}) ;;
  esac
  if [[ $PREFIX == -* ]]; then
    compadd -a flags
  elif (( $#servers )); then
    compadd -a servers
  else
    _files
  fi
}}
if [[ $funcstack[1] == _homeport ]]; then
  _homeport "$@"
else
  compdef _homeport homeport
fi
"""


def _zsh_case(command: Command) -> str:
    flags = f"flags=({' '.join(command.flags)})"
    names = [f'${{(f)"$({_ASK.format(each)})"}}' for each in command.lists]
    words = " ".join((*command.words, *names))
    return f"{flags}; [[ $PREFIX == -* ]] || servers=({words})" if words else flags


def _fish() -> str:
    lines = ["# homeport completion fish"]
    for each in commands():
        told = f"-d {_quoted(each.help)}"
        lines.append(f"complete -c homeport -n __fish_use_subcommand -a {each.name} {told}")
    looking = [each for each in commands() if each.flags != serve_flags()]
    others = " ".join(each.name for each in looking)
    lines += _fish_flags(f"'not __fish_seen_subcommand_from {others}'", serve_flags())
    for each in looking:
        seen = f"'__fish_seen_subcommand_from {each.name}'"
        words = " ".join((*each.words, *(f"({_ASK.format(what)})" for what in each.lists)))
        if words:
            lines.append(f"complete -c homeport -f -n {seen} -a {_quoted(words)}")
        lines += _fish_flags(seen, each.flags)
    return "\n".join(lines) + "\n"


def _fish_flags(condition: str, flags: tuple[str, ...]) -> list[str]:
    kind = {True: "-l", False: "-s"}
    return [
        f"complete -c homeport -n {condition} {kind[flag.startswith('--')]} {flag.lstrip('-')}"
        for flag in flags
    ]


def _quoted(text: str) -> str:
    """For all three shells, none of our texts having a backslash."""
    return "'" + text.replace("'", "'\\''") + "'"


SCRIPTS: dict[str, Callable[[], str]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}

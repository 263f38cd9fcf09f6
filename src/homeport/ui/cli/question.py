"""Asking the person at the terminal."""

from homeport.ui.cli.output import write


def agreed(question: str, *, default: bool = False) -> bool:
    """Whether the answer is yes; Enter is the default."""
    typed = answered(f"{question} {'[Y/n]' if default else '[y/N]'} ").lower()
    return typed in ("y", "yes") or (typed == "" and default)


def answered(question: str) -> str:
    """What was typed; a closed terminal says no."""
    write(f"  {question}")
    try:
        return input().strip()
    except EOFError:
        write("\n")
        return "no"

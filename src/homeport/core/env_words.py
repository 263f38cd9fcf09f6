"""Where servers are, as variables for a program: `API_URL=http://127.0.0.1:8001`."""

from collections.abc import Iterable, Mapping, Sequence

from homeport.core.shell_words import quoted


def url_variable(name: str) -> str:
    """`shop-api` and `branch.shop-api`: SHOP_API_URL and BRANCH_SHOP_API_URL."""
    return name.strip().upper().replace("-", "_").replace(".", "_") + "_URL"


def exports(variables: Mapping[str, str]) -> str:
    """Lines for `eval` in a POSIX shell."""
    return "".join(f"export {name}={quoted(value)}\n" for name, value in variables.items())


def split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """What is said to homeport, and the command after the first `--`."""
    words = list(arguments)
    if "--" not in words:
        return words, []
    place = words.index("--")
    return words[:place], words[place + 1 :]


def twice(names: Iterable[str]) -> tuple[str, str] | None:
    """Two names of one variable; None when there are none."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(url_variable(name), name)
        if other != name:
            return other, name
    return None

"""Commands that only start another command: what they start.

`uv run`, `sudo`, `sh -c`, `npx` and others. Their options are known as far as they take a value:
that is what it needs to find the first word of the command behind them.
"""

import re
from collections.abc import Collection, Sequence

# Each with its options that take a value. Options they share are listed once for all of a kind.
_PLAIN = {
    "caffeinate": ("-t", "-w"),
    "catatonit": (),
    "chronic": (),
    "ddtrace-run": (),
    "doas": ("-u", "-C"),
    "dumb-init": ("--rewrite", "-r"),
    "env": ("-u", "--unset", "-C", "--chdir"),
    "exec": ("-a",),
    "ionice": ("-c", "-n"),
    "nice": ("-n",),
    "nodemon": ("-w", "--watch", "-e", "--ext", "-i", "--ignore"),
    "nohup": (),
    "npx": ("-p", "--package"),
    "bunx": ("-p", "--package"),
    "opentelemetry-instrument": ("--service_name",),
    "setsid": (),
    "stdbuf": ("-i", "-o", "-e"),
    "sudo": ("-u", "-g", "-h", "-p", "-C", "-r", "-t", "-D", "--user", "--group", "--chdir"),
    "timeout": ("-s", "--signal", "-k", "--kill-after"),
    "tini": ("-p", "-e"),
    "ts-node": ("-P", "--project"),
    "tsx": ("--tsconfig",),
    "uvx": ("--from", "--with", "-p", "--python", "--index-url", "--env-file"),
    "xvfb-run": ("-n", "-s"),
}
_UV = ("--with", "--python", "-p", "--extra", "--group", "--env-file", "--project", "--directory")
_BY_SUBCOMMAND: dict[str, tuple[Collection[str], Collection[str]]] = {
    "bun": (("x",), ("--cwd",)),
    "conda": (("run",), ("-n", "--name", "-p", "--prefix")),
    "dotenv": (("run",), ("-f", "--file")),
    "hatch": (("run",), ("-e", "--env")),
    "mamba": (("run",), ("-n", "--name", "-p", "--prefix")),
    "npm": (("exec", "x"), ("-w", "--workspace", "--prefix", "-p", "--package")),
    "pdm": (("run",), ("-p", "--project")),
    "pipenv": (("run",), ()),
    "pipx": (("run",), ("--spec", "--python", "--with")),
    "pixi": (("run",), ("-e", "--environment", "--manifest-path")),
    "pnpm": (("exec", "dlx"), ("-C", "--dir", "--filter", "-F")),
    "poetry": (("run",), ("-C", "--directory", "-P", "--project")),
    "rye": (("run",), ("--pyproject",)),
    "uv": (("run",), (*_UV, "--with-editable", "--with-requirements", "--package", "--index-url")),
    "yarn": (("exec", "dlx"), ("--cwd", "-p", "--package")),
}
_SHELLS = frozenset({"sh", "bash", "dash", "zsh", "fish", "ksh", "ash"})

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=(?!=).*", re.DOTALL)
_AND_THEN = re.compile(r"&&|\|\||[;|\n]")
_SETTING_UP = frozenset(
    {"cd", "export", "set", "source", ".", "echo", "trap", "true", "umask", "ulimit", "mkdir"}
)


def base_name(path: str) -> str:
    """The last part of a path of either kind, without `.exe` and a login shell's dash."""
    name = re.split(r"[\\/]", path.rstrip("\\/"))[-1]
    return name.removesuffix(".exe").removesuffix(".EXE").removeprefix("-")


def launched(tool: str, words: Sequence[str]) -> list[str]:
    """The command that the launcher `tool` starts, or nothing when it is none.

    `words` are those behind its name. Its first word may be a Python file (`uv run main.py`).
    """
    if tool in _SHELLS:
        return _in_shell(words)
    if tool in _PLAIN:
        inner = without_options(words, _PLAIN[tool])
        if tool in ("npx", "bunx", "uvx"):
            return _unversioned(inner)
        return inner[1:] if tool == "timeout" else inner
    if tool in _BY_SUBCOMMAND:
        subcommands, valued = _BY_SUBCOMMAND[tool]
        called = without_options(words, valued)
        if called and called[0] in subcommands:
            return _called(tool, called[0], without_options(called[1:], valued, stop="-m"))
    return []


def without_options(words: Sequence[str], valued: Collection[str], stop: str = "") -> list[str]:
    """`words` from the first that is no option, no value of one, and no `NAME=value`.

    `stop`: an option that ends the search and stays.
    """
    at = 0
    while at < len(words):
        word = words[at]
        if word == "--":
            return list(words[at + 1 :])
        if word == stop or not (word.startswith("-") or _ASSIGNMENT.fullmatch(word)):
            break
        at += 2 if word in valued else 1
    return list(words[at:])


def _called(tool: str, subcommand: str, inner: list[str]) -> list[str]:
    if inner and inner[0] == "-m" and tool == "uv":
        return ["python", *inner]
    fetched = tool == "pipx" or subcommand in ("dlx", "x", "exec")
    return _unversioned(inner) if fetched else inner


def _unversioned(words: list[str]) -> list[str]:
    """`vite@5` → `vite`, `@scope/tool@latest` → `@scope/tool`."""
    return [re.sub(r"(?<=.)@.*|==.*", "", words[0]), *words[1:]] if words else []


def _in_shell(words: Sequence[str]) -> list[str]:
    """The script of a shell, or the command that matters in its `-c` string."""
    for at, word in enumerate(words):
        if not word.startswith("-"):
            return list(words[at:])
        if not word.startswith("--") and "c" in word:
            return _of_line("".join(words[at + 1 : at + 2]))
    return []


def _of_line(line: str) -> list[str]:
    """The first command of a shell line that is not there to prepare another one."""
    for part in _AND_THEN.split(line):
        words = without_options([word.strip("\"'()") for word in part.split()], ())
        if words and words[0] not in _SETTING_UP:
            return words
    return []

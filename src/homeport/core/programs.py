"""What a process runs, in one short name, told from its command line.

A command line is chosen by the program itself, so a name is a hint for people and never a proof.
Launchers (`uv run`, `sudo`, `sh -c`) are looked through as far as the command line tells; scripts
give their file name.
"""

import re
from collections.abc import Sequence

from homeport.core.launchers import base_name, launched, without_options
from homeport.core.plain import plain
from homeport.core.redact import MASK, redacted

_LONGEST = 40  # characters of a name
_WORDS, _LETTERS = 500, 4096  # of a command line that are looked at: keeps hostile ones cheap
_DEEPEST = 8  # launchers in each other: sudo env uv run python -m …

_PYTHON = re.compile(r"(?:[Pp]ython|pypy)[0-9.]*[tw]?|py")
_PYTHON_CHILD = re.compile(r"-c '?from multiprocessing[.\w]* import ")
# `gunicorn: master [main:app]`, `postgres: checkpointer`: titles written over the command line.
_TITLE = re.compile(r"([\w.+-]+): ")
_SCRIPT_HOSTS = {  # interpreters, with their options that take a value
    "bun": ("--preload", "--env-file", "--cwd"),
    "deno": ("--config", "-c", "--import-map"),
    "node": ("-r", "--require", "--import", "--loader", "-C", "-e", "--eval", "-p", "--print"),
    "perl": ("-I", "-e"),
    "php": ("-S", "-t", "-c", "-d", "-r"),
    "ruby": ("-I", "-r", "-C", "-e"),
}
_DEBUGGERS = {  # Python modules that run another module or script
    "coverage": ("--rcfile", "--source", "--data-file"),
    "cProfile": ("-o", "-s"),
    "debugpy": (
        *("--listen", "--connect", "--log-to", "--configure-qt", "--adapter-access-token"),
        *("--parent-session-pid",),
    ),
    "pdb": ("-c",),
}

_OTHER_NAMES = {
    "Code Helper": "code",
    "Code Helper (Plugin)": "code",
    "code-insiders": "code",
    "code-oss": "code",
    "ipykernel_launcher": "ipykernel",
    "jupyter-lab": "jupyter",
    "jupyter-notebook": "jupyter",
    "jupyter-server": "jupyter",
    "jupyterlab": "jupyter",
    "mariadbd": "mariadb",
    "next-server": "next",
    "notebook": "jupyter",
    "postmaster": "postgres",
    "sshd-session": "sshd",
}
_BY_SUBCOMMAND = {
    ("django-admin", "runserver"): "django",
    ("manage.py", "runserver"): "django",
    ("manage.py", "runserver_plus"): "django",
    ("webpack", "serve"): "webpack-dev-server",
    ("webpack-cli", "serve"): "webpack-dev-server",
}
_EDITOR_FOLDERS = ("/.vscode-server/", "/.vscode/", "/Visual Studio Code.app/")


def program_of(argv: Sequence[str], name: str) -> str:
    """The short name of what `argv` runs, at most 40 characters, fit to be printed.

    `name` is what the system calls the process; it is used when `argv` tells nothing (kernel
    threads, zombies, processes of other users).
    """
    words = _words(argv)
    for _ in range(_DEEPEST):
        inner = _inside(words) if words else []
        if not inner or inner[0] == MASK:  # the value of an option that we do not know
            break
        words = inner
    found = _named(words, name) if words else ""
    return (plain(found).strip() or plain(name).strip())[:_LONGEST]


def _words(argv: Sequence[str]) -> list[str]:
    """The command line as words. Some servers write one long title over theirs."""
    words = redacted(word[:_LETTERS] for word in argv[:_WORDS] if word)
    if len(words) != 1 or " " not in words[0].strip():
        return words
    title = words[0].strip()
    if match := _TITLE.match(title):
        return [match[1]]
    if title[0] == "/" or title[1:2] == ":":
        return [title.partition(" -")[0]]  # a path may hold spaces
    return title.split()


def _named(words: list[str], name: str) -> str:
    """The name of a command that runs nothing else."""
    tool = base_name(words[0])
    if tool == "init" and name == "systemd":
        return name  # /sbin/init is a link to it
    if _PYTHON.fullmatch(tool):
        child = _PYTHON_CHILD.search(" ".join(words))
        return "python (multiprocessing)" if child else "python"
    if _in_editor(words[0]):
        return "code"
    subcommand = next((word for word in words[1:] if not word.startswith("-")), "")
    return _BY_SUBCOMMAND.get((tool, subcommand)) or _OTHER_NAMES.get(tool, tool)


def _inside(words: list[str]) -> list[str]:
    """The words of what this command runs, or nothing when it is the program itself."""
    tool = base_name(words[0])
    if _PYTHON.fullmatch(tool):
        return _python(words[1:])
    if tool in _SCRIPT_HOSTS and not _in_editor(words[0]):
        return _script(tool, words[1:]) or launched(tool, words[1:])
    return launched(tool, words[1:])


def _python(words: Sequence[str]) -> list[str]:
    """The script or the module that the interpreter runs (python(1)), with its own words."""
    at = 0
    while at < len(words) and words[at].startswith("-"):
        if words[at] == "--check-hash-based-pycs":
            at += 2
            continue
        if words[at].startswith("--"):
            return []  # none of Python's leads to a script
        # Short options may share a dash: `-Im uvicorn`, `-Wd`.
        option = re.fullmatch(r"-([A-VY-Za-bd-ln-z0-9]*)([cmWX]?)(.*)", words[at], re.DOTALL)
        if option and option[2]:
            value, after = option[3], at + 1
            if not value:
                value, after = "".join(words[after : after + 1]), after + 1
            if option[2] == "m":
                return _module(value, words[after:])
            if option[2] == "c":
                return []
            at = after
        else:
            at += 1
    return _python_file(words[at], words[at + 1 :]) if at < len(words) else []


def _module(module: str, words: Sequence[str]) -> list[str]:
    module = module.removesuffix(".__main__")
    if module.partition(".")[0] == "homeport":
        return ["homeport"]
    if module == "coverage" and list(words[:1]) == ["run"]:
        words = words[1:]
    elif module not in _DEBUGGERS or module == "coverage":
        return [module, *words] if module else []
    rest = without_options(words, _DEBUGGERS[module], stop="-m")
    return ["python", *rest] if rest else [module]


def _python_file(path: str, words: Sequence[str]) -> list[str]:
    """A package may be run by its folder or the __main__.py in it."""
    script = re.sub(r"[\\/]__main__\.py$", "", path)
    if script != path or base_name(path) in _DEBUGGERS:
        return _module(base_name(script), words)
    return [script, *words]


def _script(tool: str, words: Sequence[str]) -> list[str]:
    """The script of an interpreter; a tool from node_modules has the name of its package."""
    rest = without_options(words, _SCRIPT_HOSTS[tool])
    if tool in ("bun", "deno") and rest:
        if rest[0] not in ("run", "serve"):
            return rest if re.search(r"\.[jt]sx?$", rest[0]) else []
        rest = without_options(rest[1:], _SCRIPT_HOSTS[tool])
    if not rest:
        return []
    if _in_editor(rest[0]):
        return ["code"]
    package = re.match(r".*/node_modules/(?:\.bin/|@([^/]+)/)?([^/]+)", rest[0])
    if package is None:
        return rest
    # `@angular/cli` and `@nestjs/cli` are better known by their scope.
    return [package[1] if package[1] and package[2] == "cli" else package[2], *rest[1:]]


def _in_editor(path: str) -> bool:
    return any(folder in path for folder in _EDITOR_FOLDERS)

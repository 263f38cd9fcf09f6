"""Which project a folder belongs to, by looking at files only.

No git is run: hooks, configuration and `safe.directory` of a stranger's folder are not ours to
trigger. What the files say was written by others: it is read up to a limit, and odd contents count
as none.
"""

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

TYPE_CHECKING = False  # what `typing.TYPE_CHECKING` is, without importing typing
if TYPE_CHECKING:
    from homeport.core.facts import Project

MARKERS = ("pyproject.toml", "package.json", ".git")  # .git is a file in a worktree
_LARGEST = 256 * 1024  # bytes of a project file
_LONGEST = 100  # characters of a name or a branch


def project_of(folder: Path) -> Path:
    """The nearest of `folder` and its parents with a marker, else `folder`; symlinks resolved.

    The home folder and the root are never taken for a project: dotfiles kept in git would turn
    everything below into one.
    """
    for here in _upwards(folder):
        if any(_has(here, marker) for marker in MARKERS):
            return Path(here)
    return Path(os.path.realpath(folder))


def project_at(folder: str) -> "Project | None":
    """The project of `folder`, or None when it is in none. It raises nothing.

    The name is that of the nearest project file, else of its folder (of a linked worktree, of the
    main one, so that all have one name); the branch that of the nearest .git, which may be further
    up (one repository with many projects).
    """
    from homeport.core.facts import Project
    from homeport.core.plain import plain

    try:
        above = list(_upwards(folder)) if os.path.isabs(folder) else []
        roots = [here for here in above if any(_has(here, marker) for marker in MARKERS)]
        if not roots:
            return None
        git = next((here for here in roots if _has(here, ".git")), None)
        branch, worktree, main = _checkout(git) if git else (None, None, None)
        named = main if main is not None and git == roots[0] else roots[0]
        name = plain(_name(roots[0]) or "").strip() or plain(os.path.basename(named)).strip()
    except (OSError, ValueError, LookupError):
        # A null byte in a path; a codec in a standard library that this user may not read.
        return None
    return Project(
        name=name[:_LONGEST] or "?",
        folder=plain(roots[0]),
        branch=plain(branch)[:_LONGEST] if branch else None,
        worktree=plain(worktree)[:_LONGEST] if worktree else None,
    )


def _upwards(folder: str | Path) -> Iterator[str]:
    """`folder` and its parents, links resolved, up to but without the home folder or the root."""
    # os.path instead of Path: its questions never raise, also about folders we may not enter.
    here = os.path.realpath(folder)
    home = os.path.realpath(os.path.expanduser("~"))
    while here not in (home, os.path.dirname(here)):
        yield here
        here = os.path.dirname(here)


def _has(folder: str, marker: str) -> bool:
    return os.path.exists(os.path.join(folder, marker))


def _name(folder: str) -> str | None:
    """What pyproject.toml ([project], Poetry's table) or package.json calls the project."""
    text = _text(os.path.join(folder, "pyproject.toml")) or ""
    for table in (r"project", r"tool[ \t]*\.[ \t]*poetry"):
        if name := _toml_name(text, table):
            return name
    return _json_name(_text(os.path.join(folder, "package.json")) or "")


def _toml_name(text: str, table: str) -> str | None:
    """The value of `name` in one table of a TOML document.

    Only that line is given to the parser: of a whole document written to harm, with a key of
    100,000 parts, it would take gigabytes.
    """
    head = rf"^[ \t]*\[[ \t]*{table}[ \t]*\][^\n]*\n"
    body = re.search(rf"{head}(.*?)(?=^[ \t]*\[|\Z)", text, re.M | re.S)
    line = re.search(r"^[ \t]*name[ \t]*=[^\n]{,500}", body[1], re.M) if body else None
    if line is None:
        return None
    import tomllib

    try:
        name = tomllib.loads(line[0].strip())["name"]
    except (ValueError, RecursionError):
        return None
    return name if isinstance(name, str) else None


def _json_name(text: str) -> str | None:
    import json

    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    name = document.get("name") if isinstance(document, dict) else None
    return name if isinstance(name, str) else None


def _checkout(folder: str) -> tuple[str | None, str | None, str | None]:
    """The branch (or the first digits of the commit); of a linked worktree its name and the folder
    of the main one (None where the repository is bare).

    gitrepository-layout(5): .git is the folder, or a file that names it.
    """
    git = os.path.join(folder, ".git")
    worktree = main = None
    if not os.path.isdir(git):
        pointer = _text(git) or ""
        if not pointer.startswith("gitdir:"):
            return None, None, None
        target = pointer.removeprefix("gitdir:").strip()
        git = os.path.normpath(os.path.join(folder, target))
        repository, kind = os.path.split(os.path.dirname(git))
        if kind == "worktrees":
            worktree = os.path.basename(git)
            main = os.path.dirname(repository) if repository.endswith("/.git") else None
    return _branch(_text(os.path.join(git, "HEAD")) or ""), worktree, main


def _branch(head: str) -> str | None:
    head = head.strip()
    if head.startswith("ref:"):
        name = head.removeprefix("ref:").strip().removeprefix("refs/heads/")
        # With the "reftable" storage HEAD is a dummy, and the real one is in a binary file.
        return name if name != ".invalid" else None
    digits = len(head) in (40, 64) and set(head) <= set("0123456789abcdef")
    return head[:7] if digits else None


def _text(path: str) -> str | None:
    """The text of a small regular file, else None."""
    try:
        # Opening a named pipe would wait for whoever writes into it.
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with open(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                return None
            data = file.read(_LARGEST + 1)
        return data.decode("utf-8-sig") if len(data) <= _LARGEST else None
    except (OSError, ValueError):
        return None

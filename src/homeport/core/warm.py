"""The warm template, judged: which modules it may hold, and when they are not true any more.

What is preloaded is observed: modules that a worker has imported from installed code (never the
project's), in their order, up to the first change that project code made to the environment. What
comes after that may depend on it.
"""

from collections.abc import Iterable, Mapping, Sequence

Version = Sequence[int] | None
"""What tells two states of a file apart; None: it is not there."""

MOST_ROUNDS = 3
"""Templates in a row that may end unfit before reloads stay cold."""

PACKAGE_FOLDERS = ("site-packages", "dist-packages")
LOCK_FILES = ("uv.lock", "poetry.lock", "Pipfile.lock", "pyproject.toml")


def is_lock_file(name: str) -> bool:
    """Whether a file of this name says which packages are installed."""
    return name in LOCK_FILES or (name.startswith("requirements") and name.endswith(".txt"))


def preloadable(
    modules: Iterable[str], app_module: str, excluded: Iterable[str]
) -> tuple[str, ...]:
    """Those that a template may import, in their order.

    Not homeport's own, which it imports anyway, nor the app's where it is an installed package,
    nor what is `excluded`, each with all that is below.
    """
    own = (app_module.partition(".")[0], "homeport", *excluded)
    return tuple(dict.fromkeys(name for name in modules if not is_one_of(name, own)))


def is_one_of(name: str, packages: Iterable[str]) -> bool:
    """Whether a module is one of these or in one of these."""
    return any(name == package or name.startswith(package + ".") for package in packages)


def first_change(before: Mapping[str, Version], now: Mapping[str, Version]) -> str | None:
    """The first file that is not as it was; None when all are."""
    for path, version in before.items():
        current = now.get(path)
        if (None if version is None else list(version)) != (
            None if current is None else list(current)
        ):
            return path
    return next((path for path in now if path not in before), None)


def covered(names: Iterable[str], new_files: Iterable[str]) -> str | None:
    """A preloaded module that a new file or folder of the project would now be found before."""
    tops = {name.partition(".")[0] for name in names}
    return next((file for file in new_files if file.partition(".")[0] in tops), None)


UNFIT = "warm: rebuilt (what the app does before its imports has changed)"


def rebuilt(path: str, project: str) -> str:
    """Why preloaded modules are loaded again."""
    name = path.removeprefix(project + "/")
    if path.endswith(PACKAGE_FOLDERS):
        name = f"the packages in {name}"
    elif name == path:
        name = path.rpartition("-packages/")[2]
    return f"warm: rebuilt ({name} changed)"


def in_front(file: str) -> str:
    """Why preloaded modules are loaded again: one of them has got a namesake."""
    return f"warm: rebuilt ({file} has the name of a preloaded module)"


def left_out(reasons: Mapping[str, str]) -> str:
    """Modules that every reload has to import, and why."""
    shown = [f"{name} ({reason})" for name, reason in list(reasons.items())[:3]]
    more = f" and {len(reasons) - 3} more" if len(reasons) > 3 else ""
    return f"warm: imported anew by each reload: {', '.join(shown)}{more}"


def forbidden(obstacle: str) -> str:
    """Why there is no template at all."""
    return f"warm: reloads start cold, because {obstacle}"


def lost(how: str, *, for_good: bool) -> str:
    """The template is gone."""
    until = "reloads start cold from now on" if for_good else "the next reload starts cold"
    return f"warm: the template {how}; {until}"

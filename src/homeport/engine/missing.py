"""What to do about a module that is not there, in the worker, where `sys.path` is the app's."""

import difflib
import importlib.util
import pkgutil
import sys

_DISTRIBUTIONS = {
    "PIL": "pillow",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "jose": "python-jose",
    "jwt": "PyJWT",
    "magic": "python-magic",
    "multipart": "python-multipart",
    "psycopg2": "psycopg2-binary",
    "serial": "pyserial",
    "sklearn": "scikit-learn",
    "yaml": "PyYAML",
}
"""Packages whose module has another name than what is installed."""


def import_steps(error: BaseException) -> tuple[str, ...]:
    """What helps against a failed import; nothing when only reading the code helps."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        return _missing_steps(error.name)
    if isinstance(error, ImportError) and "no known parent package" in str(error):
        return ("a relative import needs a package: put a file __init__.py beside this one",)
    return ()


def _missing_steps(name: str) -> tuple[str, ...]:
    guesses = tuple(f"did you mean {close}?" for close in nearest_modules(name, tuple(sys.path)))
    top = name.partition(".")[0]
    if top != name and importlib.util.find_spec(top) is not None:
        return (*guesses, f"{top} is there, but this part of it is not: another version?")
    if top in sys.stdlib_module_names:
        return (*guesses, f"{top} belongs to Python, but not to this one ({sys.prefix})")
    return (
        *guesses,
        f"to install it into {sys.prefix}:  pip install {_DISTRIBUTIONS.get(top, top)}",
    )


def nearest_modules(name: str, path: tuple[str, ...]) -> list[str]:
    """Modules with a similar name beside where `name` was looked for."""
    parent, _, last = name.rpartition(".")
    where = getattr(sys.modules.get(parent), "__path__", ()) if parent else path
    there = [module.name for module in pkgutil.iter_modules(list(where))]
    close = difflib.get_close_matches(last, there, n=3, cutoff=0.7)
    return [f"{parent}.{found}" if parent else found for found in close]

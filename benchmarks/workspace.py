"""Where servers run: a temp folder with the app, and an environment that favours nobody."""

import compileall
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from apps import large

App = Literal["hello", "raw", "large", "heavy"]

APPS = Path(__file__).parent / "apps"
PACKAGES = (
    "homeport",
    "uvicorn",
    "granian",
    "hypercorn",
    "fastapi_cli",
    "fastapi",
    "starlette",
    "pydantic",
    "anyio",
    "httptools",
    "uvloop",
    "watchfiles",
    "h11",
    "httpx",
    "httpcore",
    "click",
    "typer",
    "rich",
    "numpy",
    "pandas",
    "sqlalchemy",
    "boto3",
    "botocore",
)
# Settings from outside that would change what a command means, or keep bytecode from being used.
UNWANTED = ("PYTHONDONTWRITEBYTECODE", "WEB_CONCURRENCY")
UNWANTED_PREFIXES = ("HOMEPORT_", "UVICORN_", "GRANIAN_", "FASTAPI_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """`app` is the servers' working folder; `spare`, beside it, is seen by no file watcher."""

    app: Path
    spare: Path
    environment: dict[str, str]

    def log(self, name: str) -> Path:
        """The file for a server's output, outside the watched folder."""
        return self.spare / f"{name}.log"


@contextmanager
def workspace(app: App) -> Iterator[Workspace]:
    """A temp folder with the app as byte-compiled main.py; removed at the end."""
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as name:
        root = Path(name)
        place = Workspace(app=root / "app", spare=root / "spare", environment=environment(root))
        place.app.mkdir()
        place.spare.mkdir()
        if app == "large":
            large.write(place.app)
        else:
            shutil.copy(APPS / f"{app}.py", place.app / "main.py")
        compileall.compile_dir(place.app, quiet=2)
        yield place


def environment(root: Path) -> dict[str, str]:
    """The caller's environment without foreign settings; XDG folders of its own.

    The latter keep what a server remembers (ports, running servers) out of the user's folders.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in UNWANTED and not name.startswith(UNWANTED_PREFIXES)
    }
    for kind in ("RUNTIME", "STATE", "CACHE", "CONFIG", "DATA"):
        folder = root / "xdg" / kind.lower()
        folder.mkdir(mode=0o700, parents=True)
        kept[f"XDG_{kind}_{'DIR' if kind == 'RUNTIME' else 'HOME'}"] = str(folder)
    return kept


def warn_uncompiled() -> None:
    """Say which packages lack bytecode: whoever needs them would compile at every start."""
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            continue
        folder = Path(spec.origin).parent
        if Path(spec.origin).name != "__init__.py":
            continue
        missing = sum(
            not Path(importlib.util.cache_from_source(str(source))).exists()
            for source in folder.rglob("*.py")
        )
        if missing:
            print(
                f"warning: {missing} modules of {package} have no bytecode; "
                f"run {sys.executable} -m compileall {folder}",
                file=sys.stderr,
            )

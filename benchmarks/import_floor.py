"""How long an app's own import takes where all that is not its own has been imported already.

No reload that imports the app again can be faster. An interpreter imports what the app imports
from outside its folder, then forks again and again; each child imports the app once.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from server import Failure
from workspace import Workspace

FORKS = 15
SECONDS = 120.0
NAMES = "import json, sys, main; print(json.dumps(list(sys.modules)))"


def floor(place: Workspace) -> list[float]:
    """Milliseconds of each import of main.py."""
    command = [sys.executable, str(Path(__file__).resolve())]
    done = subprocess.run(
        command, cwd=place.app, env=place.environment, capture_output=True, timeout=SECONDS
    )
    if done.returncode != 0:
        raise Failure(f"(import floor): {done.stderr.decode()[-300:]}")
    return [float(ms) for ms in json.loads(done.stdout)]


def measure(app: Path) -> list[float]:
    """In a process of its own: warm up, then fork."""
    import gc

    sys.path.insert(0, str(app))
    sys.dont_write_bytecode = True
    told = subprocess.run([sys.executable, "-c", NAMES], cwd=app, capture_output=True, check=True)
    for name in json.loads(told.stdout):
        if not name.startswith("__") and not is_own(name, app):
            try:
                __import__(name)
            except ImportError:  # a name that only exists inside another module
                continue
    gc.collect()
    gc.freeze()
    return [forked() for _ in range(FORKS)]


def is_own(name: str, app: Path) -> bool:
    top = name.partition(".")[0]
    return (app / f"{top}.py").exists() or (app / top).is_dir()


def forked() -> float:
    """Import the app in a child; milliseconds."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        start = time.perf_counter()
        __import__("main")
        os.write(writer, str((time.perf_counter() - start) * 1000).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        text = told.read()
    os.waitpid(pid, 0)
    return float(text)


if __name__ == "__main__":
    print(json.dumps(measure(Path.cwd())))

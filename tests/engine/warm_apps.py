"""Apps and installed packages for the tests of the warm template."""

import json
import sysconfig
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.engine.live import PATIENCE, Homeport, eventually, save

FACTS = """
import os, random, secrets, ssl, sys, threading, uuid
from fastapi import FastAPI

app = FastAPI()
VERSION = 1


@app.get("/")
def facts() -> dict:
    numbers = [random.random(), str(uuid.uuid4()), secrets.token_hex(8), ssl.RAND_bytes(8).hex()]
    if "numpy" in sys.modules:
        numbers.append(float(sys.modules["numpy"].random.random()))
    main = sys.modules["__main__"]
    return {
        "version": VERSION,
        "pid": os.getpid(),
        "warm": "homeport.engine.preloading" in sys.modules,
        "numbers": numbers,
        "environment": dict(os.environ),
        "argv": sys.argv,
        "path": sys.path,
        "main": [main.__name__, main.__spec__.name, main.__file__, main.__package__],
        "parent": os.getppid(),
        "threads": threading.active_count(),
        "descriptors": sorted(int(name) for name in os.listdir("/proc/self/fd")),
        "blocked": [line for line in open("/proc/self/status") if line.startswith("SigBlk")],
        "value": globals().get("value"),
    }
"""


class Installed:
    """A site-packages folder of our own: `environment` makes a Python take it for one."""

    def __init__(self, base: Path) -> None:
        paths = sysconfig.get_paths(scheme="posix_user", vars={"userbase": str(base)})
        self.folder = Path(paths["purelib"])
        self.folder.mkdir(parents=True)
        self.environment = {"PYTHONUSERBASE": str(base), "PYTHONPATH": str(self.folder)}

    def add(self, name: str, text: str) -> None:
        (self.folder / f"{name}.py").write_text(text)


def with_library(name: str) -> str:
    return f"import {name}\nvalue = {name}.value\n" + FACTS


def get(server: Homeport, path: str = "/") -> Any:
    with urllib.request.urlopen(
        f"http://127.0.0.1:{server.port}{path}", timeout=PATIENCE
    ) as answer:
        return json.load(answer)


class Project:
    """A project whose main.py has a VERSION that `reload` raises."""

    def __init__(self, folder: Path, text: str = FACTS) -> None:
        folder.mkdir(exist_ok=True)
        self.main = folder / "main.py"
        self.folder = folder
        self.text = text
        self.version = 1
        self.main.write_text(text)

    def reload(self, server: Homeport) -> Any:
        """Save once; what the new version says."""
        self.version += 1
        save(self.main, self.text.replace("VERSION = 1", f"VERSION = {self.version}"))
        server.until("reloaded")
        facts = get(server)
        assert facts["version"] == self.version
        return facts

    def reload_until(self, server: Homeport, true: Callable[[Any], bool], what: str) -> Any:
        """Save again and again: a template is built in the background."""
        deadline = time.monotonic() + PATIENCE
        while not true(facts := self.reload(server)):
            assert time.monotonic() < deadline, f"never: {what}; {logs(server)}"
        return facts

    def warm_reload(self, server: Homeport) -> Any:
        eventually(server.is_warm, "a warm template")
        return self.reload_until(server, lambda facts: facts["warm"], "a warm reload")


def logs(server: Homeport) -> list[str]:
    """What was warned of so far."""
    return [event["message"] for event in server.events if event["event"] == "log"]

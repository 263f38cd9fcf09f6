"""`homeport up` in a folder of a test, and all processes that come from it."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.engine.live import PATIENCE, Homeport, environment, eventually

API = """
import os
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def read() -> dict[str, str | None]:
    return {name: os.environ.get(name) for name in ("GREETING", "API_URL", "PORT", "WHERE")}
"""
PAGE = """
import os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write((os.environ.get("API_URL", "") + " " + os.getcwd()).encode())

print("page on", os.environ["PORT"])
HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Page).serve_forever()
"""
PYTHON = sys.executable


def end_of(up: Homeport) -> None:
    """SIGKILL to `up` alone: what it runs has to go by itself."""
    if up.process.poll() is None:
        up.process.kill()
        up.process.wait(PATIENCE)
    up.kill()


class Several:
    """A project folder with apps, a runtime folder of its own, and a mark on its processes."""

    def __init__(self, folder: Path, table: str, *, project: str = "shop") -> None:
        self.folder = folder
        self.mark = uuid.uuid4().hex
        folder.mkdir(parents=True, exist_ok=True)
        self.write(table, project)
        (folder / "api.py").write_text(API)
        (folder / "page.py").write_text(PAGE)
        runtime = folder.parent / "run"
        runtime.mkdir(mode=0o700, exist_ok=True)
        self.env = {"XDG_RUNTIME_DIR": str(runtime), "UP_TEST_MARK": self.mark}

    def write(self, table: str, project: str = "shop") -> None:
        text = f'[project]\nname = "{project}"\n[tool.homeport.apps]\n{table}\n'
        (self.folder / "pyproject.toml").write_text(text)

    @contextmanager
    def up(self, *names: str, **env: str) -> Iterator[Homeport]:
        command = (PYTHON, "-m", "homeport", "up", *names, "--json")
        running = Homeport(command, self.folder, environment(**self.env, **env))
        try:
            yield running
        finally:
            end_of(running)
            self.all_gone()

    def run(
        self, *words: str, env: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """`homeport WORDS` to its end."""
        return subprocess.run(
            [PYTHON, "-m", "homeport", *words],
            cwd=self.folder,
            env=environment(**self.env, **(env or {})),
            capture_output=True,
            text=True,
            timeout=PATIENCE * 2,
        )

    def processes(self) -> list[int]:
        """All that carry the mark, whoever their parents are by now."""
        wanted, found = f"UP_TEST_MARK={self.mark}".encode(), []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
                    marked = wanted in (folder / "environ").read_bytes().split(b"\0")
                except OSError:
                    continue
                if marked and state not in "ZX" and int(folder.name) != os.getpid():
                    found.append(int(folder.name))
        return found

    def all_gone(self) -> None:
        """Nothing of it is left, within the deadline."""
        eventually(lambda: not self.processes(), f"all processes of {self.folder} are gone")

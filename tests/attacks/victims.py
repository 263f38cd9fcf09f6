"""The same app behind homeport and behind plain uvicorn."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.attacks.browser import Victim
from tests.engine.live import PATIENCE, Homeport, environment
from tests.engine.test_guard_servers import answers, free_port

APP = Path(__file__).with_name("victim.py")


@contextlib.contextmanager
def homeport(folder: Path, *arguments: str) -> Iterator[Victim]:
    """Behind homeport, as it is without any flags but these."""
    (folder / "victim.py").write_text(APP.read_text())
    command = [sys.executable, "-m", "homeport", "victim:app", "--port", "0", "--json"]
    env = environment(VICTIM_NOTES=str(folder))
    server = Homeport([*command, *arguments], folder, env)
    try:
        server.ready()
        yield Victim(server.port, folder)
    finally:
        server.kill()


@contextlib.contextmanager
def uvicorn(folder: Path) -> Iterator[Victim]:
    """Behind uvicorn, as it is without any flags."""
    (folder / "victim.py").write_text(APP.read_text())
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "victim:app", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(VICTIM_NOTES=str(folder)),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while not answers(port):
            assert process.poll() is None and time.monotonic() < deadline, (
                folder / "log"
            ).read_text()
            time.sleep(0.02)
        yield Victim(port, folder)
    finally:
        process.kill()
        process.wait(PATIENCE)

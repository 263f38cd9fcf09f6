"""A real server at home in a LAN of namespaces, shared, with everything a visitor can show."""

import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from homeport.core.visit import Via
from homeport.engine.guarding.doorkeeper import PAIRING_PATH
from tests.core.guard_rows import LISTED, SIBLING, Row
from tests.engine.live import PATIENCE, Homeport, environment
from tests.engine.raw_client import Elsewhere, Target, elsewhere
from tests.engine.row_on_the_wire import APP, Shown
from tests.host.lan import Lan

HOME, PHONE = "10.77.0.1", "10.77.0.2"
LOOPS = ("uvloop", "asyncio")
ASKED = ("--name", "myapp", "--allow-origin", LISTED, "--allow-origin", SIBLING)


def surroundings(folder: Path, loop: str) -> dict[str, str]:
    """The environment of a server with folders of its own; without uvloop for `asyncio`."""
    for name in ("run", "state"):
        (folder / name).mkdir(mode=0o700, exist_ok=True)
    own = {"XDG_RUNTIME_DIR": str(folder / "run"), "XDG_STATE_HOME": str(folder / "state")}
    if loop == "asyncio":
        (folder / "without").mkdir(exist_ok=True)
        (folder / "without" / "uvloop.py").write_text("raise ImportError('not here')\n")
        own["PYTHONPATH"] = str(folder / "without")
    return environment(**own)


@contextlib.contextmanager
def serving(
    folder: Path, *arguments: str, loop: str = "uvloop", wrapper: tuple[str, ...] = ()
) -> Iterator[Homeport]:
    """A server of the app that tells what it sees; `arguments` name no app and no port."""
    (folder / "main.py").write_text(APP)
    command = [*wrapper, sys.executable, "-m", "homeport", "main:app", "--port", "0", "--json"]
    server = Homeport([*command, *arguments], folder, surroundings(folder, loop))
    try:
        server.ready()
        yield server
    finally:
        server.kill()


@dataclass
class SharedDoor:
    """What a phone has to do with. `cookie` is how the pass is called in its browser."""

    server: Homeport
    folder: Path
    env: Mapping[str, str]
    at_home: tuple[str, ...]
    phone: Elsewhere
    home: Elsewhere
    tls: bool
    cookie: str = ""
    secrets: dict[tuple[str, Via], str] = field(default_factory=dict)
    guesses: int = 0

    def order(self, *words: str) -> dict[str, Any]:
        """A command at home: `homeport WORDS --json`."""
        command = [*self.at_home, sys.executable, "-m", "homeport", *words, "--json"]
        done = subprocess.run(
            command, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=PATIENCE
        )
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def door(self, source: str | None = None) -> Target:
        """The shared one, as the phone reaches it."""
        return Target(ip=HOME, port=self.server.port, tls=self.tls, source=source)

    def fresh_code(self) -> str:
        """Of a link that nobody has used."""
        link = self.order("share", "myapp", *(("--tls",) if self.tls else ()))["link"]
        return str(link).rpartition("code=")[2]

    def pair(self) -> str:
        """The phone opens the link: the value of its new cookie."""
        code = self.fresh_code()
        lines = f"GET {PAIRING_PATH}?code={code} HTTP/1.1\r\nHost: {HOME}:{self.server.port}\r\n"
        got = self.phone.say(self.door(), f"{lines}Connection: close\r\n\r\n".encode())
        assert got and got.startswith(b"HTTP/1.1 303"), got
        found = re.search(rb"set-cookie: ([\w-]+)=([\w-]+);", got, re.IGNORECASE)
        assert found, got
        self.cookie = found[1].decode()
        return found[2].decode()

    def collect(self) -> None:
        """Passes that are good and passes that were good, by cookie and by header."""
        for worth in ("expired", "valid"):
            self.secrets[worth, Via.COOKIE] = self.pair()
            made = self.order("token", "myapp", "--called", worth)
            self.secrets[worth, Via.HEADER] = made["token"]
            for device in self.order("devices")["devices"] if worth == "expired" else ():
                self.order("devices", "revoke", device["id"])

    def shown(self, row: Row) -> Shown:
        """What the visitor of a row has with it."""
        if row.token == "in-query":
            if "used" not in row.tags:
                return Shown(secret=self.fresh_code())
            used = self.fresh_code()
            lines = f"GET {PAIRING_PATH}?code={used} HTTP/1.1\r\n"
            head = f"{lines}Host: {HOME}:{self.server.port}\r\nConnection: close\r\n\r\n"
            self.phone.say(self.door(), head.encode())
            return Shown(secret=used)
        secret = self.secrets.get((row.token, row.shows[1]), "A" * 43)
        return Shown(secret=secret, cookie=self.cookie)

    def source(self, row: Row) -> str:
        """Who comes: each guesser is somebody else, for guessers have to wait."""
        if row.token != "wrong":
            return PHONE
        self.guesses += 1
        return f"10.77.0.{100 + self.guesses}"


@contextlib.contextmanager
def shared(lan: Lan, folder: Path, *, tls: bool, loop: str) -> Iterator[SharedDoor]:
    """Shared on the phone's network; somebody has been let in and somebody put out."""
    inside = {place: ("ip", "netns", "exec", lan.tag + place) for place in ("home", "phone")}
    for number in range(101, 120):
        lan.ip("phone", f"addr replace 10.77.0.{number}/24 dev wlan0")
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(serving(folder, *ASKED, loop=loop, wrapper=inside["home"]))
        door = SharedDoor(
            server=server,
            folder=folder,
            env=surroundings(folder, loop),
            at_home=inside["home"],
            phone=stack.enter_context(elsewhere(*inside["phone"])),
            home=stack.enter_context(elsewhere(*inside["home"])),
            tls=tls,
        )
        door.order("share", "myapp", "--on", "wlan7", *(("--tls",) if tls else ()))
        server.until("local-name", state="claimed")
        door.collect()
        yield door

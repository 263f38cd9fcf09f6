"""A computer that shares, in one namespace of `tests/host/lan`, and phones in another."""

import contextlib
import http.client
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cli.command import Ended, ended
from tests.cli.terminal import Terminal, in_terminal
from tests.engine.live import PATIENCE, Homeport, homeport
from tests.engine.mdns_people import inside
from tests.host.lan import Lan
from tests.host.lan import lan as make_lan

HOME = "10.77.0.1"
PHONES = ("10.77.0.2", "10.77.0.3", "10.77.0.4")
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1"
)
ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Mobile Safari/537.36"
)
KNOCK, WAIT = "/.well-known/homeport/knock", "/.well-known/homeport/wait"


@dataclass(frozen=True)
class Reply:
    """What a phone got."""

    status: int
    location: str
    body: str


class Phone:
    """A browser on the network of the share, as far as a share can tell."""

    def __init__(self, namespace: str, ip: str, agent: str) -> None:
        self._namespace, self._ip, self._agent = namespace, ip, agent
        self._cookies: dict[str, str] = {}

    def ask(self, port: int, path: str, method: str = "GET", **headers: str) -> Reply:
        """One request, on a connection of its own."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        cookie = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        sent = {"User-Agent": self._agent} | ({"Cookie": cookie} if cookie else {}) | given
        with inside(self._namespace):
            line = http.client.HTTPConnection(
                HOME, port, timeout=PATIENCE, source_address=(self._ip, 0)
            )
            line.connect()
        with contextlib.closing(line):
            line.request(method, path, headers=sent)
            reply = line.getresponse()
            for each in reply.headers.get_all("set-cookie", []):
                name, _, value = each.partition(";")[0].partition("=")
                self._cookies[name] = value
            location = reply.headers.get("location", "")
            return Reply(reply.status, location, reply.read().decode())

    def is_turned_away(self, port: int) -> bool:
        """Whether nothing listens for it."""
        try:
            self.ask(port, "/")
        except ConnectionRefusedError:
            return True
        except (ConnectionError, http.client.HTTPException):
            return False
        return False

    def knock(self, port: int) -> str:
        """Ask to be let in; the number that is shown."""
        origin = f"http://{HOME}:{port}"
        asked = self.ask(port, KNOCK, "POST", Origin=origin, Sec_Fetch_Site="same-origin")
        assert (asked.status, asked.location) == (303, WAIT)
        page = self.ask(port, WAIT, Accept="text/html").body
        found = re.search(r'aria-label="Your number: ([\d ]+)"', page)
        assert found, page
        return found[1].replace(" ", "")

    def waits(self, port: int) -> str:
        """How its question stands."""
        state: str = json.loads(self.ask(port, WAIT, Accept="application/json").body)["state"]
        return state


class Street:
    """The LAN, and the runtime folder of the servers on it."""

    def __init__(self, lan: Lan, runtime: Path) -> None:
        self._lan = lan
        self.env = {"XDG_RUNTIME_DIR": str(runtime), "XDG_STATE_HOME": str(runtime / "state")}

    def phone(self, number: int = 0, agent: str = IPHONE) -> Phone:
        return Phone(self._lan.tag + "phone", PHONES[number], agent)

    def namespace(self, place: str) -> contextlib.AbstractContextManager[None]:
        return inside(self._lan.tag + place)

    @contextlib.contextmanager
    def terminal(self, folder: Path, *arguments: str, **how: Any) -> Iterator[Terminal]:
        """`homeport ARGUMENTS` on the computer that shares, in a terminal of 24 × 80."""
        with contextlib.ExitStack() as stack:
            with self.namespace("home"):
                how = {"size": (24, 80), "LANG": "C.UTF-8"} | self.env | how
                term = stack.enter_context(in_terminal(folder, *arguments, **how))
            yield term

    @contextlib.contextmanager
    def server(self, folder: Path, *arguments: str) -> Iterator[Homeport]:
        """`homeport --json` there."""
        with contextlib.ExitStack() as stack:
            with self.namespace("home"):
                server = stack.enter_context(homeport(folder, *arguments, **self.env))
            yield server

    def command(self, folder: Path, *arguments: str) -> Ended:
        """A command there, from another terminal."""
        with self.namespace("home"):
            return ended(folder, *arguments, env=self.env)

    def told(self, folder: Path, *arguments: str) -> dict[str, Any]:
        """What it says with `--json`."""
        (answer,) = self.command(folder, *arguments, "--json").events
        return answer


@contextlib.contextmanager
def streets() -> Iterator[Lan]:
    """One network that can only be meant, Wi-Fi `wlan7`, and phones on it."""
    with make_lan() as lan:
        lan.ip("home", "link set eth7 down")
        for ip in PHONES[1:]:
            lan.ip("phone", f"addr add {ip}/24 dev wlan0")
        yield lan


def port_of(term: Terminal) -> int:
    found = re.search(r":(\d+)", term.url)
    assert found
    return int(found[1])

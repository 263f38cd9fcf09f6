"""A server on a small network of namespaces, and the devices around it.

    phone 10.77.0.2 ──┐                          ┌── eth7     10.78.0.2  office
    tablet 10.77.0.3 ─┼─ air 10.77.0.254 ─ wlan7 ─ home ─┼── docker7  10.88.0.2  container
                      (the gateway)   10.77.0.1  └── tun7     10.99.0.2  colleague

All three on the right are one namespace, `away`: who speaks there is told by the address it binds.
"""

import base64
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from homeport.core.entry import Entry
from homeport.engine import control_client, registry
from tests.engine.live import PATIENCE, Event, Homeport, environment
from tests.engine.mdns_people import inside

needs_namespaces = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("ip") is None,
    reason="needs root and iproute2 to make network namespaces",
)
HOME, GATEWAY = "10.77.0.1", "10.77.0.254"
GATEWAY_MAC = "02:00:00:00:77:fe"
AWAY = {"office": "10.78.0.2", "container": "10.88.0.2", "colleague": "10.99.0.2"}
PAIR = "/.well-known/homeport/pair"
ENDS_WITHIN = 4.0
"""Seconds: less than the 5 that a server lets its requests finish."""
KNOCK = "/.well-known/homeport/knock"
WAIT = "/.well-known/homeport/wait"

APP = """
import asyncio, json, os

VERSION = 1


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while (await receive())["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": f"{VERSION} {message['text']}"})
    else:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if scope["path"] == "/stream":
            while (message := {"type": ""}) and scope.get("here", True):
                await send({"type": "http.response.body", "body": b"tick", "more_body": True})
                done, _ = await asyncio.wait([asyncio.ensure_future(receive())], timeout=0.05)
                if any(task.result()["type"] == "http.disconnect" for task in done):
                    return
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        body = {"version": VERSION, "pid": os.getpid(), "headers": headers}
        body["client"] = scope["client"][0]
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})
"""


def run(*command: str) -> None:
    """A command that must work."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, (command, done.stderr)


@dataclass
class Lan:
    """The namespaces, by place."""

    tag: str

    def name(self, place: str) -> str:
        return self.tag + place

    def ip(self, place: str, command: str) -> None:
        """`ip` there."""
        run("ip", "-n", self.name(place), *command.split())

    def restore(self) -> None:
        """As it was at the beginning."""
        self.ip("air", f"link set air0 address {GATEWAY_MAC}")
        self.ip("home", "link set wlan7 up")
        self.ip("home", "addr flush dev wlan7")
        self.ip("home", f"addr add {HOME}/24 dev wlan7")
        self.know_gateway()

    def know_gateway(self, mac: str = GATEWAY_MAC) -> None:
        """The default route, and the neighbour behind it: seen lately, as in any busy network."""
        self.ip("home", f"route replace default via {GATEWAY} dev wlan7")
        self.ip("home", f"neigh replace {GATEWAY} lladdr {mac} dev wlan7 nud reachable")


@contextmanager
def lan() -> Iterator[Lan]:
    """A LAN of one's own; nothing of it is left afterwards."""
    made = Lan(tag=f"hs{os.getpid() % 100000}")
    places = ("home", "air", "phone", "tablet", "away")
    cables = [
        ("home", "wlan7", f"{HOME}/24", "air", "p0", ""),
        ("phone", "wlan0", "10.77.0.2/24", "air", "p1", ""),
        ("tablet", "wlan0", "10.77.0.3/24", "air", "p2", ""),
        ("home", "eth7", "10.78.0.1/24", "away", "eth0", f"{AWAY['office']}/24"),
        ("home", "docker7", "10.88.0.1/24", "away", "eth1", f"{AWAY['container']}/24"),
        ("home", "tun7", "10.99.0.1/24", "away", "eth2", f"{AWAY['colleague']}/24"),
    ]
    with ExitStack() as stack:
        for place in places:
            stack.callback(
                subprocess.run, ["ip", "netns", "del", made.name(place)], capture_output=True
            )
        for place in places:
            run("ip", "netns", "add", made.name(place))
            made.ip(place, "link set lo up")
        made.ip("air", "link add air0 type bridge")
        made.ip("air", f"link set air0 address {GATEWAY_MAC}")
        made.ip("air", f"addr add {GATEWAY}/24 dev air0")
        made.ip("air", "link set air0 up")
        for number, (left, one, ip, right, other, others) in enumerate(cables):
            ends = f"{made.tag}{number}a", f"{made.tag}{number}b"
            run("ip", "link", "add", ends[0], "type", "veth", "peer", "name", ends[1])
            run("ip", "link", "set", ends[0], "netns", made.name(left), "name", one)
            run("ip", "link", "set", ends[1], "netns", made.name(right), "name", other)
            made.ip(left, f"addr add {ip} dev {one}")
            made.ip(left, f"link set {one} up")
            made.ip(right, f"link set {other} up")
            if others:
                made.ip(right, f"addr add {others} dev {other}")
            else:
                made.ip(right, f"link set {other} master air0")
        for number, gateway in enumerate(("10.78.0.1", "10.88.0.1", "10.99.0.1")):
            table = str(100 + number)
            made.ip("away", f"rule add from {[*AWAY.values()][number]} table {table}")
            made.ip("away", f"route add default via {gateway} table {table}")
            made.ip("away", f"route append default via {gateway} metric {table}")
        made.restore()
        yield made


_sockets: list[socket.socket] = []


def hang_up() -> None:
    """Close whatever devices have opened."""
    while _sockets:
        _sockets.pop().close()


@dataclass
class Answer:
    """Of HTTP: `headers` by lower case name, and all `cookies` that were set."""

    status: int
    headers: dict[str, str]
    cookies: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Device:
    """Somebody with a browser's memory. `own`: the address it speaks from, where it has several."""

    namespace: str
    own: str = ""
    cookies: dict[str, str] = field(default_factory=dict)

    def connect(self, address: tuple[str, int], timeout: float = PATIENCE) -> socket.socket:
        """OSError where nobody answers."""
        with inside(self.namespace):
            sock = socket.socket()
        _sockets.append(sock)
        sock.settimeout(timeout)
        try:
            sock.bind((self.own, 0))
            sock.connect(address)
        except OSError:
            sock.close()
            raise
        return sock

    def ask(
        self,
        url: str,
        path: str = "/",
        method: str = "GET",
        body: bytes | None = None,
        sock: socket.socket | None = None,
        **headers: str,
    ) -> Answer:
        """One request, with our cookies; a connection of its own, or `sock`, which stays open."""
        return self._ask(url, path, headers, method, body, sock)

    def _ask(
        self,
        url: str,
        path: str,
        headers: Mapping[str, str],
        method: str = "GET",
        body: bytes | None = None,
        sock: socket.socket | None = None,
    ) -> Answer:
        host, port = place_of(url)
        link = http.client.HTTPConnection(host, port)
        link.sock = sock or self.connect((host, port))
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            given["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        link.request(method, path, body, {"accept": "text/html", **given})
        response = link.getresponse()
        answer = Answer(
            response.status,
            {name.lower(): value for name, value in response.getheaders()},
            _cookies(response.headers.get_all("set-cookie") or []),
            response.read(),
        )
        for name, value in answer.cookies.items():
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        if sock is None:
            link.close()
        return answer

    def status(self, url: str, path: str = "/", **headers: str) -> int:
        return self._ask(url, path, headers).status

    def open(self, link: str) -> Answer:
        """A link as a person opens it."""
        url, path = link.split("/.well-known", 1)
        return self.ask(url, "/.well-known" + path)

    def knock(self, url: str) -> str:
        """Ask to be let in: the number that is shown."""
        answer = self._ask(url, KNOCK, FORM | {"origin": url}, "POST", b"to=%2F")
        assert answer.status == 303, (answer.status, answer.body)
        (question,) = (text for name, text in self.cookies.items() if name.endswith("_wait"))
        number = json.loads(base64.urlsafe_b64decode(question))[1]
        assert isinstance(number, str)
        return number

    def poll(self, url: str) -> Answer:
        """What its page asks every second."""
        return self.ask(url, WAIT, accept="application/json")

    def is_refused(self, url: str) -> bool:
        """Whether nobody listens there."""
        try:
            self.connect(place_of(url), 2).close()
        except ConnectionRefusedError:
            return True
        except ConnectionResetError:  # it was closed in that very moment
            return False
        return False

    def start(self, url: str, path: str) -> socket.socket:
        """Begin a request whose answer goes on."""
        sock = self.connect(place_of(url))
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        host = url.removeprefix("http://")
        head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\n\r\n"
        sock.sendall(head.encode())
        assert sock.recv(4096).startswith(b"HTTP/1.1 200")
        return sock

    def websocket(self, url: str, **headers: str) -> "Line":
        """A WebSocket of a page there, unless the headers say something else."""
        return Line(self, url, headers or {"origin": url})


FORM = {"content-type": "application/x-www-form-urlencoded"}


class Line:
    """A WebSocket; `status` is that of the handshake."""

    def __init__(self, device: Device, url: str, headers: Mapping[str, str]) -> None:
        self.sock = device.connect(place_of(url))
        cookies = "; ".join(f"{name}={value}" for name, value in device.cookies.items())
        lines = [
            "GET /ws HTTP/1.1",
            f"Host: {url.removeprefix('http://')}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13",
            *([f"Cookie: {cookies}"] if cookies else []),
            *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
        ]
        self.sock.sendall("\r\n".join([*lines, "", ""]).encode())
        head = b""
        while b"\r\n\r\n" not in head and (data := self.sock.recv(4096)):
            head += data
        self.status = int(head.split(b" ", 2)[1])

    def echo(self, text: str) -> str:
        """Say something; what the app answers."""
        data = text.encode()
        self.sock.sendall(bytes([0x81, 0x80 | len(data), 0, 0, 0, 0]) + data)
        head = self._exactly(2)
        assert head[0] == 0x81, head
        return self._exactly(head[1]).decode()

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self.sock.recv(count - len(data))
            assert more, data
            data += more
        return data

    def end(self) -> int | None:
        """Wait for it: the code of the close frame; None when it was cut without one."""
        data = b""
        try:
            while more := self.sock.recv(4096):
                data += more
        except ConnectionResetError:
            pass
        return int.from_bytes(data[2:4], "big") if data[:1] == b"\x88" else None


def ended(sock: socket.socket) -> bool:
    """Wait until the other side ends it, whatever still comes; False when that takes too long."""
    deadline = time.monotonic() + ENDS_WITHIN
    sock.settimeout(ENDS_WITHIN)
    try:
        while sock.recv(1 << 16):
            if time.monotonic() > deadline:
                return False
    except TimeoutError:
        return False
    except ConnectionResetError:
        pass
    return True


def place_of(url: str) -> tuple[str, int]:
    """The address in it."""
    host, _, port = url.removeprefix("http://").removeprefix("https://").rpartition(":")
    return host, int(port)


def _cookies(lines: list[str]) -> dict[str, str]:
    pairs = (line.partition(";")[0].partition("=") for line in lines)
    return {name: value for name, _, value in pairs}


class Sharer:
    """A homeport server in `home`, with a runtime and a state folder of its own."""

    def __init__(self, network: Lan, project: Path, program: Sequence[str], **env: str) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="homeport-share-")
        self.env = environment(
            XDG_RUNTIME_DIR=self.folder.name, XDG_STATE_HOME=self.folder.name, **env
        )
        self.lan = network
        self.link = ""
        self.inside = ("ip", "netns", "exec", network.name("home"))
        self.server = Homeport((*self.inside, sys.executable, *program), project, self.env)

    def ready(self, event: str = "ready") -> "Sharer":
        """Wait for the app; `home` is its loopback URL, `url` where it would be shared."""
        port = self.server.port = self.server.until("listening")["port"]
        self.server.until(event)
        self.home = f"http://127.0.0.1:{port}"
        self.url = f"http://{HOME}:{self.server.port}"
        self.entry: Entry = registry.entries(self.env)[0]
        return self

    def ask(self, word: str, **what: Any) -> dict[str, Any]:
        """What the commands ask."""
        return control_client.ask(self.entry, {"ask": word, **what})

    def share(self, **what: Any) -> str:
        """The one-time link, which stays in `link`."""
        self.link = str(self.ask("share", **what)["link"])
        return self.link

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """`homeport …` at home."""
        command = [*self.inside, sys.executable, "-m", "homeport", *arguments]
        return subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=30)

    def told(self, name: str, **fields: object) -> Event:
        return self.server.until(name, **fields)

    def worker(self) -> int:
        """The process that answers."""
        answer = Device(self.lan.name("home")).ask(self.home)
        return int(answer.json["pid"])

    def peers(self) -> dict[str, dict[str, Any]]:
        """Who was seen arriving, for those who ask; nothing for the others."""
        seen = {peer["peer"]: peer for peer in self.ask("evidence")["peers"]}
        return defaultdict(lambda: {"refused": {}}, seen)

    def visits(self) -> list[dict[str, Any]]:
        """The visit log."""
        path = Path(self.folder.name, "homeport", f"{self.entry.name}.visits.log")
        return [json.loads(line) for line in path.read_text().splitlines()]

    def close(self) -> None:
        self.server.kill()
        self.folder.cleanup()


@contextmanager
def sharer(
    network: Lan,
    project: Path,
    *arguments: str,
    program: Sequence[str] = (),
    event: str = "ready",
    **env: str,
) -> Iterator[Sharer]:
    """`homeport ARGUMENTS`, or another Python program; after that event, and gone afterwards.

    `app.py` in `project` has the app.
    """
    if not (project / "app.py").exists():
        (project / "app.py").write_text(APP)
    usual = ("-m", "homeport", *(arguments or ("app:app",)), "--json")
    made = Sharer(network, project, program or usual, **env)
    try:
        yield made.ready(event)
    finally:
        made.close()

"""A small LAN made of network namespaces, with somebody in each of them who can connect.

    phone 10.77.0.2 ── wlan7 ┐              ┌ eth7 ── router 10.78.0.254 ── office 10.79.0.2
                             ├─── home ─────┤
                             lo             └ docker7 ── container 10.88.0.2

`home` is this computer: 10.77.0.1, 10.78.0.1 and 10.88.0.1, the same with fd77::1 and fd78::1. Its
default route is the router. The phone and the container send everything to home, even packets for
127.0.0.1, as a neighbour with bad manners would; so they have no loopback address of their own.
"""

import base64
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

needs_namespaces = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("ip") is None or shutil.which("nft") is None,
    reason="needs root, iproute2 and nftables to make a LAN of network namespaces",
)

PLACES = ("home", "phone", "router", "office", "container")
HOME_IPS = ("10.77.0.1", "fd77::1", "10.78.0.1", "fd78::1", "10.88.0.1", "127.0.0.1", "::1")

# Who is linked to whom: place, interface, addresses; twice. Without accept_dad=0 every IPv6 address
# would be useless for its first second.
_CABLES = (
    (
        "home",
        "wlan7",
        ("10.77.0.1/24", "fd77::1/64"),
        "phone",
        "wlan0",
        ("10.77.0.2/24", "fd77::2/64"),
    ),
    (
        "home",
        "eth7",
        ("10.78.0.1/24", "fd78::1/64"),
        "router",
        "in",
        ("10.78.0.254/24", "fd78::fe/64"),
    ),
    (
        "router",
        "out",
        ("10.79.0.254/24", "fd79::fe/64"),
        "office",
        "eth0",
        ("10.79.0.2/24", "fd79::2/64"),
    ),
    ("home", "port7", (), "container", "eth0", ("10.88.0.2/24",)),
)
_ROUTES = (
    ("home", "default via 10.78.0.254"),
    ("home", "-6 default via fd78::fe"),
    ("phone", "default via 10.77.0.1"),
    ("phone", "-6 default via fd77::1"),
    ("phone", "-6 ::1/128 via fd77::1"),
    ("container", "default via 10.88.0.1"),
    ("office", "default via 10.79.0.254"),
    ("office", "-6 default via fd79::fe"),
    ("router", "10.77.0.0/24 via 10.78.0.1"),
    ("router", "10.88.0.0/24 via 10.78.0.1"),
    ("router", "-6 fd77::/64 via fd78::1"),
)
_SETTINGS = (
    "net.ipv6.conf.all.accept_dad=0",
    "net.ipv6.conf.default.accept_dad=0",
    "net.ipv6.conf.all.forwarding=1",
    "net.ipv4.ip_forward=1",
)


class Agent:
    """A process in one place that does what it is asked: see `tests/host/lan_agent`."""

    def __init__(self, namespace: str, stack: ExitStack, uid: int = 0) -> None:
        command = ["ip", "netns", "exec", namespace, sys.executable, "-m", "tests.host.lan_agent"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([os.getcwd(), *sys.path])}
        pipe = subprocess.PIPE
        self._child = subprocess.Popen(
            [*command, str(uid)], stdin=pipe, stdout=pipe, env=environment
        )
        stack.enter_context(self._child)
        stack.callback(self._child.kill)

    def ask(self, what: str, *arguments: Any) -> None:
        """Begin something; `answer` waits for it."""
        assert self._child.stdin
        self._child.stdin.write(base64.b64encode(pickle.dumps((what, arguments))) + b"\n")
        self._child.stdin.flush()

    def answer(self) -> Any:
        """What the first unanswered question gave."""
        assert self._child.stdout
        line = self._child.stdout.readline()
        assert line, f"the agent ended with {self._child.wait(20)}"
        return pickle.loads(base64.b64decode(line))

    def __call__(self, what: str, *arguments: Any) -> Any:
        self.ask(what, *arguments)
        return self.answer()


def run(*command: str) -> None:
    """A command that must work; what it says is in the error."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, (command, done.stderr)


@dataclass(frozen=True)
class Lan:
    """`agents` by place, and `nobody`: a user without rights, at home."""

    tag: str
    agents: dict[str, Agent]

    def ip(self, place: str, command: str) -> None:
        """`ip` there, the command as one text; `-6` may stand in front."""
        six = ["-6"] if command.startswith("-6 ") else []
        run("ip", *six, "-n", self.tag + place, *command.removeprefix("-6 ").split())

    def inside(self, place: str, *command: str) -> None:
        """Another command there."""
        run("ip", "netns", "exec", self.tag + place, *command)

    def route(self, place: str, route: str) -> None:
        """Add or repeat a route."""
        six = "-6 " if route.startswith("-6 ") else ""
        self.ip(place, f"{six}route replace {route.removeprefix('-6 ')}")

    def restore(self) -> None:
        """As it was at the beginning: no firewall, everything up, all addresses and routes."""
        self.inside("home", "nft", "flush", "ruleset")
        self.ip("home", "link set lo up")
        subprocess.run(
            ["ip", "-n", f"{self.tag}home", "rule", "del", "pref", "99"], capture_output=True
        )
        for name in ("wlan7", "eth7", "docker7"):
            self.inside("home", "sysctl", "-qw", f"net.ipv4.conf.{name}.route_localnet=0")
        for left, name, ips, right, other, others in _CABLES:
            for place, interface, addresses in ((left, name, ips), (right, other, others)):
                self.ip(place, f"link set {interface} up")
                for address in addresses:
                    nodad = " nodad" if ":" in address else ""
                    self.ip(place, f"addr replace {address} dev {interface}{nodad}")
        for place, route in _ROUTES:
            self.route(place, route)
        for place, interface in (("phone", "wlan0"), ("container", "eth0")):
            gateway = "10.77.0.1" if place == "phone" else "10.88.0.1"
            self.route(place, f"127.0.0.0/8 via {gateway} dev {interface}")


def _build(lan: Lan) -> None:
    for place in PLACES:
        run("ip", "netns", "add", lan.tag + place)
        for setting in _SETTINGS:
            lan.inside(place, "sysctl", "-qw", setting)
        lan.ip(place, "link set lo up")
        if place in ("phone", "container"):
            lan.ip(place, "addr del 127.0.0.1/8 dev lo")
            lan.ip(place, "-6 addr del ::1/128 dev lo")
    for number, (left, name, _, right, other, _) in enumerate(_CABLES):
        ends = f"{lan.tag}{number}a", f"{lan.tag}{number}b"
        run("ip", "link", "add", ends[0], "type", "veth", "peer", "name", ends[1])
        run("ip", "link", "set", ends[0], "netns", lan.tag + left, "name", name)
        run("ip", "link", "set", ends[1], "netns", lan.tag + right, "name", other)
    lan.ip("home", "link add docker7 type bridge")
    lan.ip("home", "addr add 10.88.0.1/24 dev docker7")
    lan.ip("home", "link set port7 master docker7")
    lan.ip("home", "link set docker7 up")
    for place in ("phone", "container"):
        lan.inside(place, "sysctl", "-qw", "net.ipv4.conf.all.route_localnet=1")
    lan.restore()


@contextmanager
def lan() -> Iterator[Lan]:
    """A LAN of one's own; nothing of it is left afterwards."""
    agents: dict[str, Agent] = {}
    made = Lan(tag=f"hp{os.getpid() % 100000}", agents=agents)
    with ExitStack() as stack:
        for place in PLACES:
            stack.callback(_remove, made.tag + place)
        _build(made)
        for place in PLACES:
            agents[place] = Agent(made.tag + place, stack)
        agents["nobody"] = Agent(made.tag + "home", stack, uid=65534)
        yield made


def _remove(namespace: str) -> None:
    subprocess.run(["ip", "netns", "del", namespace], capture_output=True, timeout=30)


def rules(*lines: str) -> Sequence[str]:
    """The command that loads an nftables table `inet test` with these lines."""
    return ("nft", "table inet test { " + "\n".join(lines) + "\n}")

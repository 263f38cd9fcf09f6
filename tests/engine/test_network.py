"""A LAN of network namespaces: what is printed for other devices, and who really gets in."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.engine.live import HELLO, Homeport, environment

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("ip") is None,
    reason="needs root and iproute2 to make network namespaces",
)


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


@dataclass
class Lan:
    """Two computers, `home` (10.77.0.1) and `phone` (10.77.0.2), on one network."""

    home: str
    phone: str

    def curl(self, where: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Ask from one of them."""
        command = ["ip", "netns", "exec", where, "curl", "-s", "-m", "5", *arguments]
        return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture
def lan() -> Iterator[Lan]:
    tag = f"hp{os.getpid() % 10000}"
    names = Lan(home=f"{tag}h", phone=f"{tag}p")
    try:
        for name in (names.home, names.phone):
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "link", "add", f"{tag}a", "type", "veth", "peer", "name", f"{tag}b")
        for end, name, number in ((f"{tag}a", names.home, 1), (f"{tag}b", names.phone, 2)):
            run("ip", "link", "set", end, "netns", name, "name", "wlan7")
            run("ip", "-n", name, "addr", "add", f"10.77.0.{number}/24", "dev", "wlan7")
            address = f"fd77::{number}/64"
            run("ip", "-n", name, "addr", "add", address, "dev", "wlan7", "nodad")
            run("ip", "-n", name, "link", "set", "wlan7", "up")
        run("ip", "-n", names.home, "link", "add", "down0", "type", "veth", "peer", "down1")
        yield names
    finally:
        for name in (names.home, names.phone):
            subprocess.run(["ip", "netns", "del", name], capture_output=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(HELLO)
    return tmp_path


def serve(lan: Lan, project: Path, *arguments: str) -> Homeport:
    inside = ("ip", "netns", "exec", lan.home)
    command = [*inside, sys.executable, "-m", "homeport", *arguments, "--json"]
    return Homeport(command, project, environment(XDG_STATE_HOME=f"{project}-state"))


def urls(server: Homeport) -> dict[str, str]:
    """Without those that only browsers open."""
    links = (entry for entry in server.until("ready")["urls"] if not entry["in_browsers"])
    return {entry["url"]: entry["audience"] for entry in links}


def answers(lan: Lan, where: str, links: Sequence[str]) -> list[bool]:
    return ['{"version":1}' in lan.curl(where, url).stdout for url in links]


def test_by_default_nothing_comes_in_from_the_network(lan: Lan, project: Path) -> None:
    server = serve(lan, project)
    try:
        links = list(urls(server))
        assert answers(lan, lan.home, links) == [True, True, True]
        outside = ["http://10.77.0.1:8000", "http://[fd77::1]:8000"]
        assert answers(lan, lan.phone, outside) == [False, False]
        assert answers(lan, lan.home, outside) == [False, False]
    finally:
        server.kill()


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("0.0.0.0", ["http://10.77.0.1:8000"]),
        ("::", ["http://[fd77::1]:8000"]),
        ("all", ["http://10.77.0.1:8000", "http://[fd77::1]:8000"]),
        ("wlan7", ["http://10.77.0.1:8000", "http://[fd77::1]:8000"]),
        ("10.77.0.1", ["http://10.77.0.1:8000"]),
    ],
)
def test_links_for_other_devices_are_real(
    lan: Lan, project: Path, host: str, network: list[str]
) -> None:
    server = serve(lan, project, "--host", host)
    try:
        found = urls(server)
        assert [url for url in found if "77" in url] == network
        assert answers(lan, lan.phone, network) == [True] * len(network)
        for url in network:
            assert found[url].startswith("wlan7")
            assert "devices on" in found[url]
        here = [url for url in found if url not in network]
        assert answers(lan, lan.home, here) == [True] * len(here)
        assert not any("0.0.0.0" in url or "[::]" in url for url in found)
        assert bool(here) is (host in ("0.0.0.0", "::", "all"))
    finally:
        server.kill()


def test_loopback_and_one_interface_together(lan: Lan, project: Path) -> None:
    server = serve(lan, project, "--host", "localhost", "--host", "10.77.0.1")
    try:
        assert list(urls(server)) == [
            "http://localhost:8000",
            "http://127.0.0.1:8000",
            "http://[::1]:8000",
            "http://10.77.0.1:8000",
        ]
        assert answers(lan, lan.phone, ["http://10.77.0.1:8000"]) == [True]
    finally:
        server.kill()


def test_without_ipv6_there_is_one_loopback_address_and_that_is_said(
    lan: Lan, project: Path
) -> None:
    run("ip", "netns", "exec", lan.home, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
    server = serve(lan, project)
    try:
        listening = server.until("listening")
        assert listening["addresses"] == ["127.0.0.1:8000"]
        assert any("no IPv6" in note for note in listening["notes"])
        assert list(urls(server)) == ["http://127.0.0.1:8000"]
    finally:
        server.kill()


def test_a_traceback_is_shown_to_this_computer_only(lan: Lan, project: Path) -> None:
    (project / "main.py").write_text("secret = 1 / 0\n")
    server = serve(lan, project, "--host", "0.0.0.0")
    try:
        server.until("failed")
        url = "http://127.0.0.1:8000/"
        while "503" not in lan.curl(lan.home, "-o", "/dev/null", "-w", "%{http_code}", url).stdout:
            pass
        assert "ZeroDivisionError" in lan.curl(lan.home, url).stdout
        outside = lan.curl(lan.phone, "-i", "http://10.77.0.1:8000/").stdout
        assert "503" in outside
        assert "ZeroDivisionError" not in outside
        assert "main" not in outside
    finally:
        server.kill()


def test_an_interface_without_an_address_is_refused(lan: Lan, project: Path) -> None:
    server = serve(lan, project, "--host", "down0")
    try:
        assert server.until("error")["code"] == "interface-without-address"
        assert server.wait() == 4
    finally:
        server.kill()

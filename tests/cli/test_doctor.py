"""`homeport doctor` with real servers in a LAN: what it sees is what there is."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from homeport.core.errors import ExitCode
from tests.cli.command import DEADLINE, Ended, ended, started
from tests.cli.terminal import in_terminal
from tests.host.lan import Lan, lan, needs_namespaces, rules

pytestmark = needs_namespaces

APP = """
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            kind = (await receive())["type"]
            await send({"type": kind + ".complete"})
            if kind.endswith("shutdown"):
                return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})
"""
ASK = """
import socket, ssl, sys
ip, port, request, tls = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
try:
    sock = socket.create_connection((ip, port), float(sys.argv[5]))
    if tls == "tls":
        sock = ssl.create_default_context().wrap_socket(sock, server_hostname=ip)
    sock.sendall(request.encode())
    print(sock.recv(65536).split(b"\\r\\n")[0].decode())
except OSError as error:
    print(type(error).__name__)
"""
DROP = (
    "chain in { type filter hook input priority 0; policy accept;",
    "iifname wlan7 tcp dport 1024-65535 drop",
    "}",
)


@pytest.fixture(scope="module")
def network() -> Iterator[Lan]:
    with lan() as made:
        yield made


class Scene(NamedTuple):
    """A server at home in the LAN, on a port of its own."""

    lan: Lan
    folder: Path
    port: int
    environment: dict[str, str | None]

    def homeport(self, *words: str, **env: str) -> Ended:
        """A command at home."""
        wrapper = ("ip", "netns", "exec", f"{self.lan.tag}home")
        return ended(self.folder, *words, wrapper=wrapper, env={**self.environment, **env})

    def share(self, *words: str) -> None:
        end = self.homeport("share", "--on", "wlan7", *words)
        assert end.code == 0, end

    def doctor(self, code: ExitCode = ExitCode.OK) -> dict[str, Any]:
        end = self.homeport("doctor", "--json")
        assert end.code == code, end
        found: dict[str, Any] = json.loads(end.out)
        return found

    def doctor_until(self, step: str, state: str, code: ExitCode) -> dict[str, Any]:
        """What came to a worker is told to the supervisor a moment later."""
        deadline = time.monotonic() + DEADLINE
        while True:
            end = self.homeport("doctor", "--json")
            found: dict[str, Any] = json.loads(end.out)
            if of(found, step)["state"] == state:
                assert end.code == code, end
                return found
            assert time.monotonic() < deadline, found

    def phone(self, *header: str, tls: bool = False, patience: float = DEADLINE) -> str:
        """The first line of the answer to `GET /` from the phone, or what went wrong."""
        host = [f"Host: 10.77.0.1:{self.port}"] if not any("Host:" in x for x in header) else []
        request = "\r\n".join(["GET / HTTP/1.1", *host, *header, "Connection: close", "", ""])
        words = ["10.77.0.1", str(self.port), request, "tls" if tls else "plain", str(patience)]
        done = subprocess.run(
            ["ip", "netns", "exec", f"{self.lan.tag}phone", sys.executable, "-c", ASK, *words],
            capture_output=True,
            text=True,
            timeout=3 * DEADLINE,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def shell(self, command: str) -> None:
        """What the doctor has printed, typed at home by root."""
        self.lan.inside("home", "sh", "-ec", command.replace("sudo ", ""))


@pytest.fixture
def scene(network: Lan, tmp_path: Path) -> Iterator[Scene]:
    with _serving(network, tmp_path) as made:
        yield made


@contextmanager
def _serving(network: Lan, tmp_path: Path, *words: str) -> Iterator[Scene]:
    network.restore()
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "main.py").write_text(APP)
    environment: dict[str, str | None] = {
        "XDG_RUNTIME_DIR": str(tmp_path),
        "XDG_STATE_HOME": str(tmp_path),
    }
    wrapper = ("ip", "netns", "exec", f"{network.tag}home")
    tmp_path.chmod(0o700)
    command = ("main:app", "--port", "0", "--json", *words)
    with started(folder, *command, wrapper=wrapper, env=environment) as running:
        port = running.until("listening")["port"]
        running.until("ready")
        yield Scene(network, folder, port, environment)


def of(found: dict[str, Any], step: str) -> dict[str, Any]:
    one: dict[str, Any] = next(each for each in found["steps"] if each["step"] == step)
    return one


def codes(found: dict[str, Any], step: str) -> list[str]:
    return [note["code"] for note in of(found, step)["notes"]]


def text_of(found: dict[str, Any], step: str) -> str:
    return " ".join(note["says"] for note in of(found, step)["notes"])


def states(found: dict[str, Any]) -> dict[str, str]:
    return {each["step"]: each["state"] for each in found["steps"]}


def commands(found: dict[str, Any], step: str, does: str) -> list[str]:
    return [
        text
        for each in of(found, step)["commands"]
        if each["does"] == does
        for text in each["commands"]
    ]


def test_no_server_runs(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    end = ended(tmp_path, "doctor", env={"XDG_RUNTIME_DIR": str(tmp_path)})
    assert end.code == ExitCode.NOTHING_THERE
    assert "No homeport server of yours" in end.err


def test_nothing_is_shared(scene: Scene) -> None:
    found = scene.doctor(ExitCode.NOTHING_THERE)
    assert codes(found, "listening") == ["only-loopback"]
    assert set(states(found).values()) == {"bad", "not yet"}
    assert found["next"].endswith("homeport share notes")


def test_shared_and_nobody_came(scene: Scene) -> None:
    scene.share()
    found = scene.doctor()
    assert states(found) == {
        "listening": "good",
        "address": "good",
        "own-connection": "good",
        "firewall": "good",
        "neighbours": states(found)["neighbours"],
        "arrived": "not yet",
        "tls": "good",
        "guard": "not yet",
        "paired": "not yet",
    }
    assert found["links"] == [f"http://10.77.0.1:{scene.port}"]
    assert "HTTP 401" in text_of(found, "own-connection")
    assert "10.77.0.0/24" in text_of(found, "address")
    assert "eth7 (10.78.0.1)" in text_of(found, "address")
    likely = [cause["code"] for cause in found["causes"]]
    assert "cause-other-network" in likely and "cause-isolation" in likely
    assert not found["hindered"] and not found["reached_from"]


def test_own_connections_are_no_visits_from_elsewhere(scene: Scene) -> None:
    scene.share()
    for _ in range(2):
        found = scene.doctor()
    assert codes(found, "arrived") == ["not-reached"]


@pytest.mark.parametrize("room", [40, 80])
def test_the_page_fits_and_commands_stay_whole(scene: Scene, room: int) -> None:
    scene.share()
    scene.lan.inside("home", *rules(*DROP))
    end = scene.homeport("doctor", COLUMNS=str(room))
    assert end.code == ExitCode.NOTHING_THERE
    lines = end.out.splitlines()
    found = scene.doctor(ExitCode.NOTHING_THERE)
    whole = [*commands(found, "firewall", "open"), *commands(found, "firewall", "close")]
    assert [line.strip() for line in lines if "nft " in line] == whole
    assert max(len(line) for line in lines if "nft " not in line) <= room
    assert "0.0.0.0" not in end.out


def test_the_states_are_coloured_in_a_terminal(scene: Scene) -> None:
    runtime = {key: str(text) for key, text in scene.environment.items()}
    with in_terminal(scene.folder, "doctor", **runtime) as terminal:
        assert terminal.exit_code() == ExitCode.NOTHING_THERE
        assert "\x1b[31mbad\x1b[0m" in terminal.screen
    with in_terminal(scene.folder, "doctor", NO_COLOR="1", **runtime) as terminal:
        terminal.exit_code()
        assert "\x1b[" not in terminal.screen


def test_the_phone_asks_for_another_name(scene: Scene) -> None:
    scene.share()
    assert scene.phone("Host: myphone.example").startswith("HTTP/1.1 421 ")
    found = scene.doctor_until("guard", "bad", ExitCode.NOTHING_THERE)
    assert "Reached from 10.77.0.2 at " in text_of(found, "arrived")
    assert "(R2)" in text_of(found, "guard")
    assert "myphone.example" in text_of(found, "guard")
    assert found["next"].startswith(f"Open exactly http://10.77.0.1:{scene.port} ")
    assert found["causes"] == []


def test_a_rule_that_drops_is_named_and_the_commands_open_and_close_it(scene: Scene) -> None:
    scene.share()
    scene.lan.inside("home", *rules(*DROP))
    assert scene.phone(patience=0.5) == "TimeoutError"
    found = scene.doctor(ExitCode.NOTHING_THERE)
    assert states(found)["own-connection"] == "good"
    assert "inet test in" in text_of(found, "firewall")
    assert found["next_code"] == "next-open-firewall"
    assert codes(found, "arrived") == ["not-reached"]
    assert "10.77.0.2" in text_of(found, "neighbours")
    for command in commands(found, "firewall", "open"):
        scene.shell(command)
    assert scene.phone() == "HTTP/1.1 401 Unauthorized"
    assert states(scene.doctor_until("arrived", "good", ExitCode.OK))["firewall"] == "good"
    for command in commands(found, "firewall", "close"):
        scene.shell(command)
    assert scene.phone(patience=0.5) == "TimeoutError"
    assert states(scene.doctor(ExitCode.NOTHING_THERE))["firewall"] == "bad"


def test_a_policy_that_drops_in_two_tables_takes_two_commands(scene: Scene) -> None:
    scene.share()
    hook = "type filter hook input priority"
    keep = "ct state established accept; iif lo accept;"
    for table in (
        f"inet a {{ chain c {{ {hook} 0; {keep} drop; }}; }}",
        f"ip b {{ chain d {{ {hook} 9; policy drop; {keep} }}; }}",
    ):
        scene.lan.inside("home", "nft", f"table {table}")
    assert scene.phone(patience=0.5) == "TimeoutError"
    found = scene.doctor(ExitCode.NOTHING_THERE)
    assert len(commands(found, "firewall", "open")) == 2
    for command in commands(found, "firewall", "open"):
        scene.shell(command)
    assert scene.phone() == "HTTP/1.1 401 Unauthorized"
    for command in commands(found, "firewall", "close"):
        scene.shell(command)
    assert scene.phone(patience=0.5) == "TimeoutError"


def test_a_device_that_was_heard_and_did_not_connect(scene: Scene) -> None:
    scene.share()
    scene.lan.inside("phone", sys.executable, "-c", _ELSEWHERE)
    found = scene.doctor()
    assert states(found)["neighbours"] == "good"
    assert "10.77.0.2" in text_of(found, "neighbours")
    assert codes(found, "arrived") == ["not-reached"]


_ELSEWHERE = """
import contextlib, socket
with contextlib.suppress(ConnectionRefusedError):
    socket.create_connection(("10.77.0.1", 9), 5)
"""


def test_a_share_that_ended_with_its_interface(scene: Scene) -> None:
    scene.share()
    scene.lan.ip("home", "link set wlan7 down")
    found = scene.doctor_until("listening", "bad", ExitCode.NOTHING_THERE)
    deadline = time.monotonic() + DEADLINE
    while "share-ended" not in codes(found, "listening"):
        assert time.monotonic() < deadline, found
        found = scene.doctor(ExitCode.NOTHING_THERE)
    assert "the network interface is switched off" in text_of(found, "listening")


def test_an_interface_that_is_down_under_a_server_for_the_network(
    network: Lan, tmp_path: Path
) -> None:
    with _serving(network, tmp_path, "--host", "10.77.0.1") as scene:
        scene.lan.ip("home", "link set wlan7 down")
        found = scene.doctor(ExitCode.NOTHING_THERE)
    assert codes(found, "listening") == ["open-by-host"]
    assert codes(found, "address")[0] == "is-down"
    assert commands(found, "address", "do") == ["sudo ip link set wlan7 up"]
    assert found["next_code"] == "next-link-up"


def test_an_address_that_is_gone_is_not_visited(network: Lan, tmp_path: Path) -> None:
    with _serving(network, tmp_path, "--host", "10.77.0.1") as scene:
        scene.lan.ip("home", "addr del 10.77.0.1/24 dev wlan7")
        found = scene.doctor(ExitCode.NOTHING_THERE)
    assert codes(found, "address") == ["address-gone"]
    assert states(found)["own-connection"] == "not yet"
    assert found["next_code"] == "next-share-again"


def test_a_server_that_is_open_by_host_and_was_reached(network: Lan, tmp_path: Path) -> None:
    with _serving(network, tmp_path, "--host", "0.0.0.0") as scene:
        assert scene.doctor()["next_code"] in ("next-try", "next-container")
        assert scene.phone() == "HTTP/1.1 200 OK"
        found = scene.doctor_until("arrived", "good", ExitCode.OK)
        assert f"http://10.77.0.1:{scene.port}" in found["links"]
        assert not any("0.0.0.0" in link or "10.88" in link for link in found["links"])
        assert found["next_code"] == "next-arrived"
        assert codes(found, "paired") == ["no-pairing"]


def test_tls_that_the_phone_does_not_trust(scene: Scene) -> None:
    scene.share("--tls")
    assert scene.doctor()["next_code"] in ("next-try", "next-container")
    assert scene.phone(tls=True) == "SSLCertVerificationError"
    found = scene.doctor_until("tls", "bad", ExitCode.NOTHING_THERE)
    assert "10.77.0.2" in text_of(found, "tls")
    assert "does not trust the certificate" in text_of(found, "tls")
    plain = f"http://10.77.0.1:{scene.port}"
    assert commands(found, "tls", "open-there") == [plain]
    assert found["next"].startswith(f"Open {plain} on the device")


def test_a_script_that_was_let_in(scene: Scene) -> None:
    scene.share()
    token = scene.homeport("token", "--called", "probe").out.strip()
    assert scene.phone(f"X-Homeport-Token: {token}") == "HTTP/1.1 200 OK"
    found = scene.doctor_until("arrived", "good", ExitCode.OK)
    assert "probe; 1 connection, 1 request let in" in text_of(found, "arrived")
    assert "probe at 10.77.0.2" in text_of(found, "paired")
    assert found["next"].startswith("10.77.0.2 was let in at ")


def test_who_came_before_this_share_is_not_told_for_it(scene: Scene) -> None:
    scene.share()
    assert scene.phone() == "HTTP/1.1 401 Unauthorized"
    scene.doctor_until("arrived", "good", ExitCode.OK)
    assert scene.homeport("unshare").code == ExitCode.OK
    found = scene.doctor(ExitCode.NOTHING_THERE)
    assert "as asked" in text_of(found, "listening")
    scene.share()
    assert codes(scene.doctor(), "arrived") == ["not-reached"]

"""What is seen of those who come to a share: told, counted, written down; and what never is."""

import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.live import children_of, eventually
from tests.engine.mdns_people import A, address_answer, person
from tests.engine.share_scene import (
    HOME,
    Device,
    Lan,
    Sharer,
    hang_up,
    lan,
    needs_namespaces,
    place_of,
    sharer,
)

pytestmark = needs_namespaces


@pytest.fixture(autouse=True)
def closed_afterwards() -> Iterator[None]:
    """Whatever devices have opened."""
    yield
    hang_up()


@pytest.fixture(scope="module")
def network() -> Iterator[Lan]:
    with lan() as made:
        yield made


@pytest.fixture
def server(network: Lan, tmp_path: Path) -> Iterator[Sharer]:
    with sharer(network, tmp_path) as made:
        yield made


@pytest.fixture
def phone(network: Lan) -> Device:
    return Device(network.name("phone"))


@pytest.fixture
def tablet(network: Lan) -> Device:
    return Device(network.name("tablet"))


def test_the_name_counts_while_it_is_ours(
    server: Sharer, network: Lan, phone: Device, tablet: Device
) -> None:
    port = server.server.port
    with person(network.name("phone"), "wlan0") as ears, person(network.name("tablet"), "wlan0"):
        phone.open(server.share())
        early = [f"{name}.local:{port}" for name in (server.entry.name, "other")]
        assert phone.ask(server.url, host=early[1]).status == 421
        name = server.told("local-name", state="claimed")["name"]
        asked = f"{name}:{port}"
        eventually(lambda: phone.ask(server.url, host=asked).status == 200, "the name counts")
        assert phone.ask(server.url, host=early[1]).status == 421
        with person(network.name("tablet"), "wlan0") as rival:
            stop = threading.Event()

            def insist() -> None:
                while not stop.wait(0.1):
                    rival.say(address_answer(name, "10.77.0.3"))

            thread = threading.Thread(target=insist)
            thread.start()
            try:
                server.told("local-name", state="conflict")
                eventually(lambda: phone.ask(server.url, host=asked).status == 421, "lost")
                second = server.told("local-name", state="claimed")["name"]
            finally:
                stop.set()
                thread.join()
        assert second != name
        asked = f"{second}:{port}"
        eventually(lambda: phone.ask(server.url, host=asked).status == 200, "the next name counts")
        server.ask("unshare")
        ears.wait_for(lambda r: (r.name.rstrip("."), r.type, r.ttl) == (second, A, 0))


def test_reached_is_told_once_for_each_device_and_never_for_this_computer(
    server: Sharer, network: Lan, phone: Device, tablet: Device
) -> None:
    server.share(open=True)
    home = Device(network.name("home"))
    for _ in range(3):
        assert [each.status(server.url) for each in (home, phone)] == [200, 200]
    assert server.told("reached")["peer"] == "10.77.0.2"
    tablet.connect(place_of(server.url)).close()  # before anything is asked or decided
    assert server.told("reached")["peer"] == "10.77.0.3"
    eventually(lambda: server.peers()[HOME].get("allowed") == 3, "seen, though not told")
    heard = [event["peer"] for event in server.server.events if event["event"] == "reached"]
    assert heard == ["10.77.0.2", "10.77.0.3"]


def test_refusals_are_counted_and_told(server: Sharer, phone: Device) -> None:
    server.share()
    for _ in range(3):
        assert phone.ask(server.url, host="evil.example").status == 421
    told = server.told("refused", rule="R2")
    assert (told["peer"], "evil.example" in told["message"]) == ("10.77.0.2", True)
    eventually(lambda: server.peers()["10.77.0.2"]["refused"].get("R2") == 3, "counted")


def test_the_visit_log_is_for_this_user_and_holds_no_secret(
    server: Sharer, phone: Device, tablet: Device
) -> None:
    link = server.share()
    code = link.partition("code=")[2]
    phone.open(link)
    tablet.open(link)
    token = server.ask("token", name="backup")["token"]
    secret = "hunter2"
    tablet.status(server.url, f"/?password={secret}", x_homeport_token=token)
    tablet.status(server.url, f"/?password={secret}", x_homeport_token="wrong-" + token)
    (cookie,) = phone.cookies.values()

    def rules() -> set[str]:
        return {line["rule"] for line in server.visits()}

    wanted = {"let-in", "code-used", "token", "token-wrong", "allowed", "R6"}
    eventually(lambda: wanted <= rules(), f"{wanted}")
    allowed = next(line for line in server.visits() if line["rule"] == "allowed")
    assert allowed.keys() == {"time", "peer", "device", "rule"}
    folder = Path(server.folder.name, "homeport")
    (log,) = folder.glob("*.visits.log")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    pids = [server.server.process.pid, *children_of(server.server.process.pid)]
    kept = [each.read_bytes() for each in folder.rglob("*") if each.is_file()]
    assert not [each for each in kept if secret.encode() in each]
    for pid in pids:
        kept += [Path(f"/proc/{pid}/{part}").read_bytes() for part in ("cmdline", "environ")]
    server.server.heard()
    kept.append(repr((server.server.events, server.server.errors)).encode())
    for text in (code, token, cookie):
        assert not [each for each in kept if text.encode() in each]


def test_a_flood_of_guesses_troubles_nobody_else(
    server: Sharer, network: Lan, phone: Device, tablet: Device
) -> None:
    """Guesses from one device as fast as it can, while others are served."""
    phone.open(server.share())
    stop, made = threading.Event(), [0]
    host = server.url.removeprefix("http://")
    guess = f"GET / HTTP/1.1\r\nHost: {host}\r\nX-Homeport-Token: {'x' * 43}\r\n\r\n".encode()

    def flood() -> None:
        sock = tablet.connect(place_of(server.url))
        while not stop.is_set():
            sock.sendall(guess * 50)
            got = 0
            while got < 50 and (data := sock.recv(1 << 16)):
                got += data.count(b"HTTP/1.1 4")
            made[0] += got

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        home = Device(network.name("home"))
        before = memory(server.server.process.pid)
        for _ in range(40):
            assert home.status(server.home) == 200
            assert phone.status(server.url) == 200
            assert server.ask("devices")["shared"]
    finally:
        stop.set()
        thread.join()
    assert made[0] > 100, made
    assert memory(server.server.process.pid) < before + 4096
    wrong = [line for line in server.visits() if line["rule"] == "token-wrong"]
    assert 1 <= len(wrong) < made[0] / 20, "the others were not even looked at"


def memory(pid: int) -> int:
    """Resident, in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))

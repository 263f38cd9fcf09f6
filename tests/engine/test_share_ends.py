"""However a share ends: its listener, its WebSockets and its running answers end with it."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from homeport.core.errors import HomeportError
from tests.engine.live import eventually, is_alive
from tests.engine.share_scene import (
    HOME,
    Device,
    Lan,
    Line,
    Sharer,
    ended,
    hang_up,
    lan,
    needs_namespaces,
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


@pytest.fixture(scope="module")
def kept(network: Lan, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sharer]:
    """A server for all tests that do not end it."""
    with sharer(network, tmp_path_factory.mktemp("app")) as made:
        yield made


@pytest.fixture
def server(kept: Sharer, network: Lan) -> Iterator[Sharer]:
    yield kept
    network.restore()
    try:
        kept.ask("unshare")
    except HomeportError as error:
        assert error.code == "not-shared"
    eventually(lambda: Device(network.name("phone")).is_refused(kept.url), "shut")


@pytest.fixture
def phone(network: Lan) -> Device:
    return Device(network.name("phone"))


class Inside:
    """A phone that is let in, with a WebSocket and an answer that goes on."""

    def __init__(self, server: Sharer, phone: Device, **terms: object) -> None:
        self.server, self.phone, self.url = server, phone, server.url
        phone.open(server.share(**terms))
        self.line: Line = phone.websocket(server.url)
        assert self.line.echo("here") == "1 here"
        self.stream = phone.start(server.url, "/stream")

    def is_put_out(self) -> None:
        """Everything is over; and later connections are refused."""
        assert ended(self.stream)
        assert ended(self.line.sock)
        eventually(lambda: self.phone.is_refused(self.url), "shut")


def test_its_time_is_over(server: Sharer, phone: Device) -> None:
    inside = Inside(server, phone, seconds=1.5)
    server.told("share-ended", reason="expired")
    inside.is_put_out()
    assert Device(server.lan.name("home")).status(server.home) == 200


def test_unshare(server: Sharer, phone: Device) -> None:
    inside = Inside(server, phone)
    at_home = Device(server.lan.name("home")).websocket(server.home)
    done = server.command("unshare")
    assert done.returncode == 0, done.stderr
    inside.is_put_out()
    assert at_home.echo("still") == "1 still"
    assert server.command("unshare").returncode == 5


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_server_stops_and_its_share_does_not_wait_for_answers(
    network: Lan, tmp_path: Path, phone: Device, number: signal.Signals
) -> None:
    with sharer(network, tmp_path, "app:app", "--stop-timeout", "60") as server:
        inside = Inside(server, phone)
        at_home = Device(network.name("home")).start(server.home, "/stream")
        server.server.process.send_signal(number)
        server.told("share-ended", reason="server-stopped")
        inside.is_put_out()
        at_home.close()
        assert server.server.wait() == 0
        assert not any("Traceback" in line for line in server.server.errors), server.server.errors


def test_the_supervisor_is_killed(network: Lan, tmp_path: Path, phone: Device) -> None:
    with sharer(network, tmp_path) as server:
        inside = Inside(server, phone)
        workers = server.server.workers()
        os.kill(server.server.process.pid, signal.SIGKILL)
        inside.is_put_out()
        eventually(lambda: not any(map(is_alive, workers)), "no worker is left")


def test_a_worker_that_is_stuck_in_the_app_keeps_nothing_open_and_nobody_waiting(
    network: Lan, tmp_path: Path, phone: Device
) -> None:
    with sharer(network, tmp_path) as server:
        phone.open(server.share())
        worker = server.worker()
        os.kill(worker, signal.SIGSTOP)
        try:
            for _ in range(60):
                server.ask("token")
            for _ in range(60):  # more passes than there is room for
                server.share()
            server.ask("unshare")
            eventually(lambda: phone.is_refused(server.url), "shut")
        finally:
            os.kill(worker, signal.SIGCONT)
        assert Device(network.name("home")).status(server.home) == 200


def test_a_computer_that_slept_for_forty_minutes_shares_no_more(
    network: Lan, tmp_path: Path, phone: Device
) -> None:
    library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
    if library is None:
        pytest.skip("needs libfaketime")
    clock = tmp_path / "clock"
    clock.write_text("+0")
    (project := tmp_path / "app").mkdir()
    fake = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    with sharer(network, project, **fake) as server:
        inside = Inside(server, phone)
        clock.write_text("+2400")
        server.told("share-ended", reason="expired")
        inside.is_put_out()
        clock.write_text("+0")
        again = Inside(server, phone, seconds=2.0)
        clock.write_text("-2400")
        server.told("share-ended", reason="expired")
        again.is_put_out()


def test_the_interface_is_switched_off(server: Sharer, network: Lan, phone: Device) -> None:
    inside = Inside(server, phone)
    network.ip("home", "link set wlan7 down")
    server.told("share-ended", reason="interface-down")
    network.restore()
    inside.is_put_out()


def test_the_interface_is_unplugged_and_gone(network: Lan, tmp_path: Path, phone: Device) -> None:
    network.ip("home", "link add usb7 type veth peer name usb8")
    network.ip("home", "addr add 10.66.0.1/24 dev usb7")
    for name in ("usb7", "usb8"):
        network.ip("home", f"link set {name} up")
    with sharer(network, tmp_path) as server:
        server.share(on="usb7")
        network.ip("home", "link del usb7")
        server.told("share-ended", reason="interface-gone")
        network.ip("home", "addr add 10.66.0.1/32 dev lo")
        at_home = Device(network.name("home"))
        url = f"http://10.66.0.1:{server.server.port}"
        eventually(lambda: at_home.is_refused(url), "shut")


def test_another_address_of_the_same_network(server: Sharer, network: Lan, phone: Device) -> None:
    inside = Inside(server, phone)
    token = server.ask("token")["token"]
    network.ip("home", f"addr del {HOME}/24 dev wlan7")
    network.ip("home", "addr add 10.77.0.9/24 dev wlan7")
    network.know_gateway()
    moved = server.told("share-moved")
    assert moved["url"] == inside.url.replace(HOME, "10.77.0.9")
    assert moved["moved_from"] == HOME
    assert moved["link"].startswith(moved["url"])
    script = Device(network.name("phone"))
    assert script.status(moved["url"], x_homeport_token=token) == 200
    assert script.status(moved["url"]) == 401
    assert script.open(moved["link"]).status == 303
    network.ip("home", f"addr add {HOME}/24 dev wlan7")
    inside.is_put_out()


def test_the_same_addresses_behind_another_router_are_another_network(
    server: Sharer, network: Lan, phone: Device
) -> None:
    inside = Inside(server, phone)
    other = "02:00:00:00:66:66"
    network.ip("air", f"link set air0 address {other}")
    network.know_gateway(other)
    server.told("share-ended", reason="other-network")
    inside.is_put_out()


def test_another_prefix_is_another_network(server: Sharer, network: Lan, phone: Device) -> None:
    Inside(server, phone)
    network.ip("home", f"addr del {HOME}/24 dev wlan7")
    network.ip("home", "addr add 10.55.0.1/24 dev wlan7")
    network.ip("home", "route replace default via 10.55.0.254 dev wlan7")
    try:
        server.told("share-ended", reason="other-network")
    finally:
        network.ip("home", "addr del 10.55.0.1/24 dev wlan7")
    network.restore()
    eventually(lambda: phone.is_refused(server.url), "shut")


def test_a_link_that_is_lost_for_a_moment_comes_back(
    server: Sharer, network: Lan, phone: Device
) -> None:
    inside = Inside(server, phone)
    network.ip("air", "link set p0 down")
    server.told("share-interrupted")
    network.ip("air", "link set p0 up")
    network.know_gateway()
    server.told("share-resumed")
    assert ended(inside.stream)
    eventually(lambda: not phone.is_refused(server.url), "open again")
    assert phone.status(server.url) == 200


def test_what_is_shared_and_by_whom_it_is_held_is_said_and_nothing_stays_open(
    server: Sharer, network: Lan, phone: Device
) -> None:
    stranger = Device(network.name("home"))
    with ExitStack() as stack:
        from tests.engine.mdns_people import inside as within

        with within(stranger.namespace):
            sock = stack.enter_context(socket.socket())
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((HOME, server.server.port))
        sock.listen()
        with pytest.raises(HomeportError) as caught:
            server.share()
    assert caught.value.code == "not-opened"
    assert str(server.server.port) in caught.value.message
    assert server.ask("devices")["shared"] is False
    assert phone.is_refused(server.url)


@pytest.mark.parametrize(
    ("on", "code"),
    [("0.0.0.0", "not-a-network"), ("lo", "not-a-network"), ("nope", "no-such-interface")],
)
def test_what_is_no_network_is_not_shared(server: Sharer, on: str, code: str) -> None:
    with pytest.raises(HomeportError) as caught:
        server.share(on=on)
    assert caught.value.code == code
    assert server.ask("devices")["shared"] is False


def test_two_servers_share_at_once_each_on_its_own_network(
    server: Sharer, network: Lan, tmp_path: Path, phone: Device
) -> None:
    office = Device(network.name("away"), "10.78.0.2")
    with sharer(network, tmp_path) as other:
        assert other.server.port != server.server.port
        links = server.share(), other.share(on="eth7")
        assert links[1].startswith(f"http://10.78.0.1:{other.server.port}/")
        assert phone.open(links[0]).status == 303
        assert office.open(links[1]).status == 303
        assert office.status(f"http://10.78.0.1:{other.server.port}") == 200
        assert office.is_refused(f"http://10.78.0.1:{server.server.port}")
        other.ask("unshare")
        assert phone.status(server.url) == 200

"""A share does not notice that the app is loaded again: devices, links and connections stay."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.live import eventually, save
from tests.engine.share_scene import (
    APP,
    Device,
    Lan,
    ended,
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


SLOW_START = "import time\nfrom pathlib import Path\nPath('begun').touch()\n" + (
    "while not Path('go').exists():\n    time.sleep(0.01)\n"
)


@pytest.fixture(scope="module")
def network() -> Iterator[Lan]:
    with lan() as made:
        yield made


@pytest.fixture
def phone(network: Lan) -> Device:
    return Device(network.name("phone"))


@pytest.fixture
def tablet(network: Lan) -> Device:
    return Device(network.name("tablet"))


def version(number: int) -> str:
    return APP.replace("VERSION = 1", f"VERSION = {number}")


def test_devices_links_and_connections_outlive_a_reload(
    network: Lan, tmp_path: Path, phone: Device, tablet: Device
) -> None:
    with sharer(network, tmp_path, "app:app", "--stop-timeout", "60") as server:
        phone.open(server.share())
        kept = phone.connect(place_of(server.url))
        before = phone.ask(server.url, sock=kept).json["pid"]
        line, stream = phone.websocket(server.url), phone.start(server.url, "/stream")
        number = tablet.knock(server.url)
        save(tmp_path / "app.py", version(2))
        server.told("reloaded")
        answer = phone.ask(server.url, sock=kept).json
        assert (answer["version"], answer["pid"] != before) == (2, True)
        assert line.end() == 1012
        assert phone.websocket(server.url).echo("again") == "2 again"
        assert tablet.poll(server.url).json == {"state": "waiting"}
        server.ask("approve", which=number)
        assert tablet.poll(server.url).json == {"state": "in"}
        assert tablet.ask(server.url).json["version"] == 2
        assert b"tick" in stream.recv(4096)
        phone_id = next(d["id"] for d in server.ask("devices")["devices"] if d["number"] is None)
        server.ask("revoke", which=phone_id)
        assert ended(stream), "the worker that leaves still has it, and has to cut it"
        assert phone.status(server.url) == 401


def test_a_killed_worker_forgets_nobody(network: Lan, tmp_path: Path, phone: Device) -> None:
    with sharer(network, tmp_path) as server:
        phone.open(server.share())
        old = server.worker()
        os.kill(old, signal.SIGKILL)
        server.told("crashed")
        eventually(lambda: phone.ask(server.url).json["pid"] != old, "another one answers")
        server.ask("unshare")
        eventually(lambda: phone.is_refused(server.url), "shut")


def test_shared_and_unshared_while_a_reload_is_under_way(
    network: Lan, tmp_path: Path, phone: Device
) -> None:
    with sharer(network, tmp_path) as server:
        save(tmp_path / "app.py", SLOW_START + version(2))
        eventually((tmp_path / "begun").exists, "the next one loads")
        phone.open(server.share())
        assert phone.ask(server.url).json["version"] == 1
        (tmp_path / "go").touch()
        server.told("reloaded")
        assert phone.ask(server.url).json["version"] == 2
        (tmp_path / "go").unlink()
        (tmp_path / "begun").unlink()
        line = phone.websocket(server.url)
        save(tmp_path / "app.py", SLOW_START + version(3))
        eventually((tmp_path / "begun").exists, "the next one loads")
        server.ask("unshare")
        assert line.end() == 1001
        (tmp_path / "go").touch()
        server.told("reloaded")
        eventually(lambda: phone.is_refused(server.url), "shut")
        assert Device(network.name("home")).ask(server.home).json["version"] == 3


def test_why_the_app_does_not_start_is_shown_to_this_computer_only(
    network: Lan, tmp_path: Path, phone: Device
) -> None:
    (tmp_path / "app.py").write_text("SECRET = 1\nraise ValueError('the password is 1234')\n")
    with sharer(network, tmp_path, event="failed") as server:
        assert phone.open(server.share()).status == 303
        away, home = phone.ask(server.url), Device(network.name("home")).ask(server.home)
        assert (away.status, home.status) == (503, 503)
        assert b"1234" in home.body
        assert b"1234" not in away.body and b"app.py" not in away.body
        assert phone.ask(server.url, host=f"127.0.0.1:{server.server.port}").status == 421
        save(tmp_path / "app.py", version(2))
        eventually(lambda: phone.status(server.url) == 200, "it starts, and the phone is still in")


def test_with_a_single_lifespan(network: Lan, tmp_path: Path, phone: Device) -> None:
    with sharer(network, tmp_path, "app:app", "--single-lifespan") as server:
        phone.open(server.share())
        save(tmp_path / "app.py", version(2))
        server.told("reloaded")
        assert phone.ask(server.url).json["version"] == 2
        server.ask("unshare")
        eventually(lambda: phone.is_refused(server.url), "shut")


def test_an_app_object_that_is_served_by_its_own_process(
    network: Lan, tmp_path: Path, phone: Device
) -> None:
    (tmp_path / "start.py").write_text(
        "import homeport\nfrom app import app\nhomeport.run(app, port=0, json=True)\n"
    )
    with sharer(network, tmp_path, program=("start.py",)) as server:
        phone.open(server.share())
        assert phone.status(server.url) == 200
        line = phone.websocket(server.url)
        assert line.echo("hello") == "1 hello"
        server.ask("unshare")
        assert line.end() == 1001
        eventually(lambda: phone.is_refused(server.url), "shut")
        assert server.server.end() == 0

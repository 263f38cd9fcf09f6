"""Who gets in at a shared address of a LAN of namespaces, and who does not."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.live import eventually
from tests.engine.share_scene import (
    AWAY,
    Device,
    Lan,
    Sharer,
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


@pytest.fixture(scope="module")
def network() -> Iterator[Lan]:
    with lan() as made:
        yield made


@pytest.fixture(scope="module")
def server(network: Lan, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sharer]:
    with sharer(network, tmp_path_factory.mktemp("app")) as made:
        yield made


@pytest.fixture
def shared(server: Sharer) -> Iterator[Sharer]:
    server.share()
    yield server
    server.ask("unshare")
    eventually(lambda: Device(server.lan.name("phone")).is_refused(server.url), "shut")


@pytest.fixture
def phone(network: Lan) -> Device:
    return Device(network.name("phone"))


@pytest.fixture
def tablet(network: Lan) -> Device:
    return Device(network.name("tablet"))


def test_the_link_lets_one_device_in_once(shared: Sharer, phone: Device, tablet: Device) -> None:
    assert phone.status(shared.url) == 401
    answer = phone.open(shared.link)
    assert (answer.status, answer.headers["location"]) == (303, "/")
    cookie = next(name for name in answer.cookies)
    assert cookie.startswith("hp_")
    assert phone.status(shared.url) == 200
    assert tablet.open(shared.link).status == 410
    assert tablet.cookies == {}
    assert tablet.status(shared.url) == 401
    assert cookie not in phone.ask(shared.url).json["headers"].get("cookie", "")


def test_who_asks_is_let_in_by_number_and_put_out_alone(
    shared: Sharer, phone: Device, tablet: Device
) -> None:
    phone.open(shared.link)
    number = tablet.knock(shared.url)
    assert shared.told("device-asks")["device"]["number"] == number
    assert tablet.poll(shared.url).json == {"state": "waiting"}
    done = shared.command("devices", "approve", number)
    assert done.returncode == 0, done.stdout + done.stderr
    assert tablet.poll(shared.url).json == {"state": "in"}
    device = shared.told("device-let-in")["device"]["id"]
    assert tablet.status(shared.url) == 200
    lines = [each.websocket(shared.url) for each in (phone, tablet)]
    assert [line.echo("hello") for line in lines] == ["1 hello", "1 hello"]
    streams = [each.start(shared.url, "/stream") for each in (phone, tablet)]
    shared.ask("revoke", which=device)
    assert ended(streams[1])
    assert lines[1].end() in (1001, None)
    assert lines[0].echo("still") == "1 still"
    assert b"tick" in streams[0].recv(4096)
    assert tablet.status(shared.url) == 401
    assert phone.status(shared.url) == 200


def test_who_is_denied_hears_of_it(shared: Sharer, tablet: Device) -> None:
    number = tablet.knock(shared.url)
    shared.ask("deny", which=number)
    assert "said no" in tablet.poll(shared.url).body.decode()
    assert tablet.status(shared.url) == 401


def test_wrong_tokens_slow_the_guesser_and_no_one_else(
    shared: Sharer, phone: Device, tablet: Device
) -> None:
    phone.open(shared.link)
    assert tablet.status(shared.url, x_homeport_token="a" * 43) == 403
    slowed = tablet.ask(shared.url, x_homeport_token="b" * 43)
    assert (slowed.status, slowed.headers["retry-after"]) == (429, "1")
    assert phone.status(shared.url) == 200
    token = shared.ask("token", name="a script")["token"]
    assert tablet.status(shared.url, x_homeport_token=token) == 200


def test_a_script_gets_in_with_a_header_also_to_websockets(
    shared: Sharer, phone: Device, tablet: Device
) -> None:
    done = shared.command("token", "--called", "backup")
    token = done.stdout.strip()
    assert done.returncode == 0, done.stderr
    answer = phone.ask(shared.url, "/", "POST", b"{}", x_homeport_token=token)
    assert answer.status == 200
    assert "x-homeport-token" not in answer.json["headers"]
    assert phone.websocket(shared.url, x_homeport_token=token).echo("hello") == "1 hello"
    assert phone.websocket(shared.url, origin="http://evil.example").status == 403
    wrong = tablet.websocket(shared.url, x_homeport_token=token[::-1])
    assert wrong.status in (403, 429)  # it may have to wait for earlier wrong ones
    assert tablet.websocket(shared.url, user_agent="x").status == 403
    names = [device["name"] for device in shared.ask("devices")["devices"]]
    assert names == ["backup"]
    shared.ask("revoke", which="backup")
    assert phone.status(shared.url, x_homeport_token=token) == 401


def test_open_to_all_on_one_network(server: Sharer, phone: Device) -> None:
    refused = server.command("share", "--open", "--json")
    assert refused.returncode == 2
    assert phone.is_refused(server.url)
    assert server.command("share", "--open", "--yes").returncode == 0
    assert phone.status(server.url) == 200
    assert phone.websocket(server.url).echo("hello") == "1 hello"
    assert phone.websocket(server.url, origin="http://evil.example").status == 403
    server.ask("unshare")


def test_other_terms_at_the_same_address_take_the_place_of_the_first(
    server: Sharer, phone: Device
) -> None:
    phone.open(server.share())
    line = phone.websocket(server.url)
    server.share(open=True)
    server.told("share-ended", reason="replaced")
    assert line.end() in (1001, None)
    assert phone.status(server.url) == 200
    phone.cookies = {}
    assert phone.status(server.url) == 200
    server.share()
    assert phone.status(server.url) == 401
    server.ask("unshare")


def test_a_token_of_the_last_share_is_an_expired_one_and_no_guess(
    server: Sharer, phone: Device
) -> None:
    phone.open(server.share())
    server.ask("unshare")
    link = server.share()
    for _ in range(3):
        assert phone.status(server.url) == 401
    assert phone.open(link).status == 303
    assert phone.status(server.url) == 200
    server.ask("unshare")


@pytest.mark.parametrize("who", AWAY)
def test_from_other_networks_not_a_byte_is_answered(
    shared: Sharer, network: Lan, phone: Device, who: str
) -> None:
    stranger = Device(network.name("away"), AWAY[who])
    sock = stranger.connect(place_of(shared.url))
    sock.sendall(f"GET / HTTP/1.1\r\nHost: {shared.url[7:]}\r\n\r\n".encode())
    with contextlib.suppress(ConnectionResetError):
        assert sock.recv(100) == b""
    assert stranger.is_refused(shared.url.replace("10.77.0.1", AWAY[who].replace(".2", ".1")))
    assert phone.status(shared.url) == 401
    home = Device(network.name("home"))
    assert home.status(shared.home) == 200
    eventually(lambda: "R0" in shared.peers()[AWAY[who]]["refused"], "told as refused")
    assert not any(
        e["event"] == "reached" and e["peer"] == AWAY[who] for e in shared.server.heard()
    )


def test_forwarded_headers_of_a_phone_reach_no_app(shared: Sharer, phone: Device) -> None:
    phone.open(shared.link)
    answer = phone.ask(shared.url, x_forwarded_for="127.0.0.1", forwarded="for=127.0.0.1")
    assert answer.json["client"] == "10.77.0.2"
    assert not {"x-forwarded-for", "forwarded"} & set(answer.json["headers"])


def test_behind_a_root_path_the_pages_of_a_share_are_where_they_always_are(
    network: Lan, phone: Device, tmp_path: Path
) -> None:
    """The root path is what a proxy in front takes away; a phone has none in front."""
    with sharer(network, tmp_path, "app:app", "--root-path", "/api") as server:
        server.share()
        assert phone.status(server.url) == 401
        answer = phone.open(server.link)
        assert (answer.status, answer.headers["location"]) == (303, "/")
        assert phone.status(server.url) == 200

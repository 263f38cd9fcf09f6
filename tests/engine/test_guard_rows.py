"""Every row of tests/data/guard-cases*.csv as bytes on real connections to real servers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from homeport.core.visit import PassKind, Via
from tests.core.guard_rows import ALL, Row
from tests.engine.live import Homeport
from tests.engine.raw_client import Elsewhere, Target, elsewhere, say
from tests.engine.row_on_the_wire import Shown, Where, request, verdict
from tests.engine.shared_door import (
    ASKED,
    HOME,
    LOOPS,
    SharedDoor,
    serving,
    shared,
)
from tests.host.lan import Lan, lan, needs_namespaces

FAMILIES = ("127.0.0.1", "::1")
WS_HEAD_END = b"\r\n\r\n"


def named(row: Row) -> str:
    return row.id


def rows_for(scope: str, *, tls: bool = False) -> list[Row]:
    return [row for row in ALL if row.listener_scope == scope and (":8443" in row.host) is tls]


def needs_a_share(row: Row) -> bool:
    """A good token, or one that was good, is only there while something is shared."""
    return row.shows[1] is Via.HEADER and row.shows[0] is not PassKind.WRONG


def told(row: Row, answer: bytes | None) -> str:
    """Requests that are no HTTP at all may also be dropped."""
    found = verdict(answer)
    return "deny" if found == "dropped" and row.method in ("CONNECT", "TRACE") else found


def until(row: Row) -> bytes | None:
    return WS_HEAD_END if row.websocket else None


@pytest.fixture(scope="module", params=LOOPS)
def loop(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def plain(loop: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homeport]:
    with serving(tmp_path_factory.mktemp("plain"), *ASKED, loop=loop) as server:
        yield server


@pytest.fixture(scope="module")
def strict(loop: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homeport]:
    folder = tmp_path_factory.mktemp("strict")
    with serving(folder, *ASKED, "--strict-origins", loop=loop) as server:
        yield server


def check_at_loopback(row: Row, server: Homeport, ip: str) -> None:
    shown = Shown(secret="A" * 43, cookie="hp_0")
    data = request(row, Where(port=server.port), shown)
    answer = say(Target(ip=ip, port=server.port), data, until=until(row))
    assert told(row, answer) == row.expect, (data, answer)


@pytest.mark.parametrize("ip", FAMILIES)
@pytest.mark.parametrize(
    "row", [row for row in rows_for("loopback") if not needs_a_share(row)], ids=named
)
def test_a_row_at_a_door_for_this_computer(row: Row, ip: str, plain: Homeport) -> None:
    check_at_loopback(row, plain, ip)


@pytest.mark.parametrize("ip", FAMILIES)
@pytest.mark.parametrize("row", rows_for("strict"), ids=named)
def test_a_row_with_strict_origins(row: Row, ip: str, strict: Homeport) -> None:
    check_at_loopback(row, strict, ip)


@pytest.fixture(scope="module")
def network() -> Iterator[Lan]:
    with lan() as made:
        yield made


def wrong_answers(rows: list[Row], door: SharedDoor, client: Elsewhere, ip: str) -> list[object]:
    """What was not as the rows say, or showed the app a secret of ours."""
    wrong: list[object] = []
    for row in rows:
        shown = door.shown(row) if row.shared or needs_a_share(row) else Shown(secret="A" * 43)
        data = request(row, Where(port=door.server.port, ip=HOME), shown)
        target = door.door(door.source(row)) if row.shared else Target(ip=ip, port=door.server.port)
        answer = client.say(target, data, until=until(row))
        ours = row.shared and shown.secret and shown.secret.encode() in (answer or b"")
        if told(row, answer) != row.expect or ours:
            wrong.append((row.id, row.expect, data, answer))
    return wrong


@needs_namespaces
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_every_row_from_the_phone_at_a_share(
    network: Lan, loop: str, scheme: str, tmp_path: Path
) -> None:
    with shared(network, tmp_path, tls=scheme == "https", loop=loop) as door:
        rows = rows_for("lan", tls=scheme == "https")
        assert len(rows) > 10
        assert wrong_answers(rows, door, door.phone, HOME) == []
        for ip in FAMILIES:  # the doors for this computer are as they were
            assert wrong_answers(rows_for("loopback"), door, door.home, ip) == []


def asks(host: str, *more: str) -> bytes:
    return "\r\n".join(
        ["GET / HTTP/1.1", f"Host: {host}", "Connection: close", *more, "", ""]
    ).encode()


@needs_namespaces
def test_only_the_network_that_was_meant_gets_an_answer(
    network: Lan, loop: str, tmp_path: Path
) -> None:
    """Part B3 of the research: who the other end is, which no header says."""
    network.inside("home", "sysctl", "-qw", "net.ipv4.conf.wlan7.route_localnet=1")
    with shared(network, tmp_path, tls=False, loop=loop) as door:
        port = door.server.port
        own = asks(f"{HOME}:{port}")
        assert verdict(door.phone.say(door.door(), own)) == "challenge"
        # This computer, by the address that is shared: a visitor like any other.
        assert verdict(door.home.say(door.door(), own)) == "challenge"
        # Another network of this computer; its packets are taken by any interface.
        for place in ("container", "office"):
            with elsewhere("ip", "netns", "exec", network.tag + place) as stranger:
                assert stranger.say(door.door(), own) == b"", place
        # A neighbour that sends to 127.0.0.1 what this computer lets in.
        loopback = Target(ip="127.0.0.1", port=port)
        assert door.phone.say(loopback, asks(f"localhost:{port}")) == b""
        # Who it is for is nothing that a visitor can say.
        claims = ("X-Forwarded-For: 127.0.0.1", "Forwarded: for=127.0.0.1", "X-Real-IP: ::1")
        assert verdict(door.phone.say(door.door(), asks(f"{HOME}:{port}", *claims))) == "challenge"
        token = f"X-Homeport-Token: {door.secrets['valid', Via.HEADER]}"
        answer = door.phone.say(door.door(), asks(f"{HOME}:{port}", token, *claims)) or b""
        assert verdict(answer) == "allow" and b"peer=10.77.0.2" in answer
        assert b"forwarded" not in answer and b"x-real-ip" not in answer
    network.restore()


@pytest.fixture(scope="module")
def phone(network: Lan) -> Iterator[Elsewhere]:
    with elsewhere("ip", "netns", "exec", network.tag + "phone") as client:
        yield client


@needs_namespaces
@pytest.mark.parametrize("asked", [HOME, "all"])
def test_the_rows_of_a_door_to_the_network(
    network: Lan, phone: Elsewhere, loop: str, asked: str, tmp_path: Path
) -> None:
    # Somebody names a host, so that it is no different where the tests run in a container.
    arguments = ("--host", asked, "--name", "myapp", "--allow-host", "shop.example")
    home = ("ip", "netns", "exec", network.tag + "home")
    with serving(tmp_path, *arguments, loop=loop, wrapper=home) as server:
        for row in rows_for("open"):
            data = request(row, Where(port=server.port, ip=HOME), Shown())
            answer = phone.say(Target(ip=HOME, port=server.port), data, until=until(row))
            assert told(row, answer) == row.expect, (data, answer)


def test_no_row_is_left_out() -> None:
    tried = [row for tls in (False, True) for row in rows_for("lan", tls=tls)]
    for scope in ("loopback", "strict", "open"):
        tried += rows_for(scope)
    assert sorted(row.id for row in tried) == sorted(row.id for row in ALL)
    assert len(ALL) > 230

"""`homeport share`, `unshare`, `devices` and `token`: what they say to people and to programs."""

import os
import re
import select
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from homeport.core.address import Address
from homeport.core.errors import ExitCode
from homeport.engine.presence import Presence, appear, entry_of
from homeport.engine.reporting import Opened
from tests.cli.command import Ended
from tests.cli.sharing import ANDROID, HOME, PHONES, Phone, Street, streets
from tests.engine.live import HELLO, Homeport
from tests.host.lan import Lan, needs_namespaces

pytestmark = needs_namespaces
DOCUMENTED = (Path(__file__).parents[2] / "docs" / "json.md").read_text()


@pytest.fixture(scope="module")
def lan() -> Iterator[Lan]:
    with streets() as made:
        yield made


@pytest.fixture
def street(lan: Lan, tmp_path: Path) -> Street:
    (tmp_path / "run").mkdir(mode=0o700)
    return Street(lan, tmp_path / "run")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return project(tmp_path / "shop")


def project(folder: Path) -> Path:
    folder.mkdir()
    (folder / "main.py").write_text(HELLO)
    (folder / "pyproject.toml").write_text(f'[project]\nname = "{folder.name}"\n')
    return folder


@pytest.fixture
def server(street: Street, shop: Path) -> Iterator[Homeport]:
    with street.server(shop) as running:
        running.ready()
        yield running


def path_of(link: str) -> str:
    return "/" + link.split("/", 3)[3]


def documented(name: str) -> set[str]:
    """The words in code style in the row of an event or command."""
    row = re.search(rf"^\| `{name}` \|(.*)$", DOCUMENTED, re.MULTILINE)
    assert row, f"docs/json.md says nothing of {name}"
    return set(re.findall(r"`([a-z_]+)`", row[1]))


def refused(end: Ended, code: int, *, says: str, steps: tuple[str, ...] = ()) -> None:
    assert (end.code, end.out) == (code, "")
    assert says in end.err
    for step in steps:
        assert f"    {step}\n" in end.err


def test_share_gives_the_link_and_the_terms(street: Street, shop: Path, server: Homeport) -> None:
    answer = street.told(shop, "share", "--for", "1h30m")
    assert set(answer) == documented("share")
    assert answer["link"].startswith(f"http://{HOME}:{server.port}/.well-known/homeport/pair?code=")
    assert (answer["server"], answer["cautions"]) == ("shop", [])
    (news,) = answer["news"]
    assert (news["event"], news["url"]) == ("shared", f"http://{HOME}:{server.port}")
    assert news["until"] - news["time"] == pytest.approx(5400, abs=5)
    phone = street.phone()
    assert phone.ask(server.port, path_of(answer["link"])).status == 303
    assert phone.ask(server.port, "/").status == 200


def test_in_a_pipe_there_is_no_picture_and_the_link_is_the_last_line(
    street: Street, shop: Path, server: Homeport
) -> None:
    out = street.command(shop, "share").out
    assert "█" not in out
    assert re.fullmatch(rf"  http://{HOME}:{server.port}/\S+pair\?code=\S+", out.splitlines()[-1])
    assert "  end it now:  homeport unshare\n" in out


def test_share_again_goes_on_longer_with_another_link(
    street: Street, shop: Path, server: Homeport
) -> None:
    first = street.told(shop, "share")
    again = street.told(shop, "share", "--for", "2h")
    assert [news["event"] for news in again["news"]] == ["share-renewed", "share-code"]
    assert again["link"] != first["link"]
    assert street.phone(0).ask(server.port, path_of(first["link"])).status != 303
    assert street.phone(1).ask(server.port, path_of(again["link"])).status == 303


def test_open_to_everybody_needs_a_yes(street: Street, shop: Path, server: Homeport) -> None:
    refused(
        street.command(shop, "share", "--open"),
        ExitCode.USAGE,
        says="nobody is here to agree to that",
        steps=("agree:  homeport share --open --yes", "with a code:  homeport share"),
    )
    refused(
        street.command(shop, "share", "shop", "--open", "--for", "2h", "--on=wlan0"),
        ExitCode.USAGE,
        says="nobody is here to agree to that",
        steps=(
            "agree:  homeport share shop --for 2h --on=wlan0 --open --yes",
            "with a code:  homeport share shop --for 2h --on=wlan0",
        ),
    )
    answer = street.told(shop, "share", "--open", "--yes")
    assert answer["link"] == f"http://{HOME}:{server.port}"
    assert answer["news"][0]["pairing"] is False
    assert street.phone().ask(server.port, "/").status == 200


def test_devices_lists_lets_in_and_puts_out(street: Street, shop: Path, server: Homeport) -> None:
    link = street.told(shop, "share")["link"]
    phone, other = street.phone(0), street.phone(1, ANDROID)
    phone.ask(server.port, path_of(link))
    number = other.knock(server.port)
    page = street.command(shop, "devices").out
    assert re.search(r"d1 +iPhone \(?", page) and re.search(r"d2 +Android", page)
    assert f"homeport devices approve {number}\n" in page
    listed = street.told(shop, "devices")
    assert set(listed) == documented("devices")
    states = {each["name"]: each["state"] for each in listed["devices"]}
    assert states == {"iPhone": "let in", "Android phone": "waiting"}
    approved = street.told(shop, "devices", "approve", number)
    assert (approved["server"], approved["device"]["id"]) == ("shop", "d2")
    assert other.waits(server.port) == "in"
    assert other.ask(server.port, "/").status == 200
    assert street.command(shop, "devices", "revoke", "d1").out == (
        f"\n  Put out: iPhone at {PHONES[0]}.\n\n"
    )
    assert phone.ask(server.port, "/").status == 401
    refused(
        street.command(shop, "devices", "revoke", "toaster"),
        ExitCode.NOTHING_THERE,
        says="No device to revoke is 'toaster'.",
    )
    refused(street.command(shop, "devices", "revoke"), ExitCode.USAGE, says="needs a DEVICE")


def test_a_token_is_all_that_goes_into_a_pipe(street: Street, shop: Path, server: Homeport) -> None:
    street.command(shop, "share")
    token = street.command(shop, "token", "--called", "ci").out
    assert re.fullmatch(r"[\w-]{43}\n", token)
    script = street.phone(0, "curl/8")
    assert script.ask(server.port, "/").status == 401
    assert script.ask(server.port, "/", X_Homeport_Token=token.strip()).status == 200
    answer = street.told(shop, "token")
    assert set(answer) == documented("token")
    names = [each["name"] for each in street.told(shop, "devices")["devices"]]
    assert names == ["ci", "script"]


def test_unshare_ends_it_once(street: Street, shop: Path, server: Homeport) -> None:
    street.command(shop, "share")
    answer = street.told(shop, "unshare")
    assert set(answer) == documented("unshare")
    assert (answer["news"][0]["event"], answer["news"][0]["reason"]) == ("share-ended", "unshared")
    assert street.phone().is_turned_away(server.port)
    refused(
        street.command(shop, "unshare"),
        ExitCode.NOTHING_THERE,
        says="Nothing is shared",
        steps=("share it:  homeport share shop",),
    )
    assert street.told(shop, "devices")["shared"] is False
    refused(street.command(shop, "token"), ExitCode.NOTHING_THERE, says="No share that asks")


def test_unshare_waits_for_the_end_of_the_listener(
    street: Street, shop: Path, server: Homeport
) -> None:
    """A worker that hangs keeps its copy until the kernel is told."""
    street.command(shop, "share")
    workers = server.workers()
    for worker in workers:
        os.kill(worker, signal.SIGSTOP)
    try:
        assert street.command(shop, "unshare").code == ExitCode.OK
        assert street.phone().is_turned_away(server.port)
    finally:
        for worker in workers:
            os.kill(worker, signal.SIGCONT)


def test_a_word_that_is_no_order_is_told_as_it_was_typed(street: Street, shop: Path) -> None:
    refused(
        street.command(shop, "devices", "shop"),
        ExitCode.USAGE,
        says="There is no shop here: approve, deny, revoke",
    )


@pytest.mark.parametrize("command", ["share", "unshare", "devices", "token"])
def test_without_a_server_one_is_to_be_started(street: Street, shop: Path, command: str) -> None:
    end = street.command(shop, command)
    refused(
        end,
        ExitCode.NOTHING_THERE,
        says="No homeport server of yours is running.",
        steps=("start one:  homeport APP",),
    )
    error = street.told(shop, command)
    assert (error["event"], error["code"], error["exit_code"]) == ("error", "no-server", 5)


def test_of_several_servers_one_has_to_be_named(
    street: Street, shop: Path, server: Homeport, tmp_path: Path
) -> None:
    with street.server(project(tmp_path / "blog")) as other:
        other.ready()
        end = street.command(tmp_path, "devices")
        refused(end, ExitCode.USAGE, says="Several servers are running: blog, shop.")
        assert ":  homeport devices --of blog\n" in end.err
        assert street.command(shop, "devices").code == ExitCode.OK  # that of this project
        assert street.told(tmp_path, "share", "blog")["server"] == "blog"
        assert street.told(tmp_path, "unshare", str(other.port))["server"] == "blog"


def test_a_name_that_was_mistyped_is_told_with_the_nearest(
    street: Street, shop: Path, server: Homeport
) -> None:
    refused(
        street.command(shop, "share", "shpo"),
        ExitCode.NOTHING_THERE,
        says="No homeport server of yours is called 'shpo'",
        steps=("did you mean shop:  homeport share shop",),
    )


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--for", "99x"), 2, "--for is '99x', but must be a time such as 30m"),
        (("--for", "25h"), 2, "from 1s to 24h"),
        (("--on", "nope"), 2, "--on nope is neither a network interface nor an address"),
        (("--on", "lo"), 2, "is not one network"),
        (("--on", "eth7"), 4, "Network interface eth7 is switched off."),
        (("--for",), 2, "--for needs a value after it"),
    ],
)
def test_what_cannot_be_shared_is_said(
    street: Street, shop: Path, server: Homeport, arguments: tuple[str, ...], code: int, says: str
) -> None:
    refused(street.command(shop, "share", *arguments), code, says=says)


def test_without_a_network_the_seen_ones_are_told(
    lan: Lan, street: Street, shop: Path, server: Homeport
) -> None:
    lan.ip("home", "link set wlan7 down")
    try:
        end = street.command(shop, "share")
    finally:
        lan.ip("home", "link set wlan7 up")
        lan.ip("phone", "link set wlan0 up")
    refused(end, ExitCode.BIND, says="No Wi-Fi or Ethernet with an IPv4 address is connected.")
    assert "wlan7 (Wi-Fi, off, 10.77.0.1" in end.err


@contextmanager
def older(street: Street, folder: Path) -> Iterator[Presence]:
    """A server of a homeport that could not share: it answers other words only."""
    opened = Opened(
        app="main",
        project=str(folder),
        addresses=(Address(ip="127.0.0.1", port=8123),),
        links=(),
        skipped=(),
        reload=True,
    )
    presence = appear(entry_of("old", opened), street.env)
    ends = threading.Event()

    def serve() -> None:
        while not ends.is_set():
            if select.select([presence.control], [], [], 0.05)[0]:
                presence.control.read()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield presence
    finally:
        ends.set()
        thread.join()
        presence.close()


def test_a_server_of_an_older_version_is_to_be_started_again(street: Street, shop: Path) -> None:
    with older(street, shop):
        refused(
            street.command(shop, "share"),
            ExitCode.USAGE,
            says="The server old was started by an older homeport",
            steps=("end it:  homeport stop 8123",),
        )


Happens = Callable[[Street, Path, Homeport], object]


def _paired(street: Street, shop: Path, server: Homeport) -> Phone:
    phone = street.phone()
    phone.ask(server.port, path_of(street.told(shop, "share")["link"]))
    phone.ask(server.port, "/")
    return phone


def _asking(street: Street, shop: Path, server: Homeport) -> str:
    street.told(shop, "share")
    return street.phone().knock(server.port)


def _denied(street: Street, shop: Path, server: Homeport) -> None:
    street.command(shop, "devices", "deny", _asking(street, shop, server))


def _revoked(street: Street, shop: Path, server: Homeport) -> None:
    _paired(street, shop, server)
    street.command(shop, "devices", "revoke", "d1")


def _ended(street: Street, shop: Path, server: Homeport) -> None:
    street.command(shop, "share", "--for", "1s")


def _foreign(street: Street, shop: Path, server: Homeport) -> None:
    street.command(shop, "share")
    street.phone().ask(server.port, "/", Host="evil.example")


def _twice(street: Street, shop: Path, server: Homeport) -> None:
    street.command(shop, "share")
    street.command(shop, "share")


@pytest.mark.parametrize(
    ("name", "happens"),
    [
        ("shared", _asking),
        ("share-renewed", _twice),
        ("share-code", _twice),
        ("share-ended", _ended),
        ("device-asks", _asking),
        ("device-let-in", _paired),
        ("device-denied", _denied),
        ("device-revoked", _revoked),
        ("reached", _paired),
        ("refused", _foreign),
    ],
)
def test_every_event_has_the_fields_that_are_documented(
    street: Street, shop: Path, server: Homeport, name: str, happens: Happens
) -> None:
    happens(street, shop, server)
    event: dict[str, Any] = server.until(name)
    assert set(event) - {"event", "time"} == documented(name)


def test_the_name_of_the_share_is_told_with_its_url(
    street: Street, shop: Path, server: Homeport
) -> None:
    street.command(shop, "share")
    event = server.until("local-name", state="claimed")
    assert event["url"] == f"http://{event['name']}:{server.port}"
    assert set(event) - {"event", "time"} <= documented("local-name")

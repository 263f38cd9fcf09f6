"""The share in the running terminal: what is shown, and what the keys s, y and n do."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.sharing import ANDROID, HOME, PHONES, Street, port_of, streets
from tests.cli.terminal import Terminal
from tests.engine.live import HELLO, eventually
from tests.host.lan import Lan, needs_namespaces

pytestmark = needs_namespaces


@pytest.fixture(scope="module")
def lan() -> Iterator[Lan]:
    with streets() as made:
        yield made


@pytest.fixture
def street(lan: Lan, tmp_path_factory: pytest.TempPathFactory) -> Street:
    return Street(lan, tmp_path_factory.mktemp("run", numbered=True))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(HELLO)
    return tmp_path


def shared(term: Terminal) -> tuple[int, str]:
    """Press `s`; the port, and the path of the one-time link."""
    port = port_of(term)
    term.until("? help")
    term.type("s")
    found = re.search(r"(/\.well-known/\S+code=\S+)\n", term.until("also:  http://"))
    assert found
    return port, found[1]


def last(term: Terminal, text: str) -> str:
    """The line that ends with it."""
    return next(line for line in term.until(text).splitlines() if line.endswith(text))


def test_s_shows_code_words_and_link_on_one_screen_and_s_again_ends_it(
    street: Street, shop: Path
) -> None:
    with street.terminal(shop, "--port", "0") as term:
        port, link = shared(term)
        page = term.plain.split("? help")[1].strip("\n").splitlines()
        assert len(page) <= 23 and max(map(len, page)) <= 80
        assert page[0].startswith("  █████") and "Shared until" in page[0]
        text = " ".join(line[40:].strip() for line in page)
        assert "Devices on Wi-Fi wlan7 (10.77.0.0/24) can try to connect." in text
        assert "end it now:  key s" in text
        assert page[-2] == f"  http://{HOME}:{port}{link}"
        assert page[-1] == f"  also:  http://{shop.name.replace('_', '-')}.local:{port}"
        phone = street.phone()
        assert phone.ask(port, link).status == 303
        assert phone.ask(port, "/").body == '{"version":1}'
        term.until(f"Let in: iPhone (Safari) at {PHONES[0]}, by the code.")
        last(term, "(iPhone, paired)")
        term.type("s")
        term.until("No longer shared: as asked.")
        eventually(lambda: phone.is_turned_away(port), "the address is closed")


def test_no_code_is_logged(street: Street, shop: Path) -> None:
    with street.terminal(shop, "--port", "0") as term:
        port, link = shared(term)
        term.forget()
        street.phone().ask(port, link)
        term.until("303  GET /.well-known/homeport/pair  ")
        assert link.partition("=")[2] not in term.plain


def test_y_and_n_answer_the_device_that_is_shown(street: Street, shop: Path) -> None:
    with street.terminal(shop, "--port", "0") as term:
        port, _ = shared(term)
        phone, other = street.phone(0), street.phone(1, ANDROID)
        number = phone.knock(port)
        term.until(f"iPhone (Safari) at {PHONES[0]} asks to be let in and shows {number}.")
        term.until(f"y  let it in, if you see {number} on it    n  do not")
        second = other.knock(port)
        last(term, f"asks too ({second}); iPhone ({number}) is first.")
        eventually(lambda: _typed(term, "n", "Not let in"), "the key n counts")
        term.until(f"Not let in: iPhone (Safari) at {PHONES[0]}.")
        assert phone.waits(port) == "refused"
        term.until(f"y  let it in, if you see {second} on it    n  do not")
        eventually(lambda: _typed(term, "y", "yes to"), "the key y counts")
        term.until(f"yes to Android phone ({second})")
        assert other.waits(port) == "in"
        term.until(f"Let in: Android phone (Chrome) at {PHONES[1]}, with your yes.")
        assert other.ask(port, "/").status == 200
        assert phone.ask(port, "/").status == 401


def _typed(term: Terminal, key: str, answer: str) -> bool:
    """Type it; whether it was taken. One that comes too early for the question is not."""
    term.type(key)
    term.look(0.5)
    return answer in term.plain


def test_a_second_press_lets_nobody_else_in(street: Street, shop: Path) -> None:
    with street.terminal(shop, "--port", "0") as term:
        port, _ = shared(term)
        phone, other = street.phone(0), street.phone(1, ANDROID)
        phone.knock(port)
        term.until("n  do not")
        other.knock(port)
        term.until("asks too")
        eventually(lambda: _typed(term, "yy", "yes to"), "the key y counts")
        term.until("asks to be let in and shows")
        assert term.plain.count("yes to") == 1
        assert (phone.waits(port), other.waits(port)) == ("in", "waiting")


def test_keys_without_a_question_do_nothing(street: Street, shop: Path) -> None:
    with street.terminal(shop, "--port", "0") as term:
        term.until("? help")
        term.type("yn")
        shared(term)
        term.type("yn?")
        assert "yes to" not in term.until("let the device in that is asked about")


def test_what_another_terminal_asked_for_is_one_line_here(street: Street, shop: Path) -> None:
    with street.terminal(shop, "--port", "0") as term:
        port = port_of(term)
        term.until("? help")
        term.forget()
        street.command(shop, "share")
        term.until(f"http://{HOME}:{port} (Wi-Fi wlan7, 10.77.0.0/24)")
        street.command(shop, "share", "--for", "1h")
        street.command(shop, "unshare")
        lines = term.until("No longer shared: as asked.").strip("\n").splitlines()
        assert [line.split()[0] for line in lines if "also" not in line][:3] == [
            "Shared",
            "Shared",
            "No",
        ]
        assert "█" not in term.plain and "code=" not in term.plain


def test_a_key_that_cannot_share_says_why_and_what_to_type(
    lan: Lan, street: Street, shop: Path
) -> None:
    lan.ip("home", "addr add 192.168.178.200/24 dev wlan7")
    try:
        with street.terminal(shop, "--port", "0") as term:
            term.until("? help")
            term.forget()
            term.type("s")
            rows = term.until("homeport share --on 192.168.178.200").splitlines()
            assert max(map(len, rows)) <= 80
    finally:
        lan.ip("home", "addr del 192.168.178.200/24 dev wlan7")


@pytest.mark.parametrize(
    ("size", "env", "picture"),
    [
        ((24, 40), {}, "█"),
        ((24, 30), {}, None),
        ((12, 100), {}, None),
        ((24, 80), {"LC_ALL": "C"}, None),
        ((50, 90), {"LC_ALL": "C", "NO_COLOR": "1"}, "##"),
    ],
)
def test_where_the_picture_has_no_room_the_link_has_to_do(
    street: Street, shop: Path, size: tuple[int, int], env: dict[str, str], picture: str | None
) -> None:
    with street.terminal(shop, "--port", "0", size=size, **env) as term:
        shared(term)
        page = term.plain.partition("? help")[2]
        assert all(sign not in page for sign in ("█", "##")) if not picture else picture in page


def test_refusals_are_a_line_each_and_repeated_ones_are_counted(street: Street, shop: Path) -> None:
    with street.terminal(shop, "--port", "0", size=(24, 200)) as term:
        port, _ = shared(term)
        term.forget()
        phone = street.phone()
        assert phone.ask(port, "/", Host="evil.example").status == 421
        term.until(f'Refused {PHONES[0]} (R2): the Host header "evil.example"')
        last(term, f"421  GET /  {PHONES[0]}:" + _source_port(term))
        for number in range(30):
            phone.ask(port, "/", Host=f"evil{number}.example")
        assert term.look(1.5).count("Refused") <= 11
        cross = {"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site"}
        assert phone.ask(port, "/", "POST", **cross).status == 403


def _source_port(term: Terminal) -> str:
    found = re.search(rf"421  GET /  {PHONES[0]}:(\d+)", term.until("421  GET /  "))
    assert found
    return found[1]

"""A share walked in a real browser, in the namespace of the phone, beside a real terminal."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from homeport.core import pairing_words as words
from tests.cli.sharing import ANDROID, HOME, IPHONE, Street, streets
from tests.cli.terminal import Terminal
from tests.cli.test_share_keys import shared
from tests.engine.live import eventually
from tests.engine.test_pairing_browser import CHROMIUM, QUIET, SCREENS
from tests.host.lan import Lan, needs_namespaces

pytestmark = needs_namespaces
SHOTS = os.environ.get("HOMEPORT_TEST_SHOTS")
"""A folder for screenshots, to be looked at."""

APP = '''
from fastapi import FastAPI, WebSocket
from fastapi.responses import HTMLResponse

app = FastAPI()
PAGE = """<!doctype html><meta name=viewport content="width=device-width">
<title>The shop</title><h1>The shop</h1><p id=said>nothing yet</p>
<script>
const socket = new WebSocket(`ws://${location.host}/ws`)
const say = text => { document.getElementById("said").textContent = text }
socket.onopen = () => socket.send("hello")
socket.onmessage = message => say(message.data)
socket.onclose = () => say("closed")
</script>"""


@app.get("/", response_class=HTMLResponse)
@app.get("/shelf", response_class=HTMLResponse)
async def page() -> str:
    return PAGE


@app.websocket("/ws")
async def echo(socket: WebSocket) -> None:
    await socket.accept()
    while True:
        await socket.send_text("you said " + await socket.receive_text())
'''

Opened = Callable[[str], Any]


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
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "main.py").write_text(APP)
    return folder


@pytest.fixture
def term(street: Street, shop: Path) -> Iterator[Terminal]:
    with street.terminal(shop, "--port", "0") as running:
        yield running


@pytest.fixture
def opened(street: Street) -> Iterator[Opened]:
    """Opens a page on one more device, by the name of its browser."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"there is no browser at {CHROMIUM}")
    with street.namespace("phone"):
        driving = playwright.sync_playwright()
        driver = driving.start()
        quiet = [f"--{one}" for one in QUIET]
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=quiet)

    def device(agent: str) -> Any:
        context = browser.new_context(viewport=SCREENS["iPhone"], user_agent=agent)
        context.set_default_timeout(15_000)
        return context.new_page()

    yield device
    browser.close()
    driver.stop()


def shoot(page: Any, name: str) -> None:
    if SHOTS is not None:
        page.screenshot(path=f"{SHOTS}/{name}.png")


def heading(page: Any, text: str) -> None:
    page.get_by_role("heading", name=text).wait_for()


def said(page: Any, text: str) -> None:
    page.locator("#said").get_by_text(text).wait_for()


def knock(page: Any, url: str) -> str:
    page.goto(url)
    page.click("#ask")
    page.wait_for_selector("#number")
    number: str = page.inner_text("#number")
    return number


def answered(term: Terminal, key: str, answer: str) -> None:
    """Type the key until it counts: not before the question could be read."""

    def taken() -> bool:
        term.type(key)
        return answer in term.look(0.5)

    eventually(taken, f"the key {key} counts")


def test_the_link_opens_the_app_and_its_websocket(term: Terminal, opened: Opened) -> None:
    port, link = shared(term)
    page = opened(IPHONE)
    page.goto(f"http://{HOME}:{port}{link}")
    assert page.url == f"http://{HOME}:{port}/"
    heading(page, "The shop")
    said(page, "you said hello")
    shoot(page, "1-link-opens-the-app")
    term.until("(iPhone, paired)")
    again = opened(ANDROID)
    again.goto(f"http://{HOME}:{port}{link}")
    heading(again, "This link was used before")
    shoot(again, "2-link-used-before")


def test_who_knocks_gets_in_by_the_key_y_where_it_wanted_to_go(
    term: Terminal, opened: Opened
) -> None:
    port, _ = shared(term)
    page = opened(ANDROID)
    number = knock(page, f"http://{HOME}:{port}/shelf?x=1")
    shoot(page, "3-number")
    term.until(f"asks to be let in and shows {number}.")
    answered(term, "y", f"yes to Android phone ({number})")
    heading(page, "The shop")
    assert page.url == f"http://{HOME}:{port}/shelf?x=1"
    said(page, "you said hello")
    term.until("with your yes")


def test_who_is_not_let_in_reads_so(term: Terminal, opened: Opened) -> None:
    port, _ = shared(term)
    page = opened(IPHONE)
    knock(page, f"http://{HOME}:{port}/")
    term.until("n  do not")
    answered(term, "n", "Not let in")
    heading(page, "You were not let in")
    shoot(page, "4-not-let-in")


def test_who_is_put_out_is_cut_and_asked_again(
    street: Street, shop: Path, term: Terminal, opened: Opened
) -> None:
    port, link = shared(term)
    page = opened(IPHONE)
    page.goto(f"http://{HOME}:{port}{link}")
    said(page, "you said hello")
    street.command(shop, "devices", "revoke", "d1")
    said(page, "closed")
    page.reload()
    page.wait_for_selector("#ask")
    shoot(page, "5-put-out-asked-again")
    assert page.locator("#said").count() == 0


def test_when_the_time_is_over_sockets_are_cut_and_waiting_pages_say_so(
    street: Street, shop: Path, term: Terminal, opened: Opened
) -> None:
    port, link = shared(term)
    page, other = opened(IPHONE), opened(ANDROID)
    page.goto(f"http://{HOME}:{port}{link}")
    said(page, "you said hello")
    knock(other, f"http://{HOME}:{port}/")
    street.command(shop, "share", "--for", "2s")
    said(page, "closed")
    other.get_by_role("status").get_by_text(words.WAITING_SILENT).wait_for()
    shoot(other, "6-time-over-while-waiting")
    term.until("No longer shared: its time is over.")
    with pytest.raises(Exception, match="ERR_CONNECTION_REFUSED"):
        page.goto(f"http://{HOME}:{port}/")

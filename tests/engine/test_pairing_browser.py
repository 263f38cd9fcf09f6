"""How a device gets in, walked in a real browser as on a phone."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from homeport.core import pairing_words as words
from homeport.engine.guarding.denials import Receive, Scope, Send
from homeport.engine.guarding.pages import KNOCK, WAIT
from homeport.engine.guarding.passes import Refused
from tests.engine.pairing_scene import Door, HeldPasses, served

CHROMIUM = Path("/usr/bin/chromium")
QUIET = ["no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-sync"]
QUIET += ["disable-background-networking", "disable-component-update"]
SCREENS = {
    "iPhone": {"width": 390, "height": 844},
    "Pixel": {"width": 412, "height": 915},
    "laptop": {"width": 1280, "height": 800},
    "smallest": {"width": 320, "height": 568},
}
BROKEN_RULES = """addEventListener("securitypolicyviolation",
    event => console.error("policy", event.violatedDirective, event.blockedURI))"""
OUTSIDE = """() => {
    const card = document.querySelector("main").getBoundingClientRect();
    const found = [...document.querySelectorAll("main *")].filter(one => {
        const box = one.getBoundingClientRect();
        return box.width && (box.left < card.left || box.right > card.right + .5
            || one.scrollWidth > one.clientWidth + 1 && one.clientWidth);
    }).map(one => one.outerHTML);
    const wide = document.documentElement;
    return wide.scrollWidth > wide.clientWidth ? ["the page scrolls sideways", ...found] : found;
}"""
CONTRASTS = """() => {
    const light = colour => {
        const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map(part => part / 255)
            .map(part => part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4);
        return .2126 * r + .7152 * g + .0722 * b;
    };
    const behind = one => {
        const colour = getComputedStyle(one).backgroundColor;
        return colour === "rgba(0, 0, 0, 0)" ? behind(one.parentElement) : colour;
    };
    return [...document.querySelectorAll("h1, p, button, summary, #number")]
        .filter(one => one.checkVisibility()).map(one => {
            const pair = [light(getComputedStyle(one).color), light(behind(one))];
            return (Math.max(...pair) + .05) / (Math.min(...pair) + .05);
        });
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"there is no browser at {CHROMIUM}")
    with playwright.sync_playwright() as driver:
        quiet = [f"--{one}" for one in QUIET]
        found = driver.chromium.launch(executable_path=str(CHROMIUM), args=quiet)
        yield found
        found.close()


@pytest.fixture
def passes() -> HeldPasses:
    return HeldPasses()


@pytest.fixture
def url(passes: HeldPasses) -> Iterator[str]:
    with served(Door(passes)) as found:
        yield found


Visit = Callable[..., Any]


@pytest.fixture
def visit(browser: Any, url: str) -> Iterator[Visit]:
    """Opens a new device at a path; afterwards none has complained or asked elsewhere."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def hear(message: Any) -> None:
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    def see(request: Any) -> None:
        if not request.url.startswith((f"{url}/", "data:")):
            complaints.append(request.url)

    def opened(path: str = "/docs?x=1", *, screen: str = "iPhone", **settings: Any) -> Any:
        context = browser.new_context(viewport=SCREENS[screen], **settings)
        contexts.append(context)
        context.set_default_timeout(15_000)
        context.add_init_script(BROKEN_RULES)
        page = context.new_page()
        page.on("console", hear)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", see)
        page.goto(url + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def ask(page: Any) -> None:
    page.click("button")
    page.wait_for_selector("#number")


def heading(page: Any, text: str) -> None:
    page.get_by_role("heading", name=text).wait_for()


def test_the_link_opens_the_app_at_a_clean_address(
    visit: Visit, passes: HeldPasses, url: str
) -> None:
    page = visit(passes.make_link())
    assert page.url == f"{url}/"
    assert page.inner_text("h1") == "The app at /"
    (cookie,) = page.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("hp_k3", True, "Lax")
    assert page.evaluate("document.cookie + document.referrer") == ""


def test_the_link_fails_kindly_for_a_second_device_which_can_ask(
    visit: Visit, passes: HeldPasses, url: str
) -> None:
    link = passes.make_link()
    visit(link)
    page = visit(link)
    heading(page, "This link was used before")
    ask(page)
    passes.let_in()
    heading(page, "The app at /")
    assert page.url == f"{url}/"


@pytest.mark.parametrize(
    ("screen", "scripts"), [("iPhone", True), ("Pixel", True), ("iPhone", False), ("laptop", False)]
)
def test_asking_ends_where_it_began_and_back_never_asks_again(
    visit: Visit, passes: HeldPasses, url: str, screen: str, scripts: bool
) -> None:
    page = visit(screen=screen, java_script_enabled=scripts)
    ask(page)
    assert page.url == url + WAIT
    assert page.inner_text("#number") == "4829"
    passes.let_in()
    heading(page, "The app at /docs?x=1")
    assert page.url == f"{url}/docs?x=1"
    page.go_back()
    heading(page, "The app at /docs?x=1")
    assert len(passes.answers) == 1


def test_without_scripts_waiting_does_not_fill_the_history(
    visit: Visit, passes: HeldPasses
) -> None:
    page = visit(java_script_enabled=False)
    ask(page)
    for _ in range(2):
        with page.expect_navigation():
            pass
    page.go_back()
    heading(page, "Is this shared with you?")
    ask(page)
    assert len(passes.answers) == 1


@pytest.mark.parametrize(
    ("reason", "title", "scripts"),
    [
        ("denied", "You were not let in", True),
        ("denied", "You were not let in", False),
        ("expired", "Nobody answered in time", True),
    ],
)
def test_a_no_while_waiting_is_said_and_one_can_ask_again(
    visit: Visit, passes: HeldPasses, reason: str, title: str, scripts: bool
) -> None:
    page = visit(java_script_enabled=scripts)
    ask(page)
    passes.refuse(Refused(reason=reason))  # type: ignore[arg-type]
    heading(page, title)
    assert page.locator("#number").count() == 0
    assert page.title() == title
    passes.number = "7035"
    page.get_by_role("button", name="Ask again").click()
    page.get_by_text("7035").wait_for()
    passes.let_in()
    heading(page, "The app at /docs?x=1")


def test_a_computer_that_does_not_answer_is_said_until_it_does(
    visit: Visit, passes: HeldPasses
) -> None:
    page = visit()
    ask(page)
    page.route(f"**{WAIT}", lambda route: route.abort())
    state = page.get_by_role("status")
    state.get_by_text(words.WAITING_SILENT).wait_for()
    assert state.get_attribute("class") == "silent"
    page.unroute(f"**{WAIT}")
    state.get_by_text(words.WAITING_STATE).wait_for()
    passes.let_in()
    heading(page, "The app at /docs?x=1")


def test_a_phone_that_lost_the_page_goes_on_with_the_same_question(
    visit: Visit, passes: HeldPasses
) -> None:
    page = visit()
    ask(page)
    page.reload()
    assert page.inner_text("#number") == "4829"
    other = page.context.new_page()
    other.goto(page.url)
    passes.let_in()
    heading(page, "The app at /docs?x=1")
    heading(other, "The app at /docs?x=1")
    assert len(passes.answers) == 1


def test_too_many_tries_are_said(visit: Visit, passes: HeldPasses) -> None:
    passes.wait = 130
    page = visit(passes.make_link())
    heading(page, "Too many tries")
    page.get_by_text("Wait 3 minutes").wait_for()
    passes.wait = 0
    ask(page)


class Elsewhere:
    """A page of another site that asks in the visitor's name, and leads to our waiting page."""

    def __init__(self, url: str) -> None:
        self._page = (
            f'<!doctype html><form method="post" action="{url}{KNOCK}"><button>win</button></form>'
            f'<a href="{url}{WAIT}">look</a>'
        ).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"text/html")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self._page})


def test_another_site_can_neither_ask_nor_show_a_number(
    browser: Any, passes: HeldPasses, url: str
) -> None:
    with served(Elsewhere(url)) as other, browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{url}/docs")
        ask(page)
        other = other.replace("127.0.0.1", "localhost")
        page.goto(other)
        page.click("button")
        heading(page, "Please ask on this page")
        page.goto(other)
        page.click("a")
        heading(page, "No question is open")
    assert len(passes.answers) == 1


@pytest.mark.parametrize(
    ("screen", "scheme"),
    [("iPhone", "light"), ("Pixel", "dark"), ("laptop", "light"), ("smallest", "dark")],
)
def test_every_page_fits_is_readable_and_easy_to_touch(
    visit: Visit, passes: HeldPasses, screen: str, scheme: str
) -> None:
    page = visit("/" + "long/" * 190, screen=screen, color_scheme=scheme)
    start = page.url

    def check() -> None:
        assert page.evaluate(OUTSIDE) == []
        assert min(page.evaluate(CONTRASTS)) >= 4.5
        for target in page.locator("button:visible, summary").all():
            assert target.bounding_box()["height"] >= 44

    check()
    page.click("summary")
    check()
    for number in ("4829", "482913", "4" * 40):
        passes.number = number
        page.context.clear_cookies()
        page.goto(start)
        ask(page)
        check()
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        check()
    passes.refuse(Refused(reason="denied"))
    heading(page, "You were not let in")
    check()


def test_the_four_digits_fill_the_card_and_six_stay_on_one_line(
    visit: Visit, passes: HeldPasses
) -> None:
    heights = []
    for number in ("4829", "482913"):
        passes.number = number
        page = visit(screen="iPhone")
        ask(page)
        size = float(re.sub("px", "", page.evaluate("getComputedStyle(number).fontSize")))
        assert size >= 39
        heights.append(page.locator("#number").bounding_box()["height"] / size)
    assert max(heights) < 2.5


def test_who_wants_no_motion_gets_none(visit: Visit) -> None:
    moving = "getComputedStyle(state, '::before').animationName"
    page = visit(reduced_motion="reduce")
    ask(page)
    assert page.evaluate(moving) == "none"
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(moving) == "breathe"


def test_the_keyboard_and_a_screen_reader_get_through(visit: Visit, passes: HeldPasses) -> None:
    page = visit(screen="laptop")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("img", name="Your number: 4 8 2 9").wait_for()
    assert page.locator("html").get_attribute("lang") == "en"
    passes.refuse(Refused(reason="denied"))
    heading(page, "You were not let in")
    assert page.evaluate("document.activeElement.id") == "title"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Ask again"

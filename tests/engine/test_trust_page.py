"""The page that guides a phone: what is answered to whom, and how it looks in a real browser."""

import asyncio
import hashlib
import html.parser
import plistlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from homeport.core.certificates import fingerprint_rows
from homeport.engine.certificates.local_ca import local_ca
from homeport.engine.guarding.trust_page import CERTIFICATE, PROFILE, TrustPage

URL = "https://192.168.178.34:8443/"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605 Safari/604.1"
PIXEL = "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 Chrome/150 Mobile Safari/537"
CHROMIUM = Path("/usr/bin/chromium")
DEADLINE = 15.0


@pytest.fixture(scope="module")
def der(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return local_ca(tmp_path_factory.mktemp("ca") / "s", time.time()).der


def get(
    der: bytes, path: str = "/", *, method: str = "GET", agent: str = "", accept: str = "text/html"
) -> tuple[int, dict[str, str], bytes]:
    """The status, the headers and the body."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    headers = [(b"user-agent", agent.encode()), (b"accept", accept.encode())]
    scope = {"type": "http", "method": method, "path": path, "headers": headers}
    asyncio.run(TrustPage(der, URL)(scope, receive, send))
    start, body = sent
    found = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], found, body["body"]


class _Outline(html.parser.HTMLParser):
    """Which guides there are, in their order, and which are open; what is linked."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.guides: list[str] = []
        self.opened: list[str] = []
        self.links: set[str] = set()
        self.tags: set[str] = set()
        self._is_open = self._is_summary = False
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        if tag == "details":
            self._is_open = "open" in given
        self._is_summary = tag == "summary"
        self.links |= {str(given[name]) for name in ("href", "src") if name in given}

    def handle_data(self, data: str) -> None:
        if self._is_summary:
            self.guides.append(data)
            self.opened += [data] if self._is_open else []
            self._is_summary = False


@pytest.mark.parametrize(
    ("agent", "guide"),
    [
        (IPHONE, "iPhone and iPad"),
        (PIXEL, "Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605", "Mac"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/150", "Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) Firefox/150", "Linux"),
    ],
)
def test_the_guide_for_this_device_is_first_and_open_and_all_are_there(
    der: bytes, agent: str, guide: str
) -> None:
    outline = _Outline(get(der, agent=agent)[2])
    assert outline.guides[0] == guide and outline.opened == [guide]
    assert sorted(outline.guides) == ["Android", "Linux", "Mac", "Windows", "iPhone and iPad"]


def test_an_unknown_device_chooses_for_itself(der: bytes) -> None:
    outline = _Outline(get(der, agent="something<script>alert(1)</script>")[2])
    assert len(outline.guides) == 5 and outline.opened == []


def test_the_page_has_the_fingerprint_and_needs_nothing_from_elsewhere(der: bytes) -> None:
    status, headers, body = get(der, agent=IPHONE)
    rows = fingerprint_rows(hashlib.sha256(der).hexdigest())
    assert status == 200 and all(row.encode() in body for row in rows)
    assert _Outline(body).links == {URL, CERTIFICATE, PROFILE}
    assert _Outline(body).tags.isdisjoint({"script", "img", "form", "iframe", "link"})
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store" and headers["x-frame-options"] == "DENY"
    assert len(body) < 15_000 and b"$" not in body


def test_the_certificate_is_the_very_bytes(der: bytes) -> None:
    status, headers, body = get(der, CERTIFICATE)
    assert (status, body) == (200, der)
    assert headers["content-type"] == "application/x-x509-ca-cert"
    assert "homeport-ca.crt" in headers["content-disposition"]


def test_the_profile_is_one_that_ios_takes_and_has_the_certificate(der: bytes) -> None:
    status, headers, body = get(der, PROFILE)
    assert status == 200 and headers["content-type"] == "application/x-apple-aspen-config"
    profile = plistlib.loads(body)
    (root,) = profile["PayloadContent"]
    assert root["PayloadType"] == "com.apple.security.root" and root["PayloadContent"] == der
    for payload in (profile, root):
        assert payload["PayloadVersion"] == 1 and payload["PayloadIdentifier"]
    assert profile["PayloadUUID"] != root["PayloadUUID"]
    assert get(der, PROFILE)[2] == body, "loading it again replaces it"


def test_other_paths_are_no_answer_of_the_app(der: bytes) -> None:
    assert get(der, "/docs")[0] == 400
    assert b"One step before https" in get(der, "/docs")[2]
    status, headers, body = get(der, "/api/items", accept="*/*")
    assert status == 400 and headers["content-type"].startswith("text/plain")
    assert URL.encode() in body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_only_looking_is_allowed(der: bytes, method: str) -> None:
    status, headers, _ = get(der, method=method)
    assert (status, headers["allow"]) == (405, "GET, HEAD")


def test_a_name_in_the_address_cannot_become_markup(der: bytes) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {}

    page = TrustPage(der, 'https://x"><script>alert(1)</script>$first/')
    headers = [(b"accept", b"text/html")]
    scope = {"type": "http", "method": "GET", "path": "/", "headers": headers}
    asyncio.run(page(scope, receive, send))
    assert b"<script" not in sent[1]["body"] and sent[1]["body"].count(b"<details") == 5


def test_a_web_socket_is_refused(der: bytes) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    asyncio.run(TrustPage(der, URL)({"type": "websocket"}, receive, send))
    assert [message["type"] for message in sent] == ["websocket.close"]


@pytest.fixture(scope="module")
def address(der: bytes) -> Iterator[str]:
    """The page served by uvicorn."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(TrustPage(der, URL), log_level="error"))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(DEADLINE)
    listener.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"there is no browser at {CHROMIUM}")
    with playwright.sync_playwright() as driver:
        quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        found = driver.chromium.launch(executable_path=str(CHROMIUM), args=quiet)
        yield found
        found.close()


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("agent", "size"), [(IPHONE, (390, 844)), (PIXEL, (412, 915)), (IPHONE, (320, 568))]
)
def test_a_phone_walks_the_page(
    browser: Any,
    address: str,
    der: bytes,
    agent: str,
    size: tuple[int, int],
    scheme: str,
    script: bool,
) -> None:
    phone = browser.new_context(
        user_agent=agent,
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,
        java_script_enabled=script,
        accept_downloads=True,
    )
    page = phone.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{address}/")
    assert page.get_by_role("heading", level=1).inner_text() == "One step before https"
    name = "Load the profile" if agent == IPHONE else "Load the certificate"
    with page.expect_download() as loading:
        page.get_by_role("link", name=name).first.click()
    data = Path(loading.value.path()).read_bytes()
    if agent == IPHONE:
        data = plistlib.loads(data)["PayloadContent"][0]["PayloadContent"]
    assert data == der
    page.get_by_text("Windows", exact=True).click()
    assert page.get_by_text("Trusted Root Certification Authorities").first.is_visible()
    button = page.get_by_role("link", name="Open 192.168.178.34:8443")
    assert button.get_attribute("href") == URL
    assert button.bounding_box()["height"] >= 44
    body = page.locator("body").bounding_box()
    assert body["width"] <= size[0], "nothing has to be moved sideways"
    for each in page.locator("a.go, summary, .print").all():
        if each.is_visible():
            box = each.bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= size[0]
    background = page.evaluate("getComputedStyle(document.body).backgroundColor") if script else ""
    assert background in ("", {"light": "rgb(243, 246, 247)", "dark": "rgb(14, 22, 27)"}[scheme])
    assert complaints == []
    phone.close()

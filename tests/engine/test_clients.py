"""The programs people really use, each by the URL that is printed."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.live import HELLO, Homeport, homeport

CHROMIUM = shutil.which("chromium")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Homeport]:
    (tmp_path / "main.py").write_text(HELLO)
    with homeport(tmp_path) as running:
        running.ready()
        yield running


def output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, timeout=30).stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.parametrize("family", ["-4", "-6"])
def test_curl_on_both_families(server: Homeport, family: str) -> None:
    assert output("curl", "-s", family, f"http://localhost:{server.port}/") == '{"version":1}'


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
@pytest.mark.parametrize("order", ["verbatim", "ipv4first", "ipv6first"])
def test_node_fetch_in_every_order(server: Homeport, order: str) -> None:
    script = f"fetch('http://localhost:{server.port}/').then(r => r.text()).then(console.log)"
    command = ("node", f"--dns-result-order={order}", "-e", script)
    assert output(*command) == '{"version":1}\n'


@pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium")
def test_a_browser_opens_every_link(server: Homeport) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    flags += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = browser.new_page()
        for entry in server.events[-1]["urls"]:
            page.goto(entry["url"])
            assert '{"version":1}' in page.content()
        browser.close()


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.parametrize("ip", ["127.0.0.1", "[::1]"])
def test_the_name_leads_to_the_app_by_both_loopback_addresses(server: Homeport, ip: str) -> None:
    (url,) = [each["url"] for each in server.events[-1]["urls"] if each["in_browsers"]]
    to = f"::{ip}:{server.port}"
    assert output("curl", "-s", "--connect-to", to, url) == '{"version":1}'
    other = url.replace("://", "://not-")
    assert "version" not in output("curl", "-s", "--connect-to", to, other)


COOKIES = """
from fastapi import FastAPI, Request, Response

app = FastAPI()


@app.get("/set")
async def set_cookie(response: Response) -> str:
    response.set_cookie("from", "{name}")
    return "set"


@app.get("/")
async def cookies(request: Request) -> dict[str, str]:
    return dict(request.cookies)
"""


@pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium")
def test_two_apps_by_name_do_not_see_the_cookies_of_each_other(tmp_path: Path) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    flags += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    for name in ("shop", "blog"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.py").write_text(COOKIES.replace("{name}", name))
    with (
        homeport(tmp_path / "shop") as shop,
        homeport(tmp_path / "blog") as blog,
        sync_api.sync_playwright() as playwright,
    ):
        urls = {}
        for name, server in (("shop", shop), ("blog", blog)):
            server.ready()
            by_name = (each["url"] for each in server.events[-1]["urls"] if each["in_browsers"])
            urls[name] = next(by_name), f"http://localhost:{server.port}"
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = browser.new_page()

        def seen(url: str) -> str:
            page.goto(url)
            return str(page.inner_text("body"))

        for url, _ in urls.values():
            seen(f"{url}/set")
        assert '{"from":"shop"}' in seen(urls["shop"][0])
        assert '{"from":"blog"}' in seen(urls["blog"][0])
        seen(f"{urls['shop'][1]}/set")
        assert '{"from":"shop"}' in seen(urls["blog"][1])  # by localhost they do: that is why
        browser.close()

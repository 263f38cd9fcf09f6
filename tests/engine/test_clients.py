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

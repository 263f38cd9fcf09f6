"""`homeport share --tls` on a LAN of namespaces: what a phone meets before and after trust."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from homeport.engine import control_client, registry
from tests.engine.live import Homeport, environment, eventually
from tests.engine.tls_live import APP, Secured, said
from tests.host.lan import Lan, lan, needs_namespaces

pytestmark = needs_namespaces
CHROMIUM = Path("/usr/bin/chromium")
IP = "10.77.0.1"


@pytest.fixture(scope="module")
def network() -> Iterator[Lan]:
    with lan() as made:
        yield made


class Shared(Secured):
    """A server at home, on loopback without TLS, and its share with TLS."""

    def __init__(self, network: Lan, server: Homeport, folder: Path) -> None:
        super().__init__(server, folder / "state")
        self.network = network
        self.folder = folder
        self.env = environment(XDG_STATE_HOME=str(folder / "state"), HOME=str(folder))

    def command(self, *words: str) -> dict[str, Any]:
        command = ["ip", "netns", "exec", f"{self.network.tag}home", sys.executable, "-m"]
        done = subprocess.run(
            [*command, "homeport", *words, "--json"],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def curl(self, *words: str, place: str = "phone") -> "subprocess.CompletedProcess[str]":
        inside = ["ip", "netns", "exec", f"{self.network.tag}{place}"]
        command = ["curl", "-sS", "-m", "20", "--noproxy", "*", *words]
        return subprocess.run([*inside, *command], capture_output=True, text=True, timeout=40)

    def failures(self, ip: str) -> dict[str, int]:
        """What the doctor is told about handshakes of a device."""
        entry = registry.find(str(self.port), self.env)
        peers = control_client.ask(entry, {"ask": "evidence"})["peers"]
        return {
            reason: times
            for peer in peers
            if peer["peer"] == ip
            for reason, times in peer["tls_failures"].items()
        }


@pytest.fixture
def started(network: Lan, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Shared]:
    (tmp_path / "main.py").write_text(APP)
    (tmp_path / "state").mkdir()
    flags = getattr(request, "param", ())
    inside = ("ip", "netns", "exec", f"{network.tag}home")
    command = [*inside, sys.executable, "-m", "homeport", *flags, "--port", "0", "--json"]
    env = environment(XDG_STATE_HOME=str(tmp_path / "state"), HOME=str(tmp_path))
    server = Homeport(command, tmp_path, env)
    try:
        server.ready()
        yield Shared(network, server, tmp_path)
    finally:
        server.kill()


def share(shared: Shared, *words: str) -> dict[str, Any]:
    return shared.command("share", str(shared.port), "--on", "wlan7", *words)


def test_the_share_has_tls_while_loopback_stays_as_it_was(started: Shared) -> None:
    told = share(started, "--tls")
    base = f"https://{IP}:{started.port}"
    assert told["link"].startswith(f"{base}/.well-known/homeport/pair?code=")
    assert told["guide"]["url"] == f"http://{IP}:{started.port}"
    plain = started.curl(f"http://127.0.0.1:{started.port}/", place="home")
    assert plain.stdout == "1 http"
    jar = str(started.folder / "jar")
    ca = ("--cacert", str(started.ca))
    paired = started.curl(*ca, "-i", "-c", jar, told["link"])
    assert " 303 " in paired.stdout.splitlines()[0] and "__Host-hp_" in paired.stdout
    assert "; Secure" in paired.stdout and "HttpOnly" in paired.stdout
    assert started.curl(*ca, "-b", jar, base).stdout == "1 https"
    assert started.curl(*ca, "-o", "/dev/null", "-w", "%{http_code}", base).stdout == "401"


def test_plain_http_on_the_share_is_the_guide_and_knows_no_code(started: Shared) -> None:
    told = share(started, "--tls")
    page = started.curl("-i", "-H", "Accept: text/html", told["guide"]["url"] + "/").stdout
    assert page.startswith("HTTP/1.1 200") and f'href="https://{IP}:{started.port}' in page
    code = told["link"].partition("code=")[2]
    assert code and code not in page and "pair?" not in page
    rows = [line for line in told["lines"] if line.count(" ") == 7 and len(line) == 23]
    assert len(rows) == 4 and all(row in page for row in rows)
    assert "".join(rows).replace(" ", "").lower() == told["guide"]["fingerprint"]
    certificate = started.folder / "got.crt"
    path = "/.well-known/homeport/homeport-ca.crt"
    started.curl("-o", str(certificate), told["guide"]["url"] + path)
    again = subprocess.run(
        ["openssl", "x509", "-inform", "der", "-noout", "-fingerprint", "-sha256"],
        input=certificate.read_bytes(),
        capture_output=True,
        timeout=20,
        check=True,
    ).stdout.decode()
    assert again.replace(":", "").strip().lower().endswith(told["guide"]["fingerprint"])
    leaked = told["link"].replace("https", "http", 1)
    posted = started.curl("-X", "POST", "-o", "/dev/null", "-w", "%{http_code}", leaked)
    assert posted.stdout == "405"
    assert "set-cookie" not in started.curl("-i", leaked).stdout.lower(), "no pairing over http"


def test_a_device_that_does_not_trust_us_is_seen_and_helped(started: Shared) -> None:
    told = share(started, "--tls")
    assert started.curl(told["link"]).returncode == 60
    hint = started.server.until("log", level="warning")
    while "does not trust" not in hint["message"]:
        hint = started.server.until("log", level="warning")
    assert hint["message"].startswith("10.77.0.2 ") and told["guide"]["url"] in hint["message"]
    assert started.failures("10.77.0.2") == {"TLSV1_ALERT_UNKNOWN_CA": 1}
    assert " 303 " in started.curl("-i", "--cacert", str(started.ca), told["link"]).stdout


@pytest.mark.parametrize("started", [("--tls",)], indirect=True)
def test_a_share_of_a_server_with_tls_speaks_it_unasked(started: Shared) -> None:
    told = share(started)
    assert told["link"].startswith(f"https://{IP}:")
    url = f"https://127.0.0.1:{started.port}/"
    assert started.curl("--cacert", str(started.ca), url, place="home").stdout == "1 https"


@pytest.mark.parametrize("started", [("--tls", "--host", "all")], indirect=True)
def test_open_to_all_the_certificate_follows_the_addresses(
    started: Shared, network: Lan, tmp_path: Path
) -> None:
    ca = ("--cacert", str(started.ca))
    for ip in (IP, "[fd77::1]"):
        assert started.curl(*ca, f"https://{ip}:{started.port}/").stdout == "1 https"
    guide = started.curl("-H", "Accept: text/html", f"http://{IP}:{started.port}/").stdout
    assert f'href="https://{IP}:{started.port}"' in guide
    network.ip("home", "addr add 10.77.0.9/24 dev wlan7")
    try:
        url = f"https://10.77.0.9:{started.port}/"
        eventually(lambda: started.curl(*ca, url).stdout == "1 https", "the new address")
    finally:
        network.ip("home", "addr del 10.77.0.9/24 dev wlan7")


def test_no_key_code_or_token_is_where_others_could_read_it(started: Shared) -> None:
    told = share(started, "--tls")
    jar = started.folder / "jar"
    started.curl("--cacert", str(started.ca), "-c", str(jar), told["link"])
    cookie = next(line for line in jar.read_text().splitlines() if "__Host-hp_" in line)
    code, token = told["link"].partition("code=")[2], cookie.split()[-1]
    jar.unlink()
    secrets = [b"PRIVATE KEY", code.encode(), token.encode()]
    for pid in filter(str.isdigit, os.listdir("/proc")):
        for what in ("cmdline", "environ"):
            try:
                text = Path(f"/proc/{pid}/{what}").read_bytes()
            except OSError:
                continue
            assert not any(each in text for each in secrets), (pid, what)
    for path in started.folder.rglob("*"):
        if path.is_file() and any(each in path.read_bytes() for each in secrets):
            assert path == started.key and path.stat().st_mode & 0o777 == 0o600, path
    log = said(started.server)
    assert token not in log and "PRIVATE" not in log and code not in log


IN_CHROMIUM = """
import json, sys
from playwright.sync_api import Error, sync_playwright
link, base = sys.argv[1:]
args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
with sync_playwright() as driver:
    browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=args)
    page = browser.new_page()
    try:
        page.goto(link, timeout=30000)
    except Error as error:
        print(json.dumps(error.message.partition("net::")[2].split()[0]))
    else:
        print(json.dumps(page.evaluate('''async () => ({
            secure: isSecureContext, media: !!navigator.mediaDevices, clip: !!navigator.clipboard,
            digest: (await crypto.subtle.digest("SHA-256", new Uint8Array(1))).byteLength,
            at: location.href, cookie: document.cookie,
            socket: await new Promise(done => {
                const ws = new WebSocket(location.href.replace("http", "ws"));
                ws.onopen = () => ws.send("hi");
                ws.onmessage = event => done(event.data);
                ws.onerror = () => done("error");
            }),
        })''')))
    browser.close()
"""


@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no browser at {CHROMIUM}")
def test_chromium_refuses_it_first_and_is_a_secure_context_once_it_trusts(
    started: Shared,
) -> None:
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    told, home = share(started, "--tls"), started.folder / "phone"
    store = home / ".pki/nssdb"
    store.mkdir(parents=True, mode=0o700)

    def walk() -> Any:
        inside = ["ip", "netns", "exec", f"{started.network.tag}phone"]
        command = [*inside, sys.executable, "-c", IN_CHROMIUM, told["link"], "x"]
        env = environment() | {"HOME": str(home)}
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    nss = ["certutil", "-d", f"sql:{store}"]
    subprocess.run([*nss, "-N", "--empty-password"], check=True, timeout=30)
    assert walk() == "ERR_CERT_AUTHORITY_INVALID"
    eventually(lambda: "does not trust" in said(started.server), "the reason")
    assert any("CERTIFICATE_UNKNOWN" in reason for reason in started.failures("10.77.0.2"))
    trust = ["-A", "-t", "C,,", "-n", "homeport", "-i", str(started.ca)]
    subprocess.run([*nss, *trust], check=True, timeout=30)
    assert walk() == {
        "secure": True,
        "media": True,
        "clip": True,
        "digest": 32,
        "at": f"https://{IP}:{started.port}/",
        "cookie": "",
        "socket": "wss hi",
    }

"""`homeport --tls` as it runs: who gets in by which address, and what is renewed without an end."""

import contextlib
import http.client
import json
import os
import shutil
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from homeport.core.certificate_names import Names
from homeport.engine.certificates.leaf import issue
from tests.engine.live import RUNTIME, Homeport, environment, eventually, homeport, save
from tests.engine.tls_live import APP, Secured, said, secured, version

HOSTS = ("localhost", "127.0.0.1", "[::1]")
FETCH = (
    "fetch(process.argv[1]).then(a => a.text()).then(console.log, e => console.log(e.cause.code))"
)


def asked(url: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = ["curl", "-sS", "--noproxy", "*", "--max-time", "15", *arguments, url]
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


def plain(port: int, method: str, target: str, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, target, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def test_every_link_is_https_and_works_for_whoever_has_the_ca(tmp_path: Path) -> None:
    with secured(tmp_path, "--tls") as tls:
        ready = next(each for each in tls.server.events if each["event"] == "ready")
        urls = [each["url"] for each in ready["urls"] if not each["in_browsers"]]
        assert urls == [f"https://{host}:{tls.port}" for host in HOSTS]
        (named,) = (each["url"] for each in ready["urls"] if each["in_browsers"])
        assert asked(named, "--cacert", str(tls.ca)).stdout == "1 https"  # curl resolves it too
        for url in urls:
            assert asked(url, "--cacert", str(tls.ca)).stdout == "1 https"
            assert httpx.get(url, verify=tls.trusting(), trust_env=False).text == "1 https"
            assert asked(url).returncode == 60, "nobody trusts it by itself"


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
def test_node_accepts_it_with_the_variable_it_is_told(tmp_path: Path) -> None:
    with secured(tmp_path, "--tls") as tls:
        command = ["node", "-e", FETCH, f"https://localhost:{tls.port}/"]
        for ca, answer in ((str(tls.ca), "1 https"), ("", "UNABLE_TO_VERIFY_LEAF_SIGNATURE")):
            env = environment() | ({"NODE_EXTRA_CA_CERTS": ca} if ca else {})
            done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
            assert done.stdout.strip() == answer


def test_a_new_ca_is_said_once_and_then_that_nothing_here_trusts_it(tmp_path: Path) -> None:
    with secured(tmp_path, "--tls") as tls:
        assert "authority was made" in said(tls.server)
    with secured(tmp_path, "--tls") as tls:
        told = said(tls.server)
        assert "authority was made" not in told
        assert ("do not trust the certificate yet:  homeport trust" in told) == Path(
            "/usr/local/share/ca-certificates"
        ).is_dir()


def test_an_address_typed_without_https_lands_there(tmp_path: Path) -> None:
    with secured(tmp_path, "--tls") as tls:
        for host in HOSTS:
            answer = plain(tls.port, "GET", "/a%20b?q=1&r", Host=f"{host}:{tls.port}")
            there = f"https://{host}:{tls.port}/a%20b?q=1&r"
            assert (answer.status, answer.headers["location"]) == (307, there)
            assert answer.headers["cache-control"] == "no-store"
        url = f"http://localhost:{tls.port}/"
        assert asked(url, "--location", "--cacert", str(tls.ca)).stdout == "1 https"


def test_plain_http_by_a_foreign_name_or_with_a_body_is_refused(tmp_path: Path) -> None:
    with secured(tmp_path, "--tls") as tls:
        for name in ("evil.example", f"evil.example:{tls.port}", "localhost.evil.example", "a b"):
            assert plain(tls.port, "GET", "/", Host=name).status == 400, name
        assert plain(tls.port, "POST", "/").status == 400
        with pytest.raises(Exception, match=r"400|403"):
            connect(f"ws://127.0.0.1:{tls.port}/", open_timeout=20)


def test_a_root_path_is_not_said_twice(tmp_path: Path) -> None:
    with secured(tmp_path, "--tls", "--root-path", "/api") as tls:
        answer = plain(tls.port, "GET", "/x?y")
        assert answer.headers["location"] == f"https://127.0.0.1:{tls.port}/x?y"


def test_a_web_socket_goes_over_wss(tmp_path: Path) -> None:
    with secured(tmp_path, "--tls") as tls:
        url = f"wss://127.0.0.1:{tls.port}/"
        with connect(url, ssl=tls.trusting(), open_timeout=20) as socket:
            socket.send("hello")
            assert socket.recv(timeout=20) == "wss hello"


def test_nothing_fails_while_it_reloads_under_load(tmp_path: Path) -> None:
    """A TLS connection cannot change processes: it is told to close, and the next one works."""
    with secured(tmp_path, "--tls") as tls:
        stop, problems, ended, newest = threading.Event(), list[str](), [0], 1

        def visit() -> None:
            connection = tls.connection()
            while not stop.is_set():
                least = newest
                try:
                    connection.request("GET", "/")
                    answer = connection.getresponse()
                    found = int(answer.read().split()[0])
                except Exception as error:
                    problems.append(repr(error))
                    return
                if found < least:
                    problems.append(f"{found} is older than {least}")
                ended[0] += answer.headers["connection"] == "close"
            connection.close()

        visitors = [threading.Thread(target=visit) for _ in range(4)]
        for visitor in visitors:
            visitor.start()
        for number in range(2, 8):
            save(tmp_path / "main.py", version(number))
            tls.server.until("reloaded")
            newest = number
        stop.set()
        for visitor in visitors:
            visitor.join()
        assert problems == []
        assert ended[0] >= 6, "connections were told to close"
        assert [each for each in tls.server.events if each["event"] == "cut"] == []


SHORT = """
import sys
from homeport.engine.certificates import leaf
leaf.LEAF_DAYS = {days}
from homeport.ui.cli.main import main
sys.argv = ["homeport", *sys.argv[1:]]
sys.exit(main())
"""


@contextlib.contextmanager
def short_lived(folder: Path, seconds: float, *arguments: str) -> Iterator[Secured]:
    """A server whose certificates live so long."""
    state = folder / "state"
    state.mkdir()
    (folder / "main.py").write_text(APP)
    code = SHORT.format(days=seconds / 86400)
    command = [sys.executable, "-c", code, "--tls", "--port", "0", "--json", *arguments]
    server = Homeport(command, folder, environment(XDG_STATE_HOME=str(state)))
    try:
        server.ready()
        yield Secured(server, state)
    finally:
        server.kill()


def test_the_certificate_is_renewed_while_connections_and_listeners_stay(tmp_path: Path) -> None:
    with short_lived(tmp_path, 6) as tls:
        first, kept = tls.serial(), tls.connection()
        kept.connect()
        sock = kept.sock

        def is_renewed() -> bool:
            kept.request("GET", "/")
            assert kept.getresponse().read() == b"1 https" and kept.sock is sock
            return tls.serial() != first

        eventually(is_renewed, "another certificate")
        kept.close()
        save(tmp_path / "main.py", version(2))
        tls.server.until("reloaded")
        assert tls.serial() != first, "a new worker has the new one too"
        assert asked(f"https://localhost:{tls.port}", "--cacert", str(tls.ca)).stdout == "2 https"


def given(folder: Path, *names: str) -> tuple[Path, Path]:
    """A certificate and its key in files, as another tool would make them."""
    leaf = issue(folder / "other-ca", Names(names), time.time())
    assert leaf.ca
    cert, key = folder / "c.pem", folder / "k.pem"
    cert.write_text(leaf.chain_pem)
    key.touch(0o600)
    key.write_text(leaf.key_pem)
    (folder / "given-ca.pem").write_text(leaf.ca.pem)
    return cert, key


def test_files_named_in_pyproject_are_found_beside_it(tmp_path: Path) -> None:
    given(tmp_path, "localhost")
    project = '[tool.homeport]\ntls-cert = "c.pem"\ntls-key = "k.pem"\n'
    below = tmp_path / "src"
    below.mkdir()
    (below / "main.py").write_text(APP)
    with secured(tmp_path, project=project) as tls:
        url = f"https://localhost:{tls.port}"
        assert asked(url, "--cacert", str(tmp_path / "given-ca.pem")).stdout == "1 https"
        assert not tls.key.exists(), "no CA of our own is made"
        assert plain(tls.port, "GET", "/").status == 307


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (("--tls-cert", "c.pem"), "--tls-key"),
        (("--tls-cert", "none.pem", "--tls-key", "k.pem"), "none.pem (--tls-cert) cannot be used"),
        (("--tls-cert", "k.pem", "--tls-key", "c.pem"), "there is no certificate in it"),
    ],
)
def test_files_that_cannot_be_used_are_refused_before_anything_serves(
    tmp_path: Path, flags: tuple[str, ...], why: str
) -> None:
    given(tmp_path, "localhost")
    (tmp_path / "main.py").write_text(APP)
    with homeport(tmp_path, *flags) as server:
        assert server.wait() == 2
        error = server.events[-1]
        assert error["event"] == "error" and why in json.dumps(error), server.events


def test_the_keys_are_in_no_file_argument_environment_or_log(tmp_path: Path) -> None:
    with secured(tmp_path, "--tls") as tls:
        assert asked(f"https://localhost:{tls.port}", "--cacert", str(tls.ca)).returncode == 0
        tls.server.workers()
        pids = [tls.server.process.pid, *tls.server.workers()]
        for pid in pids:
            for what in ("cmdline", "environ"):
                assert b"PRIVATE KEY" not in Path(f"/proc/{pid}/{what}").read_bytes()
            for each in Path(f"/proc/{pid}/fd").iterdir():
                with contextlib.suppress(OSError):
                    assert "homeport-tls" not in os.readlink(each), "a file in memory was left open"
        assert "PRIVATE" not in said(tls.server)
        for top in (tmp_path, Path(RUNTIME.name)):
            for path in top.rglob("*"):
                if path.is_file() and b"PRIVATE KEY" in path.read_bytes():
                    assert path == tls.key and path.stat().st_mode & 0o777 == 0o600


def test_a_certificate_that_is_not_trusted_is_refused_by_python(tmp_path: Path) -> None:
    with secured(tmp_path, "--tls") as tls:
        connection = http.client.HTTPSConnection("127.0.0.1", tls.port, timeout=20)
        with pytest.raises(ssl.SSLCertVerificationError):
            connection.connect()
        connection.close()

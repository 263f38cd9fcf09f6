"""Finding a server by name: a URL that is its own, or a refusal; never the URL of another."""

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from homeport.core.errors import HomeportError, NothingThereError, UsageError
from homeport.core.lookup import Source
from homeport.engine.find import find
from homeport.host.me import network_id
from tests.engine.live import HELLO, Homeport, environment, homeport, is_free
from tests.engine.runtime import Environment, home, server


@pytest.fixture
def here(tmp_path: Path) -> Environment:
    return home(tmp_path / "run")


def test_a_server_is_found_by_name_and_its_url_is_an_address(here: Environment) -> None:
    with server("shop", here, 8001) as shop:
        found = find("shop", environment=here)
        assert (found.url, found.port) == ("http://127.0.0.1:8001", 8001)
        assert (found.source, found.name) == (Source.REGISTRY, "shop")
        assert (found.instance, found.since) == (shop.entry.instance, shop.entry.started)
        assert (found.project, found.app) == ("/shop", "main")
        assert find("8001", environment=here) == found


def test_what_a_caller_knows_comes_before_the_environment_before_the_registry(
    here: Environment,
) -> None:
    with server("shop", here, 8001):
        said = here | {"HOMEPORT_URL_SHOP": "http://127.0.0.1:8002/"}
        assert find("shop", "http://a.example", said).url == "http://a.example"
        found = find("shop", environment=said)
        assert (found.url, found.port) == ("http://127.0.0.1:8002", 8002)
        assert (found.source, found.instance) == (Source.ENVIRONMENT, None)
        assert find("shop", environment=here).source is Source.REGISTRY


def test_a_url_that_is_none_is_refused_by_the_name_of_its_place(here: Environment) -> None:
    with pytest.raises(UsageError, match="HOMEPORT_URL_SHOP is '8000'"):
        find("shop", environment=here | {"HOMEPORT_URL_SHOP": "8000"})
    with pytest.raises(UsageError, match="the URL given is 'ftp://x'"):
        find("shop", "ftp://x", here)


@pytest.mark.parametrize("name", [None, 8000])
def test_what_is_no_name_is_refused(here: Environment, name: Any) -> None:
    with pytest.raises(UsageError, match=f"{name}"):
        find(name, environment=here)


def test_a_name_that_nobody_has_is_answered_with_those_that_run(here: Environment) -> None:
    with server("api", here, 8001), pytest.raises(NothingThereError) as refusal:
        find("shop", environment=here)
    assert "  api  http://127.0.0.1:8001  /shop" in refusal.value.next_steps


def test_a_server_says_its_network_and_its_addresses_count_as_they_are_now(
    here: Environment,
) -> None:
    with server("shop", here, 8001) as shop:
        elsewhere = shop.entry._replace(addresses=("127.0.0.1:8009",))
        shop.registration.update(elsewhere)
        assert find("shop", environment=here).url == "http://127.0.0.1:8009"
        shop.registration.update(shop.entry._replace(addresses=()))
        with pytest.raises(NothingThereError) as refusal:
            find("shop", environment=here)
        assert refusal.value.code == "no-address"


@contextmanager
def squatter(port: int, body: bytes = b"{}") -> Iterator[None]:
    """Somebody else who answers every request on that port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", port), Handler) as other:
        thread = threading.Thread(target=other.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield
        finally:
            other.shutdown()
            thread.join()


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
    return port


def says_another_network(presence: object) -> None:
    """As a server in a container does that shares the runtime folder."""
    control = presence.control  # type: ignore[attr-defined]
    who = control.handlers["who"]
    control.handlers["who"] = lambda request: {**who(request), "network": "0:0"}


@pytest.mark.parametrize("body", [b"{}", b"[]", b"no json", b'{"proof": 1}', b'{"proof": "ab"}'])
def test_in_another_network_a_squatter_on_the_port_is_not_taken_for_the_server(
    here: Environment, body: bytes
) -> None:
    port = free_port()
    with server("shop", here, port) as shop, squatter(port, body):
        assert find("shop", environment=here).port == port  # in ours the kernel vouches for it
        says_another_network(shop)
        with pytest.raises(NothingThereError) as refusal:
            find("shop", environment=here)
        assert refusal.value.code == "not-proven"


def test_in_another_network_nobody_on_the_port_is_said(here: Environment) -> None:
    with server("shop", here, free_port()) as shop:
        says_another_network(shop)
        with pytest.raises(NothingThereError, match="refused"):
            find("shop", environment=here)


def test_what_is_silent_or_no_http_is_said_too(here: Environment) -> None:
    mute = socket.create_server(("127.0.0.1", 0))
    with mute, server("shop", here, mute.getsockname()[1]) as shop:
        says_another_network(shop)
        with pytest.raises(NothingThereError, match="no answer within 2 s"):
            find("shop", environment=here)


def can_unshare() -> bool:
    tools = shutil.which("unshare") and shutil.which("ip")
    probe = ["unshare", "-n", "ip", "link", "set", "lo", "up"]
    return bool(tools) and subprocess.run(probe, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not can_unshare(), reason="may not make network namespaces")
def test_a_real_server_in_another_network_namespace_is_only_found_in_there(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(HELLO)
    port, own = free_port(), home(tmp_path / "run")
    inside = f'ip link set lo up && exec "{sys.executable}" -m homeport --name shop --json'
    command = ["unshare", "-n", "sh", "-c", f"{inside} --port {port}"]
    other = Homeport(command, tmp_path, environment(**own))
    try:
        other.ready()
        with squatter(port), pytest.raises(NothingThereError) as refusal:
            find("shop", environment=own)
        assert refusal.value.code == "not-proven"
        ask = [sys.executable, "-m", "homeport", "url", "shop"]
        enter = ["nsenter", f"--net=/proc/{other.process.pid}/ns/net"]
        done = subprocess.run(
            [*enter, *ask], env=environment(**own), capture_output=True, text=True, timeout=20
        )
        assert done.stdout == f"http://127.0.0.1:{port}\n"
    finally:
        other.kill()


def test_a_real_server_proves_itself_over_its_port_also_with_tls_and_a_root_path(
    tmp_path: Path,
) -> None:
    from homeport.core.lookup import Place
    from homeport.engine import registry
    from homeport.engine.challenge import objection

    (tmp_path / "main.py").write_text(HELLO)
    own = home(tmp_path / "run") | {"XDG_STATE_HOME": str(tmp_path / "run")}
    for number, flags in enumerate(((), ("--tls",), ("--root-path", "/api"))):
        with homeport(tmp_path, "--name", "shop", *flags, **own) as process:
            process.ready()
            found = find("shop", environment=own)
            assert found.url.startswith("https:" if number == 1 else "http:")
            entry, place = registry.find("shop", own), Place(url=found.url, port=found.port)
            secret = registry.secret(entry)
            assert objection(place, entry.instance, secret) is None
            assert objection(place, "00" * 16, secret) == "what answers there gives a wrong proof"
            assert process.end() == 0


def test_a_server_that_ended_is_never_found_again_whoever_has_its_port(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(HELLO)
    own = home(tmp_path / "run")
    with homeport(tmp_path, "--name", "shop", **own) as process:
        process.ready()
        assert find("shop", environment=own).port == process.port
        process.kill()
        assert is_free(process.port)
        with squatter(process.port), pytest.raises(NothingThereError):
            find("shop", environment=own)


def test_while_the_app_starts_its_url_is_known_already(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("import time\ntime.sleep(600)\n")
    own = home(tmp_path / "run")
    with homeport(tmp_path, "--name", "shop", **own) as process:
        port = process.until("listening")["port"]
        found = None
        while found is None:
            try:
                found = find("shop", environment=own)
            except HomeportError:
                assert process.process.poll() is None
        assert found.port == port


def test_two_processes_in_one_network_say_the_same_of_it() -> None:
    code = "from homeport.host.me import network_id; print(network_id())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20)
    assert done.stdout.strip() == network_id()
    assert os.path.exists("/proc/self/ns/net")

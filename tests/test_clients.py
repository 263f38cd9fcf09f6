"""`homeport.connect`: it finds its server, follows it, and never sends a request twice."""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

import homeport
from homeport.core.errors import NothingThereError
from homeport.engine import registry
from tests.engine.live import HELLO
from tests.engine.live import homeport as live
from tests.engine.runtime import answering, appeared, home, server

SOON = httpx.Timeout(20, connect=0.3)
"""For requests whose server does not come back."""


class Web(ThreadingHTTPServer):
    """A plain web server here; it answers with its label, `seen` are its requests."""

    daemon_threads = False

    def __init__(self, label: str, port: int = 0, *, rude: bool = False) -> None:
        self.seen: list[tuple[str, str | None, bytes]] = []
        self.connections: list[Any] = []
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                size = int(self.headers.get("Content-Length", 0))
                chunked = "chunked" in self.headers.get("Transfer-Encoding", "")
                body = self._chunks() if chunked else self.rfile.read(size)
                web.seen.append((self.path, self.headers["Host"], body))
                if rude:
                    self.close_connection = True
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(label)))
                self.end_headers()
                self.wfile.write(label.encode())

            do_GET = do_POST

            def _chunks(self) -> bytes:
                data = b""
                while size := int(self.rfile.readline(), 16):
                    data += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return data

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", port), Handler)
        self.port: int = self.server_address[1]

    def get_request(self) -> Any:
        accepted = super().get_request()
        self.connections.append(accepted[0])
        return accepted


@contextmanager
def web(label: str, port: int = 0, *, rude: bool = False) -> Iterator[Web]:
    with Web(label, port, rude=rude) as found:
        thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield found
        finally:
            found.shutdown()
            thread.join()
            for sock in found.connections:
                try:
                    sock.shutdown(2)
                except OSError:
                    continue


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A runtime folder of our own, for this process too."""
    found = home(tmp_path / "run") | {"XDG_STATE_HOME": str(tmp_path / "run")}
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    for name in [name for name in os.environ if name.startswith("HOMEPORT_")]:
        monkeypatch.delenv(name)
    return found


@contextmanager
def shop(here: dict[str, str], label: str = "shop", *, rude: bool = False) -> Iterator[Web]:
    """A registered server called shop."""
    with web(label, rude=rude) as found, server("shop", here, found.port):
        yield found


def later(action: Callable[[], object]) -> threading.Thread:
    """Do it a moment from now, while a request waits."""

    def run() -> None:
        time.sleep(0.2)
        action()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_client_knows_where_its_server_is(here: dict[str, str]) -> None:
    with shop(here) as one, homeport.connect("shop", headers={"x": "1"}) as client:
        assert client.get("/items").text == "shop"
        assert client.base_url == f"http://127.0.0.1:{one.port}"
        assert client.headers["x"] == "1"
        assert one.seen == [("/items", f"127.0.0.1:{one.port}", b"")]


def test_without_a_server_it_says_at_once_what_runs(here: dict[str, str]) -> None:
    with server("api", here, 8001):
        for open_client in (homeport.connect, homeport.aconnect):
            with pytest.raises(NothingThereError) as refusal:
                open_client("shop")
            assert "  api  http://127.0.0.1:8001  /shop" in refusal.value.next_steps


def test_it_follows_its_server_to_another_port(here: dict[str, str]) -> None:
    with ExitStack() as stack:
        with shop(here, "old") as old:
            client = stack.enter_context(homeport.connect("shop"))
            assert client.get("/").text == "old"
        with shop(here, "new") as new:
            answer = client.post("/items?a=1", content=b"body")
            assert answer.text == "new"
            assert answer.url == f"http://127.0.0.1:{new.port}/items?a=1"
            assert new.seen == [("/items?a=1", f"127.0.0.1:{new.port}", b"body")]
            assert client.base_url == f"http://127.0.0.1:{new.port}"
            # Also by the address it had, as pages and redirects may still say it.
            assert client.get(f"http://127.0.0.1:{old.port}/x").text == "new"


def test_a_path_that_the_caller_has_put_below_it_stays(here: dict[str, str]) -> None:
    with ExitStack() as stack:
        with shop(here, "old"):
            client = stack.enter_context(homeport.connect("shop"))
            client.base_url = client.base_url.join("/api")
        with shop(here, "new") as new:
            client.get("a")
            client.get("b")
            assert [path for path, _, _ in new.seen] == ["/api/a", "/api/b"]
            assert client.base_url == f"http://127.0.0.1:{new.port}/api/"


def test_whoever_has_its_old_port_by_then_gets_nothing(here: dict[str, str]) -> None:
    with ExitStack() as stack:
        with shop(here, "old") as old:
            client = stack.enter_context(homeport.connect("shop", timeout=SOON))
            assert client.get("/").text == "old"
        other = stack.enter_context(web("somebody else", old.port))
        with pytest.raises(httpx.ConnectError, match="No homeport server of yours is called"):
            client.post("/secret", content=b"secret")
        with shop(here, "new"):
            assert client.post("/secret", content=b"secret").text == "new"
        assert other.seen == []


def test_a_request_waits_while_its_server_restarts(here: dict[str, str]) -> None:
    with ExitStack() as stack:
        with shop(here, "old"):
            client = stack.enter_context(homeport.connect("shop"))
            assert client.get("/").text == "old"
        thread = later(lambda: stack.enter_context(shop(here, "new")))
        assert client.get("/").text == "new"
        thread.join()


def test_a_request_waits_for_a_server_that_does_not_answer_its_name(here: dict[str, str]) -> None:
    with web("shop") as found, ExitStack() as again:
        hangs = appeared("shop", here, found.port)
        with answering(hangs.control):
            client = homeport.connect("shop")
        wake = answering(hangs.control)
        waking = threading.Timer(registry.ANSWER_WITHIN * 1.5, again.enter_context, [wake])
        waking.start()
        with client:
            assert client.get("/").text == "shop"
        waking.join()
        again.close()
        hangs.close()


def test_it_does_not_wait_longer_than_its_timeout(here: dict[str, str]) -> None:
    with ExitStack() as stack:
        with shop(here, "old"):
            client = stack.enter_context(homeport.connect("shop", timeout=SOON))
        with server("api", here, 8001):
            with pytest.raises(httpx.ConnectError, match="api  http://127") as refusal:
                client.get("/")
            assert refusal.value.request.url.path == "/"
            assert isinstance(refusal.value.__cause__, NothingThereError)


def test_a_request_that_may_have_arrived_is_never_sent_again(here: dict[str, str]) -> None:
    with shop(here, rude=True) as rude, homeport.connect("shop") as client:
        for method in ("POST", "GET"):
            with pytest.raises(httpx.RemoteProtocolError):
                client.request(method, "/")
        assert len(rude.seen) == 2


def test_a_body_that_exists_only_once_arrives_whole_after_a_move(here: dict[str, str]) -> None:
    with ExitStack() as stack:
        with shop(here, "old"):
            client = stack.enter_context(homeport.connect("shop"))
        with shop(here, "new") as new:
            parts = iter([b"a", b"b", b"c"])
            assert client.post("/", content=parts).text == "new"
            assert new.seen[0][2] == b"abc"


def test_requests_for_others_just_pass(here: dict[str, str]) -> None:
    with shop(here), web("other") as other, homeport.connect("shop") as client:
        assert client.get(f"http://127.0.0.1:{other.port}/x").text == "other"
        with pytest.raises(httpx.ConnectError):
            client.get("http://127.0.0.1:1/", timeout=SOON)


def test_a_trace_of_the_caller_still_hears_everything(here: dict[str, str]) -> None:
    heard: list[str] = []
    with shop(here), homeport.connect("shop") as client:
        client.get("/", extensions={"trace": lambda event, info: heard.append(event)})
    assert "connection.connect_tcp.started" in heard
    assert "http11.response_closed.complete" in heard


def test_a_transport_of_the_caller_is_used_and_followed(here: dict[str, str]) -> None:
    hosts: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        hosts.append(request.headers["host"])
        if len(hosts) == 1:
            raise httpx.ConnectError("refused", request=request)
        return httpx.Response(200)

    transport = httpx.MockTransport(answer)
    with ExitStack() as stack:
        with server("shop", here, 8001):
            client = stack.enter_context(homeport.connect("shop", transport=transport))
        with server("shop", here, 8002):
            assert client.get("/").status_code == 200
    assert hosts == ["127.0.0.1:8001", "127.0.0.1:8002"]


def test_a_url_that_was_said_is_taken_as_it_is(
    here: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with web("said") as said:
        with homeport.connect("shop", url=f"http://127.0.0.1:{said.port}/api") as client:
            assert client.get("/items").text == "said"
        monkeypatch.setenv("HOMEPORT_URL_SHOP", f"http://localhost:{said.port}")
        with homeport.connect("shop") as client:
            assert client.get("/").text == "said"
        assert [path for path, _, _ in said.seen] == ["/api/items", "/"]
    with homeport.connect("shop", url="http://shop.example") as client:
        assert client.trust_env


def test_a_proxy_of_the_environment_is_not_asked_on_the_way_home(
    here: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with shop(here), homeport.connect("shop") as client:
        assert client.get("/").text == "shop"


def test_asynchronous_clients_follow_too_and_the_loop_goes_on(here: dict[str, str]) -> None:
    async def visit(stack: ExitStack) -> None:
        with shop(here, "old") as old:
            client = homeport.aconnect("shop")
        other = stack.enter_context(web("somebody else", old.port))
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.01)
                ticks += 1

        async with client:
            ticking = asyncio.create_task(tick())
            with pytest.raises(httpx.ConnectError):
                await client.get("/", timeout=SOON)
            thread = later(lambda: stack.enter_context(shop(here, "new")))
            answers = await asyncio.gather(*(client.get("/") for _ in range(5)))
            assert {answer.text for answer in answers} == {"new"}
            ticking.cancel()
            assert ticks > 5
            assert other.seen == []
            thread.join()

    with ExitStack() as stack:
        asyncio.run(visit(stack))


def test_many_threads_follow_at_once(here: dict[str, str]) -> None:
    with ExitStack() as stack:
        with shop(here, "old"):
            client = stack.enter_context(homeport.connect("shop"))
            assert client.get("/").text == "old"
        texts: list[str] = []
        threads = [
            threading.Thread(target=lambda: texts.append(client.get("/").text)) for _ in range(8)
        ]
        with shop(here, "new"):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    assert texts == ["new"] * 8


def test_a_real_server_is_followed_from_http_to_https_on_another_port(
    here: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "main.py").write_text(HELLO)
    with ExitStack() as stack:
        with live(tmp_path, "--name", "shop", **here) as process:
            process.ready()
            client = stack.enter_context(homeport.connect("shop"))
            assert client.get("/").json() == {"version": 1}
            process.kill()
        with live(tmp_path, "--name", "shop", "--tls", **here) as process:
            process.ready()
            with homeport.connect("shop") as other:
                assert other.get("/").json() == {"version": 1}
                assert str(other.base_url) == f"https://127.0.0.1:{process.port}"
            with homeport.connect("shop", verify=True, trust_env=False) as other:
                assert other.get("/").json() == {"version": 1}
            assert client.get("/").json() == {"version": 1}

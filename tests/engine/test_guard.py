"""`homeport.Guard`, called by hand; under real servers: test_guard_servers.py."""

import asyncio
import logging
import subprocess
import sys
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

import homeport
from homeport.core.errors import UsageError
from tests.core.guard_rows import ALL, LISTED, SIBLING, Row
from tests.engine.asgi import Inner, answer, http, websocket

LOOPBACK = [row for row in ALL if row.listener_scope in ("loopback", "strict", "open")]


def guarded(**options: Any) -> tuple[Inner, homeport.Guard]:
    inner = Inner()
    return inner, homeport.Guard(inner, **options)


@pytest.mark.parametrize("row", [r for r in LOOPBACK if r.id != "M082"], ids=lambda row: row.id)
def test_every_row_without_a_pass_holds_under_any_server(row: Row) -> None:
    lists = () if row.listener_scope == "open" else (LISTED, SIBLING)
    inner, app = guarded(
        name="myapp", allow_origins=lists, strict_origins=row.listener_scope == "strict"
    )
    headers = row.headers
    if "header" in row.tags:
        headers.append((b"x-homeport-token", b"whatever"))
    peer, here = row.ends
    more: dict[str, Any] = {"peer": peer, "here": here, "path": row.target}
    scope = (
        websocket(headers, **more) if row.websocket else http(headers, method=row.method, **more)
    )
    for _ in range(2):
        answer(app, scope)
    assert (len(inner.scopes) == 2) is (row.expect == "allow"), row.why


def test_a_name_and_hosts_may_be_allowed_as_one_string_or_many() -> None:
    inner, app = guarded(allow_hosts="Shop.example", allow_origins="https://shop.example")
    asked = [(b"host", b"shop.example"), (b"origin", b"https://shop.example")]
    answer(app, http(asked))
    _, other = guarded(allow_hosts=["a.example", "shop.example"])
    assert answer(other, http([(b"host", b"shop.example")])).status == 204
    assert len(inner.scopes) == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"allow_hosts": ["https://shop.example"]}, "did you mean shop.example"),
        ({"allow_hosts": "0.0.0.0"}, "allow_hosts"),
        ({"allow_origins": ["shop.example"]}, "allow_origins"),
        *(({"name": each}, "name is") for each in ("a b", "", "a:1", "ä", "shop.")),
    ],
)
def test_a_wrong_argument_is_refused_by_its_name(options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        guarded(**options)
    assert said in str(caught.value)


def test_what_cannot_be_called_is_no_app() -> None:
    with pytest.raises(UsageError, match=r"'main:app'"):
        homeport.Guard("main:app")


def test_on_a_socket_without_addresses_every_peer_may_come() -> None:
    inner, app = guarded()
    answer(app, http(peer=None, here=None))
    answer(app, http(peer=None) | {"server": ("/run/app.sock", None)})
    assert len(inner.scopes) == 2
    assert answer(app, http([(b"host", b"evil.example")], peer=None, here=None)).status == 421


def test_tls_is_part_of_the_origin() -> None:
    _, app = guarded(strict_origins=True)
    asked = http([(b"host", b"localhost"), (b"origin", b"https://localhost")])
    assert answer(app, asked).status == 403
    assert answer(app, asked | {"scheme": "https"}).status == 204


def test_a_refusal_is_logged_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    _, app = guarded()
    with caplog.at_level(logging.WARNING, logger="homeport.guard"):
        answer(app, http([(b"host", b"evil.example")]))
        for _ in range(3):
            answer(app, http([(b"host", b"localhost"), (b"x-forwarded-for", b"1.2.3.4")]))
        answer(app, http(peer="1.2.3.4"))
    assert [each.getMessage() for each in caplog.records] == [
        'Refused 127.0.0.1 (R2): the Host header "evil.example" is not one of the names of this'
        ' server. To allow it: Guard(app, allow_hosts=["evil.example"])',
        "Forwarded headers of 127.0.0.1 are not passed on to the app.",
        "Refused 1.2.3.4 (R0): only this computer may come to a loopback address. If that is what"
        " a proxy says: uvicorn --no-proxy-headers",
    ]


def test_many_listening_addresses_do_not_fill_the_memory() -> None:
    _, app = guarded()
    for number in range(200):
        assert answer(app, http(here=f"10.0.0.{number}")).status == 204
    assert len(app._keepers) <= 64


def test_it_is_a_middleware_of_fastapi() -> None:
    app = FastAPI()
    app.add_middleware(homeport.Guard, allow_hosts=["testserver"])
    app.get("/")(lambda: "hello")

    async def get(host: str) -> int:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
            return (await client.get("/")).status_code

    assert [asyncio.run(get(host)) for host in ("testserver", "localhost", "evil.example")] == [
        *(200, 200, 421)
    ]


def test_the_public_door_opens_without_it() -> None:
    code = "import homeport, sys; print('homeport.engine' in sys.modules); homeport.Guard"
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "False\n"
    with pytest.raises(AttributeError, match="no attribute 'guard_of_honour'"):
        homeport.guard_of_honour  # noqa: B018

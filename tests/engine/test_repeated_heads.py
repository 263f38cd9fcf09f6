"""Requests with the headers of the one before are let in at a comparison, and no others are."""

from typing import Any

import pytest

from homeport.core.door import DoorKind, Policy
from homeport.engine.guarding.doorkeeper import Doorkeeper
from tests.engine.doors import LOOPS, House, Loop, play, read, statuses

HEAD = b"Host: localhost:8000\r\nUser-Agent: a\r\n"
GOOD = b"GET / HTTP/1.1\r\n" + HEAD + b"\r\n"
PATHS = b"GET /other?x=1 HTTP/1.1\r\n" + HEAD + b"\r\n"
POLICY = Policy(kind=DoorKind.LOOPBACK, ip="127.0.0.1", port=8000)


class Meddler:
    """An app that changes the headers it was given, as middleware may."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)
        scope["headers"][0] = (b"host", b"evil.example")


class Hoarder(Meddler):
    """One that adds more than a request may have."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)
        scope["headers"] += [(b"x", b"y")] * 100


async def answers(house: House, *requests: bytes) -> list[int]:
    """One after the other on one connection."""
    client, got = house.client(), []
    for request in requests:
        client.setblocking(True)
        client.sendall(request)
        client.setblocking(False)
        got += statuses(await read(client, until=b"\r\n\r\n"))
    return got


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize(
    ("odd", "status"),
    [
        (GOOD.replace(b"localhost:8000", b"evil.example"), 421),
        (GOOD.replace(b"User-Agent: a", b"Origin: https://evil.example"), 403),
        (GOOD.replace(b"User-Agent: a", b"Sec-Fetch-Site: cross-site"), 403),
        (GOOD.replace(b"GET / ", b"GET http://evil.example/ "), 400),
        (GOOD.replace(b"GET / ", b"TRACE / "), 400),
        (GOOD.replace(b"GET / ", b"OPTIONS * "), 200),
        (GOOD.replace(b"HTTP/1.1", b"HTTP/1.2"), 400),
        (GOOD.replace(b"User-Agent: a", b"Host: localhost:8000"), 400),
    ],
)
def test_what_differs_is_looked_at_again(loop: Loop, odd: bytes, status: int) -> None:
    async def story(house: House) -> None:
        await house.door(app=Doorkeeper(house.app, POLICY))
        assert await answers(house, GOOD, GOOD, PATHS, odd) == [200, 200, 200, status]

    play(loop, story)


@pytest.mark.parametrize("loop", LOOPS)
def test_an_app_that_changes_its_headers_changes_nobody_elses(loop: Loop) -> None:
    bad = GOOD.replace(b"localhost:8000", b"evil.example")

    async def story(house: House) -> None:
        await house.door(app=Doorkeeper(Meddler(house.app), POLICY))
        assert await answers(house, GOOD, GOOD, GOOD) == [200, 200, 200]
        assert await answers(house, GOOD, bad) == [200, 421]
        seen = {dict(scope["headers"])[b"host"] for scope in house.app.scopes}
        assert seen == {b"localhost:8000"}

    play(loop, story)


@pytest.mark.parametrize("loop", LOOPS)
def test_what_an_app_adds_is_still_too_much_from_a_client(loop: Loop) -> None:
    bad = GOOD.replace(b"\r\n\r\n", b"\r\n" + b"x: y\r\n" * 100 + b"\r\n")

    async def story(house: House) -> None:
        await house.door(app=Doorkeeper(Hoarder(house.app), POLICY))
        assert await answers(house, GOOD, bad) == [200, 431]

    play(loop, story)

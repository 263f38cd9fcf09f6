"""The guard of one door, called by hand; through real sockets: test_guard_servers.py."""

import json
from dataclasses import replace
from typing import Any

import pytest

from homeport.core.decision import Fault
from homeport.core.door import DoorKind, Policy
from homeport.core.guard_words import Refusal
from homeport.core.visit import PassKind
from homeport.engine.guarding.doorkeeper import Clock, Doorkeeper, Told
from homeport.engine.guarding.passes import Admitted, Knocked, Refused
from tests.core.guard_rows import ALL, PHONE, Row
from tests.engine.asgi import Inner, Scope, answer, http, websocket

HERE = Policy(kind=DoorKind.LOOPBACK, ip="127.0.0.1", port=8000, name="myapp")
SHARE = Policy(
    kind=DoorKind.SHARED,
    ip="192.168.1.20",
    port=8000,
    name="myapp",
    network="192.168.1.0/24",
    pairing=True,
)
LAN_HOST = (b"host", b"192.168.1.20:8000")
COOKIE = (b"cookie", b"hp_i1=good")
EXPECTED = {204: "allow", 303: "allow", 401: "challenge"}


class Shown:
    """Passes of a door: `good`, `old`; the rest is wrong."""

    def __init__(self) -> None:
        self.guesses: list[str] = []
        self.wait = 0.0

    def look(self, token: str) -> tuple[PassKind, str | None]:
        known = {"good": (PassKind.VALID, "phone"), "old": (PassKind.EXPIRED, "phone")}
        return known.get(token, (PassKind.WRONG, None))

    def blocked(self, peer: str) -> float:
        return self.wait

    def wrong(self, peer: str) -> None:
        self.guesses.append(peer)

    async def redeem(self, code: str, peer: str, agent: str) -> Admitted | Refused:
        raise NotImplementedError

    async def knock(self, peer: str, agent: str) -> Knocked | Refused:
        raise NotImplementedError

    async def answer(self, ticket: str, peer: str) -> Admitted | Refused | None:
        raise NotImplementedError


class Pages:
    """Pairing pages: 303 on our own paths, 401 elsewhere."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        self.paths.append(scope["path"])
        await send({"type": "http.response.start", "status": 303, "headers": []})

    async def ask(self, scope: Scope, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 401, "headers": []})


class Door:
    """A door with all that belongs to it."""

    def __init__(self, policy: Policy, **more: Any) -> None:
        self.inner, self.passes, self.pages = Inner(), Shown(), Pages()
        self.refused: list[Refusal] = []
        self.visits: list[tuple[str | None, str | None]] = []
        self.forwarded: list[str | None] = []
        self.dropped: list[str | None] = []
        told = Told(
            refused=self.refused.append,
            visited=lambda device, scope: self.visits.append((device, scope["client"][0])),
            forwarded=self.forwarded.append,
            dropped=self.dropped.append,
        )
        given: dict[str, Any] = {
            "passes": self.passes,
            "pairing": self.pages,
            "instance": "i1",
            "told": told,
        }
        self.app = Doorkeeper(self.inner, policy, **(given | more))


def lan(*headers: tuple[bytes, bytes], **more: Any) -> Scope:
    return http([LAN_HOST, *headers], peer=PHONE, here="192.168.1.20", **more)


def request_of(row: Row) -> Scope:
    token = {"valid": b"good", "expired": b"old", "wrong": b"guess"}.get(row.token)
    headers = row.headers
    if token and "header" in row.tags:
        headers.append((b"x-homeport-token", token))
    elif token:
        secure = b"__Host-" if row.policy.tls else b""
        headers.append((b"cookie", b"theme=dark; " + secure + b"hp_i1=" + token))
    peer, here = row.ends
    coded = row.token == "in-query"
    path = "/.well-known/homeport/pair" if coded and row.shared else row.target
    more: dict[str, Any] = {"query": b"code=abc" if coded else b"", "path": path}
    if row.websocket:
        return websocket(headers, peer=peer, here=here, **more)
    return http(headers, method=row.method, peer=peer, here=here, **more)


@pytest.mark.parametrize("row", [row for row in ALL if "used" not in row.tags], ids=lambda r: r.id)
def test_every_row_of_the_tables_is_done_as_decided(row: Row) -> None:
    door = Door(row.policy)
    expected = "challenge" if row.id == "M208" else row.expect  # HEAD: the pages answer, below
    for _ in range(2):  # the second time it may be remembered
        events = answer(door.app, request_of(row)).events
        kind = events[0]["type"]
        if row.websocket:
            got = "allow" if kind == "websocket.accept" else "deny"
        else:
            got = EXPECTED.get(events[0]["status"], "deny")
        if row.id == "M208":
            assert door.pages.paths
            continue
        assert got == expected, row.why
    assert bool(door.inner.scopes or door.pages.paths) >= (expected == "allow")
    assert not (expected == "deny" and (door.inner.scopes or door.pages.paths))


def test_what_is_ordinary_is_remembered_and_nothing_else_is() -> None:
    door = Door(HERE)
    ordinary = http([(b"host", b"localhost:8000"), (b"accept", b"*/*")])
    for _ in range(3):
        assert answer(door.app, ordinary).status == 204
        # by another peer, for another name, with a token: not the same
        assert answer(door.app, ordinary | {"client": ("10.0.0.1", 1)}).status == 403
        assert answer(door.app, http([(b"host", b"evil.example")])).status == 421
        assert answer(door.app, ordinary | {"path": "http://evil.example/"}).status == 400
        assert answer(door.app, ordinary | {"method": "TRACE"}).status == 400
        token = [*ordinary["headers"], (b"x-homeport-token", b"bad")]
        assert answer(door.app, ordinary | {"headers": token}).status == 403
    assert door.inner.scopes[-1] is ordinary, "the scope goes through as it is"


def test_a_token_that_was_right_once_is_looked_at_again() -> None:
    door = Door(HERE)
    asked = http([(b"host", b"localhost"), (b"x-homeport-token", b"good")])
    assert answer(door.app, asked).status == 204
    door.passes.look = lambda token: (PassKind.WRONG, None)  # type: ignore[method-assign]
    assert answer(door.app, asked).status == 403
    assert door.passes.guesses == [], "guesses count where passes are asked for"


def test_two_lengths_are_refused_also_after_one_was_fine() -> None:
    door = Door(HERE)
    chunked = [(b"host", b"localhost"), (b"transfer-encoding", b"chunked")]
    for _ in range(2):
        assert answer(door.app, http(chunked, method="POST")).status == 204
        both = http([*chunked, (b"content-length", b"4")], method="POST")
        assert answer(door.app, both).status == 400


def test_a_door_with_an_end_remembers_nothing_beyond_it() -> None:
    now = [1000.0]
    clock = Clock(wall=lambda: now[0], monotonic=lambda: now[0])
    door = Door(replace(HERE, until=1010.0), clock=clock)
    assert [answer(door.app, http()).status for _ in range(2)] == [204, 204]
    now[0] = 1010.0
    assert answer(door.app, http()).status == 403


def test_memory_is_bounded_whatever_strangers_send() -> None:
    door = Door(HERE)
    for number in range(3000):
        name = (f"x-{number}".encode(), b"1")
        answer(door.app, http([(b"host", f"localhost:{number + 1}".encode()), name]))
    assert len(door.app._allowed) <= 256 and len(door.app._sieve.boring) <= 513
    assert answer(door.app, http([(b"host", b"localhost"), (b"x-new", b"1")])).status == 204
    before = len(door.app._allowed)
    huge = http([(b"host", b"localhost"), (b"upgrade", b"x" * 10_000)])
    assert answer(door.app, huge).status == 204 and len(door.app._allowed) == before


def test_headers_may_be_lists_and_names_in_upper_case() -> None:
    door = Door(HERE)
    lists: Any = [[b"Host", b"evil.example"]]
    assert answer(door.app, http(lists)).status == 421
    lists = [[b"Host", b"localhost"], [b"X-Forwarded-For", b"1.2.3.4"], [b"a", b"b"]]
    assert answer(door.app, http(lists)).status == 204
    assert [*map(list, door.inner.scopes[0]["headers"])] == [[b"Host", b"localhost"], [b"a", b"b"]]


FORWARDED = [
    *((b"x-forwarded-for", b"127.0.0.1"), (b"forwarded", b"for=127.0.0.1"), (b"x-real-ip", b"1")),
    *((b"x-forwarded-anything", b"1"), (b"accept", b"*/*")),
]


@pytest.mark.parametrize("proxies", [("10.0.0.0/8",), ("127.0.0.1/8", "0.0.0.0/0", "::/0")])
def test_a_share_never_shows_the_app_who_somebody_says_he_is(proxies: tuple[str, ...]) -> None:
    door = Door(SHARE, trusted_proxies=proxies)
    assert answer(door.app, lan(COOKIE, *FORWARDED)).status == 204
    assert answer(door.app, lan(COOKIE, *FORWARDED)).status == 204
    assert door.inner.scopes[0]["headers"] == [LAN_HOST, (b"accept", b"*/*")]
    assert door.forwarded == [PHONE], "told once"


@pytest.mark.parametrize(
    ("proxies", "kept"),
    [((), False), (("10.0.0.0/8",), False), (("127.0.0.1",), True), (("0.0.0.0/0", "::/0"), True)],
)
def test_elsewhere_only_trusted_proxies_are_believed(proxies: tuple[str, ...], kept: bool) -> None:
    door = Door(HERE, trusted_proxies=proxies)
    headers = [(b"host", b"localhost"), *FORWARDED]
    answer(door.app, http(headers))
    assert (door.inner.scopes[0]["headers"] == headers) is kept
    assert (door.forwarded == []) is kept


def test_the_app_never_sees_our_secrets_and_keeps_its_own_cookies() -> None:
    door = Door(SHARE)
    cookies = (b"cookie", b"a=1; hp_i1=good; b=hp_i1; hp_i12=x")
    answer(door.app, lan(cookies, (b"x-homeport-token", b"good")))
    assert door.inner.scopes[0]["headers"] == [LAN_HOST, (b"cookie", b"a=1; b=hp_i1; hp_i12=x")]
    answer(door.app, lan(COOKIE))
    assert door.inner.scopes[1]["headers"] == [LAN_HOST]


def test_the_cookie_of_another_server_opens_nothing() -> None:
    assert answer(Door(SHARE).app, lan((b"cookie", b"hp_i2=good"))).status == 401


def test_over_tls_only_the_secure_cookie_counts() -> None:
    door = Door(replace(SHARE, tls=True))
    assert answer(door.app, lan(COOKIE)).status == 401
    assert answer(door.app, lan((b"cookie", b"__Host-hp_i1=good"))).status == 204


def test_visits_of_a_share_are_told_with_the_device() -> None:
    door = Door(SHARE)
    answer(door.app, lan(COOKIE))
    answer(door.app, lan())
    assert door.visits == [("phone", PHONE)]
    door = Door(replace(SHARE, pairing=False))
    answer(door.app, lan())
    assert door.visits == [(None, PHONE)]


def test_own_paths_belong_to_the_pages_on_a_share_and_to_the_app_elsewhere() -> None:
    knock: dict[str, Any] = {"path": "/.well-known/homeport/knock", "method": "POST"}
    door = Door(SHARE)
    own = (b"origin", b"http://192.168.1.20:8000")
    assert answer(door.app, lan(own, **knock)).status == 303
    dead = (b"cookie", b"hp_i1=dead")
    assert answer(door.app, lan(own, dead, **knock)).status == 303, "a dead cookie bars no way"
    assert answer(door.app, lan((b"origin", b"http://evil.example"), **knock)).status == 403
    assert answer(door.app, lan(COOKIE, path="/.well-known/homeport/wait")).status == 303
    assert len(door.pages.paths) == 3 and door.inner.scopes == []
    assert answer(Door(HERE).app, http(**knock)).status == 204
    open_share = Door(replace(SHARE, pairing=False))
    assert answer(open_share.app, lan(own, **knock)).status == 204
    assert open_share.pages.paths == []


def test_a_code_elsewhere_than_in_its_link_is_the_apps_business() -> None:
    door = Door(SHARE)
    assert answer(door.app, lan(path="/oauth", query=b"code=abc")).status == 401
    assert answer(door.app, lan(COOKIE, path="/oauth", query=b"code=abc")).status == 204


def test_a_head_request_for_the_link_gets_the_page_and_is_no_guess() -> None:
    door = Door(SHARE)
    pair: dict[str, Any] = {"path": "/.well-known/homeport/pair", "query": b"code=abc"}
    assert answer(door.app, lan(method="HEAD", **pair)).status == 303
    assert answer(door.app, lan(method="POST", **pair)).status == 403
    assert answer(door.app, lan((b"cookie", b"hp_i1=dead"), **pair)).status == 303


def test_guesses_are_counted_slowed_and_do_not_lock_out_the_right_one() -> None:
    door = Door(SHARE)
    guess = lan((b"x-homeport-token", b"guess"))
    assert answer(door.app, guess).status == 403
    assert door.passes.guesses == [PHONE]
    door.passes.wait = 2.5
    blocked = answer(door.app, guess)
    assert (blocked.status, blocked.headers["retry-after"]) == (429, "3")
    assert door.passes.guesses == [PHONE], "while blocked nothing is looked at"
    assert answer(door.app, lan((b"x-homeport-token", b"good"))).status == 204
    two = lan((b"x-homeport-token", b"good"), (b"x-homeport-token", b"good"))
    assert answer(door.app, two).status == 429
    assert [each.denied.fault for each in door.refused] == [
        *(Fault.WRONG_TOKEN, Fault.BLOCKED, Fault.BLOCKED)
    ]


@pytest.mark.parametrize(("wall", "steady"), [(2400.0, 5.0), (5.0, 2400.0)])
def test_a_share_ends_by_whichever_clock_is_first(wall: float, steady: float) -> None:
    now = [1000.0, 50.0]
    clock = Clock(wall=lambda: now[0], monotonic=lambda: now[1])
    door = Door(replace(SHARE, until=1000.0 + 1800), clock=clock)
    assert answer(door.app, lan(COOKIE)).status == 204
    now[0] += wall
    now[1] += steady
    ended = answer(door.app, lan(COOKIE))
    assert ended.status == 403 and "the time of this share is over" in ended.text
    assert answer(door.app, lan(COOKIE) | {"client": ("10.0.0.1", 1)}).text == ""


def test_an_end_by_the_steady_clock_may_be_given() -> None:
    clock = Clock(wall=lambda: 0.0, monotonic=lambda: 50.0)
    door = Door(replace(SHARE, until=1000.0), clock=clock, ends=49.0)
    assert answer(door.app, lan(COOKIE)).status == 403


def test_a_refusal_is_short_and_tells_nothing_of_ours() -> None:
    got = answer(Door(HERE).app, http([(b"host", b"evil.example:1")]))
    assert got.headers == {
        "content-type": "text/plain; charset=utf-8",
        "content-length": str(len(got.text)),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }
    assert "--allow-host evil.example" in got.text and len(got.text) < 400
    assert "myapp" not in got.text and "8000" not in got.text


def test_a_refusal_is_json_for_whoever_wants_that() -> None:
    got = answer(Door(HERE).app, http([(b"host", b"evil\x00"), (b"accept", b"application/json")]))
    assert got.headers["content-type"] == "application/json"
    assert json.loads(got.text)["found"] == "evil\\x00"


def test_a_refused_head_request_has_no_body() -> None:
    assert answer(Door(HERE).app, http([(b"host", b"evil")], method="HEAD")).text == ""


def test_a_websocket_is_refused_before_it_is_accepted() -> None:
    foreign = [(b"host", b"localhost"), (b"origin", b"https://evil.example")]
    assert answer(Door(HERE).app, websocket(foreign)).events == [
        {"type": "websocket.close", "code": 1008}
    ]
    able: dict[str, Any] = {"extensions": {"websocket.http.response": {}}}
    got = answer(Door(HERE).app, websocket(foreign, **able))
    assert [each["type"] for each in got.events] == [
        *("websocket.http.response.start", "websocket.http.response.body")
    ]
    assert got.status == 403 and "--allow-origin https://evil.example" in got.text


def test_a_dropped_visitor_gets_the_least_that_asgi_can_say() -> None:
    stranger = http(peer="10.0.0.1")
    door = Door(HERE)
    got = answer(door.app, stranger)
    assert (door.dropped, door.refused) == (["10.0.0.1"], [])
    assert (got.status, got.text, got.headers["connection"]) == (403, "", "close")
    assert "connection" not in answer(Door(HERE).app, stranger | {"http_version": "2"}).headers


def test_without_pages_a_visitor_is_told_how_scripts_do_it() -> None:
    got = answer(Door(SHARE, pairing=None).app, lan())
    assert got.status == 401 and "X-Homeport-Token" in got.text


def test_lifespan_passes_and_other_scopes_do_not() -> None:
    door = Door(HERE)
    answer(door.app, {"type": "lifespan"})
    assert door.inner.scopes == [{"type": "lifespan"}]
    with pytest.raises(ValueError, match="not 'webtransport'"):
        answer(door.app, {"type": "webtransport"})

"""Visits made of random parts: never an exception, and what passes is what should."""

import random

from homeport.core.policy import Allow, Ask, Deny, DoorKind, PassKind, Policy, Via, Visit, decide
from tests.core.guard_rows import PHONE

LOOPBACK = Policy(kind=DoorKind.LOOPBACK, ip="127.0.0.1", port=8000, name="myapp")
SHARE = Policy(
    kind=DoorKind.SHARED,
    ip="192.168.1.20",
    port=8000,
    network="192.168.1.0/24",
    pairing=True,
)
OUR_HOSTS = {b"localhost", b"127.0.0.1", b"[::1]", b"myapp.localhost"}
OUR_PAGES = {b"http://localhost:3000", b"http://127.0.0.1:8000", b"https://a.localhost"}
HOSTS = [*OUR_HOSTS, b"evil.example", b"localhost.", b"192.168.1.20:8000", b"", b"\xff", b"::1"]
ORIGINS = [*OUR_PAGES, b"null", b"https://evil.example", b"http://192.168.1.20:8000", b"\x00"]
SITES = [b"same-origin", b"same-site", b"cross-site", b"none", b"", b"x"]
METHODS = ["GET", "POST", "OPTIONS", "HEAD", "TRACE", "get", "BREW"]


def some(chance: random.Random, values: list[bytes]) -> tuple[bytes, ...]:
    return tuple(chance.choices(values, k=chance.choice([0, 1, 1, 1, 2])))


def random_visit(chance: random.Random) -> Visit:
    return Visit(
        method=chance.choice(METHODS),
        hosts=some(chance, HOSTS) if chance.random() < 0.9 else (chance.randbytes(9),),
        peer=chance.choice(["127.0.0.1", "::1", PHONE, "10.0.0.1", "x", None]),
        path=chance.choice(["/", "/a", "*", "", "http://evil.example/"]),
        origins=some(chance, ORIGINS) if chance.random() < 0.5 else (),
        sites=some(chance, SITES) if chance.random() < 0.5 else (),
        modes=some(chance, [b"navigate", b"cors", b"no-cors"]),
        dests=some(chance, [b"document", b"empty", b"image"]),
        websocket=chance.random() < 0.2,
        preflight=chance.random() < 0.2,
        h2c=chance.random() < 0.05,
        pass_=chance.choice(list(PassKind)),
        via=chance.choice(list(Via)),
    )


def test_on_loopback_only_our_names_and_pages_pass_whatever_else_is_sent() -> None:
    chance, passed = random.Random(1), 0
    for _ in range(30_000):
        visit = random_visit(chance)
        if decide(visit, LOOPBACK) == Allow():
            passed += 1
            assert visit.peer in ("127.0.0.1", "::1", None)
            assert len(visit.hosts) == 1 and visit.hosts[0] in OUR_HOSTS
            assert set(visit.origins) <= OUR_PAGES and len(visit.origins) <= 1
            assert visit.method != "TRACE" and not visit.h2c
            cross = {b"cross-site", b"same-site"} & set(visit.sites)
            assert not (cross and visit.websocket and not visit.origins)
    assert passed > 300


def test_on_a_share_nobody_passes_without_a_pass_but_a_preflight() -> None:
    chance, passed = random.Random(2), 0
    for _ in range(30_000):
        visit = random_visit(chance).replaced(hosts=(b"192.168.1.20:8000",))
        decision = decide(visit, SHARE)
        if decision == Allow():
            passed += 1
            assert visit.peer in (PHONE, None)
            assert set(visit.origins) <= {b"http://192.168.1.20:8000"}
            code = visit.pass_ is PassKind.CODE and visit.method == "GET" and not visit.websocket
            preflight = visit.method == "OPTIONS" and visit.preflight and visit.origins
            assert visit.pass_ is PassKind.VALID or code or preflight
        elif decision == Ask():
            assert not visit.websocket and visit.pass_ in (PassKind.NONE, PassKind.EXPIRED)
        elif isinstance(decision, Deny):
            assert decision.status >= 400
    assert passed > 100

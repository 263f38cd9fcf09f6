"""The proof at a door: only well-formed questions are answered, all else is the app's."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from homeport.core.door import DoorKind, Policy
from homeport.core.opened_door import OpenedDoor
from homeport.core.proof import PATH, is_proven
from homeport.engine.guarding.proving import Proving, proving
from tests.engine.runtime import Environment, home, server

NONCE = "0a" * 16


async def app(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "app"})


@pytest.fixture
def here(tmp_path: Path) -> Environment:
    return home(tmp_path / "run")


def asked(door: Any, **changes: object) -> list[dict[str, Any]]:
    """What a request for the proof is answered with."""
    scope: dict[str, object] = {"type": "http", "method": "GET", "path": PATH, "root_path": ""}
    scope |= {"query_string": f"nonce={NONCE}".encode()} | changes
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(door(scope, None, send))
    return sent


def door(here: Environment, instance: str, name: str = "shop") -> Proving:
    return Proving(app, name=name, instance=instance, port=8001, environment=here)


def test_the_question_is_answered_with_a_proof_of_this_port(here: Environment) -> None:
    with server("shop", here, 8001) as shop:
        instance, secret = shop.entry.instance, shop.registration.secret()
        start, body = asked(door(here, instance))
        assert start["status"] == 200
        assert (b"cache-control", b"no-store") in start["headers"]
        proof = body["body"].decode().split('"')[3]
        assert is_proven(proof, secret, instance=instance, port=8001, nonce=NONCE)
        assert not is_proven(proof, secret, instance=instance, port=8002, nonce=NONCE)
        below = asked(door(here, instance), path="/api" + PATH, root_path="/api")
        assert below[0]["status"] == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"path": "/"},
        {"path": PATH + "/"},
        {"path": "/x" + PATH},
        {"method": "POST"},
        {"method": "HEAD"},
        {"type": "websocket"},
        {"query_string": b""},
        {"query_string": b"nonce="},
        {"query_string": b"nonce=" + b"0A" * 16},
        {"query_string": b"nonce=" + b"0a" * 17},
        {"query_string": b"nonce=" + b"zz" * 16},
        {"query_string": b"nonce=" + b"0a" * 16 + b"&nonce=" + b"0a" * 16},
        {"query_string": b"nonce=\xff"},
    ],
)
def test_every_other_request_is_the_app_s(here: Environment, changes: dict[str, object]) -> None:
    with server("shop", here, 8001) as shop:
        assert asked(door(here, shop.entry.instance), **changes) == [{"type": "app"}]


def test_who_is_not_the_one_in_the_registry_proves_nothing(here: Environment) -> None:
    assert asked(door(here, "00" * 16)) == [{"type": "app"}]  # no folder at all
    with server("shop", here, 8001) as shop:
        assert asked(door(here, "00" * 16)) == [{"type": "app"}]
        assert asked(door(here, shop.entry.instance, "api")) == [{"type": "app"}]
        (Path(here["XDG_RUNTIME_DIR"]) / "homeport").chmod(0o755)
        assert asked(door(here, shop.entry.instance)) == [{"type": "app"}]
        (Path(here["XDG_RUNTIME_DIR"]) / "homeport").chmod(0o700)


@pytest.mark.parametrize(
    ("kind", "name", "proves"),
    [
        (DoorKind.LOOPBACK, "shop", True),
        (DoorKind.OPEN, "shop", True),
        (DoorKind.SHARED, "shop", False),
        (DoorKind.LOOPBACK, None, False),
    ],
)
def test_visitors_of_a_share_are_not_offered_it(
    kind: DoorKind, name: str | None, proves: bool
) -> None:
    network = "192.168.1.0/24" if kind is DoorKind.SHARED else None
    policy = Policy(kind=kind, ip="127.0.0.1", port=8001, name=name, network=network)
    opened = OpenedDoor(number=0, policy=policy, instance="00" * 16)
    assert isinstance(proving(app, opened), Proving) is proves

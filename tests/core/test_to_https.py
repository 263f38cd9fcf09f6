"""Plain http is sent on to names that are the server's own, and to no others."""

import pytest

from homeport.core.door import DoorKind, Policy
from homeport.core.to_https import https_base


def base(
    host: str, *hosts: str, kind: DoorKind = DoorKind.LOOPBACK, at: str = "127.0.0.1"
) -> object:
    policy = Policy(kind=kind, ip="127.0.0.1", port=8000, tls=True, name="shop", hosts=hosts)
    return https_base(policy, at, host.encode())


@pytest.mark.parametrize(
    ("host", "where"),
    [
        ("localhost:8000", "https://localhost:8000"),
        ("LOCALHOST:8000", "https://localhost:8000"),
        ("127.0.0.1:8000", "https://127.0.0.1:8000"),
        ("[::1]:8000", "https://[::1]:8000"),
        ("shop.localhost:8000", "https://shop.localhost:8000"),
        ("localhost:49153", "https://localhost:49153"),
        ("localhost", "https://localhost:80"),
    ],
)
def test_an_own_name_keeps_its_port(host: str, where: str) -> None:
    assert base(host) == where


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8000", "localhost.evil.example", "localhost:", "a b", "", "é"],
)
def test_a_foreign_or_malformed_name_leads_nowhere(host: str) -> None:
    assert base(host) is None


def test_allowed_names_are_own_ones() -> None:
    assert base("dev.example:8000", "dev.example") == "https://dev.example:8000"
    assert base("dev.example:8000", "dev.example:8000") == "https://dev.example:8000"
    assert base("dev.example:8001", "dev.example:8000") is None
    assert base("any.example:1", "*") == "https://any.example:1"
    assert base("not a name", "*") is None


def test_an_open_door_knows_the_address_that_somebody_came_to() -> None:
    assert base("10.0.0.7:8000", kind=DoorKind.OPEN, at="10.0.0.7") == "https://10.0.0.7:8000"
    assert base("10.0.0.8:8000", kind=DoorKind.OPEN, at="10.0.0.7") is None

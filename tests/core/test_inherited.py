"""The variables of a service manager, and the sockets it gives."""

from typing import Any

import pytest

from homeport.core.address import Address
from homeport.core.errors import UsageError
from homeport.core.inherited import Socket, addresses, contradiction, descriptors, watchdog

HOME = Address(ip="127.0.0.1", port=8000)


def sock(**what: Any) -> Socket:
    usual: dict[str, Any] = {"descriptor": 3, "name": "", "kind": "tcp"}
    usual |= {"listens": True, "address": HOME} | what
    return Socket(**usual)


def test_descriptors_begin_at_three_and_have_names() -> None:
    told = {"LISTEN_PID": "7", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "web:api"}
    assert descriptors(told, 7) == {3: "web", 4: "api"}
    assert descriptors(told | {"LISTEN_FDNAMES": "one"}, 7) == {3: "", 4: ""}
    assert descriptors(told | {"LISTEN_FDS": "0"}, 7) == {}


def test_those_of_another_process_are_none_of_ours() -> None:
    assert descriptors({}, 7) == {}
    assert descriptors({"LISTEN_PID": "8", "LISTEN_FDS": "x"}, 7) == {}


@pytest.mark.parametrize("count", ["", "-1", "x", "65", "99999999999", "²"])
def test_a_count_that_is_none_is_refused(count: str) -> None:
    with pytest.raises(UsageError, match="LISTEN_FDS is"):
        descriptors({"LISTEN_PID": "7", "LISTEN_FDS": count}, 7)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ({"WATCHDOG_USEC": "2500000"}, 2.5),
        ({"WATCHDOG_USEC": "2500000", "WATCHDOG_PID": "7"}, 2.5),
        ({"WATCHDOG_USEC": "2500000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "9" * 30}, None),
        ({}, None),
    ],
)
def test_signs_of_life_are_wanted_by_a_manager_that_says_so(
    told: dict[str, str], seconds: float | None
) -> None:
    assert watchdog(told, 7) == seconds


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"kind": "none"}, "is not there"),
        ({"kind": "unix"}, "Unix socket"),
        ({"kind": "udp"}, "UDP socket"),
        ({"kind": "other"}, "no TCP socket"),
        ({"listens": False}, "does not listen"),
        ({"both": True}, "IPv4 and IPv6 at once"),
        ({"address": None}, "no link can name"),
        ({"address": Address(ip="fe80::1", port=80)}, "no link can name"),
        ({"address": Address(ip="::ffff:127.0.0.1", port=80)}, "no link can name"),
    ],
)
def test_a_socket_that_cannot_be_served_is_named(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence) as refusal:
        addresses([sock(name="web", **wrong)])
    assert "descriptor 3 (web)" in refusal.value.message


def test_sockets_share_a_port() -> None:
    other = Address(ip="::1", port=8000)
    assert addresses([sock(), sock(address=other)]) == (HOME, other)
    with pytest.raises(UsageError, match="ports 8000 and 9000"):
        addresses([sock(), sock(address=Address(ip="::1", port=9000))])


def test_a_wish_for_something_else_is_a_contradiction() -> None:
    def error(port: int | None, wanted: tuple[str, ...] | None) -> str | None:
        found = contradiction([HOME], port, "--port", wanted, "--host")
        return found.message if found is not None else None

    assert error(None, None) is error(0, None) is error(8000, ("127.0.0.1",)) is None
    assert error(9000, None) == "--port is 9000, but the service manager has opened 127.0.0.1:8000."
    assert error(None, ("0.0.0.0", "::")) == (
        "--host means 0.0.0.0 and ::, but the service manager has opened 127.0.0.1:8000."
    )

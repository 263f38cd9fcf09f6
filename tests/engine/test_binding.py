"""All listeners on one port, or none."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from homeport.core.errors import BindError, PortBusyError
from homeport.core.plan import BindPlan, Target
from homeport.engine.binding import Listeners, open_listeners

BOTH = (Target(ip="127.0.0.1"), Target(ip="::1", optional=True))


def plan(*ports: int, targets: tuple[Target, ...] = BOTH, asked: bool = True) -> BindPlan:
    return BindPlan(targets=targets, ports=ports, asked=asked)


@contextmanager
def opened(wanted: BindPlan) -> Iterator[Listeners]:
    listeners = open_listeners(wanted, "--port")
    try:
        yield listeners
    finally:
        listeners.close()


def holder(ip: str, port: int = 0) -> socket.socket:
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    sock = socket.socket(family)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.bind((ip, port))
    sock.listen()
    return sock


def test_port_zero_gives_one_port_for_both_families() -> None:
    with opened(plan(0)) as listeners:
        assert [address.ip for address in listeners.addresses] == ["127.0.0.1", "::1"]
        assert len({address.port for address in listeners.addresses}) == 1
        for address in listeners.addresses:
            socket.create_connection((address.ip, address.port)).close()


@pytest.mark.parametrize("ip", ["127.0.0.1", "::1", "0.0.0.0"])
def test_a_port_that_is_taken_on_one_of_the_addresses_is_refused(ip: str) -> None:
    with holder(ip) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortBusyError) as refusal:
            open_listeners(plan(port), "--port")
        assert refusal.value.facts["port"] == port
        assert refusal.value.facts["holders"]
    with opened(plan(port)) as listeners:  # neither of the two was left open
        assert listeners.port == port


def test_without_a_wish_the_next_port_that_is_free_on_both_is_taken() -> None:
    with ExitStack() as stack:
        first = stack.enter_context(holder("127.0.0.1"))
        port = first.getsockname()[1]
        stack.enter_context(holder("::1", port + 1))
        with opened(plan(port, port + 1, port + 2, asked=False)) as listeners:
            assert listeners.port == port + 2
            assert listeners.busy is not None
            assert listeners.busy.address.port == port
            assert [found.address.ip for found in listeners.busy.listeners] == ["127.0.0.1"]


def test_nothing_free_is_an_error_of_its_own() -> None:
    with holder("127.0.0.1") as other:
        port = other.getsockname()[1]
        with pytest.raises(BindError, match="in use"):
            open_listeners(plan(port, asked=False), "--port")


def test_an_address_of_another_computer_is_named() -> None:
    with pytest.raises(BindError, match=r"192\.0\.2\.55 is not an address of this computer"):
        open_listeners(plan(0, targets=(Target(ip="192.0.2.55"),)), "--port")


def test_an_optional_address_that_is_not_there_is_left_out() -> None:
    targets = (Target(ip="127.0.0.1"), Target(ip="192.0.2.55", optional=True))
    with opened(plan(0, targets=targets)) as listeners:
        assert listeners.skipped == ("192.0.2.55",)
        assert len(listeners.sockets) == 1


def test_who_else_may_answer_localhost_is_seen() -> None:
    with holder("::1") as other:
        port = other.getsockname()[1]
        with opened(plan(port, targets=(Target(ip="127.0.0.1"),))) as listeners:
            (stranger,) = listeners.shadows.strangers
            assert str(stranger.address) == f"[::1]:{port}"
    with opened(plan(0)) as listeners:
        assert listeners.shadows.strangers == ()


def test_the_wildcards_of_both_families_share_a_port() -> None:
    targets = (Target(ip="0.0.0.0"), Target(ip="::", optional=True))
    with opened(plan(0, targets=targets)) as listeners:
        assert [address.ip for address in listeners.addresses] == ["0.0.0.0", "::"]


def test_our_own_restart_works_while_old_connections_linger() -> None:
    with opened(plan(0)) as listeners:
        port = listeners.port
        client = socket.create_connection(("127.0.0.1", port))
        listeners.sockets[0].setblocking(True)
        accepted, _ = listeners.sockets[0].accept()
        accepted.close()  # the server closes first: TIME_WAIT is on its side
        client.close()
    with opened(plan(port)) as listeners:
        assert listeners.port == port

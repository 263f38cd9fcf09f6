"""Every state of a port that research B2 found, made for real: each gets its own sentence."""

import socket
import time
from contextlib import ExitStack

from homeport.core.address import Address
from homeport.core.availability import Availability, Level, ObstacleCode
from homeport.core.port_words import headline, notes
from homeport.host.survey import port_report, why_busy
from tests.host.own_network import DEADLINE, own_network

PORT = 8000


def judged(port: int = PORT) -> Availability:
    return port_report(port).availability


def codes(free: Availability) -> list[ObstacleCode]:
    return [each.code for each in free.obstacles]


def listening(ip: str = "127.0.0.1", *, reuse: bool = False, port: int = PORT) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET)
    if reuse:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((ip, port))
    sock.listen()
    return sock


def connection(stack: ExitStack, server: socket.socket) -> tuple[socket.socket, socket.socket]:
    """The client's end and the accepted one."""
    client = stack.enter_context(socket.create_connection(server.getsockname()[:2]))
    accepted, _ = server.accept()
    return client, stack.enter_context(accepted)


@own_network
def test_a_quiet_port_is_as_free_as_can_be() -> None:
    free = judged()
    assert free.level is Level.STABLE
    assert headline(free) == "Port 8000 is free: 127.0.0.1 and ::1 can both be had."


@own_network
def test_bound_and_not_listening() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", PORT))
        free = judged()
        assert codes(free) == [ObstacleCode.BOUND_INACTIVE]
        assert "bound to it and does not listen, held by pid" in headline(free)


@own_network
def test_a_dual_stack_socket_holds_ipv4_too() -> None:
    with socket.socket(socket.AF_INET6) as sock:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind(("::", PORT))
        sock.listen()
        assert ObstacleCode.OTHER_FAMILY in codes(judged())
        assert "IPv6 socket that takes IPv4 too" in headline(judged())


@own_network
def test_only_one_half_of_localhost_is_held() -> None:
    with listening("::1"):
        free = judged()
        assert codes(free)[0] is ObstacleCode.HELD
        assert "listens on ::1" in headline(free)


def closed_by_the_server(*, reuse: bool) -> None:
    """Leaves a connection in TIME_WAIT on the server's side."""
    with ExitStack() as stack:
        server = stack.enter_context(listening(reuse=reuse))
        client, accepted = connection(stack, server)
        accepted.close()
        assert client.recv(1) == b""


@own_network
def test_time_wait_of_a_server_that_reused_addresses_is_no_obstacle_for_us() -> None:
    closed_by_the_server(reuse=True)
    free = judged()
    assert free.bindable
    assert [each.code for each in free.harmless] == [ObstacleCode.TIME_WAIT]
    assert "servers that set SO_REUSEADDR (homeport, uvicorn) can start now" in notes(free)[0]


@own_network
def test_time_wait_of_one_that_did_not_is_waited_for() -> None:
    closed_by_the_server(reuse=False)
    free = judged()
    assert codes(free) == [ObstacleCode.TIME_WAIT]
    assert " s more (TIME_WAIT); it is free after that" in headline(free)


@own_network
def test_a_connection_that_outlived_its_server() -> None:
    with ExitStack() as stack:
        server = listening()
        connection(stack, server)
        server.close()
        free = judged()
        assert codes(free) == [ObstacleCode.LEFTOVER]
        assert "to a former server is open, held by pid" in headline(free)


@own_network
def test_an_outgoing_connection_that_was_given_the_port() -> None:
    with ExitStack() as stack:
        server = stack.enter_context(listening(port=443))
        client, _ = connection(stack, server)
        port = client.getsockname()[1]
        free = judged(port)
        assert codes(free)[0] is ObstacleCode.OUTGOING
        assert "a connection to 127.0.0.1:443 has it as its source port" in headline(free)


@own_network
def test_udp_is_another_matter() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", PORT))
        assert judged().level is Level.STABLE


@own_network
def test_one_that_is_free_on_the_second_look_was_explained_on_the_first() -> None:
    """The conflict message of a server says the same as `homeport port`."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", PORT))
        assert codes(why_busy(Address(ip="127.0.0.1", port=PORT))) == [ObstacleCode.BOUND_INACTIVE]
    deadline = time.monotonic() + DEADLINE
    while not judged().bindable:
        assert time.monotonic() < deadline

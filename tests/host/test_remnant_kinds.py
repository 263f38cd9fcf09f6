import pytest

from homeport.core.address import Address
from homeport.core.facts import Listener, RemnantKind
from homeport.host.remnant_kinds import by_port, kind_of
from homeport.host.socket_rows import Row

ESTABLISHED, SYN_SENT, FIN_WAIT2, TIME_WAIT, CLOSE, LISTEN = 1, 2, 5, 6, 7, 10
EPHEMERAL = range(32768, 61000)


def listening(address: str) -> Listener:
    return Listener(address=Address.parse(address), v6only=False, user=None)


def kind(
    port: int,
    peer: str = "192.0.2.9:50000",
    *others: Listener,
    state: int = ESTABLISHED,
    seconds: float | None = None,
) -> RemnantKind | None:
    at = Address.parse(peer)
    row = Row(state, "192.0.2.1", port, at.ip, at.port, uid=0, inode=1, seconds=seconds)
    return kind_of(row, by_port(others), EPHEMERAL)


def test_a_connection_to_a_port_of_a_server_is_what_the_server_left() -> None:
    assert kind(8000) is RemnantKind.LEFTOVER
    assert kind(8000, "192.0.2.1:8080") is RemnantKind.LEFTOVER
    assert kind(443, "192.0.2.9:1000") is RemnantKind.LEFTOVER


@pytest.mark.parametrize(
    ("port", "peer"),
    [(50000, "192.0.2.9:443"), (50000, "192.0.2.9:8000"), (8000, "192.0.2.9:443")],
)
def test_a_connection_from_a_port_of_clients_goes_out(port: int, peer: str) -> None:
    assert kind(port, peer) is RemnantKind.OUTGOING


def test_a_connection_to_a_server_of_this_computer_goes_out() -> None:
    assert kind(8000, "192.0.2.1:9000", listening("192.0.2.1:9000")) is RemnantKind.OUTGOING
    assert kind(50001, "192.0.2.1:50000", listening("0.0.0.0:50000")) is RemnantKind.OUTGOING
    assert kind(8000, "192.0.2.1:9000", listening("127.0.0.1:9000")) is RemnantKind.LEFTOVER


def test_both_ports_of_clients_say_nothing_so_it_may_be_a_server() -> None:
    assert kind(50001, "192.0.2.9:50000") is RemnantKind.LEFTOVER


def test_what_is_being_connected_goes_out() -> None:
    assert kind(8000, state=SYN_SENT) is RemnantKind.OUTGOING


def test_what_the_system_only_remembers_has_its_time() -> None:
    assert kind(8000, state=TIME_WAIT, seconds=3.0) is RemnantKind.TIME_WAIT
    assert kind(8000, state=FIN_WAIT2, seconds=3.0) is RemnantKind.TIME_WAIT
    assert kind(8000, state=TIME_WAIT) is RemnantKind.TIME_WAIT
    assert kind(8000, state=FIN_WAIT2) is RemnantKind.LEFTOVER


@pytest.mark.parametrize("address", ["192.0.2.1:8000", "0.0.0.0:8000", "[::]:8000"])
def test_a_connection_that_a_listener_explains_is_none(address: str) -> None:
    assert kind(8000, "192.0.2.9:50000", listening(address)) is None
    assert kind(8000, "192.0.2.9:50000", listening(address), state=TIME_WAIT) is None


@pytest.mark.parametrize("address", ["127.0.0.1:8000", "192.0.2.1:8001"])
def test_a_listener_elsewhere_explains_nothing(address: str) -> None:
    assert kind(8000, "192.0.2.9:50000", listening(address)) is RemnantKind.LEFTOVER


def test_a_bound_socket_is_explained_by_nobody_and_a_listener_is_no_remnant() -> None:
    assert kind(8000, "0.0.0.0:0", listening("0.0.0.0:8000"), state=CLOSE) is RemnantKind.BOUND
    assert kind(8000, "0.0.0.0:0", state=LISTEN) is None

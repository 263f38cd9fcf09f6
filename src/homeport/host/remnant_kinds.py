"""What a socket that does not listen is doing on its port, as far as the table tells."""

from collections.abc import Iterable, Mapping, Sequence

from homeport.core.facts import Listener, RemnantKind
from homeport.host.socket_rows import CLOSE, LISTEN, SYN_SENT, TIME_WAIT, Row

_FIRST_HIGH_PORT = 1024


def kind_of(
    row: Row, listening: Mapping[int, Sequence[Listener]], ephemeral: range
) -> RemnantKind | None:
    """What `row` is; None for a connection of a server that still listens, and for a listener.

    `listening` are all listeners by their port. A table does not tell who began a connection, so
    that is a judgement: we did when a server is at the other end, or when only our port is one of
    those that the system gives to clients (`ephemeral`).
    """
    if row.state == LISTEN:
        return None
    if row.state == CLOSE:
        return RemnantKind.BOUND
    if any(one.covers(row.ip) for one in listening.get(row.port, ())):
        return None
    if row.state == TIME_WAIT or row.seconds is not None:
        return RemnantKind.TIME_WAIT
    served = any(one.covers(row.peer_ip) for one in listening.get(row.peer_port, ()))
    if (
        row.state == SYN_SENT
        or served
        or row.peer_port < _FIRST_HIGH_PORT <= row.port
        or (row.port in ephemeral and row.peer_port not in ephemeral)
    ):
        return RemnantKind.OUTGOING
    return RemnantKind.LEFTOVER


def by_port(listeners: Iterable[Listener]) -> dict[int, list[Listener]]:
    """The listeners of each port."""
    found: dict[int, list[Listener]] = {}
    for one in listeners:
        found.setdefault(one.address.port, []).append(one)
    return found

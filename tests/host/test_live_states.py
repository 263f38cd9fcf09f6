"""Every state a port can be in, made with real sockets in a network namespace of its own."""

import os
import socket
from collections.abc import Sequence

from homeport import host
from homeport.core.address import Address
from homeport.core.facts import Listener, Remnant, RemnantKind
from tests.host.own_network import own_network, run

PORT = 8000
NOBODY = 65534
IPPROTO_MPTCP = 262


def bound(
    ip: str,
    port: int = PORT,
    *,
    reuse: Sequence[int] = (socket.SO_REUSEADDR,),
    v6only: bool | None = None,
) -> socket.socket:
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    for option in reuse:
        sock.setsockopt(socket.SOL_SOCKET, option, 1)
    if v6only is not None:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6only)
    sock.bind((ip, port))
    return sock


def listening(ip: str, port: int = PORT, *, v6only: bool | None = None) -> socket.socket:
    sock = bound(ip, port, v6only=v6only)
    sock.listen()
    return sock


def seen(port: int | None = PORT) -> list[Listener]:
    return list(host.listeners(port, owners=False))


def only_remnant(port: int = PORT) -> Remnant:
    [remnant] = host.remnants(port)
    return remnant


@own_network
def test_dual_stack_is_told_from_ipv6_alone() -> None:
    with listening("::", v6only=False), listening("::", PORT + 1, v6only=True):
        assert [(str(one.address), one.v6only) for one in seen()] == [("[::]:8000", False)]
        assert [(str(one.address), one.v6only) for one in seen(PORT + 1)] == [("[::]:8001", True)]
        assert {one.address.port for one in seen(None)} == {PORT, PORT + 1}


@own_network
def test_a_mapped_address_is_ipv4() -> None:
    with listening("::ffff:127.0.0.1", v6only=False):
        [one] = seen()
        assert (one.address, one.mapped) == (Address(ip="127.0.0.1", port=PORT), True)


@own_network
def test_a_listener_of_one_device_names_it() -> None:
    with bound("0.0.0.0") as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
        sock.listen()
        assert [one.device for one in seen()] == ["lo"]


@own_network
def test_a_socket_that_is_bound_and_does_not_listen_is_a_remnant() -> None:
    with bound("127.0.0.1") as sock:
        assert seen() == []
        remnant = only_remnant()
        assert (remnant.kind, str(remnant.address)) == (RemnantKind.BOUND, "127.0.0.1:8000")
        assert (remnant.peer, remnant.seconds, remnant.user) == (None, None, "root")
        assert [holder.pid for holder in remnant.holders] == [os.getpid()]
        sock.listen()
        assert host.remnants(PORT) == ()
        assert len(seen()) == 1


@own_network
def test_what_a_server_left_behind() -> None:
    server = listening("127.0.0.1")
    client = socket.create_connection(("127.0.0.1", PORT))
    accepted = server.accept()[0]
    assert host.remnants(PORT) == ()
    server.close()
    remnant = only_remnant()
    assert remnant.kind is RemnantKind.LEFTOVER
    assert str(remnant.peer) == "127.0.0.1:" + str(client.getsockname()[1])
    assert [holder.pid for holder in remnant.holders] == [os.getpid()]
    accepted.close()
    assert client.recv(1) == b""
    client.close()
    remnant = only_remnant()
    assert (remnant.kind, remnant.user, remnant.holders) == (RemnantKind.TIME_WAIT, None, ())
    assert remnant.seconds is not None
    assert 50 < remnant.seconds <= 60


@own_network
def test_a_mapped_connection_that_is_left_behind_is_ipv4() -> None:
    with listening("::", v6only=False) as server:
        client = socket.create_connection(("127.0.0.1", PORT))
        accepted = server.accept()[0]
    with client, accepted:
        remnant = only_remnant()
        assert (remnant.kind, remnant.address.ip) == (RemnantKind.LEFTOVER, "127.0.0.1")


@own_network
def test_an_outgoing_connection_has_its_source_port() -> None:
    with listening("127.0.0.1", 443), bound("127.0.0.1") as client:
        client.connect(("127.0.0.1", 443))
        remnant = only_remnant()
        assert (remnant.kind, str(remnant.peer)) == (RemnantKind.OUTGOING, "127.0.0.1:443")
    with listening("127.0.0.1", 9000), socket.create_connection(("127.0.0.1", 9000)) as client:
        assert only_remnant(client.getsockname()[1]).kind is RemnantKind.OUTGOING


@own_network
def test_a_listener_elsewhere_does_not_explain_a_connection() -> None:
    with listening("127.0.0.1") as server:
        client = socket.create_connection(("127.0.0.1", PORT))
        accepted = server.accept()[0]
    with client, accepted, listening("127.0.0.2"):
        assert only_remnant().kind is RemnantKind.LEFTOVER
    with client, listening("0.0.0.0"):
        assert host.remnants(PORT) == ()


@own_network
def test_a_group_that_shares_a_port_is_told_one_by_one() -> None:
    both = (socket.SO_REUSEADDR, socket.SO_REUSEPORT)
    sockets = [bound("127.0.0.1", reuse=both) for _ in range(3)]
    for sock in sockets:
        sock.listen()
    found = host.listeners(PORT)
    assert len({one.inode for one in found}) == 3
    assert {os.fstat(sock.fileno()).st_ino for sock in sockets} == {one.inode for one in found}
    assert {holder.pid for one in found for holder in one.holders} == {os.getpid()}


@own_network
def test_a_listener_of_multipath_tcp_has_its_holder() -> None:
    try:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)
    except OSError:  # a kernel without it
        return
    with sock:
        sock.bind(("127.0.0.1", PORT))
        sock.listen()
        [one] = host.listeners(PORT)
        assert [holder.pid for holder in one.holders] == [os.getpid()]


@own_network
def test_all_holders_of_one_socket_are_told_with_their_parents() -> None:
    with listening("127.0.0.1"):
        read_end, write_end = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(write_end)
            os.read(read_end, 1)
            os._exit(0)
        [one] = host.listeners(PORT)
        assert [holder.pid for holder in one.holders] == [os.getpid(), child]
        parents = [[parent.pid for parent in holder.ancestors] for holder in one.holders]
        assert parents[0][0] == os.getppid()
        assert parents[1][:2] == [os.getpid(), os.getppid()]
        assert parents[1][-1] == 1
        os.close(write_end)
        os.waitpid(child, 0)
        assert [holder.pid for holder in host.listeners(PORT)[0].holders] == [os.getpid()]


@own_network
def test_another_user_sees_the_listener_and_whose_it_is_but_no_process() -> None:
    sockets = [listening("127.0.0.1"), bound("127.0.0.1", PORT + 1)]
    # Our modules may be in a folder that is closed to nobody: all are imported before.
    assert len(host.listeners(PORT)[0].holders) == len(only_remnant(PORT + 1).holders) == 1
    host.interfaces(), host.namespaces(), host.user()
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        assert status == 0  # what failed in the child is told first
        return
    for sock in sockets:
        sock.close()
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    [one] = host.listeners(PORT)
    assert (one.user, one.holders) == ("root", ())
    remnant = only_remnant(PORT + 1)
    assert (remnant.kind, remnant.user) == (RemnantKind.BOUND, "root")
    assert remnant.holders == ()
    assert host.user() == "nobody"
    assert [interface.name for interface in host.interfaces()] == ["lo"]
    host.namespaces()  # whatever there is, it is no error


@own_network
def test_ipv6_that_is_switched_off_is_no_error() -> None:
    run("sysctl -q -w net.ipv6.conf.all.disable_ipv6=1")
    with listening("127.0.0.1"):
        assert [str(one.address) for one in seen()] == ["127.0.0.1:8000"]
        assert host.remnants(PORT) == ()

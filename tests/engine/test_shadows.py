"""Who else may answer on our port, at the start and later."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from homeport.engine.shadows import Shadows
from tests.engine.live import HELLO, homeport


def listening(ip: str, port: int = 0) -> socket.socket:
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    sock = socket.socket(family)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.bind((ip, port))
    sock.listen()
    return sock


@contextmanager
def ours(*ips: str) -> Iterator[list[socket.socket]]:
    """Our listeners on one port."""
    with ExitStack() as stack:
        first = stack.enter_context(listening(ips[0]))
        port = first.getsockname()[1]
        yield [first, *(stack.enter_context(listening(ip, port)) for ip in ips[1:])]


def port_of(sockets: list[socket.socket]) -> int:
    port: int = sockets[0].getsockname()[1]
    return port


@pytest.mark.parametrize("ips", [("127.0.0.1", "::1"), ("0.0.0.0", "::"), ("127.0.0.1", "::")])
def test_who_holds_both_families_need_never_look_again(ips: tuple[str, ...]) -> None:
    with ours(*ips) as sockets:
        shadows = Shadows(sockets)
        assert shadows.strangers == ()
        assert shadows.due is None
        assert shadows.take(1e12) == ()


@pytest.mark.parametrize(("mine", "theirs"), [("127.0.0.1", "::1"), ("::1", "127.0.0.1")])
def test_a_stranger_that_was_there_before_is_seen_with_its_process(mine: str, theirs: str) -> None:
    with ours(mine) as sockets, listening(theirs, port_of(sockets)):
        (stranger,) = Shadows(sockets).strangers
        assert stranger.address.ip == theirs
        assert stranger.holders


def test_a_stranger_that_comes_later_is_told_once_and_again_when_it_comes_back() -> None:
    with ours("127.0.0.1") as sockets:
        shadows = Shadows(sockets)
        assert shadows.strangers == ()
        for _ in range(2):
            with listening("::1", port_of(sockets)):
                assert shadows.due is not None
                assert shadows.take(shadows.due - 0.001) == ()
                (stranger,) = shadows.take(shadows.due)
                assert stranger.address.ip == "::1"
                assert shadows.take(shadows.due) == ()
            assert shadows.take(shadows.due) == ()


def test_a_neighbour_on_an_address_that_is_no_link_of_ours_is_none_of_our_business() -> None:
    with ours("127.0.0.1", "::1") as sockets, listening("127.0.0.2", port_of(sockets)):
        assert Shadows(sockets).strangers == ()
    with ours("127.0.0.2") as sockets, listening("127.0.0.3", port_of(sockets)):
        assert Shadows(sockets).strangers == ()


def test_a_running_server_tells_when_another_program_takes_half_of_localhost(
    tmp_path: Path,
) -> None:
    (tmp_path / "main.py").write_text(HELLO)
    with homeport(tmp_path, "--host", "127.0.0.1") as server:
        server.ready()
        with listening("::1", server.port):
            warning = server.until("log", level="warning")["message"]
    assert warning.startswith(f"http://localhost:{server.port} may reach another server: [::1]:")

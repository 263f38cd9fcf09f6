"""`homeport unshare` says that the address is closed when it is."""

import socket
import threading
from collections.abc import Iterator

import pytest

from homeport.core.errors import HomeportError
from homeport.ui.cli.unshare import until_closed


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.7", 0)) as sock:
        yield sock


def url_of(listener: socket.socket) -> str:
    return "http://{}:{}".format(*listener.getsockname())


def test_it_waits_for_the_end_of_the_listener(listener: socket.socket) -> None:
    url = url_of(listener)
    later = threading.Timer(0.2, listener.close)
    later.start()
    until_closed(url, "shop")
    assert listener.fileno() == -1
    later.join()


def test_an_address_that_stays_open_is_not_said_to_be_closed(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    with pytest.raises(HomeportError) as refused:
        until_closed(url_of(listener), "shop")
    assert refused.value.code == "still-open"
    assert refused.value.next_steps[0].endswith(f"homeport port {port}")


def test_another_address_with_that_port_is_none_of_its_business(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    until_closed(f"http://127.0.0.8:{port}", "shop")
    until_closed(f"https://127.0.0.8:{port}", "shop")

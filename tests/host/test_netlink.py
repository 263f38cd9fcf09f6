import errno
import socket
import struct
import sys

import pytest

from homeport.host import netlink
from homeport.host.netlink import Interrupted, attributes, collect, dump, number, text
from tests.host.damaged import damaged_bytes
from tests.host.own_network import own_network
from tests.host.recordings import recorded

DONE, ERROR, OVERRUN, ENTRY = 3, 2, 4, 20


def message(kind: int, payload: bytes, *, flags: int = 2, sequence: int = 7) -> bytes:
    padding = bytes(-len(payload) % 4)
    return struct.pack("=IHHII", 16 + len(payload), kind, flags, sequence, 0) + payload + padding


def code(value: int) -> bytes:
    return struct.pack("=i", value)


def test_entries_are_collected_until_the_end_of_the_table() -> None:
    payloads: list[bytes] = []
    assert not collect(message(ENTRY, b"one") + message(ENTRY, b"second"), 7, payloads)
    assert collect(
        message(ENTRY, b"3") + message(DONE, code(0)) + message(ENTRY, b"4"), 7, payloads
    )
    assert payloads == [b"one", b"second", b"3"]


def test_answers_to_another_question_do_not_count() -> None:
    payloads: list[bytes] = []
    assert not collect(
        message(ENTRY, b"old", sequence=6) + message(DONE, code(0), sequence=6), 7, payloads
    )
    assert payloads == []


@pytest.mark.parametrize("kind", [ERROR, DONE])
def test_a_refusal_is_an_error_with_its_number(kind: int) -> None:
    with pytest.raises(PermissionError):
        collect(message(kind, code(-errno.EPERM)), 7, [])


def test_an_error_without_a_number_ends_the_table() -> None:
    assert collect(message(ERROR, b""), 7, [])


def test_lost_messages_are_an_error() -> None:
    with pytest.raises(OSError, match="buffer"):
        collect(message(OVERRUN, b""), 7, [])


def test_a_table_that_changed_is_asked_for_again_but_not_for_ever() -> None:
    with pytest.raises(Interrupted):
        collect(message(ENTRY, b"half", flags=0x12), 7, [])
    asked = []

    def changing(protocol: int, kind: int, body: bytes) -> list[bytes]:
        asked.append((protocol, kind, body))
        if len(asked) != 3:
            raise Interrupted
        return [b"whole"]

    assert dump(4, 20, b"x", changing) == [b"whole"]
    assert asked == [(4, 20, b"x")] * 3
    with pytest.raises(Interrupted):
        dump(4, 20, b"x", changing)
    assert len(asked) == 3 + 5


@pytest.mark.parametrize("length", [0, 15, 21, 0xFFFFFFFF])
def test_a_message_of_an_impossible_length_is_an_error(length: int) -> None:
    with pytest.raises(OSError):
        collect(struct.pack("=IHHII", length, ENTRY, 2, 7, 0) + b"abcd", 7, [])


def test_garbage_raises_nothing_but_an_os_error() -> None:
    whole = message(ENTRY, b"one") + message(ERROR, code(-1)) + message(DONE, code(0))
    for data in damaged_bytes([whole], seed=1):
        try:
            collect(data, 7, [])
        except OSError:
            continue


def test_attributes_are_found_behind_a_header_and_their_padding() -> None:
    data = b"head" + b"\x05\0\x0b\0\x01\0\0\0" + b"\x08\0\x02\x80abcd" + b"\x04\0\x03\0"
    assert attributes(data, 4) == {11: b"\x01", 2: b"abcd", 3: b""}


def test_attributes_end_where_a_length_is_wrong() -> None:
    good = b"\x05\0\x0b\0\x01\0\0\0"
    for wrong in (b"\x03\0\x01\0", b"\xff\0\x01\0", b"\0\0\0\0", b"\x05\0"):
        assert attributes(good + wrong) == {11: b"\x01"}


def test_attributes_of_garbage_raise_nothing() -> None:
    for data in damaged_bytes(recorded("link"), seed=2):
        for value in attributes(data, 16).values():
            number(value), text(value)


def test_values_of_attributes() -> None:
    assert number(struct.pack("=I", 70000)) == 70000
    assert number(struct.pack("=Q", 1 << 40)) == 1 << 40
    assert number(b"\x01") == 1
    assert number(None) is number(b"") is number(b"abc") is None
    assert text(b"eth0\0") == "eth0"
    assert text(None) == text(b"\0") == ""


needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux")


@needs_linux
def test_the_kernel_says_what_it_does_not_know() -> None:
    with pytest.raises(OSError) as refused:
        dump(socket.NETLINK_ROUTE, 9999, bytes(16))
    assert refused.value.errno == errno.EOPNOTSUPP


@own_network
def test_a_long_table_comes_whole() -> None:
    servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(800)]
    body = struct.pack("=BBBxI", socket.AF_INET, socket.IPPROTO_TCP, 0, 1 << 10) + bytes(48)
    assert len(netlink.dump(4, 20, body)) == len(servers)

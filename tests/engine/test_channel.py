"""Messages and descriptors between two processes."""

import os
import resource
import socket
import threading

import pytest

from homeport.core.wire import Drained, Retire, Used
from homeport.core.wire_doors import Asked, Serve
from homeport.engine.channel import Channel, Received


def test_messages_arrive_in_order_however_they_are_cut() -> None:
    ours, theirs = Channel.pair()
    there = Channel(theirs)
    big = Used(files={f"/x/{i}": [i, i] for i in range(3000)})
    ours.send(Retire(grace=0.5, timeout=2.0))
    ours.send(big)
    assert there.receive().message == Retire(grace=0.5, timeout=2.0)
    assert there.receive().message == big
    ours.close()
    there.close()


def test_descriptors_belong_to_their_message() -> None:
    ours, theirs = Channel.pair()
    there = Channel(theirs)
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
    ):
        ours.send(Serve(descriptors=1), (one.fileno(),))
        ours.send(Drained(cut_requests=0))
        ours.send(Serve(descriptors=2), (two.fileno(), one.fileno()))
        received = [there.receive() for _ in range(3)]
        assert [len(item.descriptors) for item in received] == [1, 0, 2]
        names = []
        for item in received:
            for descriptor in item.descriptors:
                with socket.socket(fileno=descriptor) as copy:
                    names.append(copy.getsockname())
        assert names == [one.getsockname(), two.getsockname(), one.getsockname()]
    ours.close()
    there.close()


def test_received_descriptors_are_not_inherited_by_programs() -> None:
    ours, theirs = Channel.pair()
    there = Channel(theirs)
    ours.send(Serve(descriptors=1), (0,))
    (descriptor,) = there.receive().descriptors
    assert not os.get_inheritable(descriptor)
    os.close(descriptor)
    ours.close()
    there.close()


def test_the_end_of_the_other_side_is_seen_and_sending_to_it_is_no_error() -> None:
    ours, theirs = Channel.pair()
    theirs.close()
    with pytest.raises(EOFError):
        ours.receive()
    assert ours.send(Retire(grace=0, timeout=0)) is False
    ours.close()


def test_descriptors_that_this_process_cannot_open_are_missing_and_nothing_else() -> None:
    ours, theirs = Channel.pair()
    there = Channel(theirs)
    ours.send(Serve(descriptors=3), (0, 0, 0))
    ours.send(Serve(descriptors=1), (0,))
    used = max(int(name) for name in os.listdir("/proc/self/fd")) + 1
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    spare = [os.dup(0) for _ in range(used - len(os.listdir("/proc/self/fd")))]  # no gaps
    highest = max(int(name) for name in os.listdir("/proc/self/fd")) + 1
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, hard))
    try:
        first = there.receive()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    second = there.receive()
    assert first.message == Serve(descriptors=3)
    assert len(first.descriptors) < 3
    assert len(second.descriptors) == 1
    for descriptor in (*spare, *first.descriptors, *second.descriptors):
        os.close(descriptor)
    ours.close()
    there.close()


def small(number: int) -> Asked:
    return Asked(number=number, what="knock", text="x" * 200, peer="10.0.0.1", agent="a" * 100)


def test_two_ends_that_send_much_before_they_read_do_not_wait_for_each_other() -> None:
    ours, sock = Channel.pair()
    theirs = Channel(sock)
    for channel in (ours, theirs):
        channel.never_wait(lambda: None)
        for number in range(3_000):
            assert channel.send(small(number))
        assert channel.is_stuck and not channel.has_room()
    for channel, other in ((ours, theirs), (theirs, ours)):
        heard: list[int] = []
        while len(heard) < 3_000:
            channel.go_on()
            other.go_on()
            if channel.is_readable():
                heard += [each.message.number for each in channel.read() or ()]  # type: ignore[union-attr]
        assert heard == [*range(3_000)]
    assert not ours.is_stuck and not theirs.is_stuck
    ours.close()
    theirs.close()


def test_descriptors_wait_with_their_message_as_copies() -> None:
    ours, sock = Channel.pair()
    theirs = Channel(sock)
    ours.never_wait(lambda: None)
    while not ours.is_stuck:
        ours.send(small(0))
    read_end, write_end = os.pipe()
    ours.send(Serve(descriptors=1), (write_end,))
    os.close(write_end)
    received: list[Received] = []
    while ours.is_stuck or theirs.is_readable():
        received += theirs.read() or ()
        ours.go_on()
    (copy,) = received[-1].descriptors
    os.write(copy, b"there")
    assert os.read(read_end, 10) == b"there"
    for descriptor in (copy, read_end):
        os.close(descriptor)
    ours.close()
    theirs.close()


def test_a_socket_that_an_event_loop_has_made_non_blocking_loses_nothing() -> None:
    """uvloop does that to what it watches."""
    ours, sock = Channel.pair()
    os.set_blocking(ours.fileno(), False)
    theirs = Channel(sock)
    heard: list[Received] = []

    def hear() -> None:
        while len(heard) < 2_000:
            heard.extend(theirs.read() or ())

    reader = threading.Thread(target=hear)
    reader.start()
    for number in range(2_000):
        assert ours.send(small(number))
    reader.join(20)
    assert [each.message.number for each in heard] == [*range(2_000)]  # type: ignore[union-attr]
    ours.close()
    theirs.close()


def test_what_waits_for_an_end_that_is_gone_is_let_go() -> None:
    ours, sock = Channel.pair()
    ours.never_wait(lambda: None)
    while not ours.is_stuck:
        ours.send(small(0))
    sock.close()
    ours.go_on()
    assert not ours.is_stuck
    assert not ours.send(small(1))
    ours.close()

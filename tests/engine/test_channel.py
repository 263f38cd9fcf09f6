"""Messages and descriptors between two processes."""

import os
import resource
import socket

import pytest

from homeport.core.wire import Drained, Retire, Used
from homeport.core.wire_doors import Serve
from homeport.engine.channel import Channel


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

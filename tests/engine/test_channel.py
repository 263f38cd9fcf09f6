"""Messages and descriptors between two processes."""

import os
import socket

import pytest

from homeport.core.wire import Drained, Retire, Serve, Used
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

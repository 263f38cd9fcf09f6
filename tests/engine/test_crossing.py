"""Connections between two workers: none is lost, none is kept, nobody runs out of descriptors."""

import os
import resource
import socket

import pytest

from homeport.core.wire import Adopt, Handed, Message, Taken
from homeport.engine.crossing import Crossing, half_of_what_may_be_open


class Line:
    """What the supervisor sends, and a batch of pipes to hand over."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, Message]] = []
        self.fails: Exception | bool | None = None
        self.crossing = Crossing(self.send, most_held=128)
        self._other_ends: list[int] = []

    def send(self, worker: int, message: Message, descriptors: tuple[int, ...]) -> bool:
        if isinstance(message, Adopt):
            assert len(descriptors) == message.descriptors
            if isinstance(self.fails, Exception):
                raise self.fails
            if self.fails:
                return False
            for number in descriptors:
                os.fstat(number)
        self.sent.append((worker, message))
        return True

    def hand(self, sender: int, count: int = 1) -> tuple[int, ...]:
        """A batch arrives from a worker."""
        ends = [os.pipe() for _ in range(count)]
        self._other_ends += [write for _, write in ends]
        descriptors = tuple(read for read, _ in ends)
        handed = Handed(descriptors=count, listener=1, used=True)
        self.crossing.arrived(sender, handed, descriptors)
        return descriptors

    def adopted(self) -> list[int]:
        return [worker for worker, message in self.sent if isinstance(message, Adopt)]

    def allowed(self) -> list[int]:
        return [worker for worker, message in self.sent if isinstance(message, Taken)]

    def close(self) -> None:
        for end in self._other_ends:
            os.close(end)


@pytest.fixture
def line():  # type: ignore[no-untyped-def]
    made = Line()
    yield made
    made.crossing.close()
    for worker in (1, 2, 3):
        made.crossing.gone(worker)
    made.close()


def is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def test_a_batch_goes_to_the_current_worker_and_is_let_go_when_it_has_it(line: Line) -> None:
    line.crossing.towards(2)
    (descriptor,) = line.hand(1)
    assert line.sent == [(2, Adopt(descriptors=1, listener=1, used=True)), (1, Taken())]
    assert is_open(descriptor)
    line.crossing.taken(2)
    assert not is_open(descriptor)


def test_one_batch_at_a_time(line: Line) -> None:
    line.crossing.towards(2)
    line.hand(1)
    line.hand(1)
    assert line.adopted() == [2]
    line.crossing.taken(2)
    assert line.adopted() == [2, 2]


def test_what_a_worker_did_not_take_before_it_died_is_for_the_next_one(line: Line) -> None:
    line.crossing.towards(2)
    (first,), (second,) = line.hand(1), line.hand(1)
    line.crossing.gone(2)
    assert is_open(first) and is_open(second)
    line.crossing.towards(3)
    line.crossing.taken(3)
    assert line.adopted() == [2, 3, 3]
    assert not is_open(first) and is_open(second)


def test_without_a_current_worker_they_wait(line: Line) -> None:
    (descriptor,) = line.hand(1)
    assert line.adopted() == []
    assert is_open(descriptor)
    line.crossing.towards(2)
    assert line.adopted() == [2]


def test_a_worker_that_was_told_to_leave_gets_no_more(line: Line) -> None:
    line.crossing.towards(2)
    line.crossing.leaves(2)
    line.hand(1)
    assert line.adopted() == []


def test_a_chain_of_workers(line: Line) -> None:
    """2 was given a batch of 1 and leaves at once: it takes it, and hands it on to 3."""
    line.crossing.towards(2)
    line.hand(1)
    line.crossing.towards(3)
    line.crossing.leaves(2)
    line.crossing.taken(2)
    line.hand(2)
    assert line.adopted() == [2, 3]


def test_few_are_held_and_a_sender_waits_for_its_turn(line: Line) -> None:
    line.hand(1, 64)
    line.hand(1, 64)
    assert line.allowed() == [1]
    line.crossing.towards(2)
    line.crossing.taken(2)
    assert line.allowed() == [1, 1]


def test_what_may_be_held_leaves_room_for_the_rest() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        assert half_of_what_may_be_open() == 128
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("fails", [OSError("too many references"), True])
def test_what_cannot_be_sent_stays_and_is_tried_again(line: Line, fails: Exception | bool) -> None:
    line.fails = fails
    line.crossing.towards(2)
    (descriptor,) = line.hand(1)
    assert line.crossing.stuck
    assert is_open(descriptor)
    line.fails = None
    line.crossing.go_on()
    assert not line.crossing.stuck
    assert line.adopted() == [2]


def test_at_the_end_all_are_closed_also_those_that_come_later(line: Line) -> None:
    (waiting,) = line.hand(1)
    line.crossing.close()
    (late,) = line.hand(1)
    assert not is_open(waiting) and not is_open(late)
    assert line.allowed() == [1, 1]


def test_at_the_end_what_is_on_its_way_is_closed_with_its_worker(line: Line) -> None:
    line.crossing.towards(2)
    (descriptor,) = line.hand(1)
    line.crossing.close()
    line.crossing.gone(2)
    assert not is_open(descriptor)


def test_a_closed_descriptor_says_nothing_to_the_peer_while_another_is_open(line: Line) -> None:
    """The fact that all of this stands on."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.setblocking(False)
        copy = os.dup(ours.fileno())
        os.close(copy)
        with pytest.raises(BlockingIOError):
            theirs.recv(1)

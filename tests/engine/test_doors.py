"""The supervisor's list of doors: which worker is told what, and when a listener is really shut."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from homeport.core.door import DoorKind, Policy
from homeport.core.mirror import Mirror
from homeport.core.opened_door import OpenedDoor
from homeport.core.wire import Message
from homeport.core.wire_doors import Answered, Change, Cut, Passes, Serve, Shut
from homeport.engine.doors import Doors
from tests.engine.live import eventually


class Worker:
    """Keeps what it is sent. `reads`: whether there is room for more."""

    def __init__(self, doors: Doors, number: int) -> None:
        self.got: list[tuple[Message, int]] = []
        self.reads = True
        doors.give(number, self.send, lambda: self.reads)

    def send(self, message: Message, descriptors: tuple[int, ...]) -> bool:
        self.got.append((message, len(descriptors)))
        return True

    def news(self) -> list[Any]:
        """What has come since this was last asked."""
        got, self.got = self.got, []
        return [message for message, _ in got]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock


def door(number: int, sock: socket.socket) -> OpenedDoor:
    ip, port = sock.getsockname()
    policy = Policy(kind=DoorKind.SHARED, ip=ip, port=port, network="127.0.0.0/8", until=1.0)
    return OpenedDoor(number=number, policy=policy, instance="i")


def mirror(device: str) -> Mirror:
    return Mirror(passes=(("hash", device),))


def passes(device: str) -> Passes:
    return Passes(mirror=mirror(device).to_json())


def is_refused(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, 2).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:  # it was closed in that very moment
        return False
    return False


def test_a_worker_gets_the_passes_before_the_doors_they_are_for(listener: socket.socket) -> None:
    doors = Doors([(door(0, listener), listener)])
    worker = Worker(doors, 1)
    assert [(type(message), count) for message, count in worker.got] == [(Passes, 0), (Serve, 1)]


def test_only_who_serves_is_given_a_new_door_but_all_shut_it(listener: socket.socket) -> None:
    doors = Doors([])
    leaving, serving, dead = (Worker(doors, number) for number in (1, 2, 3))
    doors.leaves(1)
    doors.gone(3)
    for worker in (leaving, serving, dead):
        worker.news()
    doors.open(door(7, listener), listener)
    assert [len(each.news()) for each in (leaving, serving, dead)] == [0, 1, 0]
    doors.change(7, until=2.0)
    doors.cut(7, "d1")
    doors.shut(7)
    for worker in (leaving, serving):
        change, cut, shut = worker.news()
        assert isinstance(change, Change)
        assert change.policy["until"] == 2.0
        assert (cut, shut) == (Cut(door=7, device="d1"), Shut(door=7))
    assert dead.news() == []
    doors.close()


def test_an_answer_goes_to_the_worker_that_asked_also_while_it_leaves() -> None:
    doors = Doors([])
    first, second = Worker(doors, 1), Worker(doors, 2)
    doors.leaves(1)
    first.news()
    second.news()
    answer = Answered(number=1, answer={})
    doors.answer(1, answer)
    doors.answer(9, answer)
    assert (first.news(), second.news()) == ([answer], [])


def test_unhurried_passes_are_sent_together_and_a_hurry_sends_the_newest() -> None:
    doors = Doors([])
    worker = Worker(doors, 1)
    worker.news()
    for number in range(100):
        doors.pass_on(mirror(f"d{number}"), at_once=False)
    assert worker.news() == []
    due = doors.due
    assert due is not None
    doors.take(due - 0.001)
    assert worker.news() == []
    doors.take(due)
    assert worker.news() == [passes("d99")]
    assert doors.due is None
    doors.pass_on(mirror("d100"), at_once=False)
    doors.pass_on(mirror("d101"))
    assert worker.news() == [passes("d101")]
    assert doors.due is None


def test_a_worker_that_does_not_read_is_not_waited_for_and_gets_the_newest_later() -> None:
    doors = Doors([])
    stuck, other, dead = (Worker(doors, number) for number in (1, 2, 3))
    for worker in (stuck, other, dead):
        worker.news()
    stuck.reads = dead.reads = False
    doors.pass_on(mirror("d1"))
    doors.pass_on(mirror("d2"))
    assert (stuck.news(), other.news()) == ([], [passes("d1"), passes("d2")])
    doors.gone(3)
    doors.take(doors.due or 0)
    assert doors.due is not None
    stuck.reads = True
    doors.take(doors.due)
    assert (stuck.news(), other.news(), dead.news()) == ([passes("d2")], [], [])
    assert doors.due is None


def test_who_is_put_out_is_cut_when_the_worker_knows_that_it_is_out() -> None:
    doors = Doors([])
    stuck = Worker(doors, 1)
    stuck.news()
    stuck.reads = False
    doors.pass_on(mirror("d1"))
    doors.cut(7, "d2")
    doors.answer(1, Answered(number=1, answer={}))
    assert stuck.news() == []
    stuck.reads = True
    doors.take(doors.due or 0)
    assert stuck.news() == [
        passes("d1"),
        Cut(door=7, device="d2"),
        Answered(number=1, answer={}),
    ]


def test_a_shut_listener_is_refused_by_the_kernel_whoever_still_has_a_copy() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    doors = Doors([])
    doors.open(door(7, listener), listener)
    address = listener.getsockname()
    with listener.dup():  # a worker's that is stuck
        doors.shut(7)
        due = doors.due
        assert due is not None
        doors.take(due)
        assert is_refused(address)
        with socket.create_server(address):
            assert not is_refused(address)
    assert doors.due is None


def test_the_same_address_can_be_opened_again_at_once(listener: socket.socket) -> None:
    doors = Doors([])
    doors.open(door(7, listener), listener)
    ip, port = listener.getsockname()
    doors.shut(7)
    assert doors.take_back(ip, port + 1) is None
    assert doors.take_back(ip, port) is listener
    assert doors.take_back(ip, port) is None
    doors.take(1e12)
    assert not is_refused((ip, port))


def test_at_the_end_all_ports_are_free() -> None:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    addresses = [each.getsockname() for each in listeners]
    doors = Doors([(door(number, each), each) for number, each in enumerate(listeners)])
    doors.shut(1)
    doors.close()
    eventually(lambda: all(map(is_refused, addresses)), "free")

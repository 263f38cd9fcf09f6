"""A `.local` name on a LAN of network namespaces: who resolves it, who does not, and its end."""

import os
import random
import selectors
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from homeport.core.local_name import MOST_TRIES, NoName
from homeport.engine.mdns import Announcement
from homeport.engine.mdns_messages import Announce, Claimed, Conflict, Failed
from homeport.engine.spawn import spawn_process
from tests.engine.mdns_people import (
    AAAA,
    PATIENCE,
    PORT,
    PTR,
    QUIET,
    SRV,
    TXT,
    A,
    Person,
    address_answer,
    inside,
    next_news,
    person,
    question,
    records,
    sent,
    wiretap,
)
from tests.host.lan import Lan, needs_namespaces
from tests.host.lan import lan as make_lan

pytestmark = needs_namespaces

HOME, PHONE = "10.77.0.1", "10.77.0.2"
SHOP = Claimed(name="shop.local", asked="shop.local")
SHOP_2 = Claimed(name="shop-2.local", asked="shop.local")


@pytest.fixture(scope="module")
def lan() -> Iterator[Lan]:
    with make_lan() as made:
        yield made


def announce(ip: str = HOME, *, recheck: float = 60.0, tls: bool = False) -> Announce:
    return Announce(label="shop", ip=ip, port=8000, tls=tls, instance="a1b2", recheck=recheck)


@contextmanager
def announced(lan: Lan, place: str, wanted: Announce) -> Iterator[Announcement]:
    with inside(lan.tag + place):
        announcement = Announcement(wanted)
    with closing(announcement):
        yield announcement


def says(name: str, kind: int) -> Callable[[Any], bool]:
    return lambda record: (record.name, record.type) == (f"{name}.", kind) and record.ttl > 0


def goodbye(name: str) -> Callable[[Any], bool]:
    return lambda record: (record.name, record.type, record.ttl) == (f"{name}.", A, 0)


def test_a_phone_resolves_the_name_and_finds_the_server(lan: Lan) -> None:
    with (
        person(lan.tag + "phone", "wlan0") as phone,
        announced(lan, "home", announce()) as announcement,
    ):
        assert next_news(announcement) == SHOP
        found = phone.wait_for(says("shop.local", A), question("shop.local", A))
        assert found.address == socket.inet_aton(HOME)
        kind = "_http._tcp.local"
        listed = phone.wait_for(says(kind, PTR), question(kind, PTR))
        assert listed.alias == f"shop.{kind}."
        service = phone.wait_for(says(f"shop.{kind}", SRV), question(f"shop.{kind}", SRV))
        assert (service.server, service.port) == ("shop.local.", 8000)
        text = phone.wait_for(says(f"shop.{kind}", TXT), question(f"shop.{kind}", TXT))
        assert text.text == b"\6path=/\7id=a1b2\3v=1"


def test_a_resolver_that_asks_from_another_port_is_answered(lan: Lan) -> None:
    """RFC 6762 section 6.7: `dig`, and the stub resolvers of small devices."""
    with announced(lan, "home", announce()) as announcement:
        assert next_news(announcement) == SHOP
        with inside(lan.tag + "phone"):
            asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with asking:
            asking.settimeout(PATIENCE)
            asking.sendto(question("shop.local", A), (HOME, PORT))
            data = asking.recv(9000)
    found = [record.address for record in records(data) if record.type == A]
    assert found == [socket.inet_aton(HOME)]


def test_with_tls_it_is_another_service(lan: Lan) -> None:
    with (
        person(lan.tag + "phone", "wlan0") as phone,
        announced(lan, "home", announce(tls=True)) as announcement,
    ):
        assert next_news(announcement) == SHOP
        kind = "_https._tcp.local"
        phone.wait_for(says(kind, PTR), question(kind, PTR))


def test_an_ipv6_address_is_announced_over_ipv6(lan: Lan) -> None:
    with (
        person(lan.tag + "phone", "wlan0", socket.AF_INET6) as phone,
        announced(lan, "home", announce("fd77::1")) as announcement,
    ):
        assert next_news(announcement) == SHOP
        found = phone.wait_for(says("shop.local", AAAA), question("shop.local", AAAA))
        assert found.address == socket.inet_pton(socket.AF_INET6, "fd77::1")


def test_nothing_of_it_is_on_another_network(lan: Lan) -> None:
    with (
        person(lan.tag + "router", "in") as router,
        # Somebody else at home listens there, so the kernel takes what comes for the group.
        person(lan.tag + "home", "eth7"),
        wiretap(lan.tag + "home", "eth7") as tap,
        person(lan.tag + "phone", "wlan0") as phone,
        announced(lan, "home", announce()) as announcement,
    ):
        assert next_news(announcement) == SHOP
        for name in ("shop.local", "_http._tcp.local"):
            router.say(question(name))
            for ip in (HOME, "10.78.0.1"):
                router.sock.sendto(question(name), (ip, PORT))
        with inside(lan.tag + "router"):
            asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with asking:
            for ip in (HOME, "10.78.0.1"):
                asking.sendto(question("shop.local", A), (ip, PORT))
        phone.wait_for(says("shop.local", A), question("shop.local", A))
        announcement.stop()
        assert next_news(announcement) is None
        seen = [packet for packet in sent(tap, QUIET) if b"shop" in packet]
        assert seen == []


def test_somebody_behind_a_router_is_not_answered(lan: Lan) -> None:
    with announced(lan, "home", announce("10.78.0.1")) as announcement:
        assert next_news(announcement) == SHOP
        with inside(lan.tag + "office"):
            asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with inside(lan.tag + "router"):
            near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with asking, near:
            near.sendto(question("shop.local", A), ("10.78.0.1", PORT))
            near.settimeout(PATIENCE)
            assert records(near.recv(9000))
            # In capitals, or zeroconf would pass over it as a repetition.
            asking.sendto(question("SHOP.local", A), ("10.78.0.1", PORT))
            asking.settimeout(QUIET)
            with pytest.raises(TimeoutError):
                asking.recv(9000)


def test_stopping_says_goodbye(lan: Lan) -> None:
    with (
        person(lan.tag + "phone", "wlan0") as phone,
        announced(lan, "home", announce()) as announcement,
    ):
        assert next_news(announcement) == SHOP
        announcement.stop()
        phone.wait_for(goodbye("shop.local"))
        said_later = [each for data in phone.hear(QUIET) for each in records(data)]
        assert [each for each in said_later if each.ttl > 0] == []
        assert next_news(announcement) is None


def test_it_can_be_taken_out_of_a_selector_after_its_end(lan: Lan) -> None:
    with (
        announced(lan, "home", announce("10.77.0.99")) as announcement,
        selectors.DefaultSelector() as selector,
    ):
        selector.register(announcement, selectors.EVENT_READ)
        while announcement.read() is not None:
            assert selector.select(PATIENCE)
        selector.unregister(announcement)
        assert not selector.get_map()


def test_the_end_of_the_supervisor_says_goodbye(lan: Lan) -> None:
    code = f"""
import select
from homeport.engine.mdns import Announcement
announcement = Announcement.start(name="shop", ip="{HOME}", port=1, tls=False, instance="x")
select.select([announcement], [], [])
print(announcement.read(), flush=True)
select.select([], [], [])
"""
    with person(lan.tag + "phone", "wlan0") as phone:
        with inside(lan.tag + "home"):
            command = [sys.executable, "-c", code]
            supervisor = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        with supervisor:
            try:
                assert supervisor.stdout is not None
                assert "shop.local" in supervisor.stdout.readline()
            finally:
                supervisor.kill()
            phone.wait_for(goodbye("shop.local"))


def test_a_name_that_answers_is_left_alone(lan: Lan) -> None:
    with announced(lan, "phone", announce(PHONE)) as first:
        assert next_news(first) == SHOP
        with announced(lan, "home", announce()) as second:
            assert next_news(second) == SHOP_2


def test_two_servers_of_one_computer_have_two_names(lan: Lan) -> None:
    with announced(lan, "home", announce()) as first:
        assert next_news(first) == SHOP
        with announced(lan, "home", announce()) as second:
            assert next_news(second) == SHOP_2


@contextmanager
def rival(lan: Lan, place: str, interface: str, ip: str, *names: str) -> Iterator[Person]:
    """Somebody who answers to these names whenever anything is asked."""
    over = threading.Event()

    def answer(each: Person) -> None:
        while not over.is_set():
            for data in each.hear(0.1):
                if any(name.partition(".")[0].encode() + b"\5local" in data for name in names):
                    for name in names:
                        each.say(address_answer(name, ip))

    with person(lan.tag + place, interface) as each:
        thread = threading.Thread(target=answer, args=(each,))
        thread.start()
        try:
            yield each
        finally:
            over.set()
            thread.join()


def test_who_comes_later_with_a_later_address_gets_the_name(lan: Lan) -> None:
    with announced(lan, "home", announce()) as announcement:
        assert next_news(announcement) == SHOP
        with rival(lan, "phone", "wlan0", PHONE, "shop.local") as phone:
            phone.say(address_answer("shop.local", PHONE))
            assert next_news(announcement) == Conflict(name="shop.local", ip=PHONE, kept=False)
            assert next_news(announcement) == SHOP_2


def test_who_says_nothing_by_itself_is_found_by_looking_again(lan: Lan) -> None:
    with announced(lan, "home", announce(recheck=0.3)) as announcement:
        assert next_news(announcement) == SHOP
        with rival(lan, "phone", "wlan0", PHONE, "shop.local"):
            assert next_news(announcement) == Conflict(name="shop.local", ip=PHONE, kept=False)
            assert next_news(announcement) == SHOP_2


def test_with_the_later_address_the_name_is_kept_and_the_rival_told_once(lan: Lan) -> None:
    with announced(lan, "phone", announce(PHONE, recheck=0.3)) as announcement:
        assert next_news(announcement) == SHOP
        with rival(lan, "home", "wlan7", HOME, "shop.local") as home:
            assert next_news(announcement) == Conflict(name="shop.local", ip=HOME, kept=True)
            # A second and a third look ask again, and tell nothing more.
            home.wait_for(says("shop.local", A))
        with person(lan.tag + "home", "wlan7") as other:
            other.wait_for(says("shop.local", A), question("shop.local", A))
        announcement.stop()
        assert next_news(announcement) is None


def test_who_asks_for_anything_of_the_host_hears_that_it_is_ours(lan: Lan) -> None:
    """RFC 6762 section 8.1: so Avahi asks whether a name is free."""
    with (
        person(lan.tag + "phone", "wlan0") as phone,
        announced(lan, "home", announce()) as announcement,
    ):
        assert next_news(announcement) == SHOP
        for _ in phone.hear(1.0):  # what is said at the beginning
            pass
        phone.wait_for(says("shop.local", A), question("shop.local"))


def test_one_stray_packet_is_no_conflict(lan: Lan) -> None:
    with (
        person(lan.tag + "phone", "wlan0") as phone,
        announced(lan, "home", announce()) as announcement,
    ):
        assert next_news(announcement) == SHOP
        phone.say(address_answer("shop.local", PHONE))
        phone.wait_for(says("shop.local", A))
        announcement.stop()
        assert next_news(announcement) is None


def test_when_all_names_answer_there_is_none(lan: Lan) -> None:
    names = ["shop.local", *(f"shop-{number}.local" for number in range(2, MOST_TRIES + 1))]
    with (
        rival(lan, "phone", "wlan0", PHONE, *names),
        announced(lan, "home", announce()) as announcement,
    ):
        news = next_news(announcement)
        assert isinstance(news, Failed)
        assert news.reason == NoName.TAKEN.value
        assert next_news(announcement) is None


def test_an_address_that_is_not_here_is_told(lan: Lan) -> None:
    with announced(lan, "home", announce("10.77.0.99")) as announcement:
        news = next_news(announcement)
        assert isinstance(news, Failed)
        assert news.reason == NoName.ADDRESS.value


def test_without_zeroconf_there_is_no_name(
    lan: Lan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "zeroconf.py").write_text("raise ImportError('no such thing')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with announced(lan, "home", announce()) as announcement:
        news = next_news(announcement)
        assert news == Failed(reason=NoName.MISSING.value, detail="no such thing")
        assert next_news(announcement) is None


def test_a_process_that_dies_is_told_once(lan: Lan) -> None:
    started = []

    def spawn() -> object:
        started.append(spawn_process("homeport.engine.mdns_process"))
        return started[0]

    with inside(lan.tag + "home"):
        announcement = Announcement(announce(), spawn)  # type: ignore[arg-type]
    with closing(announcement):
        assert next_news(announcement) == SHOP
        os.kill(started[0].pid, signal.SIGKILL)
        assert next_news(announcement) == Failed(reason=NoName.ENDED.value)
        assert next_news(announcement) is None
        with pytest.raises(ChildProcessError):
            os.waitpid(started[0].pid, os.WNOHANG)


def test_a_process_that_cannot_be_started_is_told_the_same_way() -> None:
    def spawn() -> object:
        raise BlockingIOError("no more processes")

    with closing(Announcement(announce(), spawn)) as announcement:  # type: ignore[arg-type]
        wanted = Failed(reason=NoName.ENDED.value, detail="no more processes")
        assert next_news(announcement) == wanted
        assert next_news(announcement) is None


def test_a_process_that_hangs_is_ended_when_we_close(lan: Lan) -> None:
    started = []

    def spawn() -> object:
        started.append(spawn_process("homeport.engine.mdns_process"))
        return started[0]

    with inside(lan.tag + "home"):
        announcement = Announcement(announce(), spawn)  # type: ignore[arg-type]
    assert next_news(announcement) == SHOP
    os.kill(started[0].pid, signal.SIGSTOP)
    announcement.close()
    with pytest.raises(ChildProcessError):
        os.waitpid(started[0].pid, os.WNOHANG)


def test_garbage_on_the_network_harms_nothing(lan: Lan) -> None:
    chance = random.Random(20261121)
    real = (question("shop.local"), address_answer("shop.local", PHONE))
    with (
        person(lan.tag + "phone", "wlan0") as phone,
        announced(lan, "home", announce()) as announcement,
    ):
        assert next_news(announcement) == SHOP
        for _ in range(2000):
            data = bytearray(chance.choice(real) + chance.randbytes(chance.randrange(40)))
            for _ in range(chance.randrange(1, 12)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            phone.say(bytes(data) if chance.randrange(3) else chance.randbytes(len(data)))
        phone.wait_for(says("shop.local", A), question("shop.local", A))

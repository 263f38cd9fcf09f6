"""The words of the control socket that change something, and events beside answers."""

import json
import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from homeport.core.errors import HomeportError
from homeport.core.events import Announce, Changed, Event, News, StopAsked
from homeport.engine.control import Control, Told
from homeport.engine.control_client import ask
from homeport.engine.following import Diary
from homeport.engine.orders import Orders
from homeport.engine.renewal import VARIABLE, Renewal, kept
from homeport.engine.reporting import Moment
from homeport.engine.taking_over import inherited
from tests.engine.runtime import answering, appeared, home


def orders(
    diary: Diary,
    *,
    restarts: bool = True,
    renewal: Renewal | None = None,
    is_managed: bool = False,
    warnings: list[str] | None = None,
    sockets: Sequence[socket.socket] = (),
) -> Orders:
    return Orders(
        name="shop",
        instance="abc",
        diary=diary,
        sockets=sockets,
        restarts=restarts,
        log=None,
        renewal=renewal,
        is_managed=is_managed,
        within=15.0,
        shared_until=lambda: 12.0,
        warn=(warnings if warnings is not None else []).append,
    )


def asked(word: str, which: Orders, instance: str = "abc") -> Any:
    return which.handlers[word]({"ask": word, "instance": instance})


def test_the_supervisor_gets_the_event_and_the_client_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    presence = appeared("shop", home(tmp_path))
    presence.control.handlers["stop"] = lambda request: Told(
        {"within": 5}, StopAsked(reason=request["why"])
    )
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(10)
    monkeypatch.chdir(os.path.dirname(presence.entry.socket))
    client.connect(os.path.basename(presence.entry.socket))
    client.sendall(json.dumps({"ask": "stop", "why": "test"}).encode() + b"\n")
    events: list[Event] = []
    while not events:
        events += presence.control.read()
    assert events == [StopAsked(reason="test")]
    assert json.loads(client.recv(1000)) == {"within": 5}
    assert presence.control.read() == [], "an event comes once"
    client.close()
    presence.close()


def test_an_answer_that_is_no_json_brings_no_event(tmp_path: Path) -> None:
    listening, other = socket.socketpair()
    control = Control(listening, {"x": lambda request: Told({"a": b""}, StopAsked(reason="x"))})
    assert b"error" in control._answer_to(b'{"ask": "x"}')[0]
    assert control.read() == []
    control.close()
    listening.close()
    other.close()


def test_reload_gives_the_ticket_of_the_load_that_it_begins() -> None:
    diary = Diary()
    diary.hear(Announce(news=News.READY), Moment())
    told = asked("reload", orders(diary))
    assert told == Told({"ticket": 1}, Changed(reasons=("homeport reload",)))
    diary.hear(Announce(news=News.RELOADING), Moment())
    assert asked("state", orders(diary))["settled"] == 0
    diary.hear(Announce(news=News.RELOADED), Moment(took=0.25))
    state = asked("state", orders(diary))
    assert (state["settled"], state["took"], state["shared_until"]) == (1, 0.25, 12.0)


@pytest.mark.parametrize("word", ["reload", "restart", "stop"])
def test_what_is_meant_for_another_instance_is_refused(word: str) -> None:
    with pytest.raises(HomeportError) as refusal:
        asked(word, orders(Diary()), "the one before")
    assert refusal.value.code == "server-replaced"


def test_an_app_object_is_not_reloaded_and_a_script_not_restarted() -> None:
    with pytest.raises(HomeportError) as refusal:
        asked("reload", orders(Diary(), restarts=False))
    assert refusal.value.code == "cannot-reload"
    with pytest.raises(HomeportError) as refusal:
        asked("restart", orders(Diary()))
    assert refusal.value.code == "cannot-restart"
    assert "homeport.run() in a script" in refusal.value.message


def test_what_a_service_manager_has_started_only_that_starts_again() -> None:
    with pytest.raises(HomeportError) as refusal:
        asked("restart", orders(Diary(), is_managed=True))
    assert refusal.value.code == "cannot-restart"
    assert "systemctl --user restart" in refusal.value.next_steps[1]


@pytest.mark.parametrize("word", ["reload", "restart", "listeners"])
def test_a_server_that_stops_does_nothing_else_any_more(word: str) -> None:
    diary = Diary()
    diary.hear(Announce(news=News.STOPPING), Moment())
    with pytest.raises(HomeportError) as refusal:
        asked(word, orders(diary, renewal=Renewal((), None)))
    assert refusal.value.code == "server-stopping"
    assert isinstance(asked("stop", orders(diary)), Told)


def test_who_is_replaced_is_told_so_once_and_stops_once() -> None:
    diary, warnings = Diary(), list[str]()
    which = orders(diary, warnings=warnings)
    request = {"ask": "stop", "instance": "abc", "replaced": True}
    told = which.handlers["stop"](request)
    assert told == Told({"within": 15.0}, StopAsked(reason="replaced"))
    diary.hear(Announce(news=News.STOPPING), Moment())
    assert which.handlers["stop"](request) == Told({"within": 15.0})
    assert warnings == ["another homeport takes the place of this one (homeport --restart)"]


def test_copies_of_the_listeners_come_with_the_answer(tmp_path: Path) -> None:
    presence = appeared("shop", home(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as listener, answering(presence.control):
        presence.handlers.update(orders(Diary(), sockets=[listener]).handlers)
        ((address, sock),) = inherited(presence.entry).items()
        assert (address.ip, address.port) == listener.getsockname()
        listener.close()
        socket.create_connection((address.ip, address.port), 10).close()
        sock.close()
    presence.close()


def test_a_restart_keeps_the_listeners_open_beyond_the_stop() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        renewal = Renewal((listener,), None)
        assert not renewal.is_asked
        told = asked("restart", orders(Diary(), renewal=renewal))
        assert told.event == StopAsked(reason="homeport restart")
        address = listener.getsockname()
    assert renewal.is_asked
    socket.create_connection(address, 10).close()
    for number in renewal._kept:
        os.close(number)


def test_what_is_kept_is_for_this_process_only_and_told_once() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    fd = os.dup(listener.fileno())
    name_fd = os.dup(listener.fileno())
    os.set_inheritable(name_fd, True)
    pipe, keeper = os.dup(fd), os.dup(fd)
    os.set_inheritable(keeper, True)
    told = {"sockets": [fd], "log": [pipe, keeper, "/x.log"], "name": ["shop", "ab", [name_fd]]}
    other = {VARIABLE: json.dumps({"pid": os.getppid(), **told})}
    assert kept(other) is None and not other
    mine = {VARIABLE: json.dumps({"pid": os.getpid(), **told})}
    found = kept(mine)
    assert found is not None and not mine
    ((address, sock),) = found.sockets.items()
    assert (address.ip, address.port) == listener.getsockname() == sock.getsockname()
    assert not sock.get_inheritable()
    assert found.log is not None and found.log.path == "/x.log"
    assert found.log.descriptors == (pipe, keeper) and not os.get_inheritable(keeper)
    found.log._keeper.close()
    os.close(pipe)
    assert found.name is not None and found.name.instance == "ab"
    assert found.name.descriptors == (name_fd,) and not os.get_inheritable(name_fd)
    found.name.let_go()
    assert kept({VARIABLE: "nonsense"}) is None and kept({}) is None
    sock.close()
    listener.close()


def test_ask_reaches_the_words_through_the_socket(tmp_path: Path) -> None:
    presence = appeared("shop", home(tmp_path))
    presence.control.handlers["state"] = orders(Diary()).handlers["state"]
    with answering(presence.control):
        assert ask(presence.entry, {"ask": "state"})["phase"] == "starting"
    presence.close()

from dataclasses import replace

import pytest

from homeport.core.address import LOOPBACK, WILDCARD
from homeport.core.availability import Level, Obstacle, ObstacleCode
from homeport.core.facts import Holder, Listener, Origin, Remnant, RemnantKind, System
from homeport.core.overlap import Answer
from homeport.core.port_words import because, headline, next_steps, notes, who_answers
from tests.core.port_views import LAN4, RULES, USED, judged, left, listening

UVICORN = Holder(
    pid=12, started=1.0, command="uvicorn main:app", user="ada", folder=None, program="uvicorn"
)
REFUSED = {"127.0.0.1": USED}


@pytest.mark.parametrize(
    ("ips", "had"),
    [
        (LOOPBACK, "127.0.0.1 and ::1 can both be had"),
        (WILDCARD, "every IPv4 address and every IPv6 address can both be had"),
        ((LAN4,), f"{LAN4} can be had"),
        ((*LOOPBACK, LAN4), f"127.0.0.1, ::1 and {LAN4} can all be had"),
    ],
)
def test_a_free_port_is_said_with_its_addresses(ips: tuple[str, ...], had: str) -> None:
    free = judged(ips=ips)
    assert headline(free) == f"Port 8000 is free: {had}."
    assert notes(free) == next_steps(free) == ()


def test_a_computer_without_ipv6_is_said_to_be_one() -> None:
    free = judged(refused={"::1": "EADDRNOTAVAIL"})
    assert headline(free) == "Port 8000 is free: 127.0.0.1 can be had."
    assert notes(free) == (
        "This computer has no IPv6 loopback: a server would listen on IPv4 only.",
    )


def test_a_held_port_names_its_holder_and_how_to_end_it() -> None:
    free = judged(listening("127.0.0.1", UVICORN), listening("::1", UVICORN))
    assert headline(free) == "Port 8000 is held: uvicorn (pid 12) listens on localhost."
    assert next_steps(free) == (
        "another port:  homeport port",
        "to end it:  homeport stop 8000",
    )


def test_two_holders_are_two_servers() -> None:
    other = replace(UVICORN, pid=40, program="vite", command="vite")
    free = judged(listening("127.0.0.1", UVICORN), listening("::1", other))
    assert headline(free) == (
        "Port 8000 is held: uvicorn (pid 12) listens on 127.0.0.1, vite (pid 40) listens on ::1."
    )


@pytest.mark.parametrize(
    ("origin", "where"),
    [
        (Origin(), ""),
        (Origin(unit="nginx.service"), " (nginx.service)"),
        (Origin(container="0123abcd"), " (container 0123abcd)"),
    ],
)
def test_a_hidden_holder_is_said_to_be_one(origin: Origin, where: str) -> None:
    free = judged(listening("0.0.0.0", user="root", origin=origin), port=8000)
    assert headline(free) == (
        f"Port 8000 is held: a process of user root that is not visible to you{where} "
        "listens on every IPv4 address."
    )
    assert next_steps(free)[1] == "to see its owner:  sudo ss -ltnp 'sport = :8000'"


def test_a_port_that_is_no_port_may_be_held_too() -> None:
    free = judged(listening("0.0.0.0", UVICORN), port=80)
    assert headline(free) == (
        "Port 80 is no port for a server here: ordinary users get 1024 and up. "
        "It is also held: uvicorn (pid 12) listens on every IPv4 address."
    )
    assert headline(judged(port=80)) == (
        "Port 80 is no port for a server here: ordinary users get 1024 and up."
    )
    assert "a port for every user:  homeport --port 8000" in next_steps(judged(port=80))


def test_a_dual_socket_is_explained() -> None:
    free = judged(listening("::", UVICORN, v6only=False))
    assert headline(free) == (
        "Port 8000 is held: uvicorn (pid 12) listens on every address, "
        "through an IPv6 socket that takes IPv4 too."
    )
    assert notes(free) == ()
    half = judged(listening("::", UVICORN, v6only=False), ips=("127.0.0.1",))
    assert headline(half) == headline(free)


def test_two_servers_and_a_dual_socket_among_them_are_both_told() -> None:
    vite = listening("127.0.0.1", replace(UVICORN, pid=40, program="vite", command="vite"))
    dual = listening("::", UVICORN, v6only=False)
    assert "vite (pid 40)" in " ".join((headline(judged(dual, vite)), *notes(judged(dual, vite))))


@pytest.mark.parametrize(
    ("remnant", "sentence"),
    [
        (
            left(RemnantKind.TIME_WAIT, seconds=41.2),
            "connections to it that were closed are remembered for 42 s more (TIME_WAIT); "
            "it is free after that",
        ),
        (
            left(RemnantKind.TIME_WAIT),
            "connections to it that were closed are remembered for up to a minute (TIME_WAIT); "
            "it is free after that",
        ),
        (
            left(RemnantKind.LEFTOVER, holders=(UVICORN,)),
            "a connection from 10.0.0.9:443 to a former server is open, held by pid 12 "
            "(uvicorn main:app); it is free when that is closed",
        ),
        (
            left(RemnantKind.OUTGOING, user="bob"),
            "a connection to 10.0.0.9:443 has it as its source port, held by a process of "
            "user bob; it is free when that is closed",
        ),
        (
            left(RemnantKind.OUTGOING, peer=None),
            "a connection to elsewhere has it as its source port; it is free when that is closed",
        ),
        (
            left(RemnantKind.BOUND, peer=None, holders=(replace(UVICORN, command=""),)),
            "a socket is bound to it and does not listen, held by pid 12 (unknown command); "
            "it is in no list of listening sockets",
        ),
    ],
)
def test_every_state_without_a_listener_has_its_own_sentence(
    remnant: Remnant, sentence: str
) -> None:
    free = judged(remnant, refused=REFUSED)
    assert headline(free) == f"Port 8000 cannot be had now: {sentence}."
    assert "to see what is left:  ss -tanp 'sport = :8000'" in next_steps(free)


def test_what_a_restart_passes_by_is_a_note() -> None:
    free = judged(left(RemnantKind.TIME_WAIT, seconds=9.0), refused={})
    assert headline(free).startswith("Port 8000 is free")
    assert notes(free) == (
        "Connections to it that were closed are remembered for 9 s more (TIME_WAIT): "
        "servers that set SO_REUSEADDR (homeport, uvicorn) can start now.",
    )


def test_nothing_seen_is_not_called_free() -> None:
    free = judged(refused=REFUSED)
    assert headline(free) == (
        "Port 8000 cannot be had now: the system says that it is in use, "
        "and shows you no socket that has it."
    )
    assert "sudo ss" in next_steps(free)[1]
    blind = judged(complete=False)
    assert headline(blind) == (
        "Port 8000 may be free or not: the listening sockets of this computer could not be read."
    )
    assert notes(blind) == ("The listening sockets of this computer could not be read.",)


def test_a_port_can_be_bound_and_still_not_be_good() -> None:
    assert headline(judged(port=45000)) == (
        "Port 45000 can be bound, but the system gives ports 32768–60999 to outgoing "
        "connections: one of those may have it at the next start."
    )
    assert headline(judged(port=5432, usual="PostgreSQL")) == (
        "Port 5432 can be bound, but it is the usual port of PostgreSQL."
    )
    split = judged(listening("::1", UVICORN), ips=("127.0.0.1",))
    assert headline(split) == (
        "Port 8000 can be bound, but connections to ::1 go to another server, so localhost "
        "may reach it: uvicorn (pid 12) listens on ::1."
    )
    macos = judged(listening("0.0.0.0", UVICORN), system=System.MACOS, refused={})
    assert headline(macos) == (
        "Port 8000 can be bound, but it would take connections to 127.0.0.1 from a server that "
        "gets them now: uvicorn (pid 12) listens on every IPv4 address."
    )


def test_a_lan_address_can_be_shadowed_without_a_word_on_localhost() -> None:
    server = listening(LAN4, UVICORN)
    found = Obstacle(
        level=Level.UNSHADOWED, code=ObstacleCode.SHADOWED, ips=(LAN4,), listeners=(server,)
    )
    assert "localhost" not in because(found)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (ObstacleCode.OUT_OF_RANGE, "from 1 to 65535"),
        (ObstacleCode.REFUSED_BY_BROWSERS, "browsers refuse"),
        (ObstacleCode.EXCLUDED, "the system keeps ports X for itself"),
        (ObstacleCode.AIRPLAY, "AirPlay"),
        (ObstacleCode.OTHER_USER, "does not let us share"),
        (ObstacleCode.DENIED, "the system refuses 10.0.0.7 with X"),
        (ObstacleCode.NO_ADDRESS, "10.0.0.7 is not an address of this computer"),
    ],
)
def test_the_other_reasons(code: ObstacleCode, words: str) -> None:
    seen = (listening("0.0.0.0"),)
    found = Obstacle(level=Level.LEGAL, code=code, ips=("10.0.0.7",), listeners=seen, detail="X")
    assert words in because(found)


def test_no_two_reasons_sound_the_same() -> None:
    seen, what = (listening("0.0.0.0"),), (left(RemnantKind.OUTGOING),)
    sentences = {
        because(
            Obstacle(
                level=Level.LEGAL,
                code=code,
                ips=("::1",),
                listeners=seen,
                remnants=what,
                detail="X",
            )
        )
        for code in ObstacleCode
    }
    assert len(sentences) == len(ObstacleCode)
    assert not any("0.0.0.0" in sentence for sentence in sentences)


def test_an_excluded_range_can_be_looked_up() -> None:
    rules = replace(RULES, excluded=(range(7990, 8010),))
    assert "netsh" in next_steps(judged(rules=rules, system=System.WINDOWS))[-1]


# --- who answers -------------------------------------------------------------------------------


def answered(*winners: Listener, shadowed: tuple[Listener, ...] = (), certain: bool = True) -> str:
    return who_answers(Answer(ip="::1", winners=winners, shadowed=shadowed, certain=certain))


def test_who_answers_is_said_as_surely_as_it_is_known() -> None:
    server = listening("127.0.0.1", UVICORN)
    assert answered() == "nobody listens there"
    assert answered(certain=False) == "perhaps nobody"
    assert answered(server) == "uvicorn (pid 12)"
    assert answered(server, certain=False) == "probably uvicorn (pid 12)"


def test_sockets_that_share_are_counted() -> None:
    pair = listening("127.0.0.1", UVICORN, inode=1), listening("127.0.0.1", UVICORN, inode=2)
    assert answered(*pair) == ("uvicorn (pid 12): 2 sockets share the connections")
    other = listening("127.0.0.1", replace(UVICORN, pid=40, program="vite", command="vite"))
    assert answered(pair[0], other, certain=False) == ("probably uvicorn (pid 12) or vite (pid 40)")


def test_who_listens_in_vain_is_told_unless_it_is_the_same_server() -> None:
    server = listening("127.0.0.1", UVICORN)
    assert answered(server, shadowed=(listening("0.0.0.0", UVICORN),)) == ("uvicorn (pid 12)")
    hidden = listening("0.0.0.0", user="root")
    assert answered(server, shadowed=(hidden,)) == (
        "uvicorn (pid 12); not a process of user root that is not visible to you, "
        "which listens on every IPv4 address"
    )
    vite = listening("0.0.0.0", replace(UVICORN, pid=40, program="vite", command="vite"))
    assert "; not vite (pid 40), which" in answered(server, shadowed=(vite,))

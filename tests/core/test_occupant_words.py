import pytest

from homeport.core.address import Address
from homeport.core.facts import Ancestor, Listener, Namespace, Origin, Project, Remnant, RemnantKind
from homeport.core.occupant_words import (
    elsewhere,
    hidden_owners,
    is_homeport,
    is_orphan,
    listed,
    listens_on,
    project_title,
    remark,
    still_finishing,
    stopped,
    title,
)
from homeport.core.occupants import Occupant, occupants
from tests.core.people import LO, WLAN, holder, listener


def only(*listeners: Listener) -> Occupant:
    (found,) = occupants(listeners)
    return found


@pytest.mark.parametrize(
    ("branch", "worktree", "said"),
    [
        (None, None, "shop"),
        ("main", None, "shop, branch main"),
        ("fix", "shop-fix", "shop, branch fix, worktree shop-fix"),
        ("fix", "fix", "shop, branch fix"),
    ],
)
def test_a_project_is_named_with_its_branch(
    branch: str | None, worktree: str | None, said: str
) -> None:
    project = Project(name="shop", folder="/shop", branch=branch, worktree=worktree)
    assert project_title(project) == said


def test_our_own_servers_are_known_by_their_program() -> None:
    assert is_homeport(only(listener("127.0.0.1:8000", holder(7, program="homeport"))))
    assert not is_homeport(only(listener("127.0.0.1:8000", holder(7))))
    assert not is_homeport(only(listener("127.0.0.1:8000")))


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (listener("127.0.0.1:80", holder(7)), "uvicorn (pid 7)"),
        (listener("127.0.0.1:80", holder(7), holder(9, 7)), "uvicorn (pid 7 and 1 more)"),
        (listener("127.0.0.1:80", holder(7, program="")), "a process (pid 7)"),
        (
            listener("127.0.0.1:80", origin=Origin(container="0123", unit="x")),
            "a process in container 0123",
        ),
        (listener("127.0.0.1:80", origin=Origin(unit="x.service")), "a process of x.service"),
        (listener("127.0.0.1:80", user="root"), "a process of user root"),
        (listener("127.0.0.1:80", user=None), "a process that you cannot see"),
    ],
)
def test_a_server_is_called_what_is_known_of_it(held: Listener, said: str) -> None:
    assert title(only(held)) == said


@pytest.mark.parametrize(
    ("addresses", "said"),
    [
        (["127.0.0.1", "::1"], "localhost"),
        (["127.0.0.1"], "127.0.0.1"),
        (["0.0.0.0"], "every IPv4 address"),
        (["::"], "every IPv6 address"),
        (["0.0.0.0", "::"], "every address"),
        (["192.168.1.20"], "192.168.1.20 (wlan0)"),
        (["127.0.0.1", "::1", "192.168.1.20"], "localhost, 192.168.1.20 (wlan0)"),
        (["10.0.0.1"], "10.0.0.1"),
    ],
)
def test_where_it_listens_is_said_short(addresses: list[str], said: str) -> None:
    listeners = [listener(str(Address(ip=ip, port=80))) for ip in addresses]
    assert listens_on(listeners, (LO, WLAN)) == said


def test_a_dual_stack_socket_listens_everywhere_and_an_unknown_one_perhaps() -> None:
    assert listens_on([listener("[::]:80", v6only=False)], ()) == "every address"
    unknown = listener("[::]:80", v6only=None)
    assert listens_on([unknown], ()) == "every IPv6 address, perhaps IPv4"


def test_a_socket_of_one_interface_says_so() -> None:
    bound = listener("0.0.0.0:80", device="wlan0")
    assert listens_on([bound], ()) == "every IPv4 address by wlan0 only"


def test_what_is_hidden_is_counted() -> None:
    assert hidden_owners(1, sudo=False) == "The process behind 1 row is not visible to you."
    assert hidden_owners(3, sudo=True).endswith("not visible to you; sudo homeport ls shows more.")


def test_what_became_of_a_port_is_said_after_looking() -> None:
    waiting = Remnant(
        kind=RemnantKind.TIME_WAIT,
        address=Address(ip="127.0.0.1", port=8000),
        peer=None,
        user=None,
        seconds=41.2,
    )
    again = listener("127.0.0.1:8000", holder(9))
    assert stopped(8000, (), ()) == "Stopped. Port 8000 is free."
    assert "for others in 41 s" in stopped(8000, (), (waiting,))
    assert "held again: by uvicorn (pid 9)" in stopped(8000, (again,), ())


def test_a_process_that_gave_the_port_back_and_lives_on_is_named() -> None:
    assert still_finishing(()) == ()
    assert still_finishing((7, 9))[0].startswith("Process 7 and 9 is still finishing")


def test_lists_read_as_sentences() -> None:
    assert [listed(items) for items in ([], [1], [1, 2], [1, 2, 3])] == [
        "",
        "1",
        "1 and 2",
        "1, 2 and 3",
    ]


@pytest.mark.parametrize(
    ("origin", "where"),
    [
        (Origin(container="0123"), "container 0123"),
        (Origin(unit="web.service"), "web.service"),
        (Origin(), "that of pid 9"),
    ],
)
def test_servers_of_other_networks_are_not_in_the_way(origin: Origin, where: str) -> None:
    inside = Namespace(
        pid=9, origin=origin, listeners=(listener("0.0.0.0:80"), listener("[::]:80"))
    )
    assert elsewhere(inside) == (f"In another network of this computer ({where}): port 80.")
    more = Namespace(
        pid=9, origin=origin, listeners=(listener("0.0.0.0:81"), listener("0.0.0.0:80"))
    )
    assert "ports 80 and 81" in elsewhere(more)


def left_behind(*parents: Ancestor) -> Occupant:
    child = holder(9, program="python (multiprocessing)", ancestors=parents)
    return only(listener("127.0.0.1:80", child))


def test_a_worker_whose_parent_has_ended_is_said_to_be_left_behind() -> None:
    assert remark(left_behind(Ancestor(pid=1, program="tini"))).startswith("left behind")
    assert remark(left_behind(Ancestor(pid=700, program="systemd"))).startswith("left behind")
    assert not is_orphan(left_behind(Ancestor(pid=7, program="uvicorn")))
    assert not is_orphan(left_behind())
    assert not is_orphan(only(listener("127.0.0.1:80", holder(9, 1))))


def test_a_relay_says_for_whom_it_stands() -> None:
    command = "docker-proxy -container-ip 172.17.0.2 -container-port 80"
    proxy = holder(9, 1, program="docker-proxy", command=command)
    assert remark(only(listener("0.0.0.0:8080", proxy))) == (
        "passes connections on to container 172.17.0.2:80"
    )


def test_nothing_is_remarked_of_ordinary_and_hidden_servers() -> None:
    assert remark(only(listener("127.0.0.1:80", holder(9, 7)))) == ""
    assert remark(only(listener("127.0.0.1:80"))) == ""
    assert not is_orphan(only(listener("127.0.0.1:80")))


def test_two_hidden_sockets_may_be_of_several_processes() -> None:
    halves = (listener("127.0.0.1:80", user="root"), listener("[::1]:80", user="root"))
    assert title(only(*halves)) == "one or more processes of user root"

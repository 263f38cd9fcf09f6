"""What the pictures say about this machine: the comparison of interfaces and the way."""

import dataclasses

import pytest

from homeport.core.address import Interface, InterfaceKind
from homeport.core.audience import Audience, AudienceKind, Reach, Verdict
from homeport.core.diagram import clients
from homeport.core.diagram.interfaces import Binding, interfaces, listening
from homeport.core.diagram.model import Box, Chain, Diagram, Lane, Tone
from homeport.core.diagram.way import Client, Route, way
from homeport.core.facts import Listener
from tests.core.diagram_examples import (
    ETHERNET,
    HOLDER,
    HOME,
    LOOPBACK,
    PORT,
    WIFI,
    binding,
    finding,
    listener,
    route,
)

YES, MAYBE, NO = Verdict.YES, Verdict.UNKNOWN, Verdict.NO


def lanes(drawn: Diagram, panel: int = 0) -> tuple[Lane, ...]:
    content = drawn.panels[panel].content
    assert isinstance(content, tuple)
    return content


def said(box: Box) -> list[str]:
    return [line.text for line in box.lines]


def door(interface: Interface, *listeners: Listener) -> Box:
    bound = Binding(title="", reach=Reach(port=PORT, listeners=listeners, findings=()))
    return lanes(interfaces(PORT, [bound], [interface]))[0].target


def test_loopback_comes_first_and_interfaces_that_are_up_before_those_that_are_down() -> None:
    vpn = Interface(name="tun0", kind=InterfaceKind.VPN, up=True, addresses=())
    down = dataclasses.replace(ETHERNET, name="eth9", up=False)
    drawn = interfaces(PORT, [binding("x")], [vpn, down, ETHERNET, WIFI, LOOPBACK])
    names = [lane.target.title for lane in lanes(drawn)][:5]
    assert names == ["lo", "wlan0", "eth0", "eth9", "tun0"]


@pytest.mark.parametrize(
    ("bound", "v6only", "ip", "expected"),
    [
        ("127.0.0.1", None, "127.0.0.1", YES),
        ("127.0.0.1", None, "192.168.1.20", NO),
        ("0.0.0.0", None, "192.168.1.20", YES),
        ("0.0.0.0", None, "::1", NO),
        ("::", True, "192.168.1.20", NO),
        ("::", False, "192.168.1.20", YES),
        ("::", None, "192.168.1.20", MAYBE),
        ("::", None, "fd00::1", YES),
    ],
)
def test_whether_an_address_is_listened_on(
    bound: str, v6only: bool | None, ip: str, expected: Verdict
) -> None:
    assert listening([listener(bound, v6only=v6only)], ip, "wlan0") is expected


def test_a_listener_bound_to_a_device_takes_only_what_comes_in_by_it() -> None:
    bound = [listener("0.0.0.0", device="wlan0")]
    assert listening(bound, "192.168.1.20", "wlan0") is YES
    assert listening(bound, "192.168.1.20", "eth0") is NO


def test_a_box_says_on_which_addresses_the_port_listens() -> None:
    box = door(WIFI, listener("192.168.1.20"))
    assert said(box) == ["listens on 192.168.1.20:8000", "not on fd00:5a::20"]
    assert [line.mark for line in box.lines] == [YES, NO]
    assert (box.note, box.tone) == ("Wi-Fi", Tone.PLACE)


def test_a_box_of_an_interface_that_does_not_listen_is_muted() -> None:
    box = door(WIFI, listener("127.0.0.1"))
    assert said(box) == ["192.168.1.20", "fd00:5a::20", "does not listen"]
    assert box.tone is Tone.MUTED


def test_what_is_not_known_is_said_as_not_known() -> None:
    box = door(WIFI, listener("::", v6only=None))
    assert said(box) == ["may listen on 192.168.1.20:8000", "listens on [fd00:5a::20]:8000"]


def test_a_further_loopback_address_is_shown_at_the_loopback_interface() -> None:
    assert said(door(LOOPBACK, listener("127.0.0.9"))) == [
        *("not on 127.0.0.1", "not on ::1", "listens on 127.0.0.9:8000")
    ]


def test_the_state_of_an_interface_is_told() -> None:
    assert said(door(ETHERNET)) == ["no link", "no address"]
    assert said(door(dataclasses.replace(ETHERNET, up=False))) == ["down", "no address"]
    down = dataclasses.replace(WIFI, up=False)
    assert door(down, listener("0.0.0.0")).tone is Tone.MUTED


def test_many_addresses_are_counted_and_link_local_ones_come_last() -> None:
    ips = ("fe80::1/64", *(f"10.0.0.{number}/24" for number in range(1, 9)))
    many = dataclasses.replace(WIFI, addresses=ips)
    assert said(door(many))[-3:] == ["10.0.0.6", "and 3 more", "does not listen"]
    assert said(door(many, listener("0.0.0.0")))[-1] == "and 3 more, listens on 2 of them"


@pytest.mark.parametrize(
    ("bound", "sentence"),
    [
        ([], "does not listen"),
        (["127.0.0.1", "::1"], "listens on 127.0.0.1:8000 and [::1]:8000"),
        (["0.0.0.0"], "listens on 0.0.0.0:8000 (every IPv4 address)"),
        (["::"], "listens on [::]:8000 (every IPv6 address)"),
    ],
)
def test_a_panel_says_what_is_bound(bound: list[str], sentence: str) -> None:
    assert interfaces(PORT, [binding("x", *bound)], HOME).panels[0].lines == (sentence,)


def test_a_panel_says_what_a_socket_for_both_families_or_one_device_takes() -> None:
    both = [listener("::", v6only=False, device="wlan0")]
    reach = Reach(port=PORT, listeners=tuple(both), findings=())
    drawn = interfaces(PORT, [Binding(title="", reach=reach)], HOME)
    assert drawn.panels[0].lines == (
        "listens on [::]:8000 (every IPv6 address and every IPv4 address) on wlan0 only",
    )


def drawn_at(audience: Audience, *ips: str) -> str | None:
    return clients.home(finding(audience, YES, ips), (LOOPBACK, WIFI, ETHERNET))


def test_local_programs_come_in_by_loopback_even_to_a_network_address() -> None:
    assert drawn_at(Audience(kind=AudienceKind.SELF), "192.168.1.20") == "lo"
    found = finding(Audience(kind=AudienceKind.SELF), YES, ("192.168.1.20",))
    bound = Reach(port=PORT, listeners=(listener("192.168.1.20"),), findings=(found,))
    drawn = interfaces(PORT, [Binding(title="", reach=bound)], HOME)
    assert said(lanes(drawn)[0].sources[0].box) == ["on this computer", "by 192.168.1.20"]


def test_the_internet_comes_in_by_a_default_route() -> None:
    internet = Audience(kind=AudienceKind.INTERNET)
    assert drawn_at(internet) == "wlan0"
    second = dataclasses.replace(ETHERNET, addresses=("203.0.113.5/24",), gateways=(4,))
    found = finding(internet, YES, ("203.0.113.5",))
    assert clients.home(found, (WIFI, second)) == "eth0"
    assert clients.home(found, (LOOPBACK,)) is None


def test_findings_without_an_interface_of_this_computer_have_a_lane_of_their_own() -> None:
    gone = Audience(kind=AudienceKind.VPN, interface="tun7")
    reach = Reach(port=PORT, listeners=(), findings=(finding(gone, NO),))
    last = lanes(interfaces(PORT, [Binding(title="", reach=reach)], HOME))[-1]
    assert last.target.title == "no interface of its own"
    assert (last.sources[0].box.title, said(last.sources[0].box)) == ("VPN peers", ["by tun7"])
    assert last.sources[0].verdict is NO


def test_the_present_state_has_a_badge_and_reasons_are_shown() -> None:
    drawn = interfaces(PORT, [binding("a", "127.0.0.1", now=True), binding("b", "0.0.0.0")], HOME)
    assert [panel.badge for panel in drawn.panels] == ["now", ""]
    wifi = lanes(drawn, 1)[1]
    assert said(wifi.sources[0].box)[-1] == "the firewall could not be read"
    assert "on 192.168.1.0/24, fd00:5a::/64 the firewall could not be read: maybe." in (
        drawn.description
    )


def chain(one: Route) -> Chain:
    content = way(one).panels[0].content
    assert isinstance(content, Chain)
    return content


def headings(one: Route) -> list[str]:
    return [box.heading for box in chain(one).boxes]


def test_the_way_leads_from_the_client_to_the_app_and_back() -> None:
    drawn = chain(route())
    assert [box.heading for box in drawn.boxes] == [
        "browser",
        "lo · loopback",
        "127.0.0.1:8000 · listening socket",
        "uvicorn · pid 4711",
        "main:app · app",
    ]
    assert [arrow.label for arrow in drawn.arrows][:2] == [
        *("http://localhost:8000/docs", "to 127.0.0.1:8000")
    ]
    assert drawn.answered
    assert said(drawn.boxes[3]) == ["project shop (branch main)", "in /home/mara/shop", "user mara"]
    assert way(route()).description.endswith("The answer goes back the same way.")


def test_a_phone_that_is_not_let_in_gets_as_far_as_the_interface() -> None:
    stopped = dataclasses.replace(
        route(Client.PHONE, "192.168.1.20", verdict=NO), why="the firewall drops it"
    )
    drawn = chain(stopped)
    assert headings(stopped) == ["phone", "wlan0 · Wi-Fi"]
    assert (drawn.arrows[0].verdict, drawn.answered) == (NO, False)
    assert drawn.arrows[0].label.endswith("(the firewall drops it)")
    assert way(stopped).description.endswith("It gets no further.")
    assert said(drawn.boxes[0]) == ["another device"]


def test_the_way_ends_where_nothing_listens() -> None:
    drawn = chain(dataclasses.replace(route(Client.PHONE, "192.168.1.20"), listener=None))
    assert drawn.boxes[-1].heading == "192.168.1.20:8000 · nothing listens here"
    assert (drawn.arrows[-1].verdict, drawn.answered) == (NO, False)


def test_an_interface_that_is_not_known_is_left_out() -> None:
    assert headings(dataclasses.replace(route(), interface=None))[1].startswith("127.0.0.1:8000")
    stopped = dataclasses.replace(route(verdict=NO), interface=None)
    assert headings(stopped) == ["browser", "127.0.0.1:8000 · listening socket"]


def test_a_program_is_named_as_well_as_it_is_known() -> None:
    hidden = chain(dataclasses.replace(route(), holder=None, app="")).boxes[-1]
    assert (hidden.title, said(hidden)) == (
        *("server program", ["its process is not visible to this user"]),
    )
    bare = dataclasses.replace(HOLDER, program="", project=None, folder=None, user=None)
    box = chain(dataclasses.replace(route(), holder=bare, app="")).boxes[-1]
    assert (box.title, said(box)) == ("python -m uvicorn main:app", [])
    nameless = dataclasses.replace(bare, command="")
    assert chain(dataclasses.replace(route(), holder=nameless)).boxes[3].title == "server program"
    assert HOLDER.project is not None
    tree = dataclasses.replace(HOLDER.project, branch=None, worktree="fix")
    found = dataclasses.replace(HOLDER, project=tree)
    box = chain(dataclasses.replace(route(), holder=found)).boxes[3]
    assert said(box)[:2] == ["project shop", "worktree fix"]


@pytest.mark.parametrize(
    ("bound", "v6only", "sentences"),
    [
        ("0.0.0.0", None, ["takes every IPv4 address of this computer"]),
        ("::", True, ["takes every IPv6 address of this computer"]),
        ("::", False, ["takes every IPv6 address of this computer", "and every IPv4 address"]),
        ("::", None, ["takes every IPv6 address of this computer", "perhaps every IPv4 address"]),
    ],
)
def test_a_socket_says_what_it_takes(bound: str, v6only: bool | None, sentences: list[str]) -> None:
    one = dataclasses.replace(route(), listener=listener(bound, v6only=v6only))
    assert said(chain(one).boxes[2]) == sentences


def test_a_socket_says_which_device_it_is_bound_to_and_a_door_how_it_is() -> None:
    down = dataclasses.replace(WIFI, up=False)
    one = dataclasses.replace(
        route(), listener=listener("127.0.0.1", device="lo"), interface=ETHERNET
    )
    assert said(chain(one).boxes[2]) == ["only what comes in by lo"]
    assert said(chain(one).boxes[1]) == ["comes in from the network", "no link"]
    assert said(chain(dataclasses.replace(one, interface=down)).boxes[1])[-1] == "down"

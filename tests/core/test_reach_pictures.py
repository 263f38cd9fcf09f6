from dataclasses import replace

import pytest

from homeport.core.address import InterfaceKind
from homeport.core.audience import Asker
from homeport.core.diagram import text
from homeport.core.diagram.model import Chain, Diagram
from homeport.core.facts import Facts, Listener, System
from homeport.core.firewall import Firewall
from homeport.core.occupants import occupants
from homeport.core.questions import questions
from homeport.core.reach import reach
from homeport.core.reach_pictures import comparison, side_by_side, way_of
from tests.core.people import LO, WLAN, holder, interface, listener

BARE = interface("ifb0", InterfaceKind.OTHER, up=False)
SERVER = holder(7)


def facts(*listeners: Listener) -> Facts:
    return Facts(
        time=1000.0,
        system=System.LINUX,
        user="ada",
        listeners=listeners,
        interfaces=(LO, WLAN, BARE),
        firewall=Firewall(),
    )


def compared(*listeners: Listener) -> Diagram:
    return comparison(reach(listeners, facts(*listeners)), facts(*listeners))


def titles(diagram: Diagram) -> list[tuple[str, str]]:
    return [(panel.title, panel.badge) for panel in diagram.panels]


LOCAL = (listener("127.0.0.1:8000", SERVER), listener("[::1]:8000", SERVER))


def test_localhost_stands_beside_every_address_and_what_is_so_is_marked() -> None:
    assert titles(compared(*LOCAL)) == [("--host localhost", "now"), ("--host 0.0.0.0", "")]
    wild = listener("0.0.0.0:8000", SERVER)
    assert titles(compared(wild)) == [("--host localhost", ""), ("--host 0.0.0.0", "now")]
    both = (wild, listener("[::]:8000", SERVER))
    assert titles(compared(*both)) == [("--host localhost", ""), ("--host all", "now")]


def test_another_binding_has_a_panel_of_its_own() -> None:
    one = listener("192.168.1.20:8000", SERVER)
    assert titles(compared(one))[0] == ("as it is", "now")
    assert len(compared(one).panels) == 3


def test_without_ipv6_localhost_is_one_address() -> None:
    (first, *_) = LOCAL
    alone = replace(facts(first), interfaces=(replace(LO, addresses=("127.0.0.1/8",)),))
    assert titles(comparison(reach((first,), alone), alone))[0] == ("--host localhost", "now")


def test_the_doubts_are_said_and_interfaces_without_an_address_left_out() -> None:
    drawn = text.render(compared(*LOCAL), width=100)
    assert "firewall not checked" in drawn
    assert "ifb0" not in drawn


@pytest.mark.parametrize("asker", [Asker.BROWSER, Asker.PYTHON])
def test_the_way_leads_to_the_process_that_accepts(asker: Asker) -> None:
    diagram = drawn_way(asker, *LOCAL)
    assert diagram is not None
    (chain,) = (panel.content for panel in diagram.panels)
    assert isinstance(chain, Chain)
    assert chain.answered
    assert "pid 7" in diagram.description


def drawn_way(asker: Asker, *listeners: Listener) -> Diagram | None:
    seen = facts(*listeners)
    (occupant, *_) = occupants(listeners)
    asked = questions(reach(occupant.listeners, seen), seen)
    (question,) = (each for each in asked if each.asker is asker)
    return way_of(question, occupant, seen)


def test_there_is_no_way_for_who_has_no_link() -> None:
    assert drawn_way(Asker.PHONE, *LOCAL) is None


def test_a_way_in_doubt_says_why() -> None:
    diagram = drawn_way(Asker.PHONE, listener("0.0.0.0:8000", SERVER))
    assert diagram is not None
    assert "firewall not checked" in text.render(diagram, width=80)


def test_an_address_that_no_interface_has_is_drawn_without_one() -> None:
    gone = listener("192.0.2.7:8000", SERVER)
    seen = facts(gone)
    (occupant,) = occupants((gone,))
    (question, *_) = questions(reach((gone,), seen), seen)
    diagram = way_of(question, occupant, seen)
    assert diagram is None or "wlan0" not in diagram.description


def test_servers_that_share_a_port_stand_beside_each_other() -> None:
    one, other = listener("127.0.0.1:8000", SERVER), listener("[::1]:8000", holder(8))
    seen = facts(one, other)
    both = [(name, reach((held,), seen)) for name, held in (("a", one), ("b", other))]
    assert titles(side_by_side(both, seen)) == [("a", "now"), ("b", "now")]


def test_localhost_is_tried_by_ipv6_first() -> None:
    diagram = drawn_way(Asker.BROWSER, *LOCAL)
    assert diagram is not None
    assert "[::1]:8000" in diagram.description

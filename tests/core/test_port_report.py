from homeport.core.address import InterfaceKind
from homeport.core.facts import System
from homeport.core.port_report import PortReport, destinations
from tests.core.people import LO, WLAN, holder, interface, listener
from tests.core.port_views import judged

DOWN = interface("eth9", InterfaceKind.ETHERNET, "10.9.9.9/24", up=False)


def test_localhost_is_asked_by_both_families_and_always_shown() -> None:
    found = destinations(8000, (), (LO, WLAN, DOWN), System.LINUX)
    assert [(each.url, len(each.answers)) for each in found] == [
        ("http://localhost:8000", 2),
        ("http://127.0.0.1:8000", 1),
        ("http://[::1]:8000", 1),
    ]
    assert not any(each.winners for each in found)


def test_two_servers_behind_one_name_are_both_named() -> None:
    one, other = listener("127.0.0.1:8000", holder(7)), listener("[::1]:8000", holder(8))
    name, first, second = destinations(8000, (one, other), (LO, WLAN), System.LINUX)
    assert name.winners == (other, one)
    assert (first.winners, second.winners) == ((one,), (other,))


def test_own_addresses_are_shown_where_somebody_answers() -> None:
    wild = listener("0.0.0.0:8000", holder(7))
    found = destinations(8000, (wild,), (LO, WLAN, DOWN), System.LINUX)
    assert [each.url for each in found if each.winners] == [
        "http://localhost:8000",
        "http://127.0.0.1:8000",
        "http://192.168.1.20:8000",
    ]


def test_each_listener_is_named_once() -> None:
    dual = listener("[::]:8000", holder(7), v6only=False)
    name, *_ = destinations(8000, (dual,), (LO,), System.LINUX)
    assert name.winners == (dual,)


def test_the_own_name_is_asked_by_the_address_it_really_has() -> None:
    local = listener("127.0.0.1:8000", holder(7))
    wild = listener("0.0.0.0:8000", holder(7))
    debian = ("box", ("127.0.1.1",))
    for held, winners in ((local, ()), (wild, (wild,))):
        named = destinations(8000, (held,), (LO,), System.LINUX, debian)[3]
        assert (named.url, named.winners) == ("http://box:8000", winners)


def test_links_are_https_where_all_who_answer_speak_it() -> None:
    ours, other = listener("127.0.0.1:8000", holder(7)), listener("[::1]:8000", holder(8))
    found = destinations(8000, (ours, other), (LO, WLAN), System.LINUX)
    assert [each.in_tls({7}).url for each in found] == [
        "http://localhost:8000",
        "https://127.0.0.1:8000",
        "http://[::1]:8000",
    ]
    assert found[0].in_tls({7, 8}).url == "https://localhost:8000"
    report = PortReport(
        port=8000,
        availability=judged(ours, other),
        occupants=(),
        destinations=found,
        remnants=(),
        elsewhere=(),
    )
    assert report.in_tls({7}).destinations == tuple(each.in_tls({7}) for each in found)
    (nobodys, *_) = destinations(8000, (), (LO, WLAN), System.LINUX)
    assert nobodys.in_tls({7, 8}) == nobodys

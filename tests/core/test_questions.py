"""The founding questions about made-up servers."""

from dataclasses import replace

from homeport.core.audience import Asker, Question, ReasonCode, Verdict
from homeport.core.facts import Listener
from homeport.core.firewall import Firewall
from homeport.core.questions import questions
from homeport.core.reach import reach
from tests.core.people import holder
from tests.core.reach_scene import CABLE, DOCKER, LO, READ, WIFI, facts, listener

NO, UNKNOWN, YES = Verdict
V4, V6 = listener("127.0.0.1"), listener("::1", v6only=True)
ALL = listener("0.0.0.0")


def ask(
    *ours: Listener,
    others: tuple[Listener, ...] = (),
    interfaces: tuple = (LO, WIFI),  # type: ignore[type-arg]
    firewall: Firewall = READ,
) -> dict[Asker, Question]:
    seen = facts(*ours, *others, interfaces=interfaces, firewall=firewall)
    return {one.asker: one for one in questions(reach(ours, seen), seen)}


def test_both_loopback_addresses_are_localhost() -> None:
    found = ask(V4, V6)
    assert [one.verdict for one in found.values()] == [YES, YES, NO, NO]
    assert [one.url for one in found.values()] == [
        "http://localhost:8000",
        "http://127.0.0.1:8000",
        None,
        None,
    ]


def test_a_browser_tries_the_other_address_when_nobody_is_at_the_first() -> None:
    found = ask(V6)
    assert found[Asker.BROWSER].url == "http://localhost:8000"
    assert found[Asker.PYTHON].url == "http://[::1]:8000"


def test_localhost_is_not_certain_when_another_server_has_half_of_it() -> None:
    browser = ask(V4, others=(V6,))[Asker.BROWSER]
    assert (browser.verdict, browser.url) == (YES, "http://127.0.0.1:8000")
    [note] = browser.notes
    assert (note.code, note.about) == (ReasonCode.SPLIT_LOCALHOST, "8000")


def test_a_server_on_the_network_only_is_opened_by_its_address_here_too() -> None:
    browser = ask(listener("192.168.1.20"))[Asker.BROWSER]
    assert (browser.verdict, browser.url, browser.notes) == (YES, "http://192.168.1.20:8000", ())
    beside = ask(listener("192.168.1.20"), others=(V4, V6))[Asker.BROWSER]
    assert (beside.url, beside.notes) == ("http://192.168.1.20:8000", ())


def test_the_phone_is_asked_about_on_wifi_first() -> None:
    both = (LO, CABLE, WIFI, DOCKER)
    assert ask(ALL, interfaces=both)[Asker.PHONE].url == "http://192.168.1.20:8000"
    assert ask(ALL, interfaces=(LO, CABLE))[Asker.PHONE].url == "http://10.1.0.5:8000"
    assert ask(ALL, interfaces=both)[Asker.COMPUTER].url == "http://10.1.0.5:8000"


def test_without_a_network_there_is_nobody_to_ask_about() -> None:
    phone = ask(ALL, interfaces=(LO,))[Asker.PHONE]
    assert (phone.verdict, phone.finding, phone.url) == (NO, None, None)


def test_a_maybe_still_says_what_to_try() -> None:
    phone = ask(ALL, firewall=Firewall())[Asker.PHONE]
    assert (phone.verdict, phone.url) == (UNKNOWN, "http://192.168.1.20:8000")


def test_a_link_local_address_is_never_typed() -> None:
    bare = replace(WIFI, addresses=("fe80::1/64",))
    phone = ask(listener("::", v6only=True), interfaces=(LO, bare))[Asker.PHONE]
    assert (phone.verdict, phone.url) == (UNKNOWN, None)
    assert [note.code for note in phone.notes] == [ReasonCode.LINK_LOCAL]


def test_what_is_not_known_of_a_socket_is_no_other_server() -> None:
    browser = ask(listener("::", v6only=None))[Asker.BROWSER]
    assert (browser.url, browser.notes) == ("http://[::1]:8000", ())


def test_links_of_a_server_that_speaks_tls_are_https() -> None:
    ours = tuple(replace(each, holders=(holder(7),)) for each in (V4, V6))
    seen = facts(*ours)
    told = questions(reach(ours, seen), seen, {7})
    assert [one.url for one in told[:2]] == ["https://localhost:8000", "https://127.0.0.1:8000"]
    told = questions(reach(ours, seen), seen, {8})
    assert [one.url for one in told[:2]] == ["http://localhost:8000", "http://127.0.0.1:8000"]

import json
from dataclasses import replace
from datetime import datetime

import pytest

from homeport.core import share_words
from homeport.core.address import InterfaceKind
from homeport.core.device_kind import DeviceKind
from homeport.core.devices import Device, DeviceState
from homeport.core.evidence import Findings, PeerSeen, Proof
from homeport.core.share import EndReason, Place, Terms
from homeport.core.share_actions import News, Tell
from homeport.core.share_choice import Caution
from homeport.core.share_events import Unshare
from tests.core.share_story import PLACE, Story

NOW = datetime(2026, 11, 21, 15, 0).timestamp()
HALF_PAST = NOW + 1800
DEVICE = Device(
    id="d1",
    name="iPhone",
    kind=DeviceKind(name="iPhone", program="Safari"),
    address="192.168.1.34",
    state=DeviceState.WAITING,
    first_seen=NOW,
    last_seen=NOW,
    number=412,
)
ABOUT_DEVICES = (News.ASKS, News.ASKS_NO_MORE, News.LET_IN, News.DENIED, News.REVOKED)


def tell(news: News, **fields: object) -> Tell:
    known: dict[str, object] = {"place": PLACE, "terms": Terms(), "until": HALF_PAST}
    if news in ABOUT_DEVICES:
        known = {"device": DEVICE}
    return Tell(news=news, **(known | fields))  # type: ignore[arg-type]


def said(news: News, **fields: object) -> str:
    return "\n".join(share_words.lines(tell(news, **fields), NOW))


def test_an_open_share_says_who_can_try_until_when_and_what_is_not_promised() -> None:
    assert said(News.OPENED, code_hash="HASH").splitlines() == [
        "Shared until 15:30, 30 min from now:  http://192.168.1.20:8000",
        "Devices on Wi-Fi wlan0 (192.168.1.0/24) can try to connect.",
        "The link below lets one device in, within two minutes. Others show a number, and you are "
        "asked.",
        "Not encrypted: others on this network may be able to read along.",
        "encrypted:  homeport share --tls",
        "end it now:  homeport unshare",
    ]


def test_no_link_is_promised_where_there_is_none() -> None:
    text = said(News.BACK)
    assert "link" not in text
    assert "A device that comes shows a number, and you are asked." in text


def short(news: News, **fields: object) -> str | None:
    return share_words.in_short(tell(news, **fields), NOW)


def test_the_terminal_of_the_server_gets_one_line_of_what_was_asked_in_another() -> None:
    assert short(News.OPENED, code_hash="HASH") == (
        "Shared until 15:30: http://192.168.1.20:8000 (Wi-Fi wlan0, 192.168.1.0/24)"
    )
    assert short(News.RENEWED, terms=Terms(pairing=False)) == (
        "Shared until 15:30 without a code: http://192.168.1.20:8000"
    )
    assert short(News.CODE) is None
    ended = short(News.ENDED, reason=EndReason.UNSHARED)
    assert ended == (
        "No longer shared: as asked. http://192.168.1.20:8000 is closed and its connections are "
        "cut."
    )


def test_a_share_with_tls_has_another_link_and_no_warning() -> None:
    text = said(News.OPENED, terms=Terms(tls=True))
    assert "https://192.168.1.20:8000" in text
    assert "encrypted" not in text


def test_a_share_for_everybody_says_so() -> None:
    text = said(News.OPENED, terms=Terms(pairing=False))
    assert "No code is asked for: whoever connects gets in." in text
    assert "one-time" not in text


def test_links_are_ones_a_browser_opens() -> None:
    v6 = replace(PLACE, ip="fd00::20", network="fd00::/64")
    assert share_words.link(v6, Terms()) == "http://[fd00::20]:8000"
    assert share_words.pairing_link(PLACE, Terms(tls=True), "a-b_c") == (
        "https://192.168.1.20:8000/.well-known/homeport/pair?code=a-b_c"
    )


def test_an_interface_of_no_known_kind_is_named_only() -> None:
    place = replace(PLACE, interface="dummy0", kind=InterfaceKind.OTHER)
    assert share_words.audience(place) == "devices on dummy0 (192.168.1.0/24)"


def test_a_new_address_is_said_with_the_old_one() -> None:
    text = said(News.MOVED, moved_from="192.168.1.9")
    assert text.startswith("The address of wlan0 is 192.168.1.20 now, it was 192.168.1.9.")
    assert "browsers have to pair again, tokens of scripts still work" in text
    assert said(News.BACK).startswith("The network is back.\nShared until 15:30, ")


@pytest.mark.parametrize("reason", EndReason)
def test_each_end_says_why_and_what_is_closed(reason: EndReason) -> None:
    text = said(News.ENDED, reason=reason, detail="in use")
    assert share_words._ENDS[reason] + " (in use)" in text
    assert "http://192.168.1.20:8000" in text
    assert ("connections are cut" in text) is (reason is not EndReason.NOT_OPENED)
    assert share_words._ENDS[reason] in said(News.SEEKING, reason=reason)


def test_the_other_news_in_a_line_each() -> None:
    assert said(News.RENEWED) == "Shared until 15:30, 30 min from now:  http://192.168.1.20:8000"
    assert said(News.CODE) == (
        "The link below lets one device in, within two minutes. The one before is dead."
    )
    assert said(News.CODE_OVER) == "The link is too old to be used; a new one:  homeport share"
    assert said(News.PEER_BLOCKED, peer="192.168.1.9") == (
        "192.168.1.9 was wrong 10 times: it cannot pair for 15 min. "
        "Devices that were let in are not affected."
    )
    assert said(News.ALL_BLOCKED, peer="192.168.1.9").startswith(
        "100 wrong codes and tokens came in, the last from 192.168.1.9: pairing is off."
    )
    assert "iPhone" in said(News.ASKS)


def test_a_time_is_said_as_a_clock_shows_it() -> None:
    assert share_words.clock(NOW + 600, NOW) == "15:10"
    assert share_words.clock(NOW + 90, NOW) == "15:01:30"
    assert share_words.clock(NOW - 90, NOW) == "14:58:30"
    assert share_words.clock(NOW + 10 * 3600, NOW) == "tomorrow 01:00"
    assert share_words.clock(NOW - 24 * 3600, NOW) == "2026-11-20 15:00"


def test_evidence_is_said_in_its_four_words() -> None:
    phone = PeerSeen(peer="192.168.1.34", first=NOW - 3600, last=NOW - 3480, connections=1)
    nothing = Findings(proofs=(Proof.LISTENING, Proof.ANSWERS_HERE, Proof.NOT_REACHED))
    assert share_words.evidence(nothing, NOW) == (
        "listening",
        "answers on this computer (which says nothing about other devices)",
        "not reached from elsewhere yet",
    )
    seen = Findings(proofs=(Proof.LISTENING, Proof.REACHED), latest=phone)
    assert share_words.evidence(seen, NOW, "iPhone") == (
        "listening",
        "reached from 192.168.1.34 at 14:02 (iPhone, paired)",
    )
    assert share_words.reached(phone, NOW) == "reached from 192.168.1.34 at 14:02"


def every_sentence() -> str:
    texts = [said(news, reason=EndReason.EXPIRED, peer="a", moved_from="b") for news in News]
    texts += [said(News.ENDED, reason=reason) for reason in EndReason]
    texts += [share_words.caution(word) for word in Caution]
    return "\n".join([*texts, said(News.OPENED, terms=Terms(pairing=False))])


def test_no_sentence_promises_what_is_not_known() -> None:
    text = every_sentence().lower()
    for word in ("secure", "nobody can reach", " 0.0.0.0", "safe", "—"):
        assert word not in text


def test_programs_get_the_same_as_facts_and_no_secret() -> None:
    assert share_words.facts(tell(News.OPENED, code_hash="HASH"), NOW) == {
        "event": "shared",
        "time": NOW,
        "url": "http://192.168.1.20:8000",
        "interface": "wlan0",
        "network": "192.168.1.0/24",
        "pairing": True,
        "tls": False,
        "until": HALF_PAST,
    }
    moved = share_words.facts(tell(News.MOVED, moved_from="192.168.1.9"), NOW)
    assert moved["moved_from"] == "192.168.1.9"
    assert "moved_from" not in share_words.facts(tell(News.ENDED, moved_from="192.168.1.9"), NOW)
    ended = share_words.facts(tell(News.ENDED, reason=EndReason.NOT_OPENED, detail="busy"), NOW)
    assert (ended["reason"], ended["detail"]) == ("not-opened", "busy")
    blocked = share_words.facts(Tell(news=News.PEER_BLOCKED, peer="192.168.1.9"), NOW)
    assert blocked == {"event": "guessing-blocked", "time": NOW, "peer": "192.168.1.9"}
    hashed = replace(DEVICE, token_hash="HASH")
    told = share_words.facts(tell(News.LET_IN, device=hashed), NOW)
    assert told["device"]["id"] == "d1"
    assert "HASH" not in json.dumps(told)


def test_all_that_a_share_tells_can_be_said_and_written() -> None:
    story = Story()
    code = story.open()
    for event in (lambda: story.redeem(code), story.knock, lambda: story.tell(Unshare())):
        event()
        for news in story.of(Tell):
            assert share_words.lines(news, story.now.wall)
            json.dumps(share_words.facts(news, story.now.wall))


def test_a_place_knows_its_address() -> None:
    assert isinstance(PLACE, Place)
    assert str(PLACE.address) == "192.168.1.20:8000"

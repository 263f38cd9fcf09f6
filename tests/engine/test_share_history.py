"""What the doctor is told about shares that were."""

from homeport.core.address import InterfaceKind
from homeport.core.share import EndReason, Place, Terms
from homeport.core.share_actions import News, Tell
from homeport.engine.share_history import ShareHistory

PLACE = Place(
    interface="wlan0",
    kind=InterfaceKind.WIFI,
    ip="192.168.1.20",
    network="192.168.1.0/24",
    port=8000,
)


def tell(news: News, **what: object) -> Tell:
    return Tell(news=news, place=PLACE, terms=Terms(), until=2000.0, **what)  # type: ignore[arg-type]


def test_a_move_is_remembered_until_the_next_share() -> None:
    history = ShareHistory()
    history.told(tell(News.OPENED), 1000.0)
    history.told(tell(News.MOVED, moved_from="192.168.1.19"), 1010.0)
    history.told(tell(News.RENEWED), 1020.0)
    assert history.facts()["moved_from"] == "192.168.1.19"
    assert history.facts()["since"] == 1010.0
    history.told(tell(News.OPENED), 1030.0)
    assert history.facts()["moved_from"] is None


def test_how_a_share_ended_is_remembered_until_the_next_one() -> None:
    history = ShareHistory()
    history.told(tell(News.ENDED, reason=EndReason.EXPIRED), 2000.0)
    ended = history.facts()["ended"]
    assert ended["at"] == 2000.0 and "its time is over" in ended["line"]
    history.told(tell(News.OPENED), 2010.0)
    assert history.facts()["ended"] is None


def test_refusals_are_counted_by_what_was_said() -> None:
    history = ShareHistory()
    peer = {"ip": "::ffff:192.168.1.34", "refused": [["R2", "foreign-host", "line", 2]]}
    history.refused(peer, 1000.0)
    history.refused(peer, 1001.0)
    [one] = history.facts()["turned_away"]
    assert (one["peer"], one["times"], one["last"]) == ("192.168.1.34", 4, 1001.0)

"""What has become of shares and visitors, for the doctor; it is gone with the server."""

from dataclasses import asdict
from typing import Any

from homeport.core import share_words
from homeport.core.evidence import unmapped
from homeport.core.share_actions import News, Tell
from homeport.core.turned_away import TurnedAway, merged


class ShareHistory:
    """Of one server. Times are seconds since the epoch."""

    def __init__(self) -> None:
        self._since = 0.0
        self._moved_from: str | None = None
        self._ended: dict[str, Any] | None = None
        self._turned_away: tuple[TurnedAway, ...] = ()

    def told(self, tell: Tell, now: float) -> None:
        """A piece of news: an address was opened, or a share has ended."""
        if tell.news in (News.OPENED, News.MOVED):
            self._since, self._moved_from, self._ended = now, tell.moved_from, None
        elif tell.news is News.ENDED:
            self._ended = {"line": share_words.lines(tell, now)[0], "at": now}

    def refused(self, peer: dict[str, Any], now: float) -> None:
        """What a worker says of one peer (`engine/guarding/visits`)."""
        new = [
            TurnedAway(
                peer=unmapped(peer["ip"]), rule=rule, code=code, line=line, times=times, last=now
            )
            for rule, code, line, times in peer["refused"]
        ]
        self._turned_away = merged(self._turned_away, new)

    def facts(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "since": self._since,
            "moved_from": self._moved_from,
            "ended": self._ended,
            "turned_away": [asdict(one) for one in self._turned_away],
        }

"""The face for programs: one JSON object per line, a stable interface (docs/json.md)."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from homeport.core import words
from homeport.core.events import Announce, News
from homeport.core.failure import Failure
from homeport.engine.reporting import Moment, Opened, RefusedVisit

if TYPE_CHECKING:  # needed once something is shared
    from homeport.core.evidence import PeerSeen
    from homeport.core.guide_words import TrustGuide
    from homeport.core.share import Place
    from homeport.core.share_actions import Tell
    from homeport.engine.mdns import News as NameNews

Write = Callable[[str], object]


def failure_told(failure: Failure | None) -> dict[str, object]:
    """As the events `failed` and `crashed` have it, and every answer that has one in it."""
    assert failure is not None
    return {
        "code": failure.kind.value,
        "message": failure.summary,
        "error": failure.error,
        "traceback": failure.full,
        "next": list(failure.next_steps),
    }


class JsonReport:
    """Writes events; `debug`: also what is not done, and why."""

    def __init__(self, write: Write, *, debug: bool = False) -> None:
        self._debug = debug
        self._write = write
        self._opened: Opened | None = None

    def _event(self, event: str, **fields: object) -> None:
        data = {"event": event, "time": round(time.time(), 3), **fields}
        self._write(json.dumps(data) + "\n")

    def opened(self, opened: Opened) -> None:
        """`starting` and `listening`."""
        self._opened = opened
        self._event(
            "starting",
            app=opened.app,
            project=opened.project,
            reload=opened.reload,
            name=opened.name,
            instance=opened.instance,
        )
        notes = []
        if opened.moved is not None:
            from homeport.core.moved import sentence

            notes.append(sentence(opened.moved))
        if opened.skipped:
            notes.append(words.NO_IPV6)
        if opened.strangers:
            notes.append(words.shadowed(opened.strangers))
        self._event(
            "listening",
            addresses=[str(address) for address in opened.addresses],
            port=opened.addresses[0].port,
            moved=self._moved(),
            notes=notes,
        )

    def news(self, announce: Announce, moment: Moment) -> None:
        """`ready`, `reloading`, `reloaded`, `failed`, `crashed`, `stopping`, `stopped`."""
        fields: dict[str, object] = {}
        milliseconds = round(moment.took * 1000)
        match announce.news:
            case News.READY:
                fields = {"urls": self._urls(), "docs": self._docs(moment), "ms": milliseconds}
                fields["moved"] = self._moved()
            case News.RELOADING:
                fields = {"reasons": list(announce.reasons)}
            case News.RELOADED:
                fields = {"ms": milliseconds, "reasons": list(announce.reasons)}
            case News.FAILED:
                fields = self._failed(announce, moment)
            case News.CRASHED:
                fields = {**failure_told(announce.failure), "restart_in": announce.pause}
            case News.STOPPING:
                fields = {"reason": announce.reasons[0]}
            case News.STOPPED:
                pass
        self._event(announce.news.value, **fields)

    def _failed(self, announce: Announce, moment: Moment) -> dict[str, object]:
        assert announce.failure is not None and self._opened is not None
        return {
            **failure_told(announce.failure),
            "still_serving": announce.still_serving,
            "tries_again": self._opened.tries_again(announce.failure, moment),
        }

    def _urls(self) -> list[dict[str, object]]:
        assert self._opened is not None
        return [
            {
                "url": link.url,
                "audience": link.audience,
                "interface": link.interface,
                "in_browsers": link.in_browsers,
            }
            for link in self._opened.links
        ]

    def _moved(self) -> dict[str, object] | None:
        assert self._opened is not None
        return self._opened.moved.to_json() if self._opened.moved else None

    def _docs(self, moment: Moment) -> str | None:
        assert self._opened is not None
        return self._opened.links[0].url + moment.docs if moment.docs else None

    def cut(self, requests: int) -> None:
        """`cut`: what a leaving worker could not finish."""
        self._event("cut", requests=requests)

    def debug(self, text: str) -> None:
        """`log` at level debug."""
        if self._debug:
            self._event("log", level="debug", message=text)

    def warn(self, text: str) -> None:
        """`log` at level warning."""
        self._event("log", level="warning", message=text)

    def refused(self, refusal: RefusedVisit) -> None:
        """`refused`: a request was not let in."""
        self._event(
            "refused",
            rule=refusal.rule,
            code=refusal.code,
            peer=refusal.peer,
            times=refusal.times,
            left_out=refusal.left_out,
            message=refusal.line,
        )

    def share(self, tell: "Tell", link: str | None) -> None:
        """`shared`, `share-ended`, `device-asks` and the other news of a share."""
        from homeport.core.share_words import facts

        told = facts(tell, time.time())
        if link is not None:
            told["link"] = link
        self._event(told.pop("event"), **{k: v for k, v in told.items() if k != "time"})

    def guide(self, guide: "TrustGuide") -> None:
        """`trust-guide`: where a device is told how to trust the certificate of the share."""
        self._event("trust-guide", url=guide.url, fingerprint=guide.fingerprint)

    def local_name(self, news: "NameNews", place: "Place", *, tls: bool) -> None:
        """`local-name`: claimed, in conflict, or not to be had."""
        fields = asdict(news)
        if "asked" in fields:
            fields["url"] = f"{'https' if tls else 'http'}://{fields['name']}:{place.port}"
        self._event("local-name", state=type(news).__name__.lower(), **fields)

    def reached(self, peer: "PeerSeen", now: float) -> None:
        """`reached`: somebody from elsewhere has connected for the first time."""
        self._event("reached", peer=peer.peer, device=peer.device)

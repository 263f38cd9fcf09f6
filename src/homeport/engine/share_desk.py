"""Where sharing is asked for: by a key, or by a command over the control socket."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from homeport.core import device_words, share_refusals, share_words
from homeport.core.durations import LONGEST, USUAL
from homeport.core.errors import BindError, HomeportError, NothingThereError
from homeport.core.evidence import unmapped
from homeport.core.share import Place, Terms
from homeport.core.share_actions import Admitted, Done, News, Refused, Tell, Unclear
from homeport.core.share_choice import choose
from homeport.core.share_events import Approve, Deny, Revoke
from homeport.core.visit_record import VisitRecord
from homeport.core.wire_doors import Visited
from homeport.engine.announcer import Announcer
from homeport.engine.arrivals import Arrivals
from homeport.engine.doors import Doors
from homeport.engine.front import Front
from homeport.engine.mdns import News as NameNews
from homeport.engine.mdns_messages import Claimed, Conflict
from homeport.engine.network import RealNetwork
from homeport.engine.reporting import Reporter
from homeport.engine.share_history import ShareHistory
from homeport.engine.share_outside import Network
from homeport.engine.sharing import Sharing
from homeport.engine.trust_hints import TrustHints
from homeport.engine.visit_log import VisitLog

Request = dict[str, Any]
_ORDERS: dict[str, type[Approve | Deny | Revoke]] = {
    "approve": Approve,
    "deny": Deny,
    "revoke": Revoke,
}


class ShareDesk:
    """Takes orders, tells what comes of them."""

    def __init__(
        self,
        front: Front,
        doors: Doors,
        reporter: Reporter,
        environment: Mapping[str, str],
        network: Network | None = None,
    ) -> None:
        self._front = front
        self._reporter = reporter
        self._log = VisitLog(front.name, environment)
        self._network = network or RealNetwork(environment)
        self.announcer = Announcer(self._name_told)
        self.sharing = Sharing(
            front, doors, self._network, self.announcer, self._log.add, self._told
        )
        self._arrivals = Arrivals()
        self._history = ShareHistory()
        self._asker: list[tuple[Tell, str | None]] | None = None
        self._name: NameNews | None = None
        self._trust = TrustHints(self.sharing, reporter.warn)

    # Keys.

    def toggle(self) -> None:
        """Share as usual, or share no more."""
        if self.sharing.state.share is not None:
            self.sharing.end()
            return
        try:
            for caution in self._share(None, Terms(seconds=USUAL)):
                self._reporter.warn(caution)
        except HomeportError as error:
            self._reporter.warn(str(error))

    def judge(self, device: str, *, let_in: bool) -> None:
        """The answer to the device of that id; one that has gone meanwhile is not missed."""
        self.sharing.order(Approve if let_in else Deny, device)

    # Commands. Each gets its request and gives facts; HomeportError for what cannot be.

    def answer(self, word: str, request: Request) -> Mapping[str, Any]:
        """Of the words in `engine/reception`."""
        if word in _ORDERS:
            return self._order(word, request)
        answers: dict[str, Callable[[Request], Mapping[str, Any]]] = {
            "share": self._open,
            "unshare": self._end,
            "devices": self._devices,
            "token": self._token,
            "evidence": self._facts,
        }
        return answers[word](request)

    def _open(self, request: Request) -> Mapping[str, Any]:
        terms = Terms(
            seconds=min(max(float(request.get("seconds") or USUAL), 1.0), LONGEST),
            pairing=not request.get("open"),
            tls=bool(request.get("tls")),
        )
        self._asker = []
        try:
            cautions = self._share(request.get("on"), terms)
            told = self._asker
        finally:
            self._asker = None
        return self._trust.added(_told_to_asker(told, cautions))

    def _share(self, on: str | None, terms: Terms) -> tuple[str, ...]:
        """Begin, or go on longer; the sentences of caution about the address."""
        terms = replace(terms, tls=terms.tls or self._front.leaf is not None)
        share = self.sharing.state.share
        if share is not None and on is None:
            place, cautions = share.place, tuple[str, ...]()
        else:
            choice = choose(on, self._network.interfaces(), self._front.ips)
            place = Place(
                interface=choice.interface,
                kind=choice.kind,
                ip=choice.ip,
                network=choice.network,
                port=self._front.port,
            )
            cautions = tuple(map(share_words.caution, choice.cautions))
        identity = self._network.identity(place)
        if identity is None:
            raise share_refusals.no_such_place(place.interface, self._network.interfaces())
        self.sharing.open(place, terms, identity)
        return cautions

    def _end(self, request: Request) -> Mapping[str, Any]:
        was_shared = self.sharing.state.share is not None
        self._asker = []
        try:
            self.sharing.end()
            told = self._asker
        finally:
            self._asker = None
        if not was_shared:
            raise NothingThereError(
                "Nothing is shared by this server.",
                code="not-shared",
                next_steps=("share it:  homeport share",),
            )
        return _told_to_asker(told, ())

    def _devices(self, request: Request) -> Mapping[str, Any]:
        share = self.sharing.state.share
        devices = share.devices if share is not None else ()
        return {
            "shared": share is not None,
            "url": share_words.link(share.place, share.terms) if share is not None else None,
            "until": share.deadline.wall if share is not None else None,
            "devices": [device_words.facts(device) for device in devices],
            "rows": device_words.rows(devices, time.time()),
        }

    def _order(self, word: str, request: Request) -> Mapping[str, Any]:
        answer = self.sharing.order(_ORDERS[word], str(request.get("which", "")))
        if isinstance(answer, Unclear):
            raise device_words.not_meant(answer, word)
        assert isinstance(answer, Done)
        return {"device": device_words.facts(answer.device)}

    def _token(self, request: Request) -> Mapping[str, Any]:
        answer = self.sharing.token(str(request.get("name", "")))
        if isinstance(answer, Refused):
            raise device_words.no_token(answer)
        assert isinstance(answer, Admitted)
        share = self.sharing.state.share
        assert share is not None
        return {
            "token": answer.token,
            "device": answer.device,
            "url": share_words.link(share.place, share.terms),
            "until": share.deadline.wall,
        }

    def _facts(self, request: Request) -> Mapping[str, Any]:
        """For the doctor."""
        share = self.sharing.state.share
        found = None
        if share is not None:
            found = {
                "phase": self.sharing.state.phase.value,
                "interface": share.place.interface,
                "kind": share.place.kind.value,
                "ip": share.place.ip,
                "port": share.place.port,
                "network": share.place.network,
                "tls": share.terms.tls,
                "pairing": share.terms.pairing,
                "until": share.deadline.wall,
            }
        return {
            "share": found,
            **self._history.facts(),
            "name": getattr(self._name, "name", None) if found else None,
            "peers": self._arrivals.facts(),
            "forgotten": self._arrivals.forgotten,
            "devices": self._devices(request)["devices"],
        }

    # What happens.

    def visited(self, message: Visited) -> None:
        """What a worker saw at a door that a network can reach."""
        at = self._network.now().wall
        own = {ip for each in self._network.interfaces() for ip in each.ips}
        for peer in self._arrivals.add(message, own, at):
            self._reporter.reached(peer, at)
        for facts in message.peers:
            if not facts["ip"]:
                continue  # a crowd: only how many they were is known
            ip = unmapped(facts["ip"])
            self._trust.saw(ip, facts["tls"])
            for device, requests in facts["requests"].items():
                if device:
                    self.sharing.seen(device, ip, requests)
                self._log.add(VisitRecord(time=at, peer=ip, rule="allowed", device=device or None))
            self._history.refused(facts, at)
            for rule in dict.fromkeys(rule for rule, *_ in facts["refused"]):
                self._log.add(VisitRecord(time=at, peer=ip, rule=rule))

    def _told(self, tell: Tell, link: str | None) -> None:
        if self._asker is not None:
            self._asker.append((tell, link))
            link = None  # it is shown where it was asked for
        if tell.news in (News.ENDED, News.OPENED):
            self._name = None
            self._trust.forget()
        self._history.told(tell, self._network.now().wall)
        self._reporter.share(tell, link)
        guide = self._trust.guide
        if guide is not None and link is not None:
            self._reporter.guide(guide)

    def _name_told(self, news: NameNews) -> None:
        self._name = news
        if isinstance(news, Claimed):
            self.sharing.named(news.name.removesuffix(".local"))
        elif not (isinstance(news, Conflict) and news.kept):
            self.sharing.named(None)  # it leads to somebody else, or nowhere
        share = self.sharing.state.share
        if share is not None:
            self._reporter.local_name(news, share.place, tls=share.terms.tls)

    def close(self) -> None:
        """The server ends."""
        self.sharing.close()


def _told_to_asker(
    told: list[tuple[Tell, str | None]], cautions: tuple[str, ...]
) -> dict[str, Any]:
    now = time.time()
    failed = next((tell for tell, _ in told if tell.reason is not None and tell.detail), None)
    if failed is not None:
        raise BindError(
            share_words.lines(failed, now)[0],
            code="not-opened",
            next_steps=("what this computer has:  homeport reach",),
        )
    return {
        "lines": [line for tell, _ in told for line in share_words.lines(tell, now)],
        "cautions": list(cautions),
        "link": next((link for _, link in reversed(told) if link), None),
        "news": [share_words.facts(tell, now) for tell, _ in told],
    }

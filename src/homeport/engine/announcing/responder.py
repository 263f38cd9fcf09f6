"""Claiming a `.local` name and keeping it.

    look who answers → claim → defend, and look again now and then → goodbye

zeroconf looks after the names of services, not those of hosts, so the looking (RFC 6762 section
8.1) and the settling of conflicts (section 9) are here.
"""

import asyncio
import contextlib
import ipaddress
import random
from collections.abc import Callable
from typing import Any

from zeroconf import (  # type: ignore[attr-defined]  # its own type hints do not list them all
    DNSAddress,
    DNSOutgoing,
    DNSQuestion,
    DNSRecord,
    RecordUpdate,
    RecordUpdateListener,
    Zeroconf,
    current_time_millis,
)
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from homeport.core.local_name import MOST_TRIES, NoName, candidate, local
from homeport.engine.announcing.link import Defence, NoNameError, open_link
from homeport.engine.mdns_messages import Announce, Claimed, Conflict, Message

_QUERY, _CLASS_IN = 0x0000, 1
_A, _AAAA, _ANY = 1, 28, 255
_QUESTIONS, _BETWEEN = 3, 0.25  # seconds; RFC 6762 section 8.1
_JITTER = 0.25
_MOST_RIVALS = 16  # that are remembered: anybody on the network can make up more
_DEAF = 1.1  # seconds: zeroconf passes over a packet with the bytes of one of the last second


class Others(RecordUpdateListener):
    """The `addresses` that others say a name has, since `listen_for`."""

    def __init__(self) -> None:
        self.heard = asyncio.Event()
        self._own = b""
        self._host = ""
        self.addresses: set[bytes] = set()

    def listen_for(self, info: AsyncServiceInfo, own: bytes) -> None:
        """Forget what was heard. `own` is our address: who says that, is us."""
        self._host = (info.server or "").lower()
        self._own = own
        self.addresses = set()
        self.heard.clear()

    def async_update_records(self, zc: Zeroconf, now: float, records: list[RecordUpdate]) -> None:
        """Called by zeroconf for each response; a record with no time to live is a goodbye."""
        for record in (update.new for update in records):
            if record.ttl > 0 and record.name.lower() == self._host:
                self._take(record)

    def _take(self, record: DNSRecord) -> None:
        full = len(self.addresses) >= _MOST_RIVALS
        if isinstance(record, DNSAddress) and record.address != self._own and not full:
            self.addresses.add(record.address)
            self.heard.set()


class Responder:
    """Claims a name and keeps it. `tell` sends to the supervisor."""

    def __init__(self, announce: Announce, tell: Callable[[Message], None]) -> None:
        self._announce = announce
        self._tell = tell
        self._packed = ipaddress.ip_address(announce.ip).packed
        self._number = 1
        self._others = Others()
        self._info: AsyncServiceInfo | None = None
        self._repeated: asyncio.Future[None] | None = None  # it is said three times
        self._zeroconf: AsyncZeroconf | None = None
        self._defence: Defence | None = None
        self._named: set[bytes] = set()  # rivals that were told about

    async def run(self) -> None:
        """Until cancelled. NoNameError."""
        self._zeroconf, interface = await open_link(self._announce.ip)
        zc = self._zeroconf.zeroconf
        self._defence = await Defence.on(interface, zc)
        zc.async_add_listener(self._others, None)
        while True:
            info = await self._free_name(zc)
            repeated = await self._zeroconf.async_register_service(
                info, cooperating_responders=True
            )
            self._info, self._repeated = info, asyncio.ensure_future(repeated)
            self._defence.info = info
            self._others.listen_for(info, self._packed)
            asked = local(self._announce.label)
            self._tell(Claimed(name=_shown(info), asked=asked))
            await self._until_taken(zc, info)
            await self._goodbye()
            self._number += 1

    async def _free_name(self, zc: Zeroconf) -> AsyncServiceInfo:
        """The first one that nobody answers to."""
        await asyncio.sleep(random.uniform(0, _JITTER))
        while self._number <= MOST_TRIES:
            info = self._info_of(candidate(self._announce.label, self._number))
            await _ask(zc, info, probing=True)
            if not _is_known(zc, info):
                return info
            self._number += 1
        raise NoNameError(NoName.TAKEN)

    async def _until_taken(self, zc: Zeroconf, info: AsyncServiceInfo) -> None:
        """Return when somebody else has the better right to the name."""
        while True:
            wait = self._announce.recheck * random.uniform(0.75, 1.25)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._others.heard.wait(), wait)
                await asyncio.sleep(_DEAF)
            self._others.listen_for(info, self._packed)  # one stray packet is no conflict
            await _ask(zc, info, probing=False)
            if rivals := self._others.addresses:
                # The later address keeps the name, the rule of RFC 6762 section 8.2. A device with
                # both families is compared by the one that we have too.
                alike = {each for each in rivals if len(each) == len(self._packed)}
                rival = max(alike or rivals, key=_rank)
                kept = _rank(self._packed) > _rank(rival)
                known = rival in self._named or len(self._named) >= _MOST_RIVALS
                if not kept or not known:
                    self._named.add(rival)
                    ip = str(ipaddress.ip_address(rival))
                    self._tell(Conflict(name=_shown(info), ip=ip, kept=kept))
                if not kept:
                    return
                # It may go on for hours: looked at as seldom as without a rival.
                self._others.heard.clear()
                await asyncio.sleep(wait)

    def _info_of(self, label: str) -> AsyncServiceInfo:
        kind = "_https._tcp.local." if self._announce.tls else "_http._tcp.local."
        return AsyncServiceInfo(
            kind,
            f"{label}.{kind}",
            server=f"{local(label)}.",
            addresses=[self._packed],
            port=self._announce.port,
            properties={"path": "/", "id": self._announce.instance, "v": "1"},
        )

    async def _goodbye(self) -> None:
        if self._zeroconf is not None and self._info is not None:
            info, self._info = self._info, None
            if self._defence is not None:
                self._defence.info = None
            if self._repeated is not None:
                self._repeated.cancel()  # else it would be said once more after the goodbye
            await (await self._zeroconf.async_unregister_service(info))

    async def close(self) -> None:
        """Take the name back, and stop to listen."""
        await self._goodbye()
        if self._defence is not None:
            self._defence.close()
        if self._zeroconf is not None:
            await self._zeroconf.async_close()


async def _ask(zc: Zeroconf, info: AsyncServiceInfo, *, probing: bool) -> None:
    """Ask the network a few times who has the names of `info`; the answers go to the cache.

    Asked for answers to all: one to port 5353 of ours alone may reach another program here.
    """
    host, own = info.server or "", info.dns_addresses()
    records: list[Any] = [*own, info.dns_service()]
    for _ in range(_QUESTIONS):
        out = DNSOutgoing(_QUERY)
        for kind in (_A, _AAAA):  # of a host, zeroconf itself answers no more than these
            out.add_question(DNSQuestion(host, kind, _CLASS_IN))
        if probing:
            for name in (host, info.name):
                out.add_question(DNSQuestion(name, _ANY, _CLASS_IN))
            out.authorities.extend(records)  # what we would say, RFC 6762 section 8.2
        else:
            for record in own:
                out.add_answer_at_time(record, 0)  # so that we need not answer ourselves
        zc.async_send(out)
        await asyncio.sleep(_BETWEEN)


def _is_known(zc: Zeroconf, info: AsyncServiceInfo) -> bool:
    """Whether anything was heard under these names, be it a moment before we asked.

    Whoever said it was here first, also another program with our very address.
    """
    now = current_time_millis()
    return any(
        not record.is_expired(now)
        for name in (info.server or "", info.name)
        for record in zc.cache.entries_with_name(name)
    )


def _rank(packed: bytes) -> tuple[int, bytes]:
    """A comes before AAAA, then the bytes count."""
    return len(packed), packed


def _shown(info: AsyncServiceInfo) -> str:
    return (info.server or "").rstrip(".")

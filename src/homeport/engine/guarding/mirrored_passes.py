"""The passes of a worker: a copy of what the supervisor holds, and questions to it."""

import asyncio
import secrets
import time
from itertools import count
from typing import Any

from homeport.core.mirror import Mirror
from homeport.core.visit import PassKind
from homeport.core.wire import Message
from homeport.core.wire_doors import Answered, Asked, Guessed
from homeport.core.wire_doors import Passes as NewPasses
from homeport.engine.channel import Channel
from homeport.engine.guarding.passes import Admitted, Knocked, Refused

PATIENCE = 10.0
"""Seconds the supervisor may take: it answers at once unless it is stopped."""
MOST_ASKED = 64
"""Questions that may be under way; whoever floods us with more has to wait."""
ALL_BLOCKED = 60.0
"""Seconds to tell everyone while nobody may pair: until a person asks for a new code."""
TICKET_BYTES = 24
PAUSE = 1.0
"""Seconds until the next guess of a peer is looked at: as `core.throttle` after the first."""
MOST_PAUSED = 1024
"""Peers of one second that are told; more than that add nothing to a flood."""


class MirroredPasses:
    """`Passes` of a worker process."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._mirror = Mirror()
        self._paused: dict[str, float] = {}
        self._numbers = count()
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}

    def hear(self, message: Message) -> None:
        """What the supervisor says of passes."""
        match message:
            case NewPasses():
                self._mirror = Mirror.from_json(message.mirror)
            case Answered():
                asked = self._asked.pop(message.number, None)
                if asked is not None and not asked.done():  # else the visitor has left
                    asked.set_result(message.answer)
            case _:
                pass

    def look(self, token: str) -> tuple[PassKind, str | None]:
        """What it is worth, and whose it is."""
        state, device = self._mirror.look(token)
        return PassKind[state.name], device

    def blocked(self, peer: str) -> float:
        """Seconds that this peer has to wait before it may show another token."""
        now = time.monotonic()
        everyone = ALL_BLOCKED if self._mirror.all_blocked else 0.0
        return max(self._mirror.wait(peer, now), self._paused.get(peer, now) - now, everyone)

    def wrong(self, peer: str) -> None:
        """It has shown a token that is none. It has to wait at once: news take a moment."""
        now = time.monotonic()
        if len(self._paused) >= MOST_PAUSED:
            self._paused = {each: until for each, until in self._paused.items() if until > now}
        if self._paused.get(peer, now) > now or len(self._paused) >= MOST_PAUSED:
            return
        self._paused[peer] = now + PAUSE
        self._channel.send(Guessed(peer=peer))

    async def redeem(self, code: str, peer: str, agent: str) -> Admitted | Refused:
        """A one-time code for a token."""
        answer = await self._ask("redeem", code, peer, agent)
        return _admitted(answer) if answer["kind"] == "admitted" else _refused(answer)

    async def knock(self, peer: str, agent: str) -> Knocked | Refused:
        """A visitor without a code."""
        if wait := self.blocked(peer):
            return Refused(reason="blocked", retry_after=wait)
        ticket = secrets.token_urlsafe(TICKET_BYTES)
        answer = await self._ask("knock", ticket, peer, agent)
        if answer["kind"] != "knocked":
            return _refused(answer)
        return Knocked(number=answer["number"], ticket=ticket)

    async def answer(self, ticket: str, peer: str) -> Admitted | Refused | None:
        """What was said to the one who knocked; None: nothing yet."""
        answer = await self._ask("answer", ticket, peer, "")
        match answer["kind"]:
            case "admitted":
                return _admitted(answer)
            case "waiting":
                return None
            case _:
                return _refused(answer)

    async def _ask(self, what: str, text: str, peer: str, agent: str) -> dict[str, Any]:
        if len(self._asked) >= MOST_ASKED:
            return {"kind": "refused", "reason": "blocked", "retry_after": 1.0}
        number = next(self._numbers)
        future = asyncio.get_running_loop().create_future()
        self._asked[number] = future
        asked = Asked(number=number, what=what, text=text, peer=peer, agent=agent)
        self._channel.send(asked)
        try:
            return await asyncio.wait_for(future, PATIENCE)
        except TimeoutError:
            return {"kind": "refused", "reason": "gone", "retry_after": 0.0}
        finally:
            self._asked.pop(number, None)


def _admitted(answer: dict[str, Any]) -> Admitted:
    return Admitted(token=answer["token"], seconds=answer["seconds"])


def _refused(answer: dict[str, Any]) -> Refused:
    return Refused(reason=answer["reason"], retry_after=answer["retry_after"])

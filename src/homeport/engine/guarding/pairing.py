"""How a device gets in: by the one-time link, or by asking and comparing a number.

```
GET  pair?code=…   the link        → 303 to / with the pass, or why not
GET  anything      without a pass  → 401, a page with a button
POST knock         the button      → 303 to wait, with the question in a cookie
GET  wait          every second    → the number; then 303 to where it all began, with the pass
```

The question (its ticket, number and way back) is in a cookie that only `wait` gets, not in an
address. So nobody can send a link that shows *their* number on *this* screen, which would be let in
instead; a page that the phone has thrown away comes back as it was; and asking twice asks once.
"""

import base64
import binascii
import json
from typing import NamedTuple

from homeport.core import pairing_words as words
from homeport.core.asking import (
    OWN_PATHS,
    Form,
    is_fetched_ahead,
    own_origin,
    pass_cookie,
    question_cookie,
    wanted_form,
    way_back,
)
from homeport.core.pairing_words import Way
from homeport.core.visit import TOKEN_HEADER, PassKind
from homeport.engine.guarding.answers import (
    Answer,
    json_answer,
    page_answer,
    plain_answer,
    refusal_answer,
    said,
    send_answer,
)
from homeport.engine.guarding.denials import Receive, Scope, Send
from homeport.engine.guarding.headers import asked_path
from homeport.engine.guarding.pages import KNOCK, WAIT, waiting_page
from homeport.engine.guarding.passes import Admitted, Knocked, Passes
from homeport.engine.guarding.visitor import Visitor

PAIR = f"{OWN_PATHS}pair"
LONGEST_CODE = 200
_METHODS = {PAIR: ("GET", "HEAD"), KNOCK: ("POST",), WAIT: ("GET",)}
_SAFE = ("GET", "HEAD")


class _Question(NamedTuple):
    ticket: str
    number: str
    back: str


class Pairing:
    """An ASGI app for the paths below `OWN_PATHS` of one shared door, and `ask` for all others.

    `instance` names the cookies. `redeem` and `knock` of `passes` count wrong tries themselves;
    a code that no link of ours can have is counted here.
    """

    def __init__(self, passes: Passes, *, instance: str, tls: bool = False) -> None:
        self._passes = passes
        self._tls = tls
        self._pass_cookie = pass_cookie(instance, tls=tls)
        self._question_cookie = question_cookie(instance, tls=tls)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request to one of our own paths."""
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        visitor, path = Visitor(scope), asked_path(scope)
        codes = visitor.take_query("code")
        methods = _METHODS.get(path)
        if methods is None:
            answer = plain_answer(404, "There is nothing here.")
        elif visitor.method not in methods:
            answer = plain_answer(405, "Not with this method.", ("allow", ", ".join(methods)))
        elif path == PAIR:
            answer = await self._pair(visitor, codes)
        elif path == KNOCK:
            answer = await self._knock(visitor, receive)
        else:
            answer = await self._wait(visitor)
        await send_answer(send, answer, visitor)

    async def ask(self, scope: Scope, receive: Receive, send: Send) -> None:
        """401 to whoever came to the app without a pass: a page to ask on, or how programs do."""
        visitor = Visitor(scope)
        if wait := self._passes.blocked(visitor.peer):
            notice = words.refused(Way.QUESTION, "blocked", wait)
        elif wanted_form(visitor.header(b"accept")) is Form.PAGE:
            notice = words.ask_first(sent=visitor.method not in _SAFE)
        else:
            notice = words.ask_first_program(TOKEN_HEADER)
        back = visitor.target if visitor.method == "GET" else "/"
        await send_answer(send, said(notice, visitor, way_back(back)), visitor)

    async def _pair(self, visitor: Visitor, codes: list[str]) -> Answer:
        if visitor.method == "HEAD":
            return Answer(200, [("referrer-policy", "no-referrer")])
        if is_fetched_ahead(_purposes(visitor)):  # not a 2xx: browsers keep those for the visit
            return plain_answer(503, "This link is for a person to open.")
        if self._is_in(visitor):  # scanned again: no second device, and the code stays good
            return self._go("/")
        if wait := self._passes.blocked(visitor.peer):
            return said(words.refused(Way.LINK, "blocked", wait), visitor, "/")
        if len(codes) != 1 or not 0 < len(codes[0]) <= LONGEST_CODE:
            self._passes.wrong(visitor.peer)
            return said(words.refused(Way.LINK, "wrong", 0), visitor, "/")
        result = await self._passes.redeem(codes[0], visitor.peer, visitor.agent)
        if isinstance(result, Admitted):
            return self._go("/", self._pass(result))
        return said(words.refused(Way.LINK, result.reason, result.retry_after), visitor, "/")

    async def _knock(self, visitor: Visitor, receive: Receive) -> Answer:
        own = own_origin(visitor.header(b"host"), tls=self._tls)
        if [origin.lower() for origin in visitor.headers(b"origin")] != [own]:
            return said(words.NOT_FROM_HERE, visitor, "/")
        sent = await visitor.form(receive, "to")
        if sent is None:
            return plain_answer(413, "This is too long.", ("connection", "close"))
        back = way_back(sent[0]) if sent else "/"
        if self._is_in(visitor):
            return self._go(back)
        asked = self._question(visitor)
        before = await self._passes.answer(asked.ticket, visitor.peer) if asked else None
        if isinstance(before, Admitted):
            return self._go(back, self._pass(before), self._forget())
        if asked and before is None:  # the button again, or the way back to it: one question
            return self._go(WAIT, self._keep(asked._replace(back=back)))
        result = await self._passes.knock(visitor.peer, visitor.agent)
        if isinstance(result, Knocked):
            return self._go(WAIT, self._keep(_Question(result.ticket, result.number, back)))
        notice = words.refused(Way.QUESTION, result.reason, result.retry_after)
        return said(notice, visitor, back)

    async def _wait(self, visitor: Visitor) -> Answer:
        asked = self._question(visitor)
        back = asked.back if asked else "/"
        by_script = wanted_form(visitor.header(b"accept")) is Form.JSON
        if self._is_in(visitor):  # let in through another tab
            return json_answer({"state": "in"}) if by_script else self._go(back)
        if asked is None:
            notice = words.NOTHING_ASKED
            return refusal_answer(notice) if by_script else said(notice, visitor, back)
        result = await self._passes.answer(asked.ticket, visitor.peer)
        if result is None:
            page = waiting_page(asked.number, back=back)
            return json_answer({"state": "waiting"}) if by_script else page_answer(200, page)
        if isinstance(result, Admitted):
            cookies = [self._pass(result), self._forget()]
            return json_answer({"state": "in"}, *cookies) if by_script else self._go(back, *cookies)
        notice = words.refused(Way.QUESTION, result.reason, result.retry_after)
        answer = refusal_answer(notice) if by_script else said(notice, visitor, back)
        answer.headers.append(self._forget())
        return answer

    def _is_in(self, visitor: Visitor) -> bool:
        tokens = visitor.cookies(self._pass_cookie)
        return any(self._passes.look(token)[0] is PassKind.VALID for token in tokens)

    def _question(self, visitor: Visitor) -> _Question | None:
        for text in visitor.cookies(self._question_cookie):
            try:
                ticket, number, back = json.loads(base64.urlsafe_b64decode(text))
            except (ValueError, TypeError, binascii.Error):
                continue
            if all(isinstance(part, str) for part in (ticket, number, back)):
                return _Question(ticket, number, way_back(back))
        return None

    def _go(self, where: str, *cookies: tuple[str, str]) -> Answer:
        referrer = ("referrer-policy", "no-referrer")
        return Answer(303, [("location", where), referrer, *cookies])

    def _pass(self, admitted: Admitted) -> tuple[str, str]:
        return self._cookie(
            f"{self._pass_cookie}={admitted.token}; Path=/; Max-Age={max(0, int(admitted.seconds))}"
            "; HttpOnly; SameSite=Lax"
        )

    def _keep(self, asked: _Question) -> tuple[str, str]:
        value = base64.urlsafe_b64encode(json.dumps(asked).encode()).decode()
        return self._cookie(
            f"{self._question_cookie}={value}; Path={OWN_PATHS}; HttpOnly; SameSite=Strict"
        )

    def _forget(self) -> tuple[str, str]:
        return self._cookie(
            f"{self._question_cookie}=; Path={OWN_PATHS}; Max-Age=0; HttpOnly; SameSite=Strict"
        )

    def _cookie(self, text: str) -> tuple[str, str]:
        return ("set-cookie", text + "; Secure" * self._tls)


def _purposes(visitor: Visitor) -> list[str]:
    names = (b"sec-purpose", b"purpose", b"x-moz", b"x-purpose")
    return [value for name in names for value in visitor.headers(name)]

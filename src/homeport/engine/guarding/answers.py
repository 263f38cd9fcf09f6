"""Answers of the pairing pages: a status, headers that lock the page down, a body."""

import json
from typing import NamedTuple

from homeport.core import pairing_words as words
from homeport.core.asking import Form, wanted_form
from homeport.core.pairing_words import Notice
from homeport.core.visit import TOKEN_HEADER
from homeport.engine.guarding.denials import Send
from homeport.engine.guarding.pages import POLICY, notice_page
from homeport.engine.guarding.visitor import Visitor

Headers = list[tuple[str, str]]

ALWAYS: Headers = [
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
]
CHALLENGE = ("www-authenticate", f'HomeportToken header="{TOKEN_HEADER}"')
"""A 401 has to name a scheme (RFC 9110, 15.5.2); browsers ask nothing for one they do not know."""


class Answer(NamedTuple):
    """One answer, before it is sent."""

    status: int
    headers: Headers
    body: bytes = b""


def page_answer(status: int, body: bytes) -> Answer:
    """One of our pages."""
    # Under `no-referrer` browsers would send `Origin: null` with our own form (Fetch, 3.2.5).
    return Answer(
        status,
        [
            ("content-type", "text/html; charset=utf-8"),
            ("content-security-policy", POLICY),
            ("referrer-policy", "same-origin"),
        ],
        body,
    )


def plain_answer(status: int, text: str, *headers: tuple[str, str]) -> Answer:
    """A line of text."""
    kind = ("content-type", "text/plain; charset=utf-8")
    return Answer(status, [kind, ("referrer-policy", "no-referrer"), *headers], text.encode())


def json_answer(facts: dict[str, object], *headers: tuple[str, str], status: int = 200) -> Answer:
    """Facts for a program."""
    kind = ("content-type", "application/json")
    referrer = ("referrer-policy", "no-referrer")
    return Answer(status, [kind, referrer, *headers], json.dumps(facts).encode())


def refusal_answer(notice: Notice) -> Answer:
    """For our own script: 200, and what to show."""
    shown = {"title": notice.title, "lines": notice.lines, "ask": notice.ask}
    return json_answer({"state": "refused", **shown})


def said(notice: Notice, visitor: Visitor, back: str) -> Answer:
    """A notice in the form that the visitor reads."""
    form = wanted_form(visitor.header(b"accept"))
    if form is Form.PAGE:
        answer = page_answer(notice.status, notice_page(notice, back=back))
    elif form is Form.JSON:
        answer = json_answer(dict(words.facts_of(notice)), status=notice.status)
    else:
        answer = plain_answer(notice.status, words.text_of(notice))
    if notice.status == 401:
        answer.headers.append(CHALLENGE)
    if notice.retry_after is not None:
        answer.headers.append(("retry-after", str(notice.retry_after)))
    return answer


async def send_answer(send: Send, answer: Answer, visitor: Visitor) -> None:
    """Send it, without the body where only the head was asked for."""
    length = ("content-length", str(len(answer.body)))
    headers = [*ALWAYS, *answer.headers, length]
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    body = b"" if visitor.method == "HEAD" else answer.body
    await send({"type": "http.response.body", "body": body})

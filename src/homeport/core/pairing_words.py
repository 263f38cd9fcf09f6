"""What a visitor of a shared door reads until it is let in: no app, host, port or version in it."""

from dataclasses import dataclass
from enum import Enum


class Way(Enum):
    """How somebody tried to get in."""

    LINK = "link"
    QUESTION = "question"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to say: for people a page of it, for programs its code and its text."""

    code: str
    status: int
    title: str
    lines: tuple[str, ...]
    ask: str | None = None
    """What the button says that asks to be let in; None: there is no button."""
    retry_after: int | None = None
    """Seconds."""


_ASK = "Ask to be let in"
AGAIN = "Ask again"

HOW_TO_KNOW = "How do I know this is right?"
HOW_TO_KNOW_LINES = (
    "You got this address from the person who is sharing, and you can ask them.",
    "After you ask, a number appears here and on their computer. The same number in both places "
    "means that it is this device they let in.",
    "This page wants no name, no password and no account. A page that does is another one.",
)

WAITING_TITLE = "Waiting to be let in"
WAITING_LINE = (
    "The computer that is sharing shows the same number. The person there compares and lets you in."
)
WAITING_STATE = "Waiting for the answer"
WAITING_SILENT = "The computer does not answer right now. Still trying"
WAITING_IN = "You are in"
WAITING_NO_SCRIPT = "This page looks again every 2 seconds."
NUMBER = "Your number"

UNSENT = "What you just sent did not arrive. Send it again once you are in."

_LINK = {
    "used": (
        410,
        "This link was used before",
        "Each link lets in one device, once. If that was not you, tell the person who is sharing.",
        _ASK,
    ),
    "expired": (
        410,
        "This link is too old",
        "It worked for a short time only. Get a new one, or ask here.",
        _ASK,
    ),
    "wrong": (
        403,
        "This link does not work",
        "A part of it may be missing. Scan or copy it again, or ask here.",
        _ASK,
    ),
    "denied": (403, "You were not let in", "The person at the computer said no.", None),
    "gone": (410, "This is no longer shared", "Ask the person who shared it for a new link.", None),
}
_QUESTION = {
    "expired": (
        410,
        "Nobody answered in time",
        "Ask again when somebody is at the computer.",
        AGAIN,
    ),
    "denied": (
        403,
        "You were not let in",
        "The person at the computer said no. If that was a mistake, ask again.",
        AGAIN,
    ),
    "gone": (
        410,
        "This question is closed",
        "It was answered before, or it was not answered in time.",
        AGAIN,
    ),
}

NOTHING_ASKED = Notice(
    code="nothing-asked",
    status=410,
    title="No question is open",
    lines=(
        "This browser is not waiting to be let in.",
        "If this appears right after you asked, it keeps no cookies: allow them for this address.",
    ),
    ask=AGAIN,
)
NOT_FROM_HERE = Notice(
    code="not-from-here",
    status=403,
    title="Please ask on this page",
    lines=(
        "A question counts only when it comes from here, and the browser did not say that it does.",
        "If this appears again, try without extensions, or in another browser.",
    ),
    ask=_ASK,
)


def ask_first(*, sent: bool) -> Notice:
    """Whoever has no pass; `sent`: the request would have changed something."""
    line = "Somebody shares it from their computer, and decides which devices get in."
    return Notice(
        code="no-pass",
        status=401,
        title="Is this shared with you?",
        lines=(line, UNSENT) if sent else (line,),
        ask=_ASK,
    )


def ask_first_program(header: str) -> Notice:
    """The same for programs, which cannot compare numbers."""
    return Notice(
        code="no-pass",
        status=401,
        title="This needs a pass.",
        lines=(
            f"Programs send one in the header {header}; the computer that shares this makes one:",
            "  homeport token",
            "People open the address in a browser and ask.",
        ),
    )


def refused(way: Way, reason: str, retry_after: float) -> Notice:
    """Why not. `reason` is that of `engine.guarding.passes.Refused`, `retry_after` in seconds."""
    if reason == "blocked":
        seconds = max(1, -int(-retry_after // 1))
        return Notice(
            code="blocked",
            status=429,
            title="Too many tries",
            lines=(f"Wait {_duration(seconds)}, then try again.",),
            ask="Try again",
            retry_after=seconds,
        )
    table = _LINK if way is Way.LINK else _QUESTION
    code = reason if reason in table else "gone"
    status, title, line, ask = table[code]
    return Notice(code=code, status=status, title=title, lines=(line,), ask=ask)


def text_of(notice: Notice) -> str:
    """For terminals and logs of programs."""
    return "\n".join((notice.title, *notice.lines, ""))


def facts_of(notice: Notice) -> dict[str, str]:
    """For JSON."""
    return {"error": notice.code, "detail": " ".join(map(str.strip, (notice.title, *notice.lines)))}


def grouped(number: str) -> str:
    """`482913` → `482 913`: what two people compare in pieces; up to four characters stay one."""
    if len(number) <= 4:
        return number
    size = 4 if len(number) % 4 == 0 else 3
    return " ".join(number[at : at + size] for at in range(0, len(number), size))


def _duration(seconds: int) -> str:
    if seconds < 60:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    minutes = -(-seconds // 60)
    return "1 minute" if minutes == 1 else f"{minutes} minutes"

"""A refusal of the guard → what the visitor reads, and the line for the terminal.

The visitor reads nothing that was not in the request: no names, ports or versions of ours (R8).
"""

import json
from dataclasses import dataclass
from enum import Enum

from homeport.core.authority import Origin, read_authority, read_origin
from homeport.core.decision import Deny, Fault
from homeport.core.door import DoorKind
from homeport.core.visit import TOKEN_HEADER


class Speaker(Enum):
    """Whose settings would help."""

    COMMAND = "homeport"
    PARAMETER = "homeport.Guard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One refused request, for the terminal and the audit log. `peer` is its IP address."""

    denied: Deny
    door: DoorKind
    peer: str | None = None


_WHY = {
    Fault.METHOD: "the method {found} is not served",
    Fault.TARGET: "the request target {found} is not a path",
    Fault.H2C: "HTTP/2 without TLS is not served",
    Fault.TWO_LENGTHS: "Content-Length and Transfer-Encoding came together",
    Fault.TWO_HOSTS: "there is more than one Host header: {found}",
    Fault.NO_HOST: "there is no Host header, or an empty one",
    Fault.BAD_HOST: "the Host header {found} is not a plain name or address with a port",
    Fault.FOREIGN_HOST: "the Host header {found} is not one of the names of this server",
    Fault.TWO_ORIGINS: "there is more than one Origin header: {found}",
    Fault.BAD_ORIGIN: "the Origin header {found} is not written as browsers write it",
    Fault.NULL_ORIGIN: "the Origin header is null: a sandboxed page or a file sent this",
    Fault.FOREIGN_ORIGIN: "a page from {found} sent this, and that origin is not allowed",
    Fault.UNKNOWN_SITE: "the Sec-Fetch-Site header {found} is not one known value",
    Fault.CROSS_SITE: "a page of another site sent this without saying which ({found})",
    Fault.CONTRADICTION: "the Origin header {found} and Sec-Fetch-Site contradict each other",
    Fault.SOCKET_WITHOUT_ORIGIN: "a WebSocket needs an Origin header, or a header token",
    Fault.SOCKET_WITHOUT_PASS: "this device has not been let in",
    Fault.WRONG_TOKEN: "the token is wrong, or no longer good",
    Fault.MISPLACED_CODE: "a one-time code works in its link only",
    Fault.USED_CODE: "the one-time code has been used",
    Fault.BLOCKED: "there were too many wrong tokens; wait a little",
    Fault.COOKIE_ALONE: "a change needs an Origin header, or a header token, beside the cookie",
    Fault.ENDED: "the time of this share is over",
}
_BY_HEADER = f"A script sends its token as {TOKEN_HEADER}."
_PLAIN_HELP = {
    Fault.CROSS_SITE: "To make the page say it: add crossorigin to its tag, or use fetch().",
    Fault.SOCKET_WITHOUT_ORIGIN: _BY_HEADER,
    Fault.COOKIE_ALONE: _BY_HEADER,
    Fault.SOCKET_WITHOUT_PASS: "Open the page in a browser first.",
}


def why(denied: Deny) -> str:
    """What was refused, as half a sentence with the value in quotes."""
    return _WHY[denied.fault].format(found=f'"{denied.found}"')


def remedy(
    denied: Deny,
    door: DoorKind,
    speaker: Speaker = Speaker.COMMAND,
    *,
    in_brief: bool = False,
) -> str:
    """The one thing that would allow it, as a sentence; empty when nothing would.

    `in_brief`: the flag without the setting in a file.
    """
    raw = denied.found.encode()
    match denied.fault:
        case Fault.FOREIGN_HOST if door is DoorKind.SHARED:
            return "Use the link that is shown on the computer that shares this."
        case Fault.FOREIGN_HOST:
            authority = read_authority(raw)
            return _listing(
                "allow-host", authority.host if authority else "NAME", speaker, in_brief=in_brief
            )
        case Fault.NULL_ORIGIN:
            return _listing("allow-origin", "null", speaker, in_brief=in_brief)
        case Fault.FOREIGN_ORIGIN:
            origin: Origin | None = read_origin(raw)
            return _listing(
                "allow-origin", str(origin) if origin else "ORIGIN", speaker, in_brief=in_brief
            )
    return _PLAIN_HELP.get(denied.fault, "")


def _listing(setting: str, value: str, speaker: Speaker, *, in_brief: bool) -> str:
    """The value has passed the grammar, so nothing in it means anything to a shell but `[]`."""
    if _is_unspecified(value):
        return "Use localhost instead: this address means every address of a computer, and none."
    if speaker is Speaker.PARAMETER:
        return f'To allow it: Guard(app, {setting.replace("-", "_")}s=["{value}"])'
    typed = f"'{value}'" if "[" in value else value
    flag = f"To allow it: --{setting} {typed}"
    return flag if in_brief else f'{flag}, or {setting} = ["{value}"] under [tool.homeport]'


def _is_unspecified(value: str) -> bool:
    return set(value) <= set("[0.:]")


def text_answer(denied: Deny, door: DoorKind, speaker: Speaker = Speaker.COMMAND) -> str:
    """The body of the refusal, for people."""
    help_ = remedy(denied, door, speaker)
    first = f"Refused by homeport ({denied.rule}): {why(denied)}.\n"
    return first + (f"{help_}\n" if help_ else "")


def json_answer(denied: Deny, door: DoorKind, speaker: Speaker = Speaker.COMMAND) -> str:
    """The body of the refusal, for programs."""
    fault = denied.fault
    said: dict[str, str] = {"error": fault.code, "rule": fault.rule, "found": denied.found}
    return json.dumps({**said, "message": why(denied), "help": remedy(denied, door, speaker)})


def repeated(line: str, times: int, left_out: int) -> str:
    """The line of a refusal that happened `times`, after `left_out` others that were not told."""
    many = f"{times} times: " if times > 1 else ""
    others = "1 more was" if left_out == 1 else f"{left_out} more were"
    before = f"  ({others} refused before this, and not shown)" if left_out else ""
    return many + line + before


def forwarded_removed(peer: str) -> str:
    """Headers by which a proxy says for whom it asks, from a peer that is no trusted proxy."""
    return (
        f"Forwarded headers from {peer or 'a peer'} are not passed on to the app; if that is a"
        f" proxy of yours: --trust-proxy {peer or 'ADDRESS'}"
    )


def terminal_line(refusal: Refusal, speaker: Speaker = Speaker.COMMAND) -> str:
    """One line for whoever runs the server: shorter than what the visitor reads."""
    help_ = remedy(refusal.denied, refusal.door, speaker, in_brief=True)
    who = f"Refused {refusal.peer or 'a request'} ({refusal.denied.rule}): {why(refusal.denied)}"
    return f"{who}. {help_}" if help_ else f"{who}."

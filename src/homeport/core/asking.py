"""What the pairing pages decide about a request: no words, no pages, no I/O."""

from collections.abc import Iterable
from enum import Enum

OWN_PATHS = "/.well-known/homeport/"
"""Paths below it are ours on a shared door; all others belong to the app."""

LONGEST_WAY_BACK = 1000
"""Characters. It travels in a form and in a cookie, and a cookie may have 4096 (RFC 6265, 6.1)."""

_AHEAD = ("prefetch", "prerender", "preview")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class Form(Enum):
    """In which form somebody wants to be answered."""

    PAGE = "text/html"
    JSON = "application/json"
    TEXT = "text/plain"


def wanted_form(accept: str) -> Form:
    """A page for browsers that navigate, JSON for who names it, else text (curl sends `*/*`)."""
    types = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    if "text/html" in types:
        return Form.PAGE
    return Form.JSON if "application/json" in types else Form.TEXT


def way_back(target: str) -> str:
    """`target` where it is a path (and query) on this very server, else `/`.

    Browsers read `//` and `/\\` at the start as another host, and drop tabs and line ends.
    """
    leaves = target.startswith("//") or "\\" in target
    if not target.startswith("/") or leaves or len(target) > LONGEST_WAY_BACK:
        return "/"
    clean = all("!" <= character <= "~" for character in target)
    return target if clean and not target.startswith(OWN_PATHS) else "/"


def is_fetched_ahead(purposes: Iterable[str]) -> bool:
    """Whether a browser only looks ahead; `purposes` are what it says of that.

    Sec-Purpose and Purpose (Chrome), X-Moz (Firefox), X-Purpose (Safari).
    """
    return any(word in purpose.lower() for purpose in purposes for word in _AHEAD)


def own_origin(host: str, *, tls: bool) -> str:
    """The origin of pages on `host` (a Host header), as browsers write it (RFC 6454, 6.2)."""
    scheme = "https" if tls else "http"
    return f"{scheme}://{host.lower().removesuffix(_DEFAULT_PORTS[scheme])}"


def pass_cookie(instance: str, *, tls: bool) -> str:
    """The name of the cookie that holds the pass of a device; cookies ignore ports."""
    return f"__Host-hp_{instance}" if tls else f"hp_{instance}"


def question_cookie(instance: str, *, tls: bool) -> str:
    """The name of the cookie that holds an open question; `__Host-` would want the path `/`."""
    return f"__Secure-hp_{instance}_wait" if tls else f"hp_{instance}_wait"

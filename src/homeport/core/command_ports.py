"""Ports for programs that are started by `homeport up` and told their port by `$PORT`.

The same program of the same project tries the same port first, so that its links stay. The range
is apart from the one where homeport servers look (8000 to 8099): a program takes seconds until it
listens, and a server must not take its port meanwhile.
"""

import hashlib

from homeport.core.ports import DEFAULT_PORT, REFUSED_BY_BROWSERS, TRIES
from homeport.core.well_known import usual

FIRST, LAST = DEFAULT_PORT + TRIES, 8999
_SPAN = [
    port
    for port in range(FIRST, LAST + 1)
    if port not in REFUSED_BY_BROWSERS and usual(port) is None
]


def command_ports(project: str, name: str) -> tuple[int, ...]:
    """All that may be tried, the best one first."""
    digest = hashlib.sha256(f"{project}\n{name}".encode(errors="surrogateescape")).digest()
    start = int.from_bytes(digest[:8], "big") % len(_SPAN)
    return (*_SPAN[start:], *_SPAN[:start])

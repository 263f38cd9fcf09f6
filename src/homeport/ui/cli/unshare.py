"""`homeport unshare`: close the shared address, and cut who came by it."""

import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from homeport import host
from homeport.core.errors import ExitCode
from homeport.core.share_refusals import still_open
from homeport.ui.cli.asking import ask, server
from homeport.ui.cli.page import Arguments, show, show_json
from homeport.ui.cli.share_page import wrapped

HELP = """\
homeport unshare [NAME|PORT] [--json]     close what  homeport share  has opened

The address is closed, all connections that came by it are cut, and every device has to be let in
anew next time. This returns when the address is closed.

Exit codes: 0 closed, 1 it is still open, 5 nothing is shared.
"""

CLOSED_WITHIN = 2.0
"""Seconds. Workers close it at once; where one hangs, the kernel is told after 0.1 s."""
PAUSE = 0.01


def run(arguments: Sequence[str]) -> ExitCode:
    """The command. Raises NothingThereError, UsageError, HomeportError when it stays open."""
    parser = Arguments("unshare")
    parser.add_argument("server", nargs="?", metavar="NAME|PORT")
    given = parser.read(arguments)
    entry = server(given.server, "homeport unshare")
    answer = ask(entry, "unshare")
    for url in (each["url"] for each in answer["news"] if "url" in each):
        until_closed(url, entry.name)
    if given.json:
        show_json({"server": entry.name, **answer})
    else:
        show(wrapped(answer["lines"]))
    return ExitCode.OK


def until_closed(url: str, name: str) -> None:
    """Wait for the end of the listener. HomeportError when it does not come."""
    place = urlsplit(url)
    ip, port = place.hostname or "", place.port or 0
    until = time.monotonic() + CLOSED_WITHIN
    while _is_open(ip, port):
        if time.monotonic() >= until:
            raise still_open(url, port, name)
        time.sleep(PAUSE)


def _is_open(ip: str, port: int) -> bool:
    try:
        return any(each.address.ip == ip for each in host.listeners(port))
    except OSError:  # sockets are not shown to us here: the server's word has to do
        return False

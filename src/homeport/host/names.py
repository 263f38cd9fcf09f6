"""The addresses that this computer's own name has in its hosts file, hosts(5).

The resolver is not asked: it may send a question into the network. On Debian the name is 127.0.1.1
there, which a server on 127.0.0.1 does not answer.
"""

import os
import socket
import sys
from pathlib import Path

from homeport.core.address import is_ip
from homeport.core.plain import plain

HOSTS = Path("/etc/hosts")
if sys.platform == "win32":
    HOSTS = Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32/drivers/etc/hosts"


def own_addresses(hosts: Path = HOSTS, name: str | None = None) -> tuple[str, tuple[str, ...]]:
    """The name of this computer and its addresses, none when the hosts file does not tell."""
    name = plain(name or socket.gethostname())
    try:
        text = hosts.read_text("utf-8", errors="replace")
    except OSError:
        return name, ()
    return name, addresses_of(name, text)


def addresses_of(name: str, text: str) -> tuple[str, ...]:
    """The addresses of `name` in the text of a hosts file, in its order."""
    found = []
    for line in text.splitlines():
        ip, *names = line.partition("#")[0].split() or [""]
        if name.lower() in map(str.lower, names) and is_ip(ip):
            found.append(ip)
    return tuple(dict.fromkeys(found))

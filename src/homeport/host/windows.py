"""What Windows' own commands print about ports, as values.

Windows translates headings and states ("LISTENING", "ABHÖREN", "ESCUCHANDO"), so only numbers and
addresses are relied on. The parsers never raise: a line that does not fit is left out. None of this
was run on Windows by us.
"""

import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from homeport.core.address import Address

_EXCLUDED = re.compile(r"\s*([0-9]{1,5})\s+([0-9]{1,5})\s*")
_NO_PEER = ("0.0.0.0:0", "[::]:0")
_TIMEOUT = 5.0  # seconds


class Row(NamedTuple):
    """A listening socket and the process that has it; 4 is the kernel (http.sys)."""

    address: Address
    pid: int


def parse_excluded_ports(text: str) -> tuple[range, ...]:
    """The ports that no program gets, of `netsh int ipv4 show excludedportrange protocol=tcp`.

    A bind of one fails with WSAEACCES (10013). Those with a `*` are left out: an administrator
    took them out of automatic use, and whoever asks for one by number gets it. In the order of
    the listing.
    """
    found = []
    for line in text.splitlines():
        if match := _EXCLUDED.fullmatch(line):
            first, last = int(match[1]), int(match[2])
            if 0 < first <= last <= 65535:
                found.append(range(first, last + 1))
    return tuple(found)


def parse_netstat(text: str) -> tuple[Row, ...]:
    """The listening sockets of `netstat -ano -p tcp` and `-p tcpv6`.

    A socket listens when it has no other end: the word for its state is in the user's language.
    """
    return tuple(_rows(text))


def _rows(text: str) -> Iterator[Row]:
    for line in text.splitlines():
        words = line.split()
        # A socket that is bound without listening has no other end either, but only `-q` shows it.
        if len(words) < 4 or words[0] != "TCP" or words[2] not in _NO_PEER:
            continue
        pid = words[-1]
        if not (pid.isascii() and pid.isdigit()) or len(pid) > 10:
            continue
        try:
            address = Address.parse(words[1])
        except ValueError:
            continue
        if address.port:
            yield Row(address=address, pid=int(pid))


def excluded_ports(run: Callable[[Sequence[str]], str] | None = None) -> tuple[range, ...]:
    """The ports that no program gets now, of IPv4 and of IPv6; they change when Windows starts.

    OSError when netsh cannot be asked. `run` gives the standard output of a command.
    """
    found = [
        parse_excluded_ports(
            (run or _run)(("netsh", "int", family, "show", "excludedportrange", "protocol=tcp"))
        )
        for family in ("ipv4", "ipv6")
    ]
    return tuple(dict.fromkeys(ports for both in found for ports in both))


def _run(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(f"{command[0]} did not end within {_TIMEOUT:g} s") from error
    if done.returncode != 0:
        raise OSError(f"{command[0]} ended with {done.returncode}")
    # The words are in the code page of the console; only the numbers are of use.
    return done.stdout.decode("ascii", "replace")

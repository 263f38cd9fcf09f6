"""Listening sockets as macOS' own commands tell them.

`lsof` knows all holders of the sockets of our own processes and nothing of those of others;
`netstat` knows every socket, with one process of each; `ps` knows when a process started, whose it
is and its command line. Together they are what a user without root may see.

Nobody ran this on a Mac yet.
"""

import ipaddress
import subprocess
from collections.abc import Callable, Mapping, Sequence

from homeport.core.address import Address
from homeport.core.facts import Holder, Listener
from homeport.core.programs import program_of
from homeport.core.redact import command_line
from homeport.host.macos_output import Process, Row, parse_lsof, parse_netstat, parse_ps

LSOF = ("/usr/sbin/lsof", "-nP", "-iTCP", "-sTCP:LISTEN", "-F", "pcuLftPnT")
# -W: without it long IPv6 addresses are cut to the width of the column.
NETSTAT = ("/usr/sbin/netstat", "-anvW", "-p", "tcp")
PS = ("/bin/ps", "-ww", "-o", "pid=,user=,lstart=,command=", "-p")
_TIMEOUT = 5.0  # seconds; lsof is slow where many files may be open


def combine(
    sockets: Sequence[Row], ours: Sequence[Row], processes: Mapping[int, Process]
) -> tuple[Listener, ...]:
    """Listeners of the rows of netstat and of lsof, with what ps knows of their processes.

    Sockets that share an address and a V6ONLY setting are one listener with all holders: that is
    what a parent and its workers look like.
    """
    rows: dict[tuple[Address, bool | None], dict[int, Row]] = {}
    for row in sockets:
        rows.setdefault((row.address, row.v6only), {}).update({row.pid: row} if row.pid else {})
    for row in ours:
        same = [key for key in rows if key[0] == row.address]
        # A process may have both kinds of [::]; only netstat tells them apart.
        keys = [key for key in same if row.pid in rows[key]] or same[:1] or [(row.address, None)]
        for key in keys:
            rows.setdefault(key, {}).update({row.pid: row} if row.pid else {})
    return tuple(
        _listener(address, v6only, holders, processes)
        for (address, v6only), holders in sorted(rows.items(), key=lambda item: str(item[0][0]))
    )


def _listener(
    address: Address,
    v6only: bool | None,
    rows: Mapping[int, Row],
    processes: Mapping[int, Process],
) -> Listener:
    holders = tuple(_holder(pid, rows[pid], processes.get(pid)) for pid in sorted(rows))
    users = {holder.user for holder in holders}
    mapped = getattr(ipaddress.ip_address(address.ip), "ipv4_mapped", None)
    if mapped:
        address = Address(ip=str(mapped), port=address.port)
    return Listener(
        address=address,
        v6only=None if mapped else v6only,
        user=users.pop() if len(users) == 1 else None,
        holders=holders,
        mapped=mapped is not None,
    )


def _holder(pid: int, row: Row, process: Process | None) -> Holder:
    command = process.command if process else ""
    return Holder(
        pid=pid,
        started=process.started if process else None,
        command=command_line([command]) or row.name,
        user=process.user if process else row.user,
        folder=None,
        program=program_of(command.split(), row.name),
    )


def listeners(
    port: int | None = None, run: Callable[[Sequence[str]], str] | None = None
) -> tuple[Listener, ...]:
    """The TCP sockets listening on `port`, or all, with the processes that macOS tells.

    OSError when neither command tells of any: that is not the same as a free port. `run` gives
    the standard output of a command, or raises OSError.
    """
    run = run or _run
    sockets: tuple[Row, ...] = ()
    failure: OSError | None = None
    try:
        sockets = parse_netstat(run(NETSTAT))
    except OSError as error:
        failure = error
    try:
        ours = parse_lsof(run(LSOF))
    except OSError:
        ours = ()
    sockets = tuple(row for row in sockets if port in (None, row.address.port))
    ours = tuple(row for row in ours if port in (None, row.address.port))
    if failure and not ours:
        raise failure
    pids = sorted({row.pid for row in (*sockets, *ours) if row.pid})
    try:
        processes = parse_ps(run((*PS, ",".join(map(str, pids))))) if pids else {}
    except OSError:
        processes = {}
    return combine(sockets, ours, processes)


def _run(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT,
            env={"LC_ALL": "C", "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"},
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(f"{command[0]} did not end within {_TIMEOUT:g} s") from error
    # lsof ends with 1 when it found nothing, or could not look at something.
    if done.returncode != 0 and not done.stdout and command[0] != LSOF[0]:
        raise OSError(f"{command[0]} ended with {done.returncode}")
    return done.stdout.decode("utf-8", "surrogateescape")

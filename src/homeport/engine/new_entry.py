"""What is written down of a process that starts to be found by name."""

import os
import time

from homeport.core.entry import SERVER, Entry
from homeport.host.me import boot_id, start_ticks

INSTANCE_BYTES = 16


def new_entry(
    name: str,
    *,
    project: str,
    app: str,
    urls: tuple[str, ...] = (),
    addresses: tuple[str, ...] = (),
    pid: int | None = None,
    holder: str = SERVER,
) -> Entry:
    """An entry with a fresh instance. `pid` None: this process; the rest as in `Entry`."""
    pid = os.getpid() if pid is None else pid
    return Entry(
        name=name,
        instance=os.urandom(INSTANCE_BYTES).hex(),
        urls=urls,
        addresses=addresses,
        pid=pid,
        started=time.time(),
        start_ticks=start_ticks(pid),
        boot=boot_id(),
        project=project,
        app=app,
        socket="",
        holder=holder,
    )

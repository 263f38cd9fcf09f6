"""`homeport stop NAME` and `--all`: servers of ours, asked over their control sockets.

No signal is sent, so none can reach another process; what became of the ports is looked up.
"""

import os
import time
from collections.abc import Sequence

from homeport import host
from homeport.core import order_words
from homeport.core.entry import Entry
from homeport.core.errors import ExitCode, HomeportError, NothingThereError
from homeport.core.registry_words import no_answer, other_version
from homeport.engine import registry
from homeport.engine.pinned import Pinned
from homeport.ui.cli.page import show, show_json
from homeport.ui.cli.question import agreed
from homeport.ui.cli.waiting import order


def stop_name(text: str, *, json: bool) -> ExitCode:
    """One server. Raises NothingThereError, NotStoppedError, HomeportError: it does not answer."""
    entry = registry.find(text)
    (refusal,) = _stop([entry])
    if refusal is not None:
        raise refusal
    return _tell([entry], json=json)


def stop_all(*, yes: bool, may_ask: bool, json: bool) -> ExitCode:
    """Every server of this user. Raises as `stop_name`."""
    found = registry.survey(os.environ)
    entries = list(found.living)
    deaf = [no_answer(each, registry.ANSWER_WITHIN) for each in found.silent]
    deaf += map(other_version, found.foreign)
    if not entries:
        raise deaf[0] if deaf else order_words.nothing_runs()
    if not yes:
        if not may_ask:
            raise order_words.all_needs_yes(len(entries))
        show([f"{entry.name}  {entry.urls[0]}  {entry.project}" for entry in entries])
        if not agreed("Stop them all?"):
            raise order_words.all_declined()
    refusals = [*_stop(entries), *deaf]
    # One that has ended by itself meanwhile is what was wanted.
    told = [each for each in refusals if each and not isinstance(each, NothingThereError)]
    if told:
        raise told[0]
    return _tell(entries, json=json)


def _stop(entries: Sequence[Entry]) -> list[HomeportError | None]:
    """Ask them all, then wait for all: why each of them did not stop, None when it did."""
    processes = [Pinned(entry) for entry in entries]
    try:
        asked = [_ask(entry) for entry in entries]
        return [
            answer if isinstance(answer, HomeportError) else _wait(entry, process, answer)
            for entry, process, answer in zip(entries, processes, asked, strict=True)
        ]
    finally:
        for process in processes:
            process.close()


def _ask(entry: Entry) -> float | HomeportError:
    """The seconds it may take from now on."""
    try:
        return float(order(entry, "stop")["within"])
    except HomeportError as error:
        return error


def _wait(entry: Entry, process: Pinned, within: float) -> HomeportError | None:
    if process.is_gone(time.monotonic() + within):
        return None
    return order_words.not_gone(entry, within)


def _tell(entries: Sequence[Entry], *, json: bool) -> ExitCode:
    """Look whether the ports are free. They are given back before a process ends."""
    rows = [became(entry) for entry in entries]
    if json:
        show_json({"stopped": rows})
    else:
        show([f"{row['server']} stopped; {_ports(row)}" for row in rows])
    return ExitCode.OK


def became(entry: Entry) -> dict[str, object]:
    """What is on the ports of a server that has ended; `taken` are those that others have."""
    ports = sorted(entry.ports)
    taken = [
        port
        for port in ports
        if any(str(each.address) in entry.addresses for each in host.listeners(port))
    ]
    return {"server": entry.name, "instance": entry.instance, "ports": ports, "taken": taken}


def _ports(row: dict[str, object]) -> str:
    ports, taken = row["ports"], row["taken"]
    assert isinstance(ports, list) and isinstance(taken, list)
    free = [str(port) for port in ports if port not in taken]
    said = [f"port {' and '.join(free)} is free"] if free else []
    said += [f"port {port} was taken by another server at once" for port in taken]
    return ", ".join(said)

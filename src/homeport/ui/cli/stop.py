"""`homeport stop PORT`: shows who would be stopped, asks, stops it, and looks whether it is so.

A homeport server can be named instead; then it is asked by `ui/cli/stop_by_name`.
"""

import time
from argparse import Namespace
from collections.abc import Sequence

from homeport import host
from homeport.core import order_words, server_name, stop_refusals, words
from homeport.core.errors import ExitCode
from homeport.core.occupant_words import (
    listed,
    listens_on,
    project_title,
    still_finishing,
    stopped,
    title,
)
from homeport.core.occupants import Occupant, occupants
from homeport.core.stopping import Asker, StopPlan, plan_stop
from homeport.engine.stop import Outcome, Outside, Stopping
from homeport.host import me
from homeport.ui.cli.folders import own_project
from homeport.ui.cli.output import is_terminal
from homeport.ui.cli.page import Arguments, paint, show, show_json
from homeport.ui.cli.question import agreed, answered
from homeport.ui.cli.stop_by_name import stop_all, stop_name

HELP = """\
homeport stop NAME [--json]                         end the homeport server of that name
homeport stop --all [--yes] [--json]                end all homeport servers of yours; asks first
homeport stop PORT [--yes PID|PROJECT] [--json]     end the server that listens on PORT

A homeport server is asked to end: requests are finished, and this waits until it is gone.

With PORT it may be any server. Shows its processes and asks first. It is asked to end (SIGTERM),
the supervisor before its workers; it is killed only when you say yes a second time. Clients of the
port are never touched.

  --yes PID|PROJECT   do not ask, when it is this very process or project
  --json              one JSON object; needs --yes

Exit codes: 0 stopped and the port is free, 1 it does not answer, 5 nothing listens there, no such
server, 6 not stopped.
"""

_YES = "\0"
"""`--yes` without a value; no process or project is called so."""


def run(arguments: Sequence[str]) -> ExitCode:
    """The command. Raises NothingThereError, NotStoppedError."""
    parser = Arguments("stop")
    parser.add_argument("port", nargs="?", metavar="NAME|PORT")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--yes", nargs="?", const=_YES, metavar="PID|PROJECT")
    given = parser.read(arguments)
    may_ask = given.yes is None and not given.json and is_terminal(0) and is_terminal(1)
    if given.all != (given.port is None):
        raise order_words.name_or_all()
    if given.all:
        return stop_all(yes=given.yes == _YES, may_ask=may_ask, json=given.json)
    if server_name.given(given.port) is not None:
        return stop_name(given.port, json=given.json)
    if given.yes == _YES:
        parser.error("argument --yes: expected one argument")
    return _stop_port(parser, given, may_ask=may_ask)


def _stop_port(parser: Arguments, given: Namespace, *, may_ask: bool) -> ExitCode:
    port = parser.port_number(given.port)
    everything = host.listeners()
    found = [each for each in occupants(everything) if each.port == port]
    if not found:
        raise stop_refusals.nothing_listens(port)
    match = _which(found) if may_ask and len(found) > 1 else given.yes
    plan = plan_stop(_the_one(found, match), everything, _asker())
    if not given.json:
        show(_who(plan))
    if match is None:
        _ask(plan, may_ask=may_ask)
    with Stopping(plan, Outside(look=lambda: host.listeners(port))) as stopping:
        left = stopping.terminate()
        if left.holding and may_ask and agreed(_kill_question(left), default=False):
            left = stopping.kill(left.holding)
    if left.holding:
        raise stop_refusals.still_there(plan.occupant, left.holding)
    return _prove(plan, left, json=given.json)


def _asker() -> Asker:
    return Asker(
        pids=me.own_pids(),
        user=host.user(),
        is_root=me.is_root(),
        project=own_project(),
    )


def _the_one(found: Sequence[Occupant], yes: str | None) -> Occupant:
    """Of several servers on one port, the one that is meant."""
    matching = [each for each in found if yes is None or _matches(each, yes)]
    if len(matching) == 1:
        return matching[0]
    if not matching and len(found) == 1:
        if not found[0].holders:
            raise stop_refusals.hidden(found[0])
        raise stop_refusals.no_match(found[0], yes or "")
    listeners = tuple(listener for each in found for listener in each.listeners)
    pids = tuple(each.holders[0].pid for each in found if each.holders)
    raise stop_refusals.several(found[0].port, listeners, pids)


def _which(found: Sequence[Occupant]) -> str:
    """Several servers share the port: the pid of the one that is meant."""
    rows = (f"{title(each)}  {listens_on(each.listeners, ())}" for each in found)
    show([f"{len(found)} servers share port {found[0].port}:", *rows])
    return answered("The pid of the one to stop: ")


def _matches(occupant: Occupant, yes: str) -> bool:
    pids = {str(holder.pid) for holder in occupant.holders}
    return yes in pids or (occupant.project is not None and yes == occupant.project.name)


def _who(plan: StopPlan) -> list[str]:
    occupant = plan.occupant
    where = listens_on(occupant.listeners, ())
    lines = [f"{title(occupant)} listens on port {occupant.port} ({where})"]
    if occupant.project:
        lines.append(f"project  {project_title(occupant.project)}  {occupant.project.folder}")
    for holder in plan.holders:
        since = "" if holder.started is None else words.since(holder.started, time.time())
        lines.append(f"pid {holder.pid}  {holder.command}  user {holder.user}  since {since}")
    if plan.also:
        also = sorted({str(listener.address) for listener in plan.also})
        lines.append(paint("33", f"it also listens on {listed(also)}: that ends too"))
    return lines


def _ask(plan: StopPlan, *, may_ask: bool) -> None:
    if not may_ask:
        raise stop_refusals.needs_yes(plan.occupant)
    if not agreed("Stop it?", default=plan.is_own_project):
        raise stop_refusals.declined(plan.occupant)


def _kill_question(left: Outcome) -> str:
    return f"Process {listed(left.holding)} did not end. Kill it, losing what it was doing?"


def _prove(plan: StopPlan, left: Outcome, *, json: bool) -> ExitCode:
    """Look again: free, waiting for old connections, or taken by somebody else."""
    port = plan.occupant.port
    kept = {listener.address for listener in plan.occupant.listeners}
    taken = tuple(listener for listener in host.listeners(port) if listener.address in kept)
    remnants = host.remnants(port)
    if json:
        show_json(
            {
                "port": port,
                "stopped": [holder.pid for holder in plan.holders],
                "still_finishing": left.alive,
                "free": not taken,
                "held_by": taken,
                "remnants": remnants,
            }
        )
    else:
        show([stopped(port, taken, remnants), *still_finishing(left.alive)])
    return ExitCode.NOT_STOPPED if taken else ExitCode.OK

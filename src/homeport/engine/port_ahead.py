"""The port of what will listen later: a program of `homeport up`, a unit that is exported.

It is remembered as a server's is (engine/sticky), so links to it stay and no other server gets it
meanwhile.
"""

import os
from collections.abc import Mapping
from typing import NamedTuple

from homeport.core.moved import NextTime, sentence
from homeport.core.plan import BindPlan, ServeRequest, plan
from homeport.core.port_claims import Owner
from homeport.engine.sticky import open_at_home

LOCALHOST = plan(ServeRequest(hosts=("localhost",), port=None, port_origin="--port"), ())


class Given(NamedTuple):
    """`notes`: what has to be said about it."""

    port: int
    notes: tuple[str, ...]


def port_ahead(
    name: str, project: str, environment: Mapping[str, str], bind: BindPlan = LOCALHOST
) -> Given:
    """One that nobody has on the addresses of `bind`. Raises BindError."""
    owner = Owner(os.path.realpath(project), name)
    listeners, moved, notes = open_at_home(bind, owner, environment)
    port = listeners.port
    listeners.close()
    if moved is not None and moved.next_time is NextTime.BACK:  # nobody expects 8000 here
        notes = (sentence(moved), *notes)
    return Given(port, notes)

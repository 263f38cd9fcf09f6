"""The port of a program that `homeport up` starts and tells it by `$PORT`.

It is remembered as a server's is (engine/sticky), so its links stay, and no server gets it in the
seconds that the program takes until it listens.
"""

import os
from collections.abc import Mapping
from typing import NamedTuple

from homeport.core.moved import sentence
from homeport.core.plan import ServeRequest, plan
from homeport.core.port_claims import Owner
from homeport.engine.sticky import open_at_home


class Given(NamedTuple):
    """`notes`: what has to be said about it."""

    port: int
    notes: tuple[str, ...]


def port_for(name: str, project: str, environment: Mapping[str, str]) -> Given:
    """One that nobody has. Raises BindError."""
    request = ServeRequest(hosts=("localhost",), port=None, port_origin="--port")
    owner = Owner(os.path.realpath(project), name)
    listeners, moved, notes = open_at_home(plan(request, ()), owner, environment)
    port = listeners.port
    listeners.close()
    return Given(port, (*([sentence(moved)] if moved is not None else []), *notes))

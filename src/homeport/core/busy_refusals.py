"""A port that was asked for and is taken: by whom or by what, and what to type next."""

from collections.abc import Iterator

from homeport.core.address import Address
from homeport.core.availability import Availability
from homeport.core.errors import PortBusyError
from homeport.core.facts import Listener
from homeport.core.obstacles import Level, Obstacle
from homeport.core.port_words import because
from homeport.core.words import holder_lines, holders_of


def in_the_way(free: Availability) -> tuple[Listener, ...]:
    """The sockets that keep us from the port; none when something else does."""
    found = (one for obstacle in _obstacles(free) for one in obstacle.listeners)
    return tuple(dict.fromkeys(found))


def port_busy(
    address: Address, free: Availability, origin: str, now: float, other: int | None = None
) -> PortBusyError:
    """`free` is the judgement of a bind that failed with EADDRINUSE; `now` in epoch seconds.

    `other` is a port that is free.
    """
    port = address.port
    listeners = in_the_way(free)
    steps = [*_lines(free, now), "any free port:  homeport --port 0"]
    if other is not None:
        steps.append(f"the next free port:  homeport --port {other}")
    if holders_of(listeners):
        steps.append(f"to end it:  homeport stop {port}")
    elif listeners:
        steps.append(f"to see its owner:  sudo ss -ltnp 'sport = :{port}'")
    return PortBusyError(
        f"Port {port} ({origin}) is in use: {address} cannot be opened.",
        code="port-busy",
        next_steps=tuple(steps),
        facts={
            "address": str(address),
            "port": port,
            "reasons": [obstacle.code.value for obstacle in _obstacles(free)],
            "holders": [
                {
                    "pid": holder.pid,
                    "command": holder.command,
                    "user": holder.user,
                    "folder": holder.folder,
                    "started": holder.started,
                }
                for holder in holders_of(listeners)
            ],
            "listeners": sorted({str(listener.address) for listener in listeners}),
        },
    )


def _obstacles(free: Availability) -> tuple[Obstacle, ...]:
    return tuple(each for each in free.obstacles if each.level is Level.BINDABLE)


def _lines(free: Availability, now: float) -> Iterator[str]:
    """What is known of every holder; of anything else the reason in a sentence."""
    for obstacle in _obstacles(free):
        if obstacle.listeners:
            yield from holder_lines(obstacle.listeners, now)
        else:
            yield because(obstacle)

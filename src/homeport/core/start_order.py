"""Which of several apps is started and stopped when, from what each of them needs."""

from collections.abc import Iterable, Mapping
from enum import Enum

Needs = Mapping[str, Iterable[str]]


class Stage(Enum):
    """How far one app is."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"
    ENDED = "ended"

    @property
    def runs(self) -> bool:
        """Whether it has a process."""
        return self in (Stage.STARTING, Stage.READY, Stage.STOPPING)


def cycle(needs: Needs) -> tuple[str, ...] | None:
    """Names that need each other in a circle, the first one again at the end; None: no circle."""
    done: set[str] = set()
    for start in needs:
        path: list[str] = []
        todo = [start]
        while todo:
            name = todo.pop()
            if name == "":  # all needs of the last one on the path were looked at
                done.add(path.pop())
            elif name in path:
                return (*path[path.index(name) :], name)
            elif name not in done and name in needs:
                path.append(name)
                todo += ["", *reversed(tuple(needs[name]))]
    return None


def start_order(needs: Needs, wanted: Iterable[str]) -> tuple[str, ...]:
    """All that is wanted and all it needs, each after what it needs. There must be no circle."""
    order: dict[str, None] = {}

    def add(name: str) -> None:
        if name not in order:
            for need in needs[name]:
                add(need)
            order[name] = None

    for name in wanted:
        add(name)
    return tuple(order)


def startable(needs: Needs, stages: Mapping[str, Stage]) -> list[str]:
    """Those whose needs are all ready."""
    return [
        name
        for name, stage in stages.items()
        if stage is Stage.WAITING and all(stages[need] is Stage.READY for need in needs[name])
    ]


def hopeless(needs: Needs, stages: Mapping[str, Stage]) -> dict[str, str]:
    """Those that wait in vain, and the need of each that has ended."""
    found = {}
    for name, stage in stages.items():
        over = [need for need in needs[name] if stages[need] in (Stage.STOPPING, Stage.ENDED)]
        if stage is Stage.WAITING and over:
            found[name] = over[0]
    return found


def waiting_for(name: str, needs: Needs, stages: Mapping[str, Stage]) -> list[str]:
    """Those that wait until it is ready, be it for one that waits itself."""
    if stages[name] is Stage.READY:
        return []
    waits = [each for each, stage in stages.items() if stage is Stage.WAITING]
    return [each for each in waits if name in start_order(needs, needs[each])]


def stoppable(needs: Needs, stages: Mapping[str, Stage], wanted: Iterable[str]) -> list[str]:
    """Of those to be stopped, the ones that no other of them still needs."""
    going = [name for name in wanted if stages[name].runs]
    return [
        name
        for name in going
        if stages[name] is not Stage.STOPPING and not any(name in needs[other] for other in going)
    ]

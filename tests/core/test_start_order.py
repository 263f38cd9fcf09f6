import random
from itertools import pairwise

import pytest

from homeport.core.start_order import (
    Stage,
    cycle,
    hopeless,
    start_order,
    startable,
    stoppable,
    waiting_for,
)

NEEDS = {"web": ("api", "auth"), "api": ("db",), "auth": ("db",), "db": ()}


def graph(chance: random.Random, *, acyclic: bool) -> dict[str, tuple[str, ...]]:
    names = [f"n{number}" for number in range(chance.randint(1, 9))]
    shown = chance.sample(names, len(names))
    found = {}
    for name in shown:
        before = names[: names.index(name)] if acyclic else names
        found[name] = tuple(chance.sample(before, min(len(before), chance.randint(0, 3))))
    return found


def test_what_is_needed_comes_first_and_is_named_once() -> None:
    assert start_order(NEEDS, ["web"]) == ("db", "api", "auth", "web")
    assert start_order(NEEDS, ["auth"]) == ("db", "auth")
    assert start_order(NEEDS, []) == ()


@pytest.mark.parametrize(
    ("needs", "circle"),
    [
        (NEEDS, None),
        ({}, None),
        ({"a": ("a",)}, ("a", "a")),
        ({"a": ("b",), "b": ("c",), "c": ("b",)}, ("b", "c", "b")),
        ({"a": ("unknown",)}, None),
    ],
)
def test_a_circle_is_named(
    needs: dict[str, tuple[str, ...]], circle: tuple[str, ...] | None
) -> None:
    assert cycle(needs) == circle


def test_any_graph_has_an_order_or_a_circle_that_is_one() -> None:
    chance, circles = random.Random(6), 0
    for _ in range(2000):
        needs = graph(chance, acyclic=False)
        circle = cycle(needs)
        if circle is not None:
            circles += 1
            assert circle[0] == circle[-1] and len(circle) > 1
            assert all(b in needs[a] for a, b in pairwise(circle))
            continue
        order = start_order(needs, needs)
        assert sorted(order) == sorted(needs)
        assert all(order.index(need) < order.index(name) for name in needs for need in needs[name])
    assert 200 < circles < 1900


def test_without_a_circle_none_is_found() -> None:
    chance = random.Random(7)
    for _ in range(2000):
        assert cycle(graph(chance, acyclic=True)) is None


def test_whatever_fails_all_come_to_an_end_in_the_right_order() -> None:
    chance = random.Random(8)
    for _ in range(1000):
        needs = graph(chance, acyclic=True)
        stages = dict.fromkeys(needs, Stage.WAITING)
        to_stop: set[str] = set()
        for _ in range(200):
            step(chance, needs, stages, to_stop)
            if all(stage is Stage.ENDED for stage in stages.values()):
                break
        assert set(stages.values()) == {Stage.ENDED}


def step(
    chance: random.Random,
    needs: dict[str, tuple[str, ...]],
    stages: dict[str, Stage],
    to_stop: set[str],
) -> None:
    """One turn of a fleet in which things go as they like."""
    if chance.random() < 0.1:
        to_stop |= set(needs)
    for name in hopeless(needs, stages):
        stages[name] = Stage.ENDED
    for name in to_stop:
        if stages[name] is Stage.WAITING:
            stages[name] = Stage.ENDED
    for name in stoppable(needs, stages, to_stop):
        using = [other for other in to_stop if name in needs[other]]
        assert not any(stages[other].runs for other in using)
        stages[name] = Stage.STOPPING
    for name in startable(needs, stages):
        assert all(stages[need] is Stage.READY for need in needs[name])
        stages[name] = Stage.STARTING
    for name, stage in stages.items():
        if stage is Stage.STARTING and chance.random() < 0.5:
            stages[name] = chance.choice((Stage.READY, Stage.ENDED))
        elif (stage is Stage.STOPPING and chance.random() < 0.5) or (
            stage is Stage.READY and chance.random() < 0.05
        ):
            stages[name] = Stage.ENDED


def test_who_waits_for_one_that_has_ended_waits_in_vain() -> None:
    stages = dict.fromkeys(NEEDS, Stage.WAITING) | {"db": Stage.READY, "api": Stage.ENDED}
    assert hopeless(NEEDS, stages) == {"web": "api"}
    assert startable(NEEDS, stages) == ["auth"]


def test_one_that_is_to_end_alone_does_not_wait_for_those_that_need_it() -> None:
    stages = dict.fromkeys(NEEDS, Stage.READY)
    assert stoppable(NEEDS, stages, ["db"]) == ["db"]
    assert stoppable(NEEDS, stages, ["db", "api"]) == ["api"]
    assert stoppable(NEEDS, stages, list(NEEDS)) == ["web"]
    assert stoppable(NEEDS, stages | {"web": Stage.STOPPING}, list(NEEDS)) == []


def test_those_that_wait_for_one_are_known_over_others_too() -> None:
    stages = dict.fromkeys(NEEDS, Stage.WAITING) | {"db": Stage.STARTING}
    assert waiting_for("db", NEEDS, stages) == ["web", "api", "auth"]
    stages |= {"db": Stage.READY, "api": Stage.STARTING, "auth": Stage.STARTING}
    assert waiting_for("auth", NEEDS, stages) == ["web"]
    assert waiting_for("db", NEEDS, stages) == [], "they wait for others"

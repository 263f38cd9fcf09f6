"""Two saves of equal size, one soon after the other: the last one is served.

200 pairs are in benchmarks/soak.py.
"""

import random
from pathlib import Path

from tests.engine.live import homeport
from tests.engine.pairs import FARTHEST, NEAREST, distances, hello, reloads_of, stale_pairs
from tests.engine.soak_app import FIRST

PAIRS = 9


def test_the_last_of_two_equal_sized_saves_is_served_in_the_end(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(hello(FIRST))
    seed = random.randrange(1_000_000)
    print("seed", seed)
    with homeport(tmp_path, "--no-access-log") as server:
        assert stale_pairs(server.ready(), tmp_path / "main.py", distances(PAIRS, seed)) == []
        assert server.end() == 0
        assert PAIRS <= reloads_of(server) <= 2 * PAIRS


def test_the_distances_reach_from_one_end_to_the_other() -> None:
    every = sorted(distances(PAIRS, 1))
    assert every[0] == NEAREST
    assert round(every[-1], 6) == FARTHEST
    assert every != distances(PAIRS, 1)

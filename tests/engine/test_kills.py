"""kill -9 of workers, template and supervisor while code is saved. 200 in benchmarks/soak.py."""

import random
import sys
from pathlib import Path

from tests.engine.kills import SUPERVISORS, kill_again_and_again

KILLS = 3 * SUPERVISORS


def test_kill_9_leaves_a_service_or_nothing(tmp_path: Path) -> None:
    seed = random.randrange(1_000_000)
    print("seed", seed)
    story = kill_again_and_again(sys.executable, tmp_path, kills=KILLS, seed=seed)
    assert story.wrong == []
    assert story.met["supervisor"] == KILLS // SUPERVISORS
    assert sum(story.met.values()) >= KILLS - 2

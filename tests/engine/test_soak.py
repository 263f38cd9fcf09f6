"""Reloads under load: no request fails for them. The full length is in benchmarks/soak.py."""

import random
from collections.abc import Iterator

import pytest

from tests.engine.live import homeport
from tests.engine.soak import Story, soak
from tests.engine.soak_app import FIRST, app_of

RELOADS = 40
FLAT_FROM = 10


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """One soak for all tests of this file."""
    project = tmp_path_factory.mktemp("soak")
    main = project / "main.py"
    main.write_text(app_of(FIRST))
    seed = random.randrange(1_000_000)
    print("seed", seed)
    with homeport(project, "--no-access-log") as server:
        server.ready()
        made = soak(server, main, reloads=RELOADS, sampled=(FLAT_FROM, RELOADS), seed=seed)
        assert server.end() == 0
        yield made


def test_no_request_fails_and_no_answer_is_stale_or_incomplete(story: Story) -> None:
    assert not story.wrong, story.told()


def test_each_save_is_one_reload(story: Story) -> None:
    assert len(story.took) == RELOADS
    assert story.reloadings == RELOADS


def test_no_kept_connection_is_closed(story: Story) -> None:
    assert story.reopened() == {}


@pytest.mark.parametrize("visitor", ["upload", "slow", "pipelined"])
def test_requests_were_under_way_during_reloads(story: Story, visitor: str) -> None:
    """Else the tests above prove nothing."""
    assert story.of(visitor, "over a reload") >= RELOADS // 4


@pytest.mark.parametrize("visitor", ["events", "socket"])
def test_streams_and_websockets_end_and_come_back(story: Story, visitor: str) -> None:
    assert story.of(visitor, "ended") >= RELOADS // 10
    assert story.of(visitor, "answers") > story.of(visitor, "ended")


def test_processes_descriptors_and_memory_stay_flat(story: Story) -> None:
    assert [sample.reloads for sample in story.samples] == [FLAT_FROM, RELOADS]
    assert story.growth() == [], story.samples

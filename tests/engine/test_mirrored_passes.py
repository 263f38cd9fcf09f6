"""A worker's copy of the passes: what it says by itself, and what it asks the supervisor."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from homeport.core.mirror import Mirror
from homeport.core.secret_hash import hashed
from homeport.core.visit import PassKind
from homeport.core.wire_doors import Answered, Asked, Guessed, Passes
from homeport.engine.channel import Channel
from homeport.engine.guarding.mirrored_passes import MOST_PAUSED, MirroredPasses
from homeport.engine.guarding.passes import Admitted, Knocked, Refused


class Scene:
    """A worker, and a supervisor that answers what the test says."""

    def __init__(self) -> None:
        self.worker, theirs = Channel.pair()
        self.supervisor = Channel(theirs)
        self.passes = MirroredPasses(self.worker)

    def heard(self) -> list[Any]:
        """What has come to the supervisor."""
        found: list[Any] = []
        while self.supervisor.is_readable():
            found += [message for message, _ in self.supervisor.read() or []]
        return found

    async def answered(self, question: Awaitable[Any], **facts: Any) -> tuple[Asked, Any]:
        """What was asked, and what the worker made of the answer."""
        asking = asyncio.ensure_future(question)
        await asyncio.sleep(0)
        (asked,) = self.heard()
        self.passes.hear(Answered(number=asked.number, answer=facts))
        return asked, await asking


@pytest.fixture
def scene() -> Iterator[Scene]:
    made = Scene()
    yield made
    made.worker.close()
    made.supervisor.close()


def run(story: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        await story()

    asyncio.run(whole())


def test_the_newest_passes_count(scene: Scene) -> None:
    assert scene.passes.look("a") == (PassKind.WRONG, None)
    mirror = Mirror(passes=((hashed("a"), "d1"),), expired=(hashed("b"),))
    scene.passes.hear(Passes(mirror=mirror.to_json()))
    assert scene.passes.look("a") == (PassKind.VALID, "d1")
    assert scene.passes.look("b") == (PassKind.EXPIRED, None)
    scene.passes.hear(Passes(mirror=Mirror(expired=(hashed("a"),)).to_json()))
    assert scene.passes.look("a") == (PassKind.EXPIRED, None)


def test_a_guesser_waits_before_the_supervisor_has_heard_of_it(scene: Scene) -> None:
    assert scene.passes.blocked("10.0.0.2") == 0
    scene.passes.wrong("10.0.0.2")
    assert 0 < scene.passes.blocked("10.0.0.2") <= 1
    assert scene.passes.blocked("10.0.0.3") == 0
    for _ in range(100):
        scene.passes.wrong("10.0.0.2")
    assert scene.heard() == [Guessed(peer="10.0.0.2")]


def test_the_longer_of_two_waits_counts(scene: Scene) -> None:
    scene.passes.wrong("10.0.0.2")
    scene.passes.hear(Passes(mirror=Mirror(waits=(("10.0.0.2", 1e12),)).to_json()))
    assert scene.passes.blocked("10.0.0.2") > 1e9


def test_of_a_crowd_of_guessers_no_more_than_so_many_are_remembered(scene: Scene) -> None:
    for number in range(MOST_PAUSED + 500):
        scene.passes.wrong(f"fd77::{number:x}")
        scene.heard()
    assert len(scene.passes._paused) <= MOST_PAUSED


def test_questions_and_their_answers(scene: Scene) -> None:
    async def story() -> None:
        asked, result = await scene.answered(
            scene.passes.redeem("code", "10.0.0.2", "Browser"),
            kind="admitted",
            token="t",
            seconds=9.0,
        )
        assert (asked.what, asked.text, asked.peer) == ("redeem", "code", "10.0.0.2")
        assert result == Admitted(token="t", seconds=9.0)
        asked, result = await scene.answered(
            scene.passes.knock("10.0.0.2", "Browser"), kind="knocked", number="0042"
        )
        assert result == Knocked(number="0042", ticket=asked.text)
        no = {"kind": "refused", "reason": "blocked", "retry_after": 5.0}
        for question in (
            scene.passes.redeem("code", "10.0.0.2", "Browser"),
            scene.passes.knock("10.0.0.2", "Browser"),
            scene.passes.answer("t", "10.0.0.2"),
        ):
            _, result = await scene.answered(question, **no)
            assert result == Refused(reason="blocked", retry_after=5.0)
        _, result = await scene.answered(scene.passes.answer("t", "10.0.0.2"), kind="waiting")
        assert result is None
        _, result = await scene.answered(
            scene.passes.answer("t", "10.0.0.2"), kind="admitted", token="t", seconds=1.0
        )
        assert result == Admitted(token="t", seconds=1.0)

    run(story)


def test_an_answer_to_a_visitor_who_has_left_harms_nobody(scene: Scene) -> None:
    async def story() -> None:
        asking = asyncio.ensure_future(scene.passes.redeem("code", "10.0.0.2", ""))
        await asyncio.sleep(0)
        (asked,) = scene.heard()
        scene.passes._asked[asked.number].cancel()  # what the end of a connection leads to
        scene.passes.hear(Answered(number=asked.number, answer={"kind": "waiting"}))
        with pytest.raises(asyncio.CancelledError):
            await asking
        scene.passes.hear(Answered(number=asked.number, answer={"kind": "waiting"}))
        assert scene.passes._asked == {}

    run(story)

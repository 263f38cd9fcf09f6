"""Bytes of all kinds: nothing is logged, nothing is left over, others are served.

benchmarks/fuzz.py runs the same for long.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from tests.engine.doors import LAST, LOOPS, House, Loop, play, statuses
from tests.engine.wire_fuzz import Fuzzer, cut, one_input

INPUTS, BY_SOCKET, EVERY = 10_000, 400, 50  # each input twice


def run(new_loop: Loop, story: Callable[[], Awaitable[None]]) -> None:
    loop = new_loop()
    try:
        loop.run_until_complete(asyncio.wait_for(story(), 120))
    finally:
        loop.close()


@pytest.mark.parametrize("new_loop", LOOPS[:1])
def test_no_input_breaks_a_connection_or_depends_on_how_it_was_cut(new_loop: Loop) -> None:
    async def story() -> None:
        fuzzer = Fuzzer(seed=20261121)
        for _ in range(INPUTS):
            await fuzzer.one()
        fuzzer.close()
        assert fuzzer.tally["served"] > INPUTS / 4
        assert len(fuzzer.tally) > 15  # most rules were met

    run(new_loop, story)


@pytest.mark.parametrize("new_loop", LOOPS)
def test_a_real_server_stays_up_for_others_under_any_bytes(new_loop: Loop) -> None:
    async def story(house: House) -> None:
        await house.door()
        dice = random.Random(7)
        for number in range(BY_SOCKET):
            client = house.client()
            try:
                for piece in cut(dice, one_input(dice)):
                    client.send(piece)
                    await asyncio.sleep(0)
            except OSError:
                pass
            client.close()
            if number % EVERY == 0:
                assert statuses(await house.say(LAST)) == [200]
        assert statuses(await house.say(LAST)) == [200]

    assert play(new_loop, story) == []

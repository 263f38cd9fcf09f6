import random

from homeport.core.throttle import (
    BLOCKED,
    LONGEST_WAIT,
    OVERALL,
    PEERS,
    PER_PEER,
    Throttle,
    with_new_code,
    wrong,
)


def after(count: int, peer: str = "a", mono: float = 0.0) -> Throttle:
    throttle = Throttle()
    for _ in range(count):
        throttle = wrong(throttle, peer, mono)
    return throttle


def test_each_wrong_guess_costs_twice_as_long_and_the_tenth_shuts_out() -> None:
    waits = [after(count).wait("a", 0.0) for count in range(PER_PEER + 1)]
    assert waits == [0, 1, 2, 4, 8, 16, 32, LONGEST_WAIT, LONGEST_WAIT, LONGEST_WAIT, BLOCKED]
    assert not after(PER_PEER - 1).blocks("a", 0.0)
    assert after(PER_PEER).blocks("a", 0.0)
    assert not after(PER_PEER).blocks("b", 0.0)


def test_waiting_ends_and_the_past_is_forgotten() -> None:
    throttle = after(PER_PEER)
    assert throttle.wait("a", BLOCKED - 1) == 1
    assert throttle.wait("a", BLOCKED) == 0
    assert not throttle.blocks("a", BLOCKED)
    assert wrong(throttle, "a", BLOCKED).wait("a", BLOCKED) == 1
    assert wrong(throttle, "a", BLOCKED - 1).wait("a", BLOCKED - 1) == BLOCKED


def test_one_guesser_does_not_keep_others_waiting() -> None:
    throttle = after(PER_PEER)
    assert throttle.wait("b", 0.0) == 0
    assert throttle.waits(0.0) == {"a": BLOCKED}
    assert throttle.waits(BLOCKED) == {}


def test_many_peers_together_shut_pairing_until_a_new_code_is_asked_for() -> None:
    throttle = Throttle()
    for number in range(OVERALL):
        assert not throttle.all_blocked
        throttle = wrong(throttle, f"peer {number}", 0.0)
    assert throttle.all_blocked
    assert throttle.wait("someone else", 5000.0) == BLOCKED
    free = with_new_code(throttle)
    assert free.wait("someone else", 0.0) == 0
    assert free.wait("peer 3", 0.0) == 1, "a guesser still waits"


def test_a_batch_counts_as_many() -> None:
    assert wrong(Throttle(), "a", 0.0, 4) == Throttle(guessers=after(4).guessers, overall=4)
    assert wrong(Throttle(), "a", 0.0, 5000).blocks("a", 0.0)


def test_memory_is_bounded_and_no_count_runs_away() -> None:
    dice, throttle = random.Random(1), Throttle()
    for moment in range(5000):
        throttle = wrong(throttle, str(dice.randrange(2000)), float(moment), dice.randrange(1, 40))
        assert len(throttle.guessers) <= PEERS
        assert throttle.overall <= OVERALL
        assert throttle.guessers[-1].last == moment
    assert len({each.peer for each in throttle.guessers}) == len(throttle.guessers)

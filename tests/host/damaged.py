"""Input that no parser expects: random, cut short, with some bits turned."""

import random
from collections.abc import Iterator, Sequence

ROUNDS = 300


def damaged_bytes(samples: Sequence[bytes], seed: int) -> Iterator[bytes]:
    """Random bytes, and samples that were damaged. The same for the same seed."""
    source = random.Random(seed)
    for _ in range(ROUNDS):
        yield source.randbytes(source.randrange(200))
        damaged = bytearray(source.choice(samples))
        for _ in range(source.randrange(1, 8)):
            damaged[source.randrange(len(damaged))] ^= 1 << source.randrange(8)
        yield bytes(damaged)
        yield bytes(damaged[: source.randrange(len(damaged))])


def damaged_texts(samples: Sequence[str], seed: int) -> Iterator[str]:
    """Random text of the characters that such files have, and samples that were damaged."""
    source = random.Random(seed)
    letters = "0123456789ABCDEFabcdefxX:-., ()\t\n\0é٣\udcff"
    for _ in range(ROUNDS):
        yield "".join(source.choices(letters, k=source.randrange(200)))
        damaged = list(source.choice(samples))
        for _ in range(source.randrange(1, 8)):
            damaged[source.randrange(len(damaged))] = source.choice(letters)
        yield "".join(damaged)
        yield "".join(damaged[: source.randrange(len(damaged))])

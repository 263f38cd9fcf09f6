"""Texts that no command ever printed, for the promise that a parser never raises."""

import random
from collections.abc import Iterator


def garbage(*recordings: str, seed: int = 20261121, count: int = 400) -> Iterator[str]:
    """Random bytes and characters, and recordings cut short, shuffled, or with bits replaced."""
    chance = random.Random(seed)
    yield ""
    for _ in range(count):
        size = chance.randrange(200)
        yield chance.randbytes(size).decode("utf-8", "surrogateescape")
        yield chance.randbytes(size).decode("latin-1")
        yield "".join(
            chance.choice("p:f.n*[]%0123456789 \n\tTCPaé\0{}\"'=-\\") for _ in range(size)
        )
        for recording in recordings:
            at = chance.randrange(len(recording) + 1)
            yield recording[:at]
            yield recording[at:]
            words = recording.split(" ")
            chance.shuffle(words)
            yield " ".join(words)
            letters = list(recording)
            for _ in range(20):
                letters[chance.randrange(len(letters))] = chr(chance.randrange(0x250))
            yield "".join(letters)

"""What somebody may have meant who typed a word that is not known."""

from collections.abc import Iterable

_OF_THREE = 1
"""So many of three letters may be wrong."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word with the fewest letters to change; None when none is like it."""
    near = [(_changes(word.lower(), each.lower()), each) for each in known]
    fine = [(changes, each) for changes, each in near if changes <= _allowed(word, each)]
    return min(fine, key=lambda pair: pair[0])[1] if fine else None


def _allowed(word: str, known: str) -> int:
    return (max(len(word), len(known)) * _OF_THREE + 2) // 3


def _changes(one: str, other: str) -> int:
    """Letters put in, left out or exchanged on the way from one to the other (Levenshtein)."""
    row = list(range(len(other) + 1))
    for count, letter in enumerate(one, start=1):
        before, row[0] = row[0], count
        for at, wanted in enumerate(other, start=1):
            same = before + (letter != wanted)
            before, row[at] = row[at], min(same, row[at] + 1, row[at - 1] + 1)
    return row[-1]

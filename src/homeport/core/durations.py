"""How long a share lasts, as people type it: `30m`, `2h`, `90s`, `1h30m`."""

import re

from homeport.core.errors import UsageError

USUAL = 30 * 60
"""Seconds a share lasts when nothing was said."""
LONGEST = 24 * 60 * 60

_GRAMMAR = re.compile(r"(?:([0-9]{1,5})h)?(?:([0-9]{1,5})m)?(?:([0-9]{1,5})s)?")
_BY_UNIT = ((3600, "h"), (60, "m"), (1, "s"))


def parse_duration(text: str, origin: str = "--for") -> int:
    """Seconds, from 1 to `LONGEST`; UsageError for anything else. `origin`: where it was said."""
    found = _GRAMMAR.fullmatch(text)
    if not text or found is None:
        raise _refused(text, origin, "a time such as 30m, 2h, 90s or 1h30m")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    total = hours * 3600 + minutes * 60 + seconds
    if not 1 <= total <= LONGEST:
        raise _refused(text, origin, "from 1s to 24h")
    return total


def compact(seconds: int) -> str:
    """`1h30m`: what `parse_duration` reads. `seconds` is at least 1."""
    parts = []
    for size, unit in _BY_UNIT:
        count, seconds = divmod(seconds, size)
        parts.append(f"{count}{unit}" if count else "")
    return "".join(parts)


def in_words(seconds: float) -> str:
    """For a sentence, rounded up: `45 s`, `1 min 30 s`, `30 min`, `1 h 30 min`."""
    whole = -int(-max(seconds, 0) // 1)
    if whole < 60:
        return f"{whole} s"
    if whole < 600 and whole % 60:
        return f"{whole // 60} min {whole % 60} s"
    hours, minutes = divmod(-(-whole // 60), 60)
    return " ".join([f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes))


def _refused(text: str, origin: str, wanted: str) -> UsageError:
    return UsageError(
        f"{origin} is {text!r}, but must be {wanted}.",
        code="bad-duration",
        next_steps=("half an hour:  homeport share --for 30m",),
        facts={"value": text, "longest": LONGEST},
    )

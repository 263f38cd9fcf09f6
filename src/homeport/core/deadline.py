"""A moment on both clocks, and an end that neither of them can put off.

The wall clock may be set back, and the monotonic clock stands still while a computer sleeps. So an
end is written down on both, and the earlier one counts.
"""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """This moment: `wall` in seconds since the epoch, `mono` in seconds of the monotonic clock."""

    wall: float
    mono: float

    def slept_since(self, earlier: "Now") -> float:
        """Seconds by which the wall clock went further than the monotonic one: sleep, or set."""
        return (self.wall - earlier.wall) - (self.mono - earlier.mono)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """An end on both clocks, in the seconds of `Now`."""

    wall: float
    mono: float

    @classmethod
    def after(cls, seconds: float, now: Now) -> Self:
        """So many seconds from now."""
        return cls(wall=now.wall + seconds, mono=now.mono + seconds)

    def left(self, now: Now) -> float:
        """Seconds until the earlier of the two; 0 when it has passed."""
        return max(min(self.wall - now.wall, self.mono - now.mono), 0.0)

    def passed(self, now: Now) -> bool:
        """Whether either clock has reached it."""
        return now.wall >= self.wall or now.mono >= self.mono

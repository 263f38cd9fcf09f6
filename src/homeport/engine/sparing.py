"""Says the same thing once, and not too much of anything: a flood must not fill a terminal."""

WINDOW = 10.0
"""Seconds."""
MOST = 10
"""Lines of one window."""


class Sparing:
    """Which lines are told. Times are monotonic."""

    def __init__(self) -> None:
        self._began = 0.0
        self._told: set[str] = set()
        self.left_out = 0

    def may_tell(self, line: str, now: float) -> bool:
        """Whether this line is to be told; if not it counts as left out."""
        if now - self._began >= WINDOW:
            self._began, self._told = now, set()
        if line in self._told or len(self._told) >= MOST:
            self.left_out += 1
            return False
        self._told.add(line)
        return True

    def take_left_out(self) -> int:
        """How many were left out since this was last asked."""
        count, self.left_out = self.left_out, 0
        return count

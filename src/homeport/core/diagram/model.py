"""What a drawing says, without how it looks.

A diagram has panels. A panel holds either lanes (sources with an arrow each into one box) or one
chain (boxes one after the other, and the way back). Texts may contain anything: each renderer
makes them fit for its own format.
"""

from dataclasses import dataclass
from enum import Enum

from homeport.core.audience import Verdict

ANSWER = "answer"
WORDS = {Verdict.YES: "yes", Verdict.UNKNOWN: "maybe", Verdict.NO: "no"}


class Tone(Enum):
    """What a box is in the story; renderers choose how it looks."""

    CLIENT = "client"
    PLACE = "place"
    """A part of this computer where the port listens."""
    SERVER = "server"
    MUTED = "muted"
    """A part of this computer that takes no part: down, or not listening."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One sentence or value in a box. `mark`: whether the port listens there, shown as a dot."""

    text: str
    mark: Verdict | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """`note` says what the thing in the title is: `wlan0`, `Wi-Fi`."""

    title: str
    note: str = ""
    lines: tuple[Line, ...] = ()
    tone: Tone = Tone.PLACE

    @property
    def heading(self) -> str:
        """Title and note in one line."""
        return f"{self.title} · {self.note}" if self.note else self.title


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """`verdict`: whether what it stands for arrives."""

    label: str = ""
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A client, and whether it gets in: the verdict of the arrow that leaves it."""

    box: Box
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """All that want to come in by `target`."""

    sources: tuple[Source, ...]
    target: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Boxes in the order of the way. The arrow at index i leads from box i to box i + 1.

    `answered`: something goes back all the way.
    """

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    answered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A frame with a title, and a badge (`now`) if it needs one. Without a title: no frame."""

    title: str
    content: tuple[Lane, ...] | Chain
    badge: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagram:
    """`description` says in sentences what the picture shows, for those who cannot see it."""

    title: str
    description: str
    panels: tuple[Panel, ...]

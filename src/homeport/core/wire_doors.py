"""Messages between supervisor and worker about doors: who may come in, who asks, who came.

A door is one listener with its policy. The supervisor holds all that is remembered (devices, codes,
times), so that it survives reloads; a worker enforces it with a copy of the passes.
"""

from typing import Any

from homeport.core.record import Record


class Serve(Record):
    """To a ready worker: accept on these listeners (`descriptors` of them come along).

    `doors` has as many: the facts of `core.door.Door`. Said again for a door that opens later.
    """

    descriptors: int
    doors: tuple[dict[str, Any], ...] = ()


class Shut(Record):
    """To a worker: close this door and cut every connection that came through it."""

    door: int


class Change(Record):
    """To a worker: another policy for an open door (`core.door.Policy.to_json`)."""

    door: int
    policy: dict[str, Any]


class Certify(Record):
    """To a worker: another certificate for an open door (`core.opened_door.OpenedDoor`)."""

    opened: dict[str, Any]


class Cut(Record):
    """To a worker: cut what this device has open on this door."""

    door: int
    device: str


class Passes(Record):
    """To a worker: the passes that count from now on (`core.mirror.Mirror.to_json`)."""

    mirror: dict[str, Any]


class Asked(Record):
    """From a worker: a visitor wants in. `what` is redeem, knock or answer; `text` its secret.

    `number` is for the answer, which may come later (`Answered`).
    """

    number: int
    what: str
    text: str
    peer: str
    agent: str


class Answered(Record):
    """To a worker: what became of an `Asked`; see `core.pairing`."""

    number: int
    answer: dict[str, Any]


class Guessed(Record):
    """From a worker: this peer has shown a pass that is none."""

    peer: str


class Visited(Record):
    """From a worker: what came to its doors since it last said so; see `core.evidence`."""

    door: int
    peers: tuple[dict[str, Any], ...]

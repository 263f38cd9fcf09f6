"""What the LAN's people tell each other."""

from dataclasses import dataclass

Place = tuple[str, int]
"""An address and a port to connect to."""


@dataclass(frozen=True)
class Binding:
    """The sockets of one server: address and V6ONLY; `device` by SO_BINDTODEVICE."""

    name: str
    sockets: tuple[tuple[str, bool], ...]
    device: str = ""

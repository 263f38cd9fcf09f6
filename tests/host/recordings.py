"""Recorded answers of netlink, one payload per line of recorded/netlink.txt."""

from pathlib import Path

_LINES = (Path(__file__).parent / "recorded/netlink.txt").read_text("ascii").splitlines()


def recorded(kind: str) -> list[bytes]:
    """The payloads of a kind: socket, link, addr or route."""
    fields = (line.split() for line in _LINES if line.startswith(f"{kind} "))
    return [bytes.fromhex(payload) for _, payload in fields]

"""The rows of tests/data/guard-cases*.csv as requests; how to read them: tests/data/README.md."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from homeport.core.policy import DoorKind, PassKind, Policy, Via, Visit

DATA = Path(__file__).parents[1] / "data"
LISTED, SIBLING = "http://localhost:3000", "http://web.localhost:5173"
PHONE = "192.168.1.34"

_TAGS = {
    "nav": ("navigate", "document"),
    "form": ("navigate", "document"),
    "iframe": ("navigate", "iframe"),
    "img": ("no-cors", "image"),
    "fetch": ("cors", "empty"),
    "pre": ("cors", "empty"),
    "ws": ("websocket", "empty"),
}
_PASSES = {
    "none": PassKind.NONE,
    "valid": PassKind.VALID,
    "expired": PassKind.EXPIRED,
    "wrong": PassKind.WRONG,
    "in-query": PassKind.CODE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a file."""

    id: str
    listener_scope: str
    method: str
    host: str
    origin: str
    sec_fetch_site: str
    token: str
    upgrade: str
    expect: str
    why: str

    @property
    def tags(self) -> set[str]:
        return set(re.findall(r"\[([a-z0-9]+)\]", self.why))

    @property
    def shared(self) -> bool:
        return self.listener_scope == "lan"

    @property
    def websocket(self) -> bool:
        return self.upgrade == "websocket"

    @property
    def target(self) -> str:
        found = re.match(r"<target (\S+)>", self.host)
        return found[1] if found else "/"

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """As sent, without any token; names in lower case."""
        host = re.sub(r"<target \S+> ?", "", self.host)
        lines = [(b"host", value) for value in _values(host)]
        lines += [(b"origin", value) for value in _values(self.origin)]
        sites = _values(self.sec_fetch_site)
        lines += [(b"sec-fetch-site", value) for value in sites]
        for tag in self.tags & _TAGS.keys() if sites else ():
            mode, dest = _TAGS[tag]
            lines += [(b"sec-fetch-mode", mode.encode()), (b"sec-fetch-dest", dest.encode())]
        if "pre" in self.tags:
            lines.append((b"access-control-request-method", b"POST"))
        if "h2c" in self.tags:
            lines.append((b"upgrade", b"h2c"))
        return lines

    @property
    def shows(self) -> tuple[PassKind, Via]:
        """What travels with it; on a loopback door only a header token is looked at."""
        kind = _PASSES[self.token]
        if kind is PassKind.CODE:
            used = PassKind.CODE_USED if "used" in self.tags else kind
            return (used, Via.QUERY) if self.shared else (PassKind.NONE, Via.NONE)
        if kind is PassKind.NONE:
            return kind, Via.NONE
        return kind, Via.HEADER if "header" in self.tags else Via.COOKIE

    @property
    def policy(self) -> Policy:
        """Of the door it knocks at."""
        name, origins = "myapp", (LISTED, SIBLING)
        if self.shared:
            tls = ":8443" in self.host
            return Policy(
                kind=DoorKind.SHARED,
                ip="192.168.1.20",
                port=8443 if tls else 8000,
                tls=tls,
                name=name,
                origins=(LISTED,),
                network="192.168.1.0/24",
                pairing=True,
            )
        if self.listener_scope == "open":
            return Policy(kind=DoorKind.OPEN, ip="0.0.0.0", port=8000, name=name)
        strict = self.listener_scope == "strict"
        return Policy(
            kind=DoorKind.LOOPBACK,
            ip="127.0.0.1",
            port=8000,
            name=name,
            origins=origins,
            strict_origins=strict,
        )

    @property
    def ends(self) -> tuple[str, str]:
        """Peer, and the address of ours."""
        here = ("127.0.0.1", "127.0.0.1")
        return (PHONE, "192.168.1.20") if self.listener_scope in ("lan", "open") else here

    @property
    def visit(self) -> Visit:
        """As the guard sees it."""

        def sent(name: bytes) -> tuple[bytes, ...]:
            return tuple(value for each, value in self.headers if each == name)

        kind, via = self.shows
        peer, arrived_at = self.ends
        return Visit(
            method=self.method,
            hosts=sent(b"host"),
            peer=peer,
            arrived_at=arrived_at,
            path=self.target,
            origins=sent(b"origin"),
            sites=sent(b"sec-fetch-site"),
            modes=sent(b"sec-fetch-mode"),
            dests=sent(b"sec-fetch-dest"),
            websocket=self.websocket,
            preflight="pre" in self.tags,
            h2c="h2c" in self.tags,
            pass_=kind,
            via=via,
        )


def _values(cell: str) -> list[bytes]:
    if not cell:
        return []
    if cell == "<empty>":
        return [b""]
    if raw := re.fullmatch(r"<bytes (.*)>", cell):
        return [raw[1].encode("latin-1").decode("unicode_escape").encode("latin-1")]
    return [each.encode("utf-8") for each in cell.split(" ++ ")]


def rows(name: str) -> list[Row]:
    """All rows of a file in tests/data."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return [Row(**line) for line in csv.DictReader(file)]


ALL = rows("guard-cases.csv") + rows("guard-cases-more.csv")

"""What kind of device a visitor has, as its User-Agent says (RFC 9110 section 10.1.5).

Anybody may send any User-Agent: this is a name to tell devices apart by, never a proof. Only words
of ours are given back, so nothing of the header reaches a terminal. (Safari on an iPad says that it
is a Mac, and is believed.)
"""

import re
from dataclasses import dataclass

SCRIPT = "script"
_LONGEST = 512

_SCRIPTS = (
    ("curl/", "curl"),
    ("wget/", "Wget"),
    ("python-httpx/", "httpx"),
    ("python-requests/", "requests"),
    ("python-urllib/", "urllib"),
    ("python/", "Python"),
    ("httpie/", "HTTPie"),
    ("go-http-client/", "Go"),
    ("node", "Node.js"),
    ("undici", "Node.js"),
    ("axios/", "axios"),
    ("okhttp/", "OkHttp"),
    ("postmanruntime/", "Postman"),
)
_DEVICES = (
    ("iPhone", re.compile(r"\biPhone\b")),
    ("iPad", re.compile(r"\biPad\b")),
    ("Android phone", re.compile(r"\bAndroid\b.*\bMobile\b")),
    ("Android tablet", re.compile(r"\bAndroid\b")),
    ("Windows PC", re.compile(r"\bWindows NT\b")),
    ("Mac", re.compile(r"\bMacintosh\b")),
    ("Chromebook", re.compile(r"\bCrOS\b")),
    ("Linux computer", re.compile(r"\bLinux\b|\bX11\b")),
)
# The order matters: nearly everyone also claims to be Chrome and Safari.
_BROWSERS = (
    ("Edge", re.compile(r"\bEdg(?:e|A|iOS)?/")),
    ("Opera", re.compile(r"\bOPR/|\bOPT/|\bOpera\b")),
    ("Samsung Internet", re.compile(r"\bSamsungBrowser/")),
    ("Firefox", re.compile(r"\b(?:Firefox|FxiOS)/")),
    ("Chrome", re.compile(r"\b(?:Chrome|CriOS|Chromium)/")),
    ("Safari", re.compile(r"\bSafari/")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceKind:
    """`name` is `iPhone`, `script`, or `device` for the unknown; `program` the browser or tool."""

    name: str
    program: str | None = None

    @property
    def label(self) -> str:
        """`iPhone, Safari`."""
        return f"{self.name}, {self.program}" if self.program else self.name


def device_kind(agent: str) -> DeviceKind:
    """What the User-Agent `agent` stands for."""
    agent = agent[:_LONGEST]
    low = agent.lower()
    for start, tool in _SCRIPTS:
        if low.startswith(start):
            return DeviceKind(name=SCRIPT, program=tool)
    return DeviceKind(
        name=next((name for name, sign in _DEVICES if sign.search(agent)), "device"),
        program=next((name for name, sign in _BROWSERS if sign.search(agent)), None),
    )

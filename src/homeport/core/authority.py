"""Host values and origins: the one strict grammar of the guard.

Accepted is what browsers and ordinary tools send, in its one spelling, and nothing that two parsers
might read differently. So there is no user information, percent sign, zone, trailing dot, empty or
padded port, no short, octal, hexadecimal or decimal IPv4 (WHATWG URL reads those, ipaddress does
not), no IPv4 in IPv6 clothes. Nothing is folded but upper case, in a Host (RFC 9110 section
4.2.3). Whether an authority is *ours* is looked up, never computed: see `core/policy`.
"""

import ipaddress
import re

from homeport.core.record import Record

NULL = b"null"
"""What a sandboxed frame, a local file or a redirected request sends as its origin (RFC 6454)."""

DEFAULT_PORTS = {"http": 80, "https": 443}
LONGEST_NAME = 253  # RFC 1035 section 2.3.4, as text

_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NUMERIC_END = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
_OCTET = r"(?:0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
_IPV6 = re.compile(r"\[([0-9a-f:.]{2,45})\]")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")


class Authority(Record):
    """Who a request is for, as its Host says: a lower-case host, and a port if one was written.

    An IPv6 address stands in brackets and is spelled as it was sent.
    """

    host: str
    port: int | None = None

    def port_under(self, scheme: str) -> int | None:
        """The port that is meant: without one, the scheme's own."""
        return self.port or DEFAULT_PORTS.get(scheme)

    def __str__(self) -> str:
        return self.host if self.port is None else f"{self.host}:{self.port}"


class Origin(Record):
    """Where a page came from (RFC 6454): `port` is None where the scheme's own is meant."""

    scheme: str
    host: str
    port: int | None = None

    @property
    def authority(self) -> Authority:
        """Without the scheme."""
        return Authority(host=self.host, port=self.port)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


def read_authority(raw: bytes) -> Authority | None:
    """The value of a Host header; None for whatever is not exactly one `host` or `host:port`."""
    if not raw.isascii():
        return None
    return _authority(raw.decode("ascii").lower())


def read_origin(raw: bytes) -> Origin | None:
    """The value of an Origin header; None for whatever is not one serialised origin.

    Serialised (RFC 6454 section 6.2) means: one spelling only. A trailing slash, upper case, the
    scheme's own port or a longer spelling of an IPv6 address is none. `NULL` is none either.
    """
    if not raw.isascii():
        return None
    scheme, separator, rest = raw.decode("ascii").partition("://")
    authority = _authority(rest)
    if not separator or not _SCHEME.fullmatch(scheme) or authority is None:
        return None
    if authority.port is not None and authority.port == DEFAULT_PORTS.get(scheme):
        return None
    if authority.host.startswith("[") and authority.host != url_host(authority.host[1:-1]):
        return None
    return Origin(scheme=scheme, host=authority.host, port=authority.port)


def url_host(ip: str) -> str:
    """An IP address as it stands in a URL: `127.0.0.1`, `[::1]`. ValueError for anything else."""
    address = ipaddress.ip_address(ip)
    return f"[{address}]" if address.version == 6 else str(address)


def _authority(text: str) -> Authority | None:
    host, port = text, None
    head, colon, tail = text.rpartition(":")
    if colon and not tail.endswith("]"):
        if not _PORT.fullmatch(tail) or int(tail) > 65535:
            return None
        host, port = head, int(tail)
    return Authority(host=host, port=port) if _is_host(host) else None


def _is_host(text: str) -> bool:
    if bracketed := _IPV6.fullmatch(text):
        return _is_plain_ipv6(bracketed[1])
    if _NUMERIC_END.fullmatch(text):  # whoever ends in a number must be an IPv4 address
        return _IPV4.fullmatch(text) is not None
    return len(text) <= LONGEST_NAME and _NAME.fullmatch(text) is not None


def _is_plain_ipv6(text: str) -> bool:
    try:
        return ipaddress.IPv6Address(text).ipv4_mapped is None
    except ValueError:
        return False

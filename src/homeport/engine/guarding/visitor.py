"""What the pairing pages read of a request: each field on its own, nothing decided."""

from urllib.parse import parse_qsl

from homeport.core.plain import plain
from homeport.engine.guarding.denials import Receive, Scope

LONGEST_BODY = 4096
"""Bytes of a form that we read."""
LONGEST_AGENT = 300
"""Characters of a User-Agent that are passed on."""
_MOST_FIELDS = 16


class Visitor:
    """One HTTP request to a pairing page."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        client = scope.get("client")
        self.peer: str = client[0] if client else ""
        """The address of the other end of the connection; empty on a unix socket."""
        self.method: str = scope["method"]

    def headers(self, name: bytes) -> list[str]:
        """All values of a header; `name` in lower case."""
        return [value.decode("latin-1") for key, value in self._scope["headers"] if key == name]

    def header(self, name: bytes) -> str:
        """The values of a header as one."""
        return ", ".join(self.headers(name))

    @property
    def agent(self) -> str:
        """What the browser calls itself, fit to be shown."""
        return plain(self.header(b"user-agent")[:LONGEST_AGENT])

    @property
    def target(self) -> str:
        """The path as it was sent, with its query."""
        raw: bytes = self._scope.get("raw_path") or self._scope["path"].encode()
        raw = raw.removeprefix(self._scope.get("root_path", "").encode())
        query: bytes = self._scope.get("query_string", b"")
        return (raw + b"?" * bool(query) + query).decode("latin-1")

    def cookies(self, name: str) -> list[str]:
        """The values of all cookies of that name: a server on another port may add one."""
        pairs = (
            pair.partition("=") for line in self.headers(b"cookie") for pair in line.split(";")
        )
        return [value.strip() for key, _, value in pairs if key.strip() == name]

    def take_query(self, name: str) -> list[str]:
        """The values of a query field; the query is then gone, so that no log can have it."""
        fields = _fields(self._scope.get("query_string", b""))
        self._scope["query_string"] = b""
        return [value for key, value in fields if key == name]

    async def form(self, receive: Receive, name: str) -> list[str] | None:
        """The values of a field of the form that was sent.

        None where the body is longer than `LONGEST_BODY`, or never came whole.
        """
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if message["type"] == "http.disconnect" or len(body) > LONGEST_BODY:
                return None
            if not message.get("more_body"):
                return [value for key, value in _fields(body) if key == name]


def _fields(encoded: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(encoded.decode("latin-1"), True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return []

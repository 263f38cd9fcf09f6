"""Visitors: threads that keep asking while a server reloads, and note how each request went."""

import http.client
import select
import threading
import time
from dataclasses import dataclass

EVERY_SECONDS = 0.010
TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request. Times are perf_counter seconds."""

    start: float
    end: float
    body: str | None  # None: refused, reset, timed out or not 200
    reopened: bool  # the kept-alive connection had been closed since the last request


class Visitor(threading.Thread):
    """Asks for / about every 10 ms, each time on a new connection or always on the same one.

    A kept-alive connection that the server closed while it was idle is opened anew, as every
    HTTP client does; a request that was sent and not answered is a failure.
    """

    def __init__(self, port: int, *, keep_alive: bool) -> None:
        super().__init__(daemon=True)
        self.visits: list[Visit] = []
        self._keep_alive = keep_alive
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
        self._done = threading.Event()

    def run(self) -> None:
        pause = 0.0
        while not self._done.wait(pause):
            visit = self._visit()
            self.visits.append(visit)
            pause = max(0.0, EVERY_SECONDS - (visit.end - visit.start))
        self._connection.close()

    def finish(self) -> None:
        """Stop asking; returns when the last request has ended."""
        self._done.set()
        self.join()

    def since(self, moment: float) -> list[Visit]:
        """The visits that ended after that moment."""
        return [visit for visit in self.visits if visit.end > moment]

    def _visit(self) -> Visit:
        start = time.perf_counter()
        sock = self._connection.sock
        if sock is not None and select.select([sock], [], [], 0)[0]:
            self._connection.close()
        reopened = self._keep_alive and self._connection.sock is None
        body = None
        try:
            self._connection.request("GET", "/")
            response = self._connection.getresponse()
            text = response.read().decode()
            body = text if response.status == http.client.OK else None
        except (OSError, http.client.HTTPException):
            self._connection.close()
        if not self._keep_alive:
            self._connection.close()
        return Visit(start=start, end=time.perf_counter(), body=body, reopened=reopened)

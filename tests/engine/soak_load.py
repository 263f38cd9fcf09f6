"""The load of the soak test: visitors in a thread of their own that note all that goes wrong.

`announced` is the version whose `reloaded` has been read: a request that begins after that must be
answered by it or by a newer one.
"""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import NamedTuple, Self

import uvloop

from tests.engine.live import PATIENCE
from tests.engine.soak_wire import Address, Answer, Connection, WentWrong


class Wrong(NamedTuple):
    """One failure. `at` is seconds since the load began."""

    at: float
    visitor: str
    what: str


class Visitor:
    """Goes round and round; a subclass says what a round is."""

    pause = 0.02

    def __init__(self, load: "Load", address: Address) -> None:
        self.load = load
        self.name = type(self).__name__.lower()
        self.address = address
        self.connection: Connection | None = None
        self.resting = False

    async def live(self) -> None:
        while not self.load.finishing:
            self.resting = True
            await self.load.open_gate.wait()
            self.resting = False
            try:
                async with asyncio.timeout(PATIENCE):
                    await self.round()
            except TimeoutError:
                self.fail(f"nothing for {PATIENCE:g} s")
            except WentWrong as wrong:
                self.fail(str(wrong))
            await asyncio.sleep(self.pause)
        self.leave()

    async def round(self) -> None:
        raise NotImplementedError

    def leave(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def fail(self, what: str) -> None:
        self.load.note(self.name, what)
        self.leave()

    def count(self, what: str) -> None:
        self.load.counts[self.name, what] += 1

    async def connected(self) -> Connection:
        """The connection that is kept; a new one when the server has ended it while it was idle."""
        if self.connection is not None and self.connection.closed_while_idle():
            self.leave()
            self.count("reopened")
        if self.connection is None:
            self.connection = await Connection.open(self.address)
            self.count("opened")
        return self.connection

    async def take(self, connection: Connection, least: int) -> Answer:
        """The next answer, checked. `least`: what had been announced when the request began."""
        answer = await connection.answer()
        if complaint := answer.complaint():
            raise WentWrong(complaint)
        if answer.version < least:
            raise WentWrong(f"stale: {answer.version} after {least} was announced")
        self.count("answers")
        if self.load.announced > least:
            self.count("over a reload")
        if not answer.stays:
            self.leave()
            self.count("reopened")
        return answer

    async def until_reloaded(self, least: int) -> None:
        """Stay in the middle of something until a reload was announced (or none happens)."""
        deadline = time.monotonic() + 1.5
        while self.load.announced <= least and time.monotonic() < deadline:
            await asyncio.sleep(0.005)


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


class Load:
    """A context manager around a thread with many visitors."""

    def __init__(
        self, addresses: Sequence[Address], version: int, visitors: Sequence[type[Visitor]]
    ) -> None:
        self.announced = version
        self.saved = version
        self.finishing = False
        self.wrong: list[Wrong] = []
        self.counts: Counter[tuple[str, str]] = Counter()
        self._began = time.monotonic()
        self._loop = uvloop.new_event_loop()
        self.open_gate = asyncio.Event()
        self.open_gate.set()
        self._visitors = [
            kind(self, addresses[number % len(addresses)]) for number, kind in enumerate(visitors)
        ]
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._all())
        finally:
            self._loop.close()

    async def _all(self) -> None:
        await asyncio.gather(*(visitor.live() for visitor in self._visitors))
        await asyncio.sleep(0)  # transports close in the next round

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.finishing = True
        self.resume()
        self._thread.join(2 * PATIENCE)
        assert not self._thread.is_alive(), "visitors that do not leave"

    def note(self, visitor: str, what: str) -> None:
        self.wrong.append(Wrong(round(time.monotonic() - self._began, 3), visitor, what))

    @property
    def answers(self) -> int:
        """How many complete answers there have been, of all kinds."""
        return self.total("answers")

    def total(self, what: str) -> int:
        return sum(count for (_, name), count in list(self.counts.items()) if name == what)

    def of(self, visitor: str, what: str) -> int:
        return self.counts[visitor, what]

    def pause(self) -> None:
        """Let each visitor finish its round and begin no other; connections stay open."""
        self._loop.call_soon_threadsafe(self.open_gate.clear)

    def resume(self) -> None:
        self._loop.call_soon_threadsafe(self.open_gate.set)

    @property
    def is_resting(self) -> bool:
        return all(visitor.resting for visitor in self._visitors)

"""The server's side of a control socket: questions of this user's programs, answered at once.

A request is one line of JSON, `{"ask": WORD, …}`; the answer is one line too, with `error` in it
when it is a refusal; then the connection ends. The supervisor reads it among its other inputs, so
nothing here waits: not for slow clients, not for silent ones.
"""

import json
import os
import selectors
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from homeport.core import refusals, registry_words
from homeport.core.errors import HomeportError
from homeport.core.events import Event


class Told(NamedTuple):
    """An answer, what happens to the server because it was asked, and open files.

    The other end gets copies of the files (SCM_RIGHTS, unix(7)).
    """

    answer: Mapping[str, Any]
    event: Event | None = None
    descriptors: tuple[int, ...] = ()


Handler = Callable[[dict[str, Any]], Mapping[str, Any] | Told]
"""Gets the whole request, gives the answer. May raise HomeportError. Must be quick."""

LARGEST_REQUEST = 65536
MOST_CLIENTS = 16
PATIENCE = 5.0
"""Seconds a client has, from connecting to having read its answer."""

_CREDENTIALS = 12  # bytes: pid, uid, gid, each an int (unix(7))
_to_text, _from_text = json.JSONEncoder().encode, json.JSONDecoder().decode
"""Kept: an app may put its own in the place of `json.dumps` and `json.loads`."""


class Control:
    """Answers on a listening socket. An `Input` of the supervisor: brings what handlers told.

    `handlers`: word → what answers it; more may be added at any time. `unknown` refuses any
    other word, given it and those that are known.
    """

    def __init__(
        self,
        listening: socket.socket,
        handlers: Mapping[str, Handler],
        *,
        patience: float = PATIENCE,
        unknown: Callable[[str, Sequence[str]], HomeportError] = registry_words.unknown_word,
    ) -> None:
        self.handlers: dict[str, Handler] = dict(handlers)
        self._listening = listening
        self._patience = patience
        self._unknown = unknown
        self._clients: list[_Client] = []
        self._events: list[Event] = []
        self._selector = selectors.DefaultSelector()
        listening.setblocking(False)
        self._selector.register(listening, selectors.EVENT_READ)
        self._spare = os.open(os.devnull, os.O_RDONLY)

    def fileno(self) -> int:
        """For selectors: readable when a client wants something."""
        return self._selector.fileno()

    def read(self) -> list[Event]:
        """Go on with every client that has something to say or to hear."""
        now = time.monotonic()
        for client in [each for each in self._clients if each.deadline <= now]:
            self._drop(client)
        for key, _ in self._selector.select(0):
            if isinstance(key.data, _Client):
                self._go_on(key.data)
            else:
                self._accept(now)
        events, self._events = self._events, []
        return events

    def close(self) -> None:
        """End all of it; the listening socket is not ours."""
        for client in list(self._clients):
            self._drop(client)
        os.close(self._spare)
        self._selector.close()

    def _accept(self, now: float) -> None:
        try:
            sock, _ = self._listening.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError:  # no descriptors left; whoever waits must go, or we would spin
            self._turn_away()
            return
        sock.setblocking(False)
        if not _may_ask(sock):
            sock.close()
        elif len(self._clients) >= MOST_CLIENTS:
            with sock, suppress(OSError):
                sock.send(_refused(registry_words.too_many_clients()))
        else:
            client = _Client(sock, now + self._patience)
            self._clients.append(client)
            self._selector.register(sock, selectors.EVENT_READ, client)

    def _turn_away(self) -> None:
        os.close(self._spare)
        with suppress(OSError):
            self._listening.accept()[0].close()
        self._spare = os.open(os.devnull, os.O_RDONLY)

    def _go_on(self, client: "_Client") -> None:
        try:
            if client.unsent:
                client.send()
            elif (line := client.hear()) is not None:
                client.unsent, client.descriptors = self._answer_to(line)
                self._selector.modify(client.sock, selectors.EVENT_WRITE, client)
                client.send()
            is_done = client.is_heard and not client.unsent
        except BlockingIOError:
            return
        except OSError:
            is_done = True
        if is_done:
            self._drop(client)

    def _answer_to(self, line: bytes) -> tuple[bytes, tuple[int, ...]]:
        """What a request leads to; whatever goes wrong in it is an answer as well."""
        try:
            request = _request(line)
            word = request["ask"]
            if word not in self.handlers:
                raise self._unknown(word, sorted(self.handlers))
            answer = self.handlers[word](request)
            if not isinstance(answer, Told):
                return _line(answer), ()
            line = _line(answer.answer)
            if answer.event is not None:
                self._events.append(answer.event)
            return line, answer.descriptors
        except HomeportError as error:
            return _refused(error), ()
        except Exception as error:
            return _refused(refusals.unexpected(error)), ()

    def _drop(self, client: "_Client") -> None:
        self._selector.unregister(client.sock)
        self._clients.remove(client)
        client.sock.close()


class _Client:
    """A connection: first its request is heard, then the answer is sent."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self.sock = sock
        self.deadline = deadline
        self.unsent = b""
        self.descriptors: tuple[int, ...] = ()
        self.is_heard = False
        self._inbox = b""

    def hear(self) -> bytes | None:
        """Its request once that is complete, or too long. OSError when there will be none."""
        data = self.sock.recv(LARGEST_REQUEST)
        if not data:
            raise ConnectionResetError
        self._inbox += data
        line, ended, _ = self._inbox.partition(b"\n")
        self.is_heard = bool(ended) or len(line) > LARGEST_REQUEST
        return line if self.is_heard else None

    def send(self) -> None:
        """What the other end has room for. OSError when it is gone."""
        if self.descriptors:
            sent = socket.send_fds(self.sock, [self.unsent], self.descriptors)
            self.descriptors = ()
        else:
            sent = self.sock.send(self.unsent)
        self.unsent = self.unsent[sent:]


def _request(line: bytes) -> dict[str, Any]:
    wanted = f'one JSON object of up to {LARGEST_REQUEST} bytes on one line, with a text "ask"'
    if len(line) > LARGEST_REQUEST:
        raise registry_words.not_understood(wanted, "longer")
    try:
        request = _from_text(line.decode())
    except (ValueError, RecursionError):
        request = None
    if not isinstance(request, dict) or not isinstance(request.get("ask"), str):
        raise registry_words.not_understood(wanted, repr(line[:60]))
    return request


def _line(answer: Mapping[str, Any]) -> bytes:
    return _to_text(dict(answer)).encode() + b"\n"


def _refused(error: HomeportError) -> bytes:
    from homeport.core.error_json import error_to_json

    return _line({"error": error_to_json(error)})


def _may_ask(sock: socket.socket) -> bool:
    """Whether the other end is this user or root. Elsewhere than on Linux the folder sees to it."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    told = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS)
    return int.from_bytes(told[4:8], sys.byteorder) in (os.geteuid(), 0)

"""The asking side of control sockets."""

import json
import os
import socket
import stat
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from homeport.core.entry import Entry
from homeport.core.error_json import error_from_json
from homeport.core.registry_words import no_answer, server_gone
from homeport.engine.private_folder import PrivateFolder

PATIENCE = 5.0
"""Seconds to wait for an answer."""
LARGEST_ANSWER = 4 * 1024 * 1024
MOST_FILES = 64
"""That may come with an answer."""
_PAUSE = 0.005


def ask(entry: Entry, request: Mapping[str, Any], timeout: float = PATIENCE) -> dict[str, Any]:
    """The answer of a running server to `{"ask": WORD, …}`.

    Raises the HomeportError that the server refused with, NothingThereError when it has ended,
    HomeportError when it does not answer within `timeout` seconds.
    """
    answer, files = ask_for_files(entry, request, timeout)
    for file in files:
        os.close(file)
    return answer


def ask_for_files(
    entry: Entry, request: Mapping[str, Any], timeout: float = PATIENCE
) -> tuple[dict[str, Any], list[int]]:
    """As `ask`, with the descriptors that came with the answer; they are the caller's to close."""
    deadline = time.monotonic() + timeout
    files: list[int] = []
    try:
        with PrivateFolder.open(os.path.dirname(entry.socket)) as folder:
            sock = _connected(folder, os.path.basename(entry.socket), deadline)
        with sock:
            _send(sock, request, deadline)
            answer = _received(sock, deadline, files)
    except TimeoutError:
        raise no_answer(entry, timeout) from None
    except (OSError, ValueError):
        raise server_gone(entry.name) from None
    if "error" in answer:
        raise error_from_json(answer["error"])
    return answer, files


def ask_all(
    folder: PrivateFolder, names: Iterable[str], request: Mapping[str, Any], timeout: float
) -> dict[str, dict[str, Any]]:
    """Ask several servers at once, by name; only those that answer are in the result."""
    deadline = time.monotonic() + timeout
    asked: dict[str, socket.socket] = {}
    answers: dict[str, dict[str, Any]] = {}
    try:
        for name in names:
            with suppress(OSError):
                asked[name] = _connected(folder, name + ".sock", deadline)
                _send(asked[name], request, deadline)
        for name, sock in asked.items():
            with suppress(OSError, ValueError):
                answers[name] = _received(sock, deadline)
    finally:
        for sock in asked.values():
            sock.close()
    return answers


def _connected(folder: PrivateFolder, name: str, deadline: float) -> socket.socket:
    """A connection to a socket of ours in the folder. OSError, TimeoutError."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _Way(folder, name) as path:
            while True:
                try:
                    sock.settimeout(_left(deadline))
                    sock.connect(path)
                    return sock
                except BlockingIOError:  # its queue is full
                    if time.monotonic() >= deadline:
                        raise TimeoutError from None
                    time.sleep(_PAUSE)
    except BaseException:
        sock.close()
        raise


class _Way:
    """A path to a socket that is short whatever its name, and leads to the one that was checked."""

    def __init__(self, folder: PrivateFolder, name: str) -> None:
        self._folder, self._name = folder, name
        self._fd: int | None = None

    def __enter__(self) -> str:
        name, handle = self._name, self._folder.handle
        if not stat.S_ISSOCK(os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode):
            raise ConnectionRefusedError
        if not hasattr(os, "O_PATH"):
            return self._folder.way_to(name)
        self._fd = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=handle)
        return f"/proc/self/fd/{self._fd}"

    def __exit__(self, *_: object) -> None:
        if self._fd is not None:
            os.close(self._fd)


def _send(sock: socket.socket, request: Mapping[str, Any], deadline: float) -> None:
    sock.settimeout(_left(deadline))
    with suppress(BrokenPipeError):  # it has refused already; that is what is read next
        sock.sendall(json.dumps(request).encode() + b"\n")


def _received(
    sock: socket.socket, deadline: float, files: list[int] | None = None
) -> dict[str, Any]:
    """One line. TimeoutError, OSError, ValueError for what is no answer.

    `files` gets the descriptors that come with it; when this raises, none is left open.
    """
    try:
        return _read_answer(sock, deadline, files)
    except BaseException:
        for file in files or ():
            os.close(file)
        raise


def _read_answer(sock: socket.socket, deadline: float, files: list[int] | None) -> dict[str, Any]:
    data = b""
    while not data.endswith(b"\n"):
        sock.settimeout(_left(deadline))
        if files is None:
            more = sock.recv(65536)
        else:
            more, came, _, _ = socket.recv_fds(sock, 65536, MOST_FILES)
            files += came
        if not more or len(data) > LARGEST_ANSWER:
            raise ValueError("no answer")
        data += more
    try:
        answer = json.loads(data)
    except RecursionError:
        raise ValueError("no answer") from None
    if not isinstance(answer, dict):
        raise ValueError("no answer")
    return answer


def _left(deadline: float) -> float:
    """What is there already is read even when the time is over."""
    return max(deadline - time.monotonic(), 0.001)

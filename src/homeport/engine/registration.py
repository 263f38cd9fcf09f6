"""The place of one running server in the registry: its name, its lock, its socket, its secret.

<name>.json   the entry, locked as long as the server runs
<name>.sock   its control socket
<name>.key    a secret that proves it over its port (core/proof)
"""

import json
import os
import socket
import time
from contextlib import ExitStack, suppress
from functools import partial
from typing import NamedTuple

from homeport.core.entry import LARGEST, Entry, Foreign, read_entry
from homeport.core.registry_words import registry_busy
from homeport.engine.private_folder import NEW, PrivateFolder
from homeport.engine.turns import Turn, is_taken, lock, turn

PATIENCE = 1.0
"""Seconds to wait for one's turn."""
PATIENCE_AT_START = 5.0
"""The same for one of many servers that start at once on a busy computer."""
BACKLOG = 16
ENDINGS = (".json", ".sock", ".key")
SECRET_BYTES = 32

_to_text = json.JSONEncoder().encode
"""Kept: an app may put its own in the place of `json.dumps`."""


def register(folder: PrivateFolder, wanted: Entry, replacing: str | None = None) -> "Registration":
    """Write the entry of a server under its name. `wanted.socket` is filled in.

    What a dead server left under the name is replaced, and so is the server whose instance is
    `replacing`: it keeps running, but is not found any more.
    Raises NameTakenError when another server has the name, HomeportError when another process
    blocks the folder, OSError as the system refuses (a full disk, a read-only one).
    """
    name = wanted.name
    with turn(folder, Turn.ALONE, PATIENCE_AT_START) as is_ours:
        if not is_ours:
            raise registry_busy(folder.path)
        if is_taken(folder, f"{name}.json"):
            found = read_there(folder, name)
            if not isinstance(found, Entry) or found.instance != replacing:
                from homeport.core.server_words import name_taken

                raise name_taken(name, wanted.project, found, time.time())
        path = os.path.join(folder.path, f"{name}.sock")
        return _settle(folder, wanted._replace(socket=path))


def read_there(folder: PrivateFolder, name: str) -> Entry | Foreign | None:
    """The entry of that name, whether its server lives or not; None when there is none."""
    try:
        text = folder.read(f"{name}.json", LARGEST + 1).decode()
    except (OSError, ValueError):
        return None
    return read_entry(text, name)


def _settle(folder: PrivateFolder, entry: Entry) -> "Registration":
    """Write all files of an entry, itself last; none of them is left when one fails."""
    with ExitStack() as undo:
        undo.callback(partial(remove_files, folder, entry.name))
        os.close(folder.begin(f"{entry.name}.key", os.urandom(SECRET_BYTES)))
        folder.put(f"{entry.name}.key")
        sock = undo.enter_context(_listening(folder, f"{entry.name}.sock"))
        fd = _written(folder, entry)
        undo.pop_all()
        return Registration(folder, entry, sock, fd)


def _listening(folder: PrivateFolder, name: str) -> socket.socket:
    """A socket under this name; bound under a short one, for paths of sockets are short."""
    new = "s" + NEW
    folder.remove(new)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.bind(folder.way_to(new))
        os.chmod(new, 0o600, dir_fd=folder.handle)
        sock.listen(BACKLOG)
        os.replace(new, name, src_dir_fd=folder.handle, dst_dir_fd=folder.handle)
    except BaseException:
        sock.close()
        folder.remove(new)
        raise
    return sock


def _written(folder: PrivateFolder, entry: Entry) -> int:
    """The descriptor of the entry, locked before anybody can see it."""
    name = f"{entry.name}.json"
    fd = folder.begin(name, _to_text(entry.to_json()).encode() + b"\n")
    try:
        lock(fd)
        folder.put(name)
    except BaseException:
        os.close(fd)
        raise
    return fd


def remove_files(folder: PrivateFolder, name: str) -> None:
    """Take away what belongs to a name, as far as that goes."""
    for ending in ENDINGS:
        for each in (name + ending, name + ending + NEW):
            with suppress(OSError):
                folder.remove(each)


class KeptName(NamedTuple):
    """A name that stays taken, and its control socket open, as long as the descriptors are."""

    name: str
    instance: str
    descriptors: tuple[int, ...]

    def let_go(self) -> None:
        """Another has the name by now, or nobody is to have it."""
        for descriptor in self.descriptors:
            os.close(descriptor)


class Registration:
    """A server that is in the registry until `close`, or until its process ends.

    `socket` is the listening control socket; it belongs to the registration.
    """

    def __init__(
        self, folder: PrivateFolder, entry: Entry, sock: socket.socket, entry_fd: int
    ) -> None:
        self._folder = folder
        self._fd: int | None = entry_fd
        self.entry = entry
        self.socket = sock
        # A child would keep the locks of a server that has ended.
        os.register_at_fork(after_in_child=self._let_go)

    def secret(self) -> bytes:
        """What proves this server over its port. OSError when somebody has taken it away."""
        return self._folder.read(f"{self.entry.name}.key", SECRET_BYTES)

    def update(self, entry: Entry) -> None:
        """Write other facts of the same server; its name and instance stay.

        Raises HomeportError, OSError as `register`; what was written before holds then.
        """
        with turn(self._folder, Turn.ALONE, PATIENCE) as is_ours:
            if not is_ours:
                raise registry_busy(self._folder.path)
            if self._fd is None or not self._is_there():
                return
            fd = _written(self._folder, entry)
            os.close(self._fd)
            self._fd, self.entry = fd, entry

    def close(self) -> None:
        """Leave the registry. What cannot be taken away is dead, for nobody locks it any more."""
        if self._fd is None:
            return
        with suppress(OSError), turn(self._folder, Turn.ALONE, PATIENCE) as is_ours:
            if is_ours and self._is_there():
                remove_files(self._folder, self.entry.name)
        self._let_go()

    def keep(self) -> KeptName:
        """As `close`, for a server that starts again in this process: whoever asks waits for it."""
        assert self._fd is not None
        descriptors = (os.dup(self._fd), os.dup(self.socket.fileno()))
        self._let_go()
        return KeptName(self.entry.name, self.entry.instance, descriptors)

    def _is_there(self) -> bool:
        """Whether the entry of that name is still ours."""
        assert self._fd is not None
        try:
            there = os.stat(
                f"{self.entry.name}.json", dir_fd=self._folder.handle, follow_symlinks=False
            )
        except OSError:
            return False
        return os.path.samestat(there, os.fstat(self._fd))

    def _let_go(self) -> None:
        if self._fd is not None:
            fd, self._fd = self._fd, None
            os.close(fd)
            self.socket.close()
            self._folder.close()

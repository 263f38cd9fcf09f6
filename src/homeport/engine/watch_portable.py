"""Watching by `watchfiles`: where there is no inotify, or where its limit is reached."""

import os
import socket
import threading

from watchfiles import watch
from watchfiles.main import Change

from homeport.engine.watch import Rules, is_environment, is_skipped


class PortableWatcher:
    """A thread that waits for `watchfiles` and wakes the supervisor through a socket."""

    def __init__(self, rules: Rules, *, poll: bool = False) -> None:
        self._rules = rules
        self.full = False
        self._poll = poll
        self._changed: set[str] = set()
        self._lock = threading.Lock()
        self._ours, self._theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.watch(rules)

    def fileno(self) -> int:
        """For selectors."""
        return self._ours.fileno()

    def watch(self, rules: Rules) -> None:
        """Watch by these rules from now on."""
        if self._thread is not None and rules == self._rules:
            return
        self._end_thread()
        self._rules = rules
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(rules, self._stop), daemon=True)
        self._thread.start()

    def _run(self, rules: Rules, stop: threading.Event) -> None:
        paths = [*rules.folders, *(os.path.dirname(path) for path in rules.files)]
        for changes in watch(
            *dict.fromkeys(paths),
            watch_filter=lambda _, path: rules.matter(path) and not _in_skipped(path, rules),
            debounce=50,
            step=10,
            rust_timeout=500,
            stop_event=stop,
            force_polling=self._poll,
            raise_interrupt=False,
        ):
            self._note(changes)

    def _note(self, changes: set[tuple[Change, str]]) -> None:
        with self._lock:
            self._changed.update(path for _, path in changes)
        try:
            self._theirs.send(b"x")
        except OSError:  # closed meanwhile
            return

    def read(self) -> set[str]:
        """The files that matter and have changed since the last call."""
        try:
            self._ours.recv(4096)
        except BlockingIOError:
            return set()
        with self._lock:
            changed, self._changed = self._changed, set()
        return changed

    def _end_thread(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def close(self) -> None:
        """Stop."""
        self._end_thread()
        self._ours.close()
        self._theirs.close()


def _in_skipped(path: str, rules: Rules) -> bool:
    """Whether one of the folders between a watched one and the file is never looked into."""
    if path in rules.files:
        return False
    for folder in rules.folders:
        if path.startswith(folder + os.sep):
            parts = os.path.dirname(os.path.relpath(path, folder)).split(os.sep)
            below = [os.path.join(folder, *parts[: i + 1]) for i in range(len(parts))]
            return any(is_skipped(part) for part in parts if part) or any(
                is_environment(inner) for inner in below
            )
    return False

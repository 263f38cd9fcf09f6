"""Something that several processes use, begun by the first and ended when nobody needs it.

They agree by locks on a file (fcntl(2)): the kernel drops those of a process when it ends, however
that happens, and no child of it inherits them. Which bytes are locked says what is meant, so there
is one file; what the first has begun is written in it.
"""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO

_TURN, _FIRST, _OTHERS = range(3)
"""To arrive, or to end it all; held by who has begun it; held together by those who use it."""


@contextmanager
def one_for_all(path: Path, begin: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    """What `begin` gives, in the one process that enters it; the same text in all the others.

    Who has begun it stays until the others have left. If it dies, the next to come begins anew; and
    if `begin` raises, the next to come tries. Processes, not threads: a process has a lock once.
    """
    with path.open("a+b") as file:
        _lock(file, _TURN)
        if _is_first(file):
            with begin() as text:
                file.truncate(0)
                file.write(text.encode())
                file.flush()
                _unlock(file, _TURN)
                try:
                    yield text
                finally:
                    _lock(file, _TURN)
                    _lock(file, _OTHERS)
        else:
            _lock(file, _OTHERS, fcntl.LOCK_SH)
            file.seek(0)
            text = file.read().decode()
            _unlock(file, _TURN)
            yield text


def _lock(file: BinaryIO, byte: int, kind: int = fcntl.LOCK_EX) -> None:
    fcntl.lockf(file, kind, 1, byte)


def _unlock(file: BinaryIO, byte: int) -> None:
    fcntl.lockf(file, fcntl.LOCK_UN, 1, byte)


def _is_first(file: BinaryIO) -> bool:
    try:
        _lock(file, _FIRST, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True

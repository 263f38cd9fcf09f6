"""The homeport servers of this user that run: all of them, or the one of a name or port.

A server counts when it holds its entry and answers on its control socket with the instance that the
entry names: a crash, a pid that is somebody else's by now, or a file that was put there mislead
nobody. Files of dead servers are taken away in passing, when the lock proves that they are.
"""

import os
import time
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from homeport.core.entry import Entry, Foreign
from homeport.core.errors import HomeportError
from homeport.core.registry_words import no_answer, nothing_found, other_version
from homeport.engine.control_client import ask_all
from homeport.engine.private_folder import NEW, PrivateFolder
from homeport.engine.registration import ENDINGS, SECRET_BYTES, read_there, remove_files
from homeport.engine.runtime_folder import runtime_folder
from homeport.engine.turns import Turn, is_taken, turn

ANSWER_WITHIN = 1.0
"""Seconds that all servers together have to answer."""
TRIES = 3
"""Times that a server is asked, within that time: it may be replaced while it is."""
PATIENCE = 0.5
"""Seconds to wait for a look at the locks; without it the answers alone decide."""


class Survey(NamedTuple):  # dataclasses take too long to import for `homeport url`
    """What was found. `foreign` are held by servers of another version of the format.

    `silent` run as well, for they hold their entries, but did not answer: stopped, or very busy.
    """

    living: tuple[Entry, ...] = ()
    foreign: tuple[Foreign, ...] = ()
    silent: tuple[Entry, ...] = ()


def entries(environment: Mapping[str, str] = os.environ) -> tuple[Entry, ...]:
    """The servers that run and answer, by name. UsageError for a folder not safe to read."""
    return survey(environment).living


def find(text: str, environment: Mapping[str, str] = os.environ) -> Entry:
    """The server of that name, or on that port.

    Raises NothingThereError with the names of those that run, HomeportError for one of another
    version or one that does not answer, UsageError for a folder that is not safe to read.
    """
    name = text.strip().lower()
    port = int(name) if name.isdecimal() and len(name) <= 5 else None
    found = survey(environment, name if port is None else None)
    for entry in found.living:
        if port is None or port in entry.ports:
            return entry
    for entry in found.silent:
        if port is None or port in entry.ports:
            raise no_answer(entry, ANSWER_WITHIN)
    if port is None:
        if found.foreign:
            raise other_version(found.foreign[0])
        found = survey(environment)
    raise nothing_found(text, (*found.living, *found.silent))


def survey(environment: Mapping[str, str], only: str | None = None) -> Survey:
    """Who runs, or whether the one called `only` does. UsageError as `entries`."""
    try:
        folder = runtime_folder(environment)
    except FileNotFoundError:
        return Survey()
    with folder:
        return survey_in(folder, only)


def survey_in(folder: PrivateFolder, only: str | None = None) -> Survey:
    """The same in any folder where servers register."""
    files = (name for name in folder.names() if name.endswith(".json"))
    names = sorted(name.removesuffix(".json") for name in files)
    held = _held(folder, [name for name in names if only in (None, name)])
    found = [read_there(folder, name) for name, is_held in held.items() if is_held is not False]
    living, quiet = _asked(folder, [each for each in found if isinstance(each, Entry)])
    still_held = _held(folder, [each.name for each in quiet]) if quiet else {}
    if only is None:
        _sweep(folder)
    return Survey(
        living=tuple(sorted(living)),
        foreign=tuple(each for each in found if isinstance(each, Foreign)),
        silent=tuple(each for each in quiet if held[each.name] and still_held[each.name]),
    )


def _asked(folder: PrivateFolder, entries: list[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Those that answer for themselves, and those that do not.

    One that is replaced, or starts again, leaves the question unanswered: it is asked once more.
    """
    living = list[Entry]()
    deadline = time.monotonic() + ANSWER_WITHIN
    for _ in range(TRIES):
        names = [each.name for each in entries]
        answers = ask_all(folder, names, {"ask": "who"}, deadline - time.monotonic())
        told = {name: answer.get("instance") for name, answer in answers.items()}
        living += [each for each in entries if told.get(each.name) == each.instance]
        quiet = [each for each in entries if told.get(each.name) != each.instance]
        there = [read_there(folder, each.name) for each in quiet]
        entries = [each for each in there if isinstance(each, Entry)]
        if not entries:
            break
    return living, entries


def secret(entry: Entry) -> bytes:
    """What the server proves itself with over its port (core/proof). OSError, UsageError."""
    with PrivateFolder.open(os.path.dirname(entry.socket)) as folder:
        return folder.read(f"{entry.name}.key", SECRET_BYTES)


def _held(folder: PrivateFolder, names: Iterable[str]) -> dict[str, bool | None]:
    """Whether a server holds each entry; None where that could not be seen."""
    try:
        with turn(folder, Turn.TOGETHER, PATIENCE) as may_look:
            return {name: is_taken(folder, f"{name}.json") if may_look else None for name in names}
    except OSError:  # a folder that is read-only
        return dict.fromkeys(names)


def _sweep(folder: PrivateFolder) -> None:
    """Take away what dead servers left. What is not of our making stays."""
    try:
        with turn(folder, Turn.ALONE, 0) as is_ours:
            if is_ours:
                for name in _dead(folder):
                    remove_files(folder, name)
    except (OSError, HomeportError):
        pass  # then somebody else does, later


def _dead(folder: PrivateFolder) -> list[str]:
    """Names without a server: an entry that nobody holds, or files whose entry is missing."""
    there = set(folder.names())
    stems = {name.removesuffix(NEW).rpartition(".")[0] for name in there if _is_ours(name)}
    return [
        stem
        for stem in sorted(stems)
        if (
            read_there(folder, stem) is not None and not is_taken(folder, f"{stem}.json")
            if f"{stem}.json" in there
            else True
        )
    ]


def _is_ours(name: str) -> bool:
    return name.removesuffix(NEW).endswith(ENDINGS)

"""Looks which trust stores there are and what is in them, and runs the commands that change them.

Only `homeport trust` changes anything: nothing else ever touches what this computer trusts.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from homeport.core.certificates import LocalCA
from homeport.core.facts import System
from homeport.core.trust_stores import (
    ANCHORS,
    Anchors,
    Command,
    Look,
    Store,
    Surroundings,
    Trusted,
    system_store,
)

PATIENCE = 120.0
"""Seconds a command may take: on macOS a person answers a dialog meanwhile."""

_BROWSERS = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    *("brave-browser", "microsoft-edge", "microsoft-edge-stable", "vivaldi", "opera"),
)
_USUAL = ".pki/nssdb"
# Chromium from 146 on makes the second one, and reads the first where that exists.
_DATABASES = (_USUAL, ".local/share/pki/nssdb", "snap/chromium/current/.pki/nssdb")
_FIREFOX = (
    *(".mozilla/firefox", ".config/mozilla/firefox", "snap/firefox/common/.mozilla/firefox"),
    ".var/app/org.mozilla.firefox/.mozilla/firefox",
)


def look_around(home: Path, system: System) -> Surroundings:
    """Which stores this user and this computer have."""
    anchors = next((each for each in _anchors() if shutil.which(each.install[0])), None)
    databases = tuple(str(home / path) for path in _DATABASES if _is_database(home / path))
    profiles = (each for path in _FIREFOX for each in sorted((home / path).glob("*")))
    has_browser = any(map(shutil.which, _BROWSERS))
    return Surroundings(
        system=system,
        home=str(home),
        anchors=anchors,
        databases=databases,
        new_database=None if databases or not has_browser else str(home / _USUAL),
        profiles=tuple(str(each) for each in profiles if _is_database(each)),
        has_nss_tool=shutil.which("certutil") is not None,
    )


def system_trusts(ca: LocalCA) -> bool | None:
    """Whether the system store has the CA, from its file alone; None where there is no such."""
    anchors = next(_anchors(), None)
    return None if anchors is None else look(system_store(anchors, ca)) is Trusted.YES


def _anchors() -> Iterator[Anchors]:
    return (each for each in ANCHORS if os.path.isdir(each.folder))


def _is_database(folder: Path) -> bool:
    return (folder / "cert9.db").is_file()


def look(store: Store) -> Trusted:
    """Whether the CA is in the store now; UNKNOWN when that cannot be seen."""
    if store.is_new:
        return Trusted.NO
    text = _seen(store.look)
    if text is None:
        return Trusted.UNKNOWN
    return Trusted.YES if store.look.finds(text) else Trusted.NO


def _seen(how: Look) -> str | None:
    if not how.file:
        done = _run(how.command)
        return None if isinstance(done, str) or done.returncode != 0 else done.stdout
    try:
        return Path(how.file).read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    except OSError:
        return None


def run(commands: tuple[Command, ...]) -> str:
    """One after the other until one fails; what it said then, empty when all went well."""
    for command in commands:
        done = _run(command)
        if isinstance(done, str):
            return f"{command[0]}: {done}"
        if done.returncode != 0:
            said = (done.stderr.strip() or done.stdout.strip()).splitlines()
            return said[-1] if said else f"{command[0]} ended with {done.returncode}"
    return ""


def _run(command: Command) -> "subprocess.CompletedProcess[str] | str":
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            env=os.environ | {"LC_ALL": "C.UTF-8"},  # what it says is shown and read
            start_new_session=True,  # no terminal: certutil would ask for a password there
        )
    except subprocess.TimeoutExpired:
        return f"no answer in {PATIENCE:.0f} seconds"
    except OSError as error:
        return error.strerror or str(error)

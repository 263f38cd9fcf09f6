"""The CA and the trust stores → sentences. Never "secure"; who reads which store, as it is."""

from datetime import UTC, datetime

from homeport.core.certificates import CANews, LocalCA, day, fingerprint_rows
from homeport.core.errors import UsageError
from homeport.core.shell_words import quoted
from homeport.core.trust_stores import Command, Store, StoreKind, Trusted

_READERS = {
    StoreKind.SYSTEM: "this system (curl, wget, git, its Python)",
    StoreKind.BROWSERS: "Chrome, Chromium and their kin",
    StoreKind.FIREFOX: "Firefox",
    StoreKind.KEYCHAIN: "this user on macOS (Safari, Chrome, Firefox from 120 on, curl)",
    StoreKind.WINDOWS: "this user on Windows (Edge, Chrome, Firefox from 120 on)",
}
_STATES = {
    Trusted.YES: "trusted",
    Trusted.NO: "not trusted",
    Trusted.UNKNOWN: "cannot be seen",
}
NO_CA = "There is no certificate authority of homeport here, so nothing trusts one."
NO_STORES = "No trust store was found on this computer: no ca-certificates, no browser database."
FOR_WHOM = (
    "Whoever has its key can pose as any name under .localhost and .local and any private address "
    "to programs that trust it, and as nothing else. The key stays in its folder (mode 0600)."
)
OTHERS = "Programs that read none of these:"
NEEDS_ROOT = "this one needs root, so it is left to you:"
QUESTION = "Trust it there?"
QUESTION_UNDO = "Take it out there?"
RESTART = "Browsers that are running see it after a restart."


def ca_lines(ca: LocalCA) -> list[str]:
    """Which CA it is, with the fingerprint to compare."""
    rows = fingerprint_rows(ca.fingerprint)
    return [f"{ca.name}, valid until {day(ca.until)}", "SHA-256 fingerprint:", *_indent(rows)]


def ca_news(ca: LocalCA) -> str:
    """Loudly, when no device can trust this CA yet; empty when it is the known one."""
    if ca.news is CANews.KNOWN:
        return ""
    if ca.news is CANews.FIRST:
        made = f"a local certificate authority was made: {ca.name}"
        return f"{made}; nothing trusts it yet:  homeport trust"
    return (
        f"the local certificate authority was near its end and is replaced by {ca.name}: "
        "devices that trusted the old one have to trust this one (homeport trust)"
    )


def readers(store: Store) -> str:
    """Which programs read a store."""
    return _READERS[store.kind]


def state(trusted: Trusted) -> str:
    """What was seen."""
    return _STATES[trusted]


def taken_out(ca: LocalCA) -> str:
    """Which CA leaves a store: it may be an earlier one."""
    return f"{ca.name} is taken out"


def missing_tool(store: Store) -> str:
    """Nothing can be done in this store."""
    return f"needs the program certutil: install {store.needs}"


def typed(command: Command, *, sudo: bool = False) -> str:
    """As it is typed in a shell."""
    return " ".join([*(["sudo"] if sudo else []), *map(quoted, command)])


def other_programs(ca: LocalCA) -> list[tuple[str, str]]:
    """Programs that read no store at all: what they need instead."""
    return [
        ("Node.js", f"NODE_EXTRA_CA_CERTS={quoted(ca.path)}"),
        ("httpx", f"SSL_CERT_FILE={quoted(ca.path)} (then it trusts this one alone)"),
        ("requests", f"REQUESTS_CA_BUNDLE={quoted(ca.path)} (this one alone)"),
        ("browsers from snap or flatpak", "their own database, once they have made it"),
        ("phones", "open the http address of a share with --tls: its page shows the way"),
    ]


def needs_yes(undo: bool) -> UsageError:
    """There is nobody to ask."""
    command = "homeport trust --undo" if undo else "homeport trust"
    return UsageError(
        f"{command} asks before it changes what this computer trusts; without a terminal, or with "
        "--json, it needs --yes.",
        code="needs-yes",
        next_steps=(f"{command} --yes", "only look:  homeport trust --status"),
    )


def declined() -> UsageError:
    """The answer was no."""
    return UsageError("Nothing was changed.", code="declined")


def no_home() -> UsageError:
    """A user without a home folder has no stores of their own."""
    return UsageError(
        "This user has no home folder, so there is no place for a certificate authority.",
        code="no-home",
        next_steps=("export HOME=/a/folder/of/yours",),
    )


def key_is_readable(path: str) -> str:
    """A `--tls-key` that is not private."""
    return f"other users of this computer can read {path}; better:  chmod 600 {quoted(path)}"


def names_nobody(path: str) -> str:
    """A `--tls-cert` without a SAN."""
    return f"{path} names no host (no subjectAltName): browsers refuse it"


def not_named(left_out: tuple[str, ...]) -> str:
    """Addresses of this server that the local CA may not vouch for."""
    named = ", ".join(left_out)
    return f"the certificate does not cover {named}: the local CA is for private addresses"


def not_trusted_here() -> str:
    """The CA is not in the system store."""
    return "programs of this computer do not trust the certificate yet:  homeport trust"


def not_renewed(why: str, until: float) -> str:
    """A running server keeps the certificate it has."""
    ends = datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"the certificate could not be renewed, the present one ends on {ends}: {why}"


def _indent(rows: tuple[str, ...]) -> list[str]:
    return ["  " + row for row in rows]

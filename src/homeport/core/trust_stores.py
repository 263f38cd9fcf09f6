"""Where programs on a computer keep the CAs they trust, and the commands that change it.

Pure: `engine/trust_stores` looks and runs. Every command is run and shown as it stands here.
"""

from dataclasses import dataclass
from enum import Enum

from homeport.core.certificates import LocalCA
from homeport.core.facts import System

Command = tuple[str, ...]


class StoreKind(Enum):
    """Whose store it is."""

    SYSTEM = "system"
    BROWSERS = "browsers"
    FIREFOX = "firefox"
    KEYCHAIN = "keychain"
    WINDOWS = "windows"


class Trusted(Enum):
    """What was seen in a store."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """A Linux system store: a folder to put a file into, commands that take it over, the result."""

    folder: str
    install: Command
    undo: Command
    bundle: str


NSS_TOOLS = "libnss3-tools (Debian, Ubuntu), nss-tools (Fedora) or nss (Arch)"

ANCHORS = (
    Anchors(  # Fedora, RHEL
        folder="/etc/pki/ca-trust/source/anchors",
        install=("update-ca-trust", "extract"),
        undo=("update-ca-trust", "extract"),
        bundle="/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    ),
    Anchors(  # openSUSE
        folder="/etc/pki/trust/anchors",
        install=("update-ca-certificates",),
        undo=("update-ca-certificates",),
        bundle="/var/lib/ca-certificates/ca-bundle.pem",
    ),
    Anchors(  # Arch
        folder="/etc/ca-certificates/trust-source/anchors",
        install=("trust", "extract-compat"),
        undo=("trust", "extract-compat"),
        bundle="/etc/ca-certificates/extracted/tls-ca-bundle.pem",
    ),
    Anchors(  # Debian, Ubuntu, Alpine; the first three may have an empty folder of this name
        folder="/usr/local/share/ca-certificates",
        install=("update-ca-certificates",),
        undo=("update-ca-certificates", "--fresh"),  # without it a dangling link stays
        bundle="/etc/ssl/certs/ca-certificates.crt",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What was found on this computer.

    `databases` are the NSS folders of Chrome and its kin, `profiles` those of Firefox;
    `new_database` where one has to be made because a browser is there and has none yet.
    """

    system: System
    home: str
    anchors: Anchors | None = None
    databases: tuple[str, ...] = ()
    new_database: str | None = None
    profiles: tuple[str, ...] = ()
    has_nss_tool: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How to see whether the CA is trusted: a file or what a command says has `wanted` in it."""

    wanted: str
    file: str = ""
    command: Command = ()

    def finds(self, text: str) -> bool:
        """Whatever the line breaks, spaces and case."""
        return "".join(self.wanted.split()).lower() in "".join(text.split()).lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """One store and one CA: how to put it in, take it out, and see which it is.

    `needs` is a package without which nothing can be done here, empty when nothing is missing;
    `is_new` when the store has to be made first.
    """

    kind: StoreKind
    place: str
    ca: LocalCA
    look: Look
    install: tuple[Command, ...]
    undo: tuple[Command, ...]
    needs_root: bool = False
    needs: str = ""
    is_new: bool = False


def stores(seen: Surroundings, ca: LocalCA) -> tuple[Store, ...]:
    """The stores that were found, for one CA."""
    if seen.system is System.MACOS:
        return (_keychain(seen.home, ca),)
    if seen.system is System.WINDOWS:
        return (_windows(ca),)
    found = [] if seen.anchors is None else [system_store(seen.anchors, ca)]
    has_tool = seen.has_nss_tool
    found += [_nss(StoreKind.BROWSERS, place, ca, has_tool) for place in seen.databases]
    if seen.new_database is not None:
        found.append(_nss(StoreKind.BROWSERS, seen.new_database, ca, has_tool, make=True))
    found += [_nss(StoreKind.FIREFOX, place, ca, has_tool) for place in seen.profiles]
    return tuple(found)


def system_store(anchors: Anchors, ca: LocalCA) -> Store:
    """The store that most programs of a Linux system read."""
    target = f"{anchors.folder}/homeport-{ca.id}.crt"
    return Store(
        kind=StoreKind.SYSTEM,
        place=anchors.folder,
        ca=ca,
        look=Look(file=anchors.bundle, wanted=_body(ca)),
        install=(("install", "-m", "644", ca.path, target), anchors.install),
        undo=(("rm", "-f", target), anchors.undo),
        needs_root=True,
    )


def _nss(kind: StoreKind, place: str, ca: LocalCA, has_tool: bool, *, make: bool = False) -> Store:
    base = f"sql:{place}"
    made: tuple[Command, ...] = ()
    if make:
        made = (
            ("mkdir", "-p", "-m", "700", place),
            ("certutil", "-N", "-d", base, "--empty-password"),
        )
    # C: trusted to vouch for servers; nothing for e-mail and code.
    add = ("certutil", "-A", "-d", base, "-t", "C,,", "-n", ca.name, "-i", ca.path)
    return Store(
        kind=kind,
        place=place,
        ca=ca,
        look=Look(command=("certutil", "-L", "-d", base), wanted=f"{ca.name} C,,"),
        install=(*made, add),
        undo=(("certutil", "-D", "-d", base, "-n", ca.name),),
        needs="" if has_tool else NSS_TOOLS,
        is_new=make,
    )


def _keychain(home: str, ca: LocalCA) -> Store:
    keychain = f"{home}/Library/Keychains/login.keychain-db"
    add = ("security", "add-trusted-cert", "-r", "trustRoot", "-p", "ssl", "-k", keychain, ca.path)
    return Store(
        kind=StoreKind.KEYCHAIN,
        place=keychain,
        ca=ca,
        look=Look(command=("security", "dump-trust-settings"), wanted=ca.name),
        install=(add,),
        undo=(
            ("security", "remove-trusted-cert", ca.path),
            ("security", "delete-certificate", "-Z", ca.thumbprint.upper(), keychain),
        ),
    )


def _windows(ca: LocalCA) -> Store:
    return Store(
        kind=StoreKind.WINDOWS,
        place="Trusted Root Certification Authorities of this user",
        ca=ca,
        look=Look(command=("certutil", "-user", "-store", "Root"), wanted=ca.name),
        install=(("certutil", "-user", "-addstore", "Root", ca.path),),
        undo=(("certutil", "-user", "-delstore", "Root", ca.thumbprint),),
    )


def _body(ca: LocalCA) -> str:
    return "".join(line for line in ca.pem.splitlines() if not line.startswith("-----"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What has to be done in one store. No commands: it is as wanted, or cannot be changed."""

    store: Store
    trusted: Trusted
    wanted: Trusted
    commands: tuple[Command, ...]

    @property
    def is_done(self) -> bool:
        """Whether the store is seen to be as wanted."""
        return self.trusted is self.wanted


def change(store: Store, trusted: Trusted, wanted: Trusted) -> Change:
    """Put the CA in where it is not seen, or take it out where it may be."""
    commands = store.install if wanted is Trusted.YES else store.undo
    if store.needs or trusted is wanted:
        commands = ()
    return Change(store=store, trusted=trusted, wanted=wanted, commands=commands)

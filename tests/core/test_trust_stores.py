"""Where CAs are kept, and the commands that change it."""

from homeport.core.facts import System
from homeport.core.trust_stores import (
    ANCHORS,
    Look,
    Store,
    StoreKind,
    Surroundings,
    Trusted,
    change,
    stores,
)
from tests.core.certificate_values import a_ca

CA = a_ca()


def on_linux(**found: object) -> tuple[Store, ...]:
    values = {"system": System.LINUX, "home": "/home/ada", "has_nss_tool": True} | found
    return stores(Surroundings(**values), CA)  # type: ignore[arg-type]


def test_a_computer_without_stores_has_none() -> None:
    assert on_linux() == ()


def test_the_system_store_of_debian_takes_a_file_and_lets_go_of_it() -> None:
    debian = next(each for each in ANCHORS if "/usr/local/share" in each.folder)
    (store,) = on_linux(anchors=debian)
    target = "/usr/local/share/ca-certificates/homeport-3f9a12c4.crt"
    assert store.kind is StoreKind.SYSTEM and store.needs_root
    assert store.install == (
        ("install", "-m", "644", CA.path, target),
        ("update-ca-certificates",),
    )
    assert store.undo == (("rm", "-f", target), ("update-ca-certificates", "--fresh"))
    assert store.look.finds(CA.pem) and not store.look.finds("")


def test_every_database_of_browsers_is_a_store_for_servers_only() -> None:
    browsers, firefox = on_linux(databases=("/home/ada/.pki/nssdb",), profiles=("/f/x.default",))
    assert (browsers.kind, firefox.kind) == (StoreKind.BROWSERS, StoreKind.FIREFOX)
    (add,) = browsers.install
    assert add[add.index("-t") + 1] == "C,,"
    assert not browsers.needs_root and not browsers.needs
    listed = "Nickname   Trust\n\nhomeport local CA (box) 3f9a12c4        C,,  \n"
    assert browsers.look.finds(listed)
    assert not browsers.look.finds(listed.replace("C,,", ",,")), "there, but not trusted"
    assert not browsers.look.finds(listed.replace("3f9a12c4", "3f9a12c5"))


def test_a_browser_without_a_database_gets_one() -> None:
    (store,) = on_linux(new_database="/home/ada/.pki/nssdb")
    assert [command[0] for command in store.install] == ["mkdir", "certutil", "certutil"]
    assert store.is_new


def test_without_certutil_nothing_is_changed_and_the_package_is_named() -> None:
    (store,) = on_linux(databases=("/d",), has_nss_tool=False)
    assert "libnss3-tools" in store.needs
    assert change(store, Trusted.UNKNOWN, Trusted.YES).commands == ()


def test_macos_and_windows_have_one_store_of_the_user_each() -> None:
    (keychain,) = stores(Surroundings(system=System.MACOS, home="/Users/ada"), CA)
    (windows,) = stores(Surroundings(system=System.WINDOWS, home="C:/Users/ada"), CA)
    assert keychain.install[0][:2] == ("security", "add-trusted-cert")
    assert keychain.undo[0][:2] == ("security", "remove-trusted-cert")
    assert windows.install == (("certutil", "-user", "-addstore", "Root", CA.path),)
    assert windows.undo == (("certutil", "-user", "-delstore", "Root", CA.thumbprint),)
    assert not keychain.needs_root and not windows.needs_root


def test_only_what_is_not_yet_as_wanted_is_changed() -> None:
    (store,) = on_linux(databases=("/d",))
    yes, no, unknown = Trusted.YES, Trusted.NO, Trusted.UNKNOWN
    assert change(store, yes, yes).commands == () and change(store, yes, yes).is_done
    assert change(store, no, no).commands == () and change(store, no, no).is_done
    assert change(store, no, yes).commands == store.install
    assert change(store, unknown, yes).commands == store.install
    assert change(store, yes, no).commands == store.undo
    assert change(store, unknown, no).commands == store.undo
    assert not change(store, unknown, no).is_done


def test_what_was_said_is_found_across_lines_and_case() -> None:
    assert Look(wanted="ab CD").finds("x\nA B\nc d y")
    assert not Look(wanted="abcd").finds("abc")

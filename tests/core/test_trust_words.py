"""The CA and the trust stores in words."""

from homeport.core import trust_words as words
from homeport.core.certificates import CANews
from homeport.core.facts import System
from homeport.core.trust_stores import StoreKind, Surroundings, Trusted, stores
from tests.core.certificate_values import a_ca


def test_a_ca_is_told_with_its_end_and_its_fingerprint() -> None:
    title, _, *rows = words.ca_lines(a_ca())
    assert "3f9a12c4" in title and "2028-11-12" in title
    assert [row.split() for row in rows] == [["0A", "1B", "2C", "3D"] * 2] * 4


def test_a_new_ca_is_said_and_a_known_one_is_not() -> None:
    assert words.ca_news(a_ca()) == ""
    assert "nothing trusts it yet" in words.ca_news(a_ca(news=CANews.FIRST))
    assert "have to trust this one" in words.ca_news(a_ca(news=CANews.RENEWED))


def test_every_store_and_state_has_words() -> None:
    seen = Surroundings(system=System.LINUX, home="/h", databases=("/d",), profiles=("/f",))
    browsers, firefox = stores(seen, a_ca())
    assert "Chrome" in words.readers(browsers) and words.readers(firefox) == "Firefox"
    assert "install libnss3-tools" in words.missing_tool(browsers)
    assert len({words.state(each) for each in Trusted}) == len(Trusted)
    assert {kind.value for kind in StoreKind} == {
        *("system", "browsers", "firefox", "keychain", "windows")
    }


def test_commands_are_told_as_they_are_typed() -> None:
    assert words.typed(("rm", "-f", "/a b")) == "rm -f '/a b'"
    assert words.typed(("update-ca-certificates",), sudo=True) == "sudo update-ca-certificates"


def test_programs_that_read_no_store_are_told_what_they_need() -> None:
    told = dict(words.other_programs(a_ca()))
    assert told["Node.js"].endswith("homeport-ca.crt")
    assert told["httpx"].startswith("SSL_CERT_FILE=")


def test_what_was_not_done_says_what_to_type() -> None:
    assert "homeport trust --undo --yes" in words.needs_yes(undo=True).next_steps
    assert "homeport trust --yes" in words.needs_yes(undo=False).next_steps
    assert words.declined().message == "Nothing was changed."
    assert words.no_home().next_steps
    assert "3f9a12c4" in words.taken_out(a_ca())


def test_what_is_odd_about_a_given_certificate_is_said() -> None:
    assert "chmod 600 '/a b'" in words.key_is_readable("/a b")
    assert "names no host" in words.names_nobody("/c")


def test_what_a_server_says_of_its_certificate() -> None:
    assert "203.0.113.9, 2001:db8::1" in words.not_named(("203.0.113.9", "2001:db8::1"))
    assert words.not_trusted_here().endswith("  homeport trust")
    told = words.not_renewed("no space", 1_900_000_000.0)
    assert "2030-03-17 17:46 UTC" in told and told.endswith(": no space")

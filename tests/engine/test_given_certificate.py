"""`--tls-cert` and `--tls-key`: what is taken, and why the rest is not."""

import os
import subprocess
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from homeport.core.certificate_names import Names
from homeport.core.errors import UsageError
from homeport.engine.certificates.context import context_of
from homeport.engine.certificates.given import given_leaf
from homeport.engine.certificates.leaf import issue
from tests.engine.tls_scene import ask, https_server, trusting


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate and its key, as somebody would have got them from elsewhere."""
    return pair_in(tmp_path, "one")


def pair_in(folder: Path, name: str) -> tuple[Path, Path]:
    leaf = issue(folder / "s", Names(("shop.local",), ("10.0.0.7",)), time.time())
    cert, key = folder / f"{name}.crt", folder / f"{name}.key"
    cert.write_text(leaf.chain_pem)
    key.write_text(leaf.key_pem)
    key.chmod(0o600)
    return cert, key


def refused(cert: Path, key: Path, now: float | None = None) -> UsageError:
    with pytest.raises(UsageError) as caught:
        given_leaf(cert, key, time.time() if now is None else now)
    assert caught.value.next_steps
    return caught.value


def test_a_good_pair_serves_and_its_names_are_known(
    pair: tuple[Path, Path], tmp_path: Path
) -> None:
    leaf = given_leaf(*pair, time.time())
    assert (leaf.names, leaf.ips, leaf.ca, leaf.warnings) == (
        ("shop.local",),
        ("10.0.0.7",),
        None,
        (),
    )
    ca = (tmp_path / "s" / "homeport-ca.crt").read_text()
    with https_server(leaf) as port, ask(port, "shop.local", trusting(ca)) as asked:
        assert asked.version() == "TLSv1.3"


def test_a_chain_is_kept_whole(pair: tuple[Path, Path], tmp_path: Path) -> None:
    cert, key = pair
    ca = (tmp_path / "s" / "homeport-ca.crt").read_text()
    cert.write_text(cert.read_text() + ca)
    leaf = given_leaf(cert, key, time.time())
    assert leaf.chain_pem.count("BEGIN CERTIFICATE") == 2 and leaf.names == ("shop.local",)
    context_of(leaf.chain_pem, leaf.key_pem)


def test_a_key_that_others_can_read_is_warned_about(pair: tuple[Path, Path]) -> None:
    pair[1].chmod(0o644)
    (warning,) = given_leaf(*pair, time.time()).warnings
    assert "chmod 600" in warning


def test_a_certificate_that_names_nobody_is_warned_about(tmp_path: Path) -> None:
    cert, key = tmp_path / "c.pem", tmp_path / "k.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=old"]
    command = [*made, "-days", "3", "-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    key.chmod(0o600)
    (warning,) = given_leaf(cert, key, time.time()).warnings
    assert "names no host" in warning


def test_a_key_of_another_certificate_is_refused(pair: tuple[Path, Path], tmp_path: Path) -> None:
    other = pair_in(tmp_path, "two")[1]
    assert "not the key of" in refused(pair[0], other).message


def test_over_and_not_yet_are_refused(pair: tuple[Path, Path]) -> None:
    assert "expired on" in refused(*pair, now=time.time() + 15 * 86400).message
    assert "valid from" in refused(*pair, now=time.time() - 2 * 86400).message


@pytest.mark.parametrize("form", ["pkcs8", "traditional"])
def test_an_encrypted_key_is_refused_and_no_passphrase_asked_for(
    pair: tuple[Path, Path], form: str
) -> None:
    cert, key = pair
    private = serialization.load_pem_private_key(key.read_bytes(), None)
    forms = {
        "pkcs8": serialization.PrivateFormat.PKCS8,
        "traditional": serialization.PrivateFormat.TraditionalOpenSSL,
    }
    locked = serialization.BestAvailableEncryption(b"secret")
    key.write_bytes(private.private_bytes(serialization.Encoding.PEM, forms[form], locked))
    assert "encrypted" in refused(cert, key).message


def test_the_command_that_is_shown_for_an_encrypted_key_works(pair: tuple[Path, Path]) -> None:
    cert, key = pair
    private = serialization.load_pem_private_key(key.read_bytes(), None)
    locked = serialization.BestAvailableEncryption(b"secret")
    form = serialization.PrivateFormat.PKCS8
    key.write_bytes(private.private_bytes(serialization.Encoding.PEM, form, locked))
    command = refused(cert, key).next_steps[0].partition(":  ")[2]
    typed = command.replace("openssl pkey", "openssl pkey -passin pass:secret")
    subprocess.run(["sh", "-c", typed], check=True, capture_output=True, timeout=30)
    assert given_leaf(cert, Path(f"{key}.plain"), time.time()).warnings == ()


@pytest.mark.parametrize("text", ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_what_is_no_certificate_is_refused(pair: tuple[Path, Path], text: str) -> None:
    pair[0].write_text(text)
    assert "no certificate" in refused(*pair).message


@pytest.mark.parametrize("text", ["", "hello", "-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_what_is_no_key_is_refused(pair: tuple[Path, Path], text: str) -> None:
    pair[1].write_text(text)
    assert "no private key" in refused(*pair).message


def test_swapped_files_are_refused(pair: tuple[Path, Path]) -> None:
    assert "no certificate" in refused(pair[1], pair[0]).message


def test_what_is_not_text_is_refused(pair: tuple[Path, Path]) -> None:
    pair[0].write_bytes(os.urandom(500) + b"\xff")
    assert "not PEM" in refused(*pair).message


def test_a_missing_file_and_a_folder_are_refused(pair: tuple[Path, Path], tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path / "none", pair[1]).message
    assert "is a directory" in refused(pair[0], tmp_path).message

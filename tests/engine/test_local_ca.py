"""The local CA: made once by whoever is first, kept where nobody else can read it."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from homeport.core.certificate_names import PERMITTED_DOMAINS, PERMITTED_NETWORKS
from homeport.core.certificates import CANews
from homeport.core.errors import HomeportError
from homeport.engine.certificates.local_ca import known_cas, local_ca

NOW = 1_795_132_800.0
DAY = 86400.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    return tmp_path / "state" / "homeport"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_ca_is_made_once_and_said_once(folder: Path) -> None:
    first, second = local_ca(folder, NOW), local_ca(folder, NOW + DAY)
    assert (first.news, second.news) == (CANews.FIRST, CANews.KNOWN)
    assert first.fingerprint == second.fingerprint
    assert first.until == pytest.approx(NOW + 730 * DAY)
    assert Path(first.path).read_text() == first.pem


def test_the_key_is_ours_alone_whatever_the_umask_is(folder: Path) -> None:
    old = os.umask(0)
    try:
        local_ca(folder, NOW)
    finally:
        os.umask(old)
    assert mode(folder) == 0o700
    assert mode(folder / "homeport-ca.pem") == 0o600
    with_key = [path.name for path in folder.iterdir() if b"PRIVATE" in path.read_bytes()]
    assert with_key == ["homeport-ca.pem"]


def test_the_certificate_says_what_it_is_and_how_far_it_goes(folder: Path) -> None:
    certificate = x509.load_der_x509_certificate(local_ca(folder, NOW).der)
    extensions = {each.oid: each for each in certificate.extensions}
    basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    limits = certificate.extensions.get_extension_for_class(x509.NameConstraints)
    assert len(extensions) == 4
    assert basic.critical and basic.value.ca and basic.value.path_length == 0
    assert usage.critical and usage.value.key_cert_sign and usage.value.crl_sign
    assert not usage.value.digital_signature
    assert limits.critical and limits.value.excluded_subtrees is None
    permits = [str(each.value) for each in limits.value.permitted_subtrees or ()]
    assert permits == [*PERMITTED_DOMAINS, *PERMITTED_NETWORKS]
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp256r1"


def test_near_its_end_it_is_replaced_and_the_old_one_still_known(folder: Path) -> None:
    old = local_ca(folder, NOW)
    still = local_ca(folder, old.until - 30 * DAY)
    new = local_ca(folder, old.until - 30 * DAY + 1)
    assert still.fingerprint == old.fingerprint
    assert new.news is CANews.RENEWED and new.fingerprint != old.fingerprint
    assert new.name != old.name, "stores find certificates by name"
    assert [each.id for each in known_cas(folder)] == [new.id, old.id]


def test_looking_makes_nothing(folder: Path) -> None:
    assert known_cas(folder) == ()
    assert not folder.exists()


def test_thirty_processes_at_once_get_one_ca(folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path; sys.stdin.read()\n"
        "from homeport.engine.certificates.local_ca import local_ca\n"
        f"ca = local_ca(Path({str(folder)!r}), {NOW}); print(ca.fingerprint, ca.news.value)"
    )
    start, hold = os.pipe()
    children = [
        subprocess.Popen([sys.executable, "-c", code], stdin=start, stdout=subprocess.PIPE)
        for _ in range(30)
    ]
    os.close(start)
    os.close(hold)  # the signal to go
    told = [child.communicate(timeout=60)[0].decode().split() for child in children]
    assert len({fingerprint for fingerprint, _ in told}) == 1
    assert [news for _, news in told].count("first") == 1
    assert not list(folder.glob("*~"))


def test_a_file_left_by_a_writer_that_died_is_no_hindrance(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    (folder / "homeport-ca.pem~").write_text("half")
    local_ca(folder, NOW)
    assert not (folder / "homeport-ca.pem~").exists()


def test_the_certificate_alone_is_written_again_when_it_is_lost(folder: Path) -> None:
    first = local_ca(folder, NOW)
    Path(first.path).unlink()
    again = local_ca(folder, NOW)
    assert again.news is CANews.KNOWN and Path(again.path).read_text() == first.pem


def refused(folder: Path) -> HomeportError:
    with pytest.raises(HomeportError) as caught:
        local_ca(folder, NOW)
    return caught.value


def test_a_folder_that_others_may_enter_is_refused(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o755)
    error = refused(folder)
    assert error.code == "runtime-folder" and "755" in error.message
    assert f"chmod 700 {folder}" in error.next_steps[1]
    assert not list(folder.iterdir())


def test_a_key_that_others_may_read_is_refused(folder: Path) -> None:
    local_ca(folder, NOW)
    (folder / "homeport-ca.pem").chmod(0o640)
    error = refused(folder)
    assert error.code == "unsafe-key" and "chmod 600" in error.next_steps[0]


def test_a_folder_that_is_a_link_is_refused(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    folder.symlink_to(elsewhere)
    assert "symbolic link" in refused(folder).message
    assert not list(elsewhere.iterdir())


def test_a_key_that_is_a_link_is_refused(folder: Path, tmp_path: Path) -> None:
    local_ca(folder, NOW)
    key = folder / "homeport-ca.pem"
    key.rename(tmp_path / "moved.pem")
    key.symlink_to(tmp_path / "moved.pem")
    assert "symbolic link" in refused(folder).message


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give a folder away")
def test_what_belongs_to_another_user_is_refused(folder: Path) -> None:
    local_ca(folder, NOW)
    os.chown(folder / "homeport-ca.pem", 65534, 65534)
    assert "user with id 65534" in refused(folder).message
    os.chown(folder, 65534, 65534)
    assert "the user with the id 65534" in refused(folder).message


@pytest.mark.parametrize("damage", ["nothing", "garbage", "no key", "another key", "cut"])
def test_a_damaged_ca_is_told_and_never_overwritten(
    folder: Path, tmp_path: Path, damage: str
) -> None:
    local_ca(folder, NOW)
    other = tmp_path / "other"
    local_ca(other, NOW)
    kept = folder / "homeport-ca.pem"
    whole = kept.read_text()
    _, certificate = whole.split("-----BEGIN CERT")
    texts = {
        "nothing": "",
        "garbage": "\0" * 3000,
        "no key": "-----BEGIN CERT" + certificate,
        "another key": (other / "homeport-ca.pem").read_text().split("-----BEGIN CERT")[0]
        + "-----BEGIN CERT"
        + certificate,
        "cut": whole[:-200],
    }
    kept.write_text(texts[damage])
    error = refused(folder)
    assert error.code == "damaged-ca" and "mv " in error.next_steps[0]
    assert kept.read_text() == texts[damage]


def test_a_place_that_cannot_be_written_is_told() -> None:
    error = refused(Path("/proc/homeport"))
    assert error.code == "runtime-folder" and "XDG_STATE_HOME" in error.next_steps[1]

"""What the certificates of listeners say, and what those who check them say to that."""

import shutil
import ssl
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from homeport.core.certificate_names import Names
from homeport.core.errors import UsageError
from homeport.engine.certificates.leaf import issue
from homeport.engine.certificates.local_ca import local_ca
from tests.engine.tls_scene import ask, curl, forced, https_server, trusting

INSIDE = [
    *("localhost", "shop.localhost", "shop.local", "127.0.0.1", "::1", "10.1.2.3", "172.20.0.1"),
    *("192.168.1.20", "169.254.7.7", "100.80.1.1", "fd00::1"),
]
OUTSIDE = [
    *("example.com", "notlocal", "shop.local.com", "xlocalhost", "8.8.8.8", "172.32.0.1"),
    *("2001:db8::1", "::2", "192.169.0.1"),
]


def names(*given: str) -> Names:
    ips = tuple(each for each in given if ":" in each or each.replace(".", "").isdigit())
    return Names(tuple(each for each in given if each not in ips), ips)


def test_a_leaf_has_exactly_the_names_it_was_asked_for(tmp_path: Path) -> None:
    now = time.time()
    leaf = issue(tmp_path / "s", names("localhost", "shop.localhost", "127.0.0.1", "::1"), now)
    certificate = x509.load_pem_x509_certificate(leaf.chain_pem.encode())
    found = certificate.extensions
    san = found.get_extension_for_class(x509.SubjectAlternativeName).value
    assert san.get_values_for_type(x509.DNSName) == ["localhost", "shop.localhost"]
    assert [str(ip) for ip in san.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
    purposes = found.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.SERVER_AUTH]
    usage = found.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature and not usage.key_cert_sign and not usage.key_encipherment
    assert not found.get_extension_for_class(x509.BasicConstraints).value.ca
    assert leaf.until == pytest.approx(now + 14 * 86400, abs=1)


def test_only_the_ca_is_kept_and_no_leaf(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    leaf = issue(folder, names("localhost"), time.time())
    kept = "".join(path.read_text() for path in folder.iterdir())
    assert leaf.key_pem not in kept and leaf.chain_pem not in kept
    again = issue(folder, names("localhost"), time.time())
    assert again.key_pem != leaf.key_pem
    assert leaf.ca and again.ca and leaf.ca.fingerprint == again.ca.fingerprint


@pytest.mark.parametrize("name", OUTSIDE)
def test_homeport_does_not_sign_for_the_internet(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="private addresses only") as caught:
        issue(tmp_path / "s", names("localhost", name), time.time())
    assert "--tls-cert" in caught.value.next_steps[0]


def test_a_certificate_for_nobody_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a name or an address"):
        issue(tmp_path / "s", Names(), time.time())


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_openssl_accepts_names_inside_and_refuses_those_outside(tmp_path: Path) -> None:
    ca = local_ca(tmp_path / "s", time.time())

    def verifies(name: str) -> bool:
        path = tmp_path / "leaf.pem"
        path.write_text(forced(tmp_path / "s", names(name)).chain_pem)
        command = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", ca.path]
        done = subprocess.run([*command, path], capture_output=True, text=True, timeout=30)
        if done.returncode:
            assert "permitted subtree violation" in done.stderr
        return done.returncode == 0

    assert [name for name in INSIDE if not verifies(name)] == []
    assert [name for name in OUTSIDE if verifies(name)] == []


@pytest.mark.parametrize("name", ["localhost", "shop.localhost", "shop.local", "192.168.1.20"])
def test_python_and_curl_accept_names_inside(tmp_path: Path, name: str) -> None:
    leaf = issue(tmp_path / "s", names(name), time.time())
    assert leaf.ca
    with https_server(leaf) as port:
        with ask(port, name, trusting(leaf.ca.pem)) as asked:
            asked.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert asked.recv(4096).endswith(b"hello")
        assert curl(port, name, "--cacert", leaf.ca.path).stdout == "hello"
        assert curl(port, name).returncode == 60, "nobody trusts it by itself"


@pytest.mark.parametrize("name", ["example.com", "8.8.8.8"])
def test_python_and_curl_refuse_what_a_stolen_key_would_sign(tmp_path: Path, name: str) -> None:
    leaf = forced(tmp_path / "s", names(name))
    assert leaf.ca
    with https_server(leaf) as port:
        with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
            ask(port, name, trusting(leaf.ca.pem))
        assert curl(port, name, "--cacert", leaf.ca.path).returncode == 60


def test_a_name_that_is_not_in_the_leaf_is_refused(tmp_path: Path) -> None:
    leaf = issue(tmp_path / "s", names("shop.local"), time.time())
    assert leaf.ca
    with https_server(leaf) as port, pytest.raises(ssl.SSLCertVerificationError):
        ask(port, "other.local", trusting(leaf.ca.pem))


def test_a_phone_whose_clock_is_an_hour_behind_accepts_it(tmp_path: Path) -> None:
    ca = local_ca(tmp_path / "s", time.time())
    path = tmp_path / "leaf.pem"
    path.write_text(issue(tmp_path / "s", names("shop.local"), time.time()).chain_pem)
    earlier = str(int(time.time()) - 3600)
    command = ["openssl", "verify", "-attime", earlier, "-CAfile", ca.path, str(path)]
    assert subprocess.run(command, capture_output=True, timeout=30).returncode == 0


def test_only_http_1_1_and_no_old_tls_is_spoken(tmp_path: Path) -> None:
    leaf = issue(tmp_path / "s", names("localhost"), time.time())
    assert leaf.ca
    with https_server(leaf) as port:
        client = trusting(leaf.ca.pem)
        client.set_alpn_protocols(["h2", "http/1.1"])
        with ask(port, "localhost", client) as asked:
            assert asked.selected_alpn_protocol() == "http/1.1"
            assert asked.version() == "TLSv1.3"
        done = curl(port, "localhost", "--insecure", "--tls-max", "1.1")
        assert done.returncode != 0 and curl(port, "localhost", "--insecure").stdout == "hello"


def test_a_worker_makes_its_context_without_the_slow_library(tmp_path: Path) -> None:
    leaf = issue(tmp_path / "s", names("localhost"), time.time())
    code = (
        "import sys, os\n"
        "from homeport.engine.certificates.context import context_of\n"
        "chain, key = sys.stdin.read().split('\\0')\n"
        "context_of(chain, key)\n"
        "print('cryptography' in sys.modules, len(os.listdir('/proc/self/fd')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=f"{leaf.chain_pem}\0{leaf.key_pem}",
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert done.stdout.split() == ["False", "4"], "three streams and the folder itself"


def test_without_files_in_memory_the_key_is_in_a_folder_of_our_own_for_a_moment(
    tmp_path: Path,
) -> None:
    leaf = issue(tmp_path / "s", names("localhost"), time.time())
    code = (
        "import os, sys\n"
        "del os.memfd_create\n"
        "opened = []\n"
        "def seen(event, given):\n"
        "    if event == 'open' and str(given[0]).endswith('pem'):\n"
        "        opened.append((os.path.dirname(given[0]), given[2] & os.O_EXCL))\n"
        "sys.addaudithook(seen)\n"
        "from homeport.engine.certificates.context import context_of\n"
        "context_of(*sys.stdin.read().split('\\0'))\n"
        "print(len(opened), all(excl for _, excl in opened), *os.listdir(os.environ['TMPDIR']))\n"
    )
    room = tmp_path / "tmp"
    room.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=f"{leaf.chain_pem}\0{leaf.key_pem}",
        env={"TMPDIR": str(room), "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert done.stdout.split() == ["2", "True"], "and nothing is left"

"""The certificate authority of this user: made once, kept with its key in a folder of its own.

Its name constraints are in `core/certificate_names`. The clock is an argument (Unix time).
"""

import hashlib
import re
import socket
from ipaddress import ip_network
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from homeport.core import certificate_refusals as refusals
from homeport.core.certificate_names import PERMITTED_DOMAINS, PERMITTED_NETWORKS
from homeport.core.certificates import CANews, LocalCA
from homeport.engine.certificates.ca_files import CaFiles
from homeport.engine.certificates.profile import (
    common_name,
    key_pem_of,
    new_key,
    pem_of,
    unsigned,
    usage,
)

CA_DAYS, RENEWED_BEFORE = 730, 30
SECRET, PUBLIC = "homeport-ca.pem", "homeport-ca.crt"
_EVERY = re.compile(r"homeport-ca-([0-9a-f]{8})\.crt")


class Signer(NamedTuple):
    """The CA with its key; never leaves the process, never printed."""

    ca: LocalCA
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def local_ca(folder: Path, now: float) -> LocalCA:
    """The CA of this user, made where there is none or where it ends within 30 days.

    Processes that ask at once get the same. HomeportError when the folder or the file is not ours
    alone, is damaged, or cannot be written.
    """
    return signer(folder, now).ca


def known_cas(folder: Path) -> tuple[LocalCA, ...]:
    """Every CA there has been in this folder, the present one first; makes nothing.

    HomeportError as of `local_ca`.
    """
    try:
        opened = CaFiles.open(folder, make=False)
    except FileNotFoundError:
        return ()
    with opened as kept:
        present = _load(kept)
        found = [present.ca] if present else []
        for name in sorted(filter(_EVERY.fullmatch, kept.names())):
            data = kept.read(name)
            if data and not any(name == _file_of(each.id) for each in found):
                found.append(_read(data, folder / name, CANews.KNOWN))
    return tuple(found)


def signer(folder: Path, now: float) -> Signer:
    """`local_ca` with its key, for `leaf.issue`."""
    with CaFiles.open(folder) as kept:
        found = _load(kept)
        if found is not None and _lasts(found, now) and _is_public(kept, found):
            return found
        with kept.turn():
            found = _load(kept)  # another process may have been faster
            if found is None or not _lasts(found, now):
                return _make(kept, now, CANews.RENEWED if found else CANews.FIRST)
            kept.write(PUBLIC, found.ca.pem.encode(), 0o644)
            return found


def _lasts(found: Signer, now: float) -> bool:
    return found.ca.until - now >= RENEWED_BEFORE * 86400


def _is_public(kept: CaFiles, found: Signer) -> bool:
    return kept.read(PUBLIC) == found.ca.pem.encode()


def _load(kept: CaFiles) -> Signer | None:
    data = kept.read(SECRET, secret=True)
    if data is None:
        return None
    path = kept.path(SECRET)
    ca = _read(data, path, CANews.KNOWN)
    certificate = x509.load_der_x509_certificate(ca.der)
    try:
        key = serialization.load_pem_private_key(data, None)
    except (ValueError, TypeError):
        raise refusals.damaged(str(path)) from None
    if isinstance(key, ec.EllipticCurvePrivateKey) and (
        key.public_key() == certificate.public_key()
    ):
        return Signer(ca, certificate, key)
    raise refusals.damaged(str(path))


def _make(kept: CaFiles, now: float, news: CANews) -> Signer:
    key = new_key()
    ski = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    # With the id, so that no two CAs bear one name: stores would mix them up after a renewal.
    subject = common_name(f"homeport local CA ({_host_name()}) {_id(ski)}")
    permits: list[x509.GeneralName] = [x509.DNSName(domain) for domain in PERMITTED_DOMAINS]
    permits += [x509.IPAddress(ip_network(network)) for network in PERMITTED_NETWORKS]
    certificate = (
        unsigned(subject, subject, key, now, CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .add_extension(usage(key_cert_sign=True, crl_sign=True), True)
        .add_extension(x509.NameConstraints(permits, None), True)
        .add_extension(ski, False)
        .sign(key, hashes.SHA256())
    )
    pem = pem_of(certificate).encode()
    kept.write(_file_of(_id(ski)), pem, 0o644)  # stays after a renewal, to take trust back
    kept.write(PUBLIC, pem, 0o644)
    kept.write(SECRET, key_pem_of(key).encode() + pem)  # last: with it the CA is there
    return Signer(_read(pem, kept.path(SECRET), news), certificate, key)


def _read(data: bytes, path: Path, news: CANews) -> LocalCA:
    try:
        certificate = x509.load_pem_x509_certificate(data)
        name = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
        ski = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except (ValueError, IndexError, x509.ExtensionNotFound):
        raise refusals.damaged(str(path)) from None
    der = certificate.public_bytes(serialization.Encoding.DER)
    return LocalCA(
        id=_id(ski),
        name=str(name),
        pem=pem_of(certificate),
        der=der,
        fingerprint=hashlib.sha256(der).hexdigest(),
        thumbprint=hashlib.sha1(der, usedforsecurity=False).hexdigest(),
        until=certificate.not_valid_after_utc.timestamp(),
        path=str(path.with_name(PUBLIC) if path.name == SECRET else path),
        news=news,
    )


def _file_of(ca_id: str) -> str:
    return f"homeport-ca-{ca_id}.crt"


def _id(ski: x509.SubjectKeyIdentifier) -> str:
    return ski.digest.hex()[:8]


def _host_name() -> str:
    """For the list of certificates on a phone. No user name: every visitor can read this."""
    return re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname().removesuffix(".local"))[:30]

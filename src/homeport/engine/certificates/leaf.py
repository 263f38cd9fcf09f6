"""The certificate of one listener: for exactly its names, short-lived, in memory only."""

from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from homeport.core import certificate_refusals as refusals
from homeport.core.certificate_names import Names, permitted
from homeport.core.certificates import Leaf
from homeport.engine.certificates.local_ca import Signer, signer
from homeport.engine.certificates.profile import (
    common_name,
    key_pem_of,
    new_key,
    pem_of,
    unsigned,
    usage,
)

LEAF_DAYS = 14


def issue(folder: Path, names: Names, now: float) -> Leaf:
    """A new certificate, signed by the CA in `folder`, which is made where there is none.

    `now` is the Unix time. UsageError for no names and for names that the CA may not vouch for,
    HomeportError as of `local_ca.local_ca`. Renewing is another call.
    """
    if not (names.dns or names.ips):
        raise refusals.nothing_to_name()
    if left_out := permitted(names)[1]:
        raise refusals.outside(left_out)
    by = signer(folder, now)
    key = new_key()
    certificate = signed(names, key, by, now)
    return Leaf(
        chain_pem=pem_of(certificate),
        key_pem=key_pem_of(key),
        until=certificate.not_valid_after_utc.timestamp(),
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        names=names.dns,
        ips=names.ips,
        ca=by.ca,
    )


def signed(
    names: Names, key: ec.EllipticCurvePrivateKey, by: Signer, now: float
) -> x509.Certificate:
    """The certificate itself, whatever the names are; `issue` has looked at them."""
    san = [*map(x509.DNSName, names.dns), *(x509.IPAddress(ip_address(ip)) for ip in names.ips)]
    ski = by.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    aki = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ski)
    # A CN that cannot be taken for a host name: OpenSSL holds such ones against the constraints.
    subject = common_name("homeport server certificate")
    return (
        unsigned(subject, by.certificate.subject, key, now, LEAF_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        .add_extension(usage(digital_signature=True), True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .add_extension(x509.SubjectAlternativeName(san), False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(aki, False)
        .sign(by.key, hashes.SHA256())
    )

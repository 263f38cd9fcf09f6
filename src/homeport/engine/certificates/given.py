"""`--tls-cert` and `--tls-key`: read, checked, and as a `Leaf` like one of ours."""

import os
import stat
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from homeport.core import certificate_refusals as refusals
from homeport.core import trust_words
from homeport.core.certificates import Leaf

_CERT, _KEY = "--tls-cert", "--tls-key"


def given_leaf(cert: Path, key: Path, now: float) -> Leaf:
    """The certificate (with what follows it in its file) and the key; `now` is the Unix time.

    UsageError when one cannot be read or understood, the key is encrypted or of another
    certificate, or the time has not come or is over.
    """
    chain_pem, key_pem = _text(cert, _CERT), _text(key, _KEY)
    certificate = _certificate(chain_pem, cert)
    private = _private_key(key_pem, key)
    since = certificate.not_valid_before_utc.timestamp()
    until = certificate.not_valid_after_utc.timestamp()
    if until <= now:
        raise refusals.expired(str(cert), until)
    if since > now:
        raise refusals.not_yet(str(cert), since)
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if private.public_key().public_bytes(*form) != certificate.public_key().public_bytes(*form):
        raise refusals.not_a_pair(str(cert), str(key))
    names, ips = _names(certificate)
    warnings = [trust_words.key_is_readable(str(key))] if _others_may_read(key) else []
    if not (names or ips):
        warnings.append(trust_words.names_nobody(str(cert)))
    return Leaf(
        chain_pem=chain_pem,
        key_pem=key_pem,
        until=until,
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        names=names,
        ips=ips,
        warnings=tuple(warnings),
    )


def _text(path: Path, flag: str) -> str:
    try:
        data = path.read_bytes()
        return data.decode("ascii")
    except OSError as error:
        raise refusals.unreadable(str(path), flag, error.strerror or str(error)) from None
    except UnicodeDecodeError:
        raise refusals.given(
            str(path), flag, "it is not PEM, the text form with BEGIN and END lines"
        ) from None


def _certificate(text: str, path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificates(text.encode())[0]
    except ValueError:
        raise refusals.given(str(path), _CERT, "there is no certificate in it") from None


def _private_key(text: str, path: Path) -> PrivateKeyTypes:
    try:
        return serialization.load_pem_private_key(text.encode(), None)
    except TypeError:  # what the library raises for a missing password
        raise refusals.encrypted(str(path)) from None
    except ValueError:
        step = f"look at it:  openssl pkey -noout -in {path}"
        raise refusals.given(str(path), _KEY, "there is no private key in it", step) from None


def _names(certificate: x509.Certificate) -> tuple[tuple[str, ...], tuple[str, ...]]:
    try:
        san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return (), ()
    ips = san.get_values_for_type(x509.IPAddress)
    return tuple(san.get_values_for_type(x509.DNSName)), tuple(map(str, ips))


def _others_may_read(path: Path) -> bool:
    return bool(os.stat(path).st_mode & (stat.S_IRGRP | stat.S_IROTH))

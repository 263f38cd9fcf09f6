"""Certificates as tests need them: a TLS server on a thread, and leaves that should not exist."""

import contextlib
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives import hashes

from homeport.core.certificate_names import Names
from homeport.core.certificates import Leaf
from homeport.engine.certificates.context import context_of
from homeport.engine.certificates.leaf import signed
from homeport.engine.certificates.local_ca import signer
from homeport.engine.certificates.profile import key_pem_of, new_key, pem_of

DEADLINE = 15.0
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"


def forced(folder: Path, names: Names) -> Leaf:
    """What somebody with the key of the CA could sign, whatever homeport refuses."""
    key, by = new_key(), signer(folder, time.time())
    certificate = signed(names, key, by, time.time())
    return Leaf(
        chain_pem=pem_of(certificate),
        key_pem=key_pem_of(key),
        until=certificate.not_valid_after_utc.timestamp(),
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        names=names.dns,
        ips=names.ips,
        ca=by.ca,
    )


@contextlib.contextmanager
def https_server(leaf: Leaf) -> Iterator[int]:
    """Answers every connection to its port with `hello`."""
    context = context_of(leaf.chain_pem, leaf.key_pem)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.settimeout(DEADLINE)
                with context.wrap_socket(connection, server_side=True) as secured:
                    secured.recv(65536)
                    secured.sendall(ANSWER)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield port
    finally:
        ended.set()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), DEADLINE).close()
        thread.join(DEADLINE)
        listener.close()


def trusting(ca_pem: str) -> ssl.SSLContext:
    """A client that trusts this CA alone and is strict (RFC 5280), as Python is from 3.13 on."""
    context = ssl.create_default_context(cadata=ca_pem)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


def ask(port: int, name: str, context: ssl.SSLContext) -> ssl.SSLSocket:
    """A finished handshake with 127.0.0.1:port, where `name` was wanted. ssl.SSLError."""
    connection = socket.create_connection(("127.0.0.1", port), DEADLINE)
    return context.wrap_socket(connection, server_hostname=name)


def curl(port: int, name: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """`curl https://name:port/` that ends up at 127.0.0.1."""
    return subprocess.run(
        [
            *("curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "15"),
            *("--resolve", f"{name}:{port}:127.0.0.1", *arguments, f"https://{name}:{port}/"),
        ],
        capture_output=True,
        text=True,
        timeout=30,
    )

"""A certificate and its key → an `ssl.SSLContext`, for workers: nothing slow is imported."""

import os
import ssl
import tempfile
from contextlib import ExitStack
from pathlib import Path


def context_of(chain_pem: str, key_pem: str) -> ssl.SSLContext:
    """For a server: TLS 1.2 or newer, HTTP/1.1 as the only protocol (ALPN).

    Raises ssl.SSLError when the two do not belong together. `ssl` loads them from files only: they
    are files in memory where the system has such, else in a folder of our own for a moment.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    load(context, chain_pem, key_pem)
    return context


def load(context: ssl.SSLContext, chain_pem: str, key_pem: str) -> None:
    """Another certificate for the handshakes to come; raises as `context_of`."""
    kept = _in_memory if _has_files_in_memory() else _in_folder
    with ExitStack() as cleanup:
        chain, key = kept(cleanup, chain_pem), kept(cleanup, key_pem)
        # Without a password OpenSSL would ask for that of an encrypted key on the terminal.
        context.load_cert_chain(chain, key, password="")


def _has_files_in_memory() -> bool:
    return hasattr(os, "memfd_create") and os.path.isdir("/proc/self/fd")


def _in_memory(cleanup: ExitStack, text: str) -> str:
    descriptor = os.memfd_create("homeport-tls", os.MFD_CLOEXEC)
    cleanup.callback(os.close, descriptor)
    _write(descriptor, text)
    return f"/proc/self/fd/{descriptor}"


def _in_folder(cleanup: ExitStack, text: str) -> str:
    folder = cleanup.enter_context(tempfile.TemporaryDirectory(prefix="homeport-"))  # 0700
    path = Path(folder, "pem")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        _write(descriptor, text)
    finally:
        os.close(descriptor)
    return str(path)


def _write(descriptor: int, text: str) -> None:
    data = text.encode()
    while data:
        data = data[os.write(descriptor, data) :]

"""Asking whoever answers at an address to prove that it is a server of ours (core/proof)."""

import json
import os
import time
from urllib.parse import urlsplit

from homeport.core.address import Address
from homeport.core.lookup import Place
from homeport.core.proof import NONCE_BYTES, PATH, is_proven
from homeport.host.one_request import answer

PATIENCE = 2.0
"""Seconds for connecting, asking and hearing: an app that is starting does not answer yet."""
_LARGEST = 65536


def objection(place: Place, instance: str, secret: bytes) -> str | None:
    """Why the proof is missing; None: it was given."""
    nonce = os.urandom(NONCE_BYTES).hex()
    try:
        status, body = _get(place, f"{PATH}?nonce={nonce}", time.monotonic() + PATIENCE)
    except TimeoutError:
        return f"no answer within {PATIENCE:g} s"
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error) or type(error).__name__
    proof = _proof_in(body) if status == 200 else None
    if proof is None:
        return "another program answers there"
    if not is_proven(proof, secret, instance=instance, port=place.port, nonce=nonce):
        return "what answers there gives a wrong proof"
    return None


def _get(place: Place, target: str, deadline: float) -> tuple[int, bytes]:
    """Status and body of an answer, read to its end. OSError, ValueError."""
    parts = urlsplit(place.url)
    address = Address(ip=parts.hostname or "", port=place.port)
    request = f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n"
    data = b""
    for more in answer(address, request, deadline, tls=parts.scheme == "https"):
        data += more
        if len(data) > _LARGEST:
            break
    head, _, body = data.partition(b"\r\n\r\n")
    version, _, rest = head.partition(b" ")
    if not version.startswith(b"HTTP/1.") or not rest[:3].isdigit():
        raise ValueError("what answers there speaks no HTTP")
    return int(rest[:3]), body


def _proof_in(body: bytes) -> str | None:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    proof = data.get("proof") if isinstance(data, dict) else None
    return proof if isinstance(proof, str) else None
